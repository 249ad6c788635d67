"""audit.hosts: every public name of the product, declared or found, and what each is for."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING

from ....facts import Addresses
from ....failure import Failure
from ....findings import Evidence, Finding, Severity
from ....hostnames import host_of
from ....launch.names import inside
from ....wording import plural
from ....world import later, registrable
from ....world.sights import Chain, DnsAnswer, Reply, TlsSight
from ...base import Say, check
from ...parse import page as html
from ...seen import ABSENT, dns_evidence, via_of
from ..hosts_of import declared, plain, web_hosts
from ..providers import where_dns_is_edited
from ..together import as_they_come
from ..words import WORDS

if TYPE_CHECKING:
    from ....launch.model import Launch, Role
    from ....world import World
    from ....world.logs import Log

MOST = 25
"""So many undeclared hosts are told one by one."""
_CT_DOMAINS = 3
_PRODUCT: tuple[Role, ...] = ("web", "app", "api")
"""Hosts that a customer meets: without one of them nobody signs up, logs in or pays."""
_LOGS: tuple[Log, ...] = ("crt.sh", "certspotter")
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+")


class _Found:
    """Undeclared names and where each was seen."""

    def __init__(self, launch: Launch) -> None:
        self._known = set(declared(launch))
        self._domains = {registrable(name) for name in self._known}
        self.seen: dict[str, list[str]] = {}

    def add(self, names: Iterable[str], where: str) -> None:
        for raw in names:
            name = plain(raw)
            if not _NAME.fullmatch(name) or name in self._known or registrable(name) not in self._domains:
                continue
            places = self.seen.setdefault(name, [])
            if where not in places:
                places.append(where)


@check("audit.hosts")
async def hosts(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Declared hosts first; then names in certificates, on pages, by usual words, and in the certificate logs where
    they may be asked."""
    say, found = Say("audit.hosts", world.clock.now()), _Found(launch)
    logs = asyncio.ensure_future(_logs(say, launch, world, found))
    places = asyncio.gather(_certificates(launch, world, found), _links(launch, world, found))
    try:
        async with aclosing(as_they_come(_declared(say, launch, world, name) for name in declared(launch))) as judged:
            async for findings in judged:
                for finding in findings:
                    yield finding
        # Only now: sixty guesses at once would hold up the names that every other check waits for.
        for finding in await _words(say, launch, world, found):
            yield finding
        await places
        early = set(found.seen)
        for finding in await _judge(say, world, found, early):
            yield finding
        for finding in await logs:
            yield finding
        for finding in await _judge(say, world, found, set(found.seen) - early, after=len(early)):
            yield finding
    finally:
        logs.cancel()
        places.cancel()
        await asyncio.gather(logs, places, return_exceptions=True)


async def _declared(say: Say, launch: Launch, world: World, name: str) -> list[Finding]:
    host = launch.host(name)
    found, answer = await asyncio.gather(world.dns.addresses(name), world.dns.ask(name, "A"))
    via = via_of(answer)
    evidence = [dns_evidence(answer)] if isinstance(answer, DnsAnswer) else []
    if not isinstance(found, Failure):
        fact = Addresses(host=name, addresses=found)
        seen = Evidence.of("addresses", "\n".join(found), source=name, at=world.clock.now(), fact=fact)
        resolved = say.passed("unresolved", name, addresses=len(found), evidence=[seen], via=via)
    elif found.kind not in ABSENT:
        resolved = say.unknown("unresolved", name, failure=found, via=via)
    elif isinstance(answer, DnsAnswer) and _dangles(name, answer):
        resolved = await _dangling(say, world, name, answer)
    elif host is not None and host.role == "mail" and found.kind == "no-address":
        resolved = say.not_applicable("unresolved", name)
    else:
        where = await where_dns_is_edited(world, name)
        remedy = say.fix("add-address" if registrable(name) == name else "add-alias", subject=name, where=where)
        resolved = say.fail(
            "unresolved", name, severity=_weight(launch, name), evidence=evidence, remedy=remedy, via=via
        )
    if host is None:
        return [resolved]
    if host.role == "other" and not host.purpose.strip():
        return [resolved, say.warn("purpose", name, evidence=evidence, via=via)]
    return [resolved, say.passed("purpose", name, purpose=host.purpose.strip() or host.role, via=via)]


def _weight(launch: Launch, name: str) -> Severity:
    """How bad it is that a host has no address: the product is not there for anyone, a part of it is missing, or only
    the team misses it."""
    host = launch.host(name)
    if name == launch.canonical_host or (host and host.environment == "production" and host.role in _PRODUCT):
        return Severity.BLOCKER
    return Severity.HIGH if host is None or host.environment == "production" else Severity.MEDIUM


def _dangles(name: str, answer: DnsAnswer) -> bool:
    """An alias whose target does not exist: whoever can register the target speaks in this name."""
    return answer.status == "nxdomain" and plain(answer.canonical) not in ("", name)


