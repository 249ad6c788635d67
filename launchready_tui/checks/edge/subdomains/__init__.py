"""edge.subdomains: each subdomain is needed, leads somewhere sane, and none points at a service that somebody else can
claim.

An alias whose target does not exist at all is told by audit.hosts.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from importlib import resources
from typing import TYPE_CHECKING

import msgspec

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....world import later, registrable
from ....world.sights import Chain, DnsAnswer, Reply
from ...audit.hosts_of import declared, plain
from ...audit.providers import under, where_dns_is_edited
from ...audit.words import WORDS
from ...base import Say, check
from ...parse import page as html
from ...seen import ABSENT, chain_evidence, distinct, dns_evidence, via_of, wall
from ..roots import root_hosts

if TYPE_CHECKING:
    from ....launch.model import Host, Launch, Role
    from ....world import World

_JUDGED: tuple[Role, ...] = ("web", "app", "api", "admin", "status", "staging")
_PRODUCTION: tuple[Role, ...] = ("web", "app", "api")
# Titles of the pages that web servers show before anybody has set them up.
_DEFAULT_TITLES = (
    "welcome to nginx",
    "apache2 debian default page",
    "apache2 ubuntu default page",
    "test page for the apache",
    "test page for the http server",
    "iis windows",
    "caddy works",
    "domain parked",
    "default web site page",
    "plesk",
)


class Service(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service whose unclaimed names show a page of its own."""

    name: str
    suffixes: tuple[str, ...]
    words: tuple[str, ...]
    guarded: bool = False
    """Whether it asks for a proof of ownership before it serves a name."""


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    services: tuple[Service, ...]


@functools.cache
def services() -> tuple[Service, ...]:
    """The data file beside this module."""
    import tomllib

    return msgspec.convert(
        tomllib.loads((resources.files(__package__) / "takeovers.toml").read_text("utf-8")), _Table
    ).services


def service_of(target: str) -> Service | None:
    """The service that an alias leads to."""
    return next((service for service in services() if any(under(target, suffix) for suffix in service.suffixes)), None)


