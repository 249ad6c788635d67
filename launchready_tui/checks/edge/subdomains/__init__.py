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
from ....findings import Evidence, Finding, Severity
from ....hostnames import host_of
from ....launch.names import inside
from ....world import later, registrable
from ....world.sights import DnsAnswer, Reply
from ...audit.hosts_of import declared, plain
from ...audit.providers import where_dns_is_edited
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
    return next((service for service in services() if any(inside(target, suffix) for suffix in service.suffixes)), None)


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
    if not any(finding is not None and finding.is_open for finding in claimed):
        looked = sum(finding is not None for finding in claimed)
        told = f"{len(names)} names asked for, {looked} of them aliases of a service"
        yield say.passed("takeover", domain, "none", evidence=[Evidence.of("looked at", told, source=domain)])


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
        return say.info("takeover", name, "not-allowed", service=service.name, evidence=[seen], via=answer.via)
    replies = await asyncio.gather(world.web.get(f"https://{name}/"), world.web.get(f"http://{name}/"))
    for reply in replies:
        if isinstance(reply, Reply) and (
            word := next((word for word in service.words if word in reply.text[:65536]), "")
        ):
            where = await where_dns_is_edited(world, name)
            fix = say.fix("remove-alias", name=name, service=service.name, target=direct, where=where)
            voice, said = say.warn if service.guarded else say.fail, "dead" if service.guarded else "fail"
            evidence = [seen, _shown(reply, word)]
            return voice("takeover", name, said, service=service.name, evidence=evidence, remedy=fix, via=reply.via)
    if all(isinstance(reply, Failure) for reply in replies):
        failure = next((reply for reply in replies if isinstance(reply, Failure)), None)
        return say.unknown("takeover", name, service=service.name, failure=failure, evidence=[seen], via=answer.via)
    return say.passed("takeover", name, service=service.name, evidence=[seen], via=answer.via)


async def _by_wildcard(world: World, domain: str, direct: str) -> bool:
    """Whether every name below the domain leads to the same place (RFC 4592)."""
    alias = await world.dns.ask(f"*.{domain}", "CNAME")
    return isinstance(alias, DnsAnswer) and alias.found and plain(alias.records[0]) == direct


def _shown(reply: Reply, word: str) -> Evidence:
    return Evidence.of("page", f"{reply.status}  {reply.url}\n{word}", source=reply.url, at=reply.at)


async def _wildcard(say: Say, world: World, domain: str) -> list[Finding]:
    """A wildcard alias at a service that hands out names: any name below the domain can be claimed there."""
    alias = await world.dns.ask(f"*.{domain}", "CNAME")
    if isinstance(alias, Failure) or not alias.found:
        return []
    service = service_of(plain(alias.records[0]))
    if service is None or service.guarded:
        return []
    target, where = plain(alias.records[0]), await where_dns_is_edited(world, domain)
    evidence = [dns_evidence(alias)]
    return [
        say.warn(
            "wildcard-alias", domain, service=service.name, target=target, where=where, evidence=evidence, via=alias.via
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
        return say.unknown("lands", name, failure=hidden, via=via)
    milder = host.environment != "production"
    if end.status >= 500:
        voice, severity = say.warn if milder else say.fail, Severity.LOW if milder else Severity.HIGH
        at, status = host_of(end.url), end.status
        return voice("lands", name, "error", host=at, status=status, severity=severity, evidence=evidence, via=via)
    said = _unfinished(host, end)
    if not said:
        return say.passed("lands", name, evidence=evidence, via=via)
    severity = Severity.LOW if milder else Severity.MEDIUM
    return say.warn("lands", name, said, status=end.status, severity=severity, evidence=evidence, via=via)


def _unfinished(host: Host, end: Reply) -> str:
    """What a host without an error of the server shows in place of a page, as a message; empty where it is fine."""
    title = html.read(end.text, end.url).title.strip().lower() if end.is_html else ""
    if any(title.startswith(known) or known in title for known in _DEFAULT_TITLES):
        return "default-page"
    return "missing" if host.role in ("web", "app", "status") and end.status in (404, 410) else ""


async def _status(say: Say, launch: Launch, world: World) -> list[Finding]:
    """The status page must stand when the product does not: at another address than the product."""
    hosts = launch.hosts_of("status")
    if not hosts:
        return [say.info("status-absent", launch.domain)]
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
                findings.append(say.unknown("status-shared", host.name, failure=found))
            continue
        shared = [address for address in found if address in busy]
        rows = "\n".join(f"{address}  {busy.get(address, '')}" for address in found)
        evidence = [Evidence.of("addresses", rows, source=host.name)]
        if shared:
            findings.append(say.warn("status-shared", host.name, other=busy[shared[0]], evidence=evidence))
        else:
            findings.append(say.passed("status-shared", host.name, evidence=evidence))
    return findings