async def _dangling(say: Say, world: World, name: str, answer: DnsAnswer) -> Finding:
    target, where = plain(answer.canonical), await where_dns_is_edited(world, name)
    alias = Evidence.of("alias", f"{name}. CNAME {target}.", source=answer.server, at=answer.at)
    evidence = [dns_evidence(answer), alias]
    return say.fail("dangling", name, target=target, where=where, evidence=evidence, via=answer.via)


async def _certificates(launch: Launch, world: World, found: _Found) -> None:
    sights = await asyncio.gather(*(world.tls.look(name) for name in web_hosts(launch)))
    for sight in sights:
        if isinstance(sight, TlsSight):
            found.add(sight.leaf.names, f"the certificate of {sight.host}")


async def _links(launch: Launch, world: World, found: _Found) -> None:
    urls = tuple(dict.fromkeys((launch.canonical, *(page.url for page in launch.pages))))
    for chain in await asyncio.gather(*(world.web.follow(url) for url in urls)):
        if isinstance(chain, Chain) and isinstance(chain.end, Reply) and chain.end.is_html:
            page = html.read(chain.end.text, chain.end.url)
            found.add((host_of(ref.url) for ref in page.refs if ref.url), f"a link on {chain.end.url}")


async def _words(say: Say, launch: Launch, world: World, found: _Found) -> list[Finding]:
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
        return [say.info("words", domain, failure=anything)]
    for name, answer in zip(names, answers, strict=True):
        if isinstance(answer, Failure):
            continue
        if (answer.found and set(answer.records) != set(anything.records)) or _dangles(name, answer):
            found.add([name], "a usual name that DNS answers")
    if not anything.found:
        return []
    evidence = Evidence.of("DNS", f"*.{domain} A {', '.join(anything.records)}", source=anything.server, at=anything.at)
    return [say.info("wildcard", domain, evidence=[evidence], via=anything.via)]


async def _logs(say: Say, launch: Launch, world: World, found: _Found) -> list[Finding]:
    """The certificate logs, each domain of the launch at each of them; what a log did not tell is told."""
    wanted = [service for service in _LOGS if service in launch.settings.services]
    if not launch.announced or not wanted:
        return []
    domains = list(dict.fromkeys(registrable(name) for name in declared(launch)))[:_CT_DOMAINS]
    return list(await asyncio.gather(*(_domain_in_logs(say, world, found, domain, wanted) for domain in domains)))


async def _domain_in_logs(say: Say, world: World, found: _Found, domain: str, wanted: list[Log]) -> Finding:
    seen = await asyncio.gather(*(world.logs.names(log, domain) for log in wanted))
    evidence: list[Evidence] = []
    missing: list[str] = []
    names: set[str] = set()
    for log, answer in zip(wanted, seen, strict=True):
        if isinstance(answer, Failure):
            evidence.append(Evidence.of(log, str(answer), source=log))
            missing.append(log)
            continue
        own = [name for raw in answer.names if inside(name := plain(raw).removeprefix("*."), domain)]
        found.add(own, f"certificate logs ({log})")
        names |= set(own)
        told = [plural(len(own), "name") + ("" if answer.complete else ", and it has more than it hands out")]
        if answer.failure is not None:
            told.append(f"not heard now ({answer.failure.words}); this is what it said on {answer.at:%Y-%m-%d}")
            missing.append(log)
        evidence.append(Evidence.of(log, "\n".join(told), source=log, at=answer.at))
    said = "info" if not missing else "some-silent" if len(missing) < len(wanted) else "silent"
    return say.info("certificate-logs", domain, said, names=len(names), missing=tuple(missing), evidence=evidence)


async def _judge(say: Say, world: World, found: _Found, names: set[str], after: int = 0) -> list[Finding]:
    """Names that still lead somewhere are told; those that do not are history, unless they dangle."""
    ordered = sorted(names)
    answers = await asyncio.gather(*(world.dns.ask(name, "A") for name in ordered))
    live: list[Finding] = []
    for name, answer in zip(ordered, answers, strict=True):
        if isinstance(answer, Failure):
            continue
        if _dangles(name, answer):
            live.append(await _dangling(say, world, name, answer))
        elif answer.found:
            live.append(_undeclared(say, name, found.seen[name], answer))
    room = max(0, MOST - after)
    if len(live) > room:
        hidden = [finding.subject for finding in live[room:]]
        evidence = [Evidence.of("names", "\n".join(hidden))]
        live[room:] = [say.info("more", registrable(ordered[0]), names=len(hidden), evidence=evidence)]
    return live


def _undeclared(say: Say, name: str, places: list[str], answer: DnsAnswer) -> Finding:
    evidence = [Evidence.of("seen in", "\n".join(places)), dns_evidence(answer)]
    return say.warn("undeclared", name, evidence=evidence, via=answer.via)