@check("edge.subdomains")
async def subdomains(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Declared hosts and usual names: what their aliases lead to; where declared hosts land; where the status page
    lives."""
    say = Say("edge.subdomains", world.clock.now())
    domain = registrable(plain(launch.domain))
    stated = declared(launch)
    names = dict.fromkeys((*stated, *(f"{word}.{domain}" for word in WORDS)))
    roots = root_hosts(launch)
    claimed, landed, status, wild = await asyncio.gather(
        asyncio.gather(*(_claim(say, world, name, "" if name in stated else domain) for name in names)),
        asyncio.gather(*(_lands(say, world, host) for host in launch.hosts_of(*_JUDGED) if host.name not in roots)),
        _status(say, launch, world),
        _wildcard(say, world, domain),
    )
    for finding in distinct([finding for finding in (*claimed, *landed, *status, *wild) if finding is not None]):
        yield finding
    told = [finding for finding in claimed if finding is not None]
    if not any(finding.is_open for finding in told):
        looked = sum(finding is not None for finding in claimed)
        said = "No name of the product leads to a service where somebody else can claim it"
        rows = Evidence.of(
            "looked at", f"{len(names)} names asked for, {looked} of them aliases of a service", source=domain
        )
        yield say.passed("takeover", domain, said, evidence=[rows])


async def _claim(say: Say, world: World, name: str, guessed_in: str) -> Finding | None:
    """One name; None where it is no alias of a service that hands out names.

    `guessed_in` is the domain of a name that nobody declared: it may exist by a wildcard only, which is told once, by
    its own rule.
    """
    with later() if guessed_in else contextlib.nullcontext():
        answer = await world.dns.ask(name, "A")
    if isinstance(answer, Failure) or plain(answer.canonical) in ("", name) or answer.status == "nxdomain":
        return None
    target = plain(answer.canonical)
    alias = await world.dns.ask(name, "CNAME")
    direct = plain(alias.records[0]) if isinstance(alias, DnsAnswer) and alias.found else target
    service = service_of(direct) or service_of(target)
    if service is None or (guessed_in and await _by_wildcard(world, guessed_in, direct)):
        return None
    seen = Evidence.of("alias", f"{name}. CNAME {direct}.  ({service.name})", source=answer.server, at=answer.at)
    if not world.may_intrude(name):
        said = (
            f"{name} is an alias at {service.name}; whether that name is still yours was not looked at without a "
            "recorded permission"
        )
        return say.info("takeover", name, said, evidence=[seen], via=answer.via)
    replies = await asyncio.gather(world.web.get(f"https://{name}/"), world.web.get(f"http://{name}/"))
    for reply in replies:
        if isinstance(reply, Reply) and (
            word := next((word for word in service.words if word in reply.text[:65536]), "")
        ):
            return await _unclaimed(say, world, name, service, [seen, _shown(reply, word)], reply.via)
    if all(isinstance(reply, Failure) for reply in replies):
        failure = next((reply for reply in replies if isinstance(reply, Failure)), None)
        said = f"Whether {name} is still yours at {service.name} could not be seen"
        return say.unknown("takeover", name, said, failure=failure, evidence=[seen], via=answer.via)
    return say.passed(
        "takeover", name, f"{name} leads to a name of yours at {service.name}", evidence=[seen], via=answer.via
    )


async def _by_wildcard(world: World, domain: str, direct: str) -> bool:
    """Whether every name below the domain leads to the same place (RFC 4592)."""
    alias = await world.dns.ask(f"*.{domain}", "CNAME")
    return isinstance(alias, DnsAnswer) and alias.found and plain(alias.records[0]) == direct


def _shown(reply: Reply, word: str) -> Evidence:
    return Evidence.of("page", f"{reply.status}  {reply.url}\n{word}", source=reply.url, at=reply.at)


async def _unclaimed(
    say: Say, world: World, name: str, service: Service, evidence: list[Evidence], via: str
) -> Finding:
    where = await where_dns_is_edited(world, name)
    target = evidence[0].text.partition("CNAME ")[2].split()[0]
    fix = Remedy(
        text=f"Remove the alias, or claim {name} at {service.name} again",
        paste=f"{name}. CNAME {target}   ; remove",
        where=where,
    )
    if service.guarded:
        said = (
            f"{name} leads to {service.name}, where nothing of that name exists any more: visitors get its error page"
        )
        return say.warn("takeover", name, said, evidence=evidence, remedy=fix, via=via)
    said = (
        f"{name} leads to {service.name}, where nobody holds that name: whoever takes it "
        "speaks as you, cookies included"
    )
    return say.fail("takeover", name, said, severity=Severity.BLOCKER, evidence=evidence, remedy=fix, via=via)


async def _wildcard(say: Say, world: World, domain: str) -> list[Finding]:
    """A wildcard alias at a service that hands out names: any name below the domain can be claimed there."""
    alias = await world.dns.ask(f"*.{domain}", "CNAME")
    if isinstance(alias, Failure) or not alias.found:
        return []
    service = service_of(plain(alias.records[0]))
    if service is None or service.guarded:
        return []
    return [
        say.warn(
            "wildcard-alias",
            domain,
            f"Every name under {domain} leads to {service.name}: whoever claims one there that you do not use "
            "speaks as you",
            severity=Severity.HIGH,
            evidence=[dns_evidence(alias)],
            remedy=Remedy(
                text="Name the hosts that you use one by one, and remove the wildcard",
                paste=f"*.{domain}. CNAME {plain(alias.records[0])}.   ; remove",
                where=await where_dns_is_edited(world, domain),
            ),
            via=alias.via,
        )
    ]


async def _lands(say: Say, world: World, host: Host) -> Finding | None:
    """Where a declared host leads over https; None where another check tells it."""
    chain = await world.web.follow(f"https://{host.name}/")
    end = chain.end
    if isinstance(end, Failure) or chain.problem:
        return None  # edge.certificates and edge.redirects say why it does not open
    name, via = host.name, via_of(chain)
    evidence = [chain_evidence(chain)]
    hidden = wall(end)
    if hidden is not None and (end.status not in (401, 403) or end.header("cf-mitigated")):
        return say.unknown(
            "lands", name, f"Where {name} leads could not be seen: a program is not let in", failure=hidden, via=via
        )
    milder = host.environment != "production"
    if end.status >= 500:
        fix = Remedy(text=f"Look into the log of {host_of(end.url)}: its first page is an error", where="the server")
        said = f"{name} leads to an error ({end.status})"
        if milder:
            return say.warn("lands", name, said, severity=Severity.LOW, evidence=evidence, remedy=fix, via=via)
        return say.fail("lands", name, said, evidence=evidence, remedy=fix, via=via)
    if fault := _unfinished(host, chain, end):
        fix = Remedy(
            text=f"Finish setting {name} up, or remove its record until it is needed",
            where="the server, or the DNS host",
        )
        return say.warn(
            "lands",
            name,
            f"{name} {fault}",
            severity=Severity.LOW if milder else Severity.MEDIUM,
            evidence=evidence,
            remedy=fix,
            via=via,
        )
    return say.passed("lands", name, f"{name} leads somewhere sane", evidence=evidence, via=via)


def _unfinished(host: Host, chain: Chain, end: Reply) -> str:
    title = html.read(end.text, end.url).title.strip().lower() if end.is_html else ""
    if any(title.startswith(known) or known in title for known in _DEFAULT_TITLES):
        return "shows the page of a web server that nobody has set up"
    if host.role in ("web", "app", "status") and end.status in (404, 410):
        return f"shows an error page ({end.status}) to whoever types it"
    return ""


async def _status(say: Say, launch: Launch, world: World) -> list[Finding]:
    """The status page must stand when the product does not: at another address than the product."""
    hosts = launch.hosts_of("status")
    if not hosts:
        fix = Remedy(
            text="A status page at another provider tells customers what is going on when nothing else answers",
            paste=f'[[hosts]]\nname = "status.{launch.domain}"\nrole = "status"',
            where="launchready.toml, once it is there",
        )
        return [say.info("status-absent", launch.domain, "The launch file names no status page", remedy=fix)]
    production = {
        launch.canonical_host,
        *(host.name for host in launch.hosts_of(*_PRODUCTION) if host.environment == "production"),
    }
    busy: dict[str, str] = {}
    for name, found in zip(production, await asyncio.gather(*map(world.dns.addresses, production)), strict=True):
        for address in () if isinstance(found, Failure) else found:
            busy.setdefault(address, name)
    findings = []
    for host, found in zip(
        hosts, await asyncio.gather(*(world.dns.addresses(host.name) for host in hosts)), strict=True
    ):
        if isinstance(found, Failure):
            if found.kind not in ABSENT:
                said = f"Where {host.name} lives could not be seen: {found.words}"
                findings.append(say.unknown("status-shared", host.name, said, failure=found, severity=Severity.MEDIUM))
            continue
        shared = [address for address in found if address in busy]
        rows = [
            Evidence.of(
                "addresses", "\n".join(f"{address}  {busy.get(address, '')}" for address in found), source=host.name
            )
        ]
        if shared:
            findings.append(
                say.warn(
                    "status-shared",
                    host.name,
                    f"{host.name} lives at the same address as {busy[shared[0]]}: when the product is down, so "
                    "is the page that says so",
                    evidence=rows,
                    remedy=Remedy(
                        text="Move the status page to another provider; hosted ones cost little or nothing", where="DNS"
                    ),
                )
            )
        else:
            said = f"{host.name} lives at another address than the product"
            findings.append(say.passed("status-shared", host.name, said, evidence=rows))
    return findings
