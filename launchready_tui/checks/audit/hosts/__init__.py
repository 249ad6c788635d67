"""audit.hosts: every public name of the product, declared or found, and what each is for."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....world import later, registrable
from ....world.sights import Chain, DnsAnswer, Reply, TlsSight
from ...base import Say, check
from ...parse import page as html
from ...paste import zone_line
from ...seen import ABSENT, dns_evidence, via_of
from ..dated import dated
from ..hosts_of import declared, plain, web_hosts
from ..providers import under, where_dns_is_edited
from ..together import as_they_come
from ..words import WORDS

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World
    from ....world.logs import Log

say = Say("audit.hosts")

MOST = 25
"""So many undeclared hosts are told one by one."""
_CT_DOMAINS = 3
_LOGS: tuple[Log, ...] = ("crt.sh", "certspotter")
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+")


class _Found:
    """Undeclared names and where each was seen."""

    def __init__(self, launch: Launch) -> None:
        self._known = set(declared(launch))
        self._domains = {registrable(name) for name in self._known}
        self.seen: dict[str, list[str]] = {}
        self.via = ""

    def add(self, names: Iterable[str], where: str, via: str = "") -> None:
        for raw in names:
            name = plain(raw)
            if not _NAME.fullmatch(name) or name in self._known or registrable(name) not in self._domains:
                continue
            places = self.seen.setdefault(name, [])
            if where not in places:
                places.append(where)
            self.via = self.via or via


@check("audit.hosts")
@dated
async def hosts(launch: Launch, world: World) -> AsyncGenerator[Finding, None]:
    """Declared hosts first; then names in certificates, on pages, by usual words, and in the certificate logs where
    they may be asked."""
    found = _Found(launch)
    logs = asyncio.ensure_future(_logs(launch, world, found))
    places = asyncio.gather(_certificates(launch, world, found), _links(launch, world, found))
    try:
        async with aclosing(as_they_come(_declared(launch, world, name) for name in declared(launch))) as judged:
            async for findings in judged:
                for finding in findings:
                    yield finding
        # Only now: sixty guesses at once would hold up the names that every other check waits for.
        for finding in await _words(launch, world, found):
            yield finding
        await places
        early = set(found.seen)
        for finding in await _judge(world, found, early):
            yield finding
        for finding in await logs:
            yield finding
        for finding in await _judge(world, found, set(found.seen) - early, after=len(early)):
            yield finding
    finally:
        logs.cancel()
        places.cancel()
        await asyncio.gather(logs, places, return_exceptions=True)


async def _declared(launch: Launch, world: World, name: str) -> list[Finding]:
    host = launch.host(name)
    findings: list[Finding] = []
    found, answer = await asyncio.gather(world.dns.addresses(name), world.dns.ask(name, "A"))
    via = via_of(answer)
    evidence = [dns_evidence(answer)] if isinstance(answer, DnsAnswer) else []
    if not isinstance(found, Failure):
        addresses = Evidence.of("addresses", "\n".join(found), source=name, at=world.clock.now())
        findings.append(say.passed("unresolved", name, f"{name} leads somewhere", evidence=[addresses], via=via))
    elif found.kind not in ABSENT:
        findings.append(
            say.unknown(
                "unresolved",
                name,
                f"Whether {name} leads anywhere could not be seen: {found.words}",
                failure=found,
                via=via,
            )
        )
    elif isinstance(answer, DnsAnswer) and _dangles(name, answer):
        findings.append(await _dangling(world, name, answer))
    elif host is not None and host.role == "mail" and found.kind == "no-address":
        findings.append(say.not_applicable("unresolved", name, f"{name} is for mail and needs no web address"))
    else:
        where = await where_dns_is_edited(world, name)
        remedy = Remedy(
            text="Add the record that your host names, or take the host out of the launch file",
            paste=zone_line(name, "CNAME", "<name your host gives>.")
            if registrable(name) != name
            else zone_line(name, "A", "<address of your host>"),
            where=where,
        )
        # An address that the product needs today, or one that only the team misses.
        severity = Severity.HIGH if host is None or host.environment == "production" else Severity.MEDIUM
        words = f"{name} leads nowhere: it has no address"
        findings.append(
            say.fail("unresolved", name, words, severity=severity, evidence=evidence, remedy=remedy, via=via)
        )
    if host is not None and host.role == "other" and not host.purpose.strip():
        table = f'[[hosts]]\nname = "{name}"\nrole = "app"\npurpose = "<what it is for>"'
        remedy = Remedy(text="Say in the launch file what it is for", paste=table, where="launchready.toml")
        findings.append(
            say.warn(
                "purpose",
                name,
                f"Nobody has written down what {name} is for",
                remedy=remedy,
                evidence=evidence,
                via=via,
            )
        )
    elif host is not None:
        findings.append(say.passed("purpose", name, f"{name}: {host.purpose.strip() or host.role}", via=via))
    return findings


def _dangles(name: str, answer: DnsAnswer) -> bool:
    """An alias whose target does not exist: whoever can register the target speaks in this name."""
    return answer.status == "nxdomain" and plain(answer.canonical) not in ("", name)


async def _dangling(world: World, name: str, answer: DnsAnswer) -> Finding:
    target = plain(answer.canonical)
    return say.fail(
        "dangling",
        name,
        f"{name} is an alias of {target}, which does not exist: somebody else may take that name and speak as you",
        evidence=[
            dns_evidence(answer),
            Evidence.of("alias", f"{name}. CNAME {target}.", source=answer.server, at=answer.at),
        ],
        remedy=Remedy(
            text="Remove the alias, or point it at a service you run",
            paste=f"{name}. CNAME {target}.   ; remove",
            where=await where_dns_is_edited(world, name),
        ),
        via=answer.via,
    )


async def _certificates(launch: Launch, world: World, found: _Found) -> None:
    sights = await asyncio.gather(*(world.tls.look(name) for name in web_hosts(launch)))
    for sight in sights:
        if isinstance(sight, TlsSight):
            found.add(sight.leaf.names, f"the certificate of {sight.host}", sight.via)


async def _links(launch: Launch, world: World, found: _Found) -> None:
    urls = tuple(dict.fromkeys((launch.canonical, *(page.url for page in launch.pages))))
    for chain in await asyncio.gather(*(world.web.follow(url) for url in urls)):
        if isinstance(chain, Chain) and isinstance(chain.end, Reply) and chain.end.is_html:
            page = html.read(chain.end.text, chain.end.url)
            found.add((host_of(ref.url) for ref in page.refs if ref.url), f"a link on {chain.end.url}", chain.end.via)


async def _words(launch: Launch, world: World, found: _Found) -> list[Finding]:
    """Asks for usual labels, after a label that nobody has: where that is answered too, only different answers
    count."""
    domain = registrable(plain(launch.domain))
    known = set(declared(launch))
    names = [name for word in WORDS if (name := f"{word}.{domain}") not in known]
    with later():
        anything, *answers = await asyncio.gather(
            *(world.dns.ask(name, "A") for name in (f"{secrets.token_hex(8)}.{domain}", *names))
        )
    if isinstance(anything, Failure):
        words = f"Usual names under {domain} were not tried: {anything.words}"
        return [say.info("words", domain, words, evidence=[Evidence.of("failure", str(anything))])]
    for name, answer in zip(names, answers, strict=True):
        if isinstance(answer, Failure):
            continue
        if (answer.found and set(answer.records) != set(anything.records)) or _dangles(name, answer):
            found.add([name], "a usual name that DNS answers", answer.via)
    if not anything.found:
        return []
    evidence = Evidence.of("DNS", f"*.{domain} A {', '.join(anything.records)}", source=anything.server, at=anything.at)
    words = f"Every name under {domain} leads somewhere (a wildcard record): typing errors and old names do too"
    return [say.info("wildcard", domain, words, evidence=[evidence], via=anything.via)]


async def _logs(launch: Launch, world: World, found: _Found) -> list[Finding]:
    """The certificate logs, each domain of the launch at each of them; what a log did not tell is told."""
    wanted = [service for service in _LOGS if service in launch.settings.services]
    if not launch.announced or not wanted:
        return []
    domains = list(dict.fromkeys(registrable(name) for name in declared(launch)))[:_CT_DOMAINS]
    return list(await asyncio.gather(*(_domain_in_logs(world, found, domain, wanted) for domain in domains)))


async def _domain_in_logs(world: World, found: _Found, domain: str, wanted: list[Log]) -> Finding:
    seen = await asyncio.gather(*(world.logs.names(log, domain) for log in wanted))
    evidence, missing = [], []
    names: set[str] = set()
    for log, answer in zip(wanted, seen, strict=True):
        if isinstance(answer, Failure):
            evidence.append(Evidence.of(log, str(answer), source=log))
            missing.append(log)
            continue
        own = [name for raw in answer.names if under(name := plain(raw).removeprefix("*."), domain)]
        found.add(own, f"certificate logs ({log})", answer.via)
        names |= set(own)
        told = [f"{len(own)} names" + ("" if answer.complete else ", and it has more than it hands out")]
        if answer.failure is not None:
            told.append(f"not heard now ({answer.failure.words}); this is what it said on {answer.at:%Y-%m-%d}")
            missing.append(log)
        evidence.append(Evidence.of(log, "\n".join(told), source=log, at=answer.at))
    if missing:
        others = "; the other sources were asked" if len(missing) == len(wanted) else ""
        words = (
            f"The public certificate logs were not all heard about names under {domain}: {' and '.join(missing)} "
            f"gave no answer{others}"
        )
    else:
        words = f"The public certificate logs know {len(names)} names under {domain}"
    return say.info("certificate-logs", domain, words, evidence=evidence)


async def _judge(world: World, found: _Found, names: set[str], after: int = 0) -> list[Finding]:
    """Names that still lead somewhere are told; those that do not are history, unless they dangle."""
    ordered = sorted(names)
    answers = await asyncio.gather(*(world.dns.ask(name, "A") for name in ordered))
    live: list[Finding] = []
    for name, answer in zip(ordered, answers, strict=True):
        if isinstance(answer, Failure):
            continue
        if _dangles(name, answer):
            live.append(await _dangling(world, name, answer))
        elif answer.found:
            live.append(_undeclared(name, found.seen[name], answer))
    room = max(0, MOST - after)
    if len(live) > room:
        hidden = [finding.subject for finding in live[room:]]
        domain = registrable(ordered[0])
        words = f"{len(hidden)} more names under {domain} are in use and not in the launch file"
        live[room:] = [say.info("more", domain, words, evidence=[Evidence.of("names", "\n".join(hidden))])]
    return live


def _undeclared(name: str, places: list[str], answer: DnsAnswer) -> Finding:
    return say.warn(
        "undeclared",
        name,
        f"{name} is in use and the launch file does not know it: nobody checks it",
        evidence=[Evidence.of("seen in", "\n".join(places)), dns_evidence(answer)],
        remedy=Remedy(
            text="Declare it with what it is for, or remove its record if nobody needs it",
            paste=f'[[hosts]]\nname = "{name}"\nrole = "other"\npurpose = "<what it is for>"',
            where="launchready.toml",
        ),
        via=answer.via,
    )
