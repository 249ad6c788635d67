"""audit.dns-host: who serves the zone, and whether all of its servers answer, and answer the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec

from ....facts import NameServers
from ....failure import Failure
from ....findings import Evidence, Finding, Severity, State
from ....world import registrable
from ....world.sights import DnsAnswer
from ...base import Say, check
from ...seen import ABSENT, dns_evidence, via_of
from ..hosts_of import declared
from ..providers import dns_host as company_of
from ..together import as_they_come

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

# Kinds of failure that the server itself is to blame for, when another server of the same zone answers from here.
_LAME = frozenset({"refused", "servfail", "timeout", "protocol", "reset", "no-address", "no-such-name"})
_ASKED_AT_PARENT = 2


class _Server(msgspec.Struct, frozen=True):
    """One name server, asked at one of its addresses."""

    name: str
    address: str
    soa: DnsAnswer | Failure
    names: DnsAnswer | Failure

    @property
    def serves(self) -> bool:
        return isinstance(self.soa, DnsAnswer) and self.soa.authoritative and self.soa.found

    @property
    def serial(self) -> str:
        return (
            self.soa.records[0].split()[2]
            if isinstance(self.soa, DnsAnswer) and self.serves and len(self.soa.records[0].split()) > 2
            else ""
        )

    @property
    def line(self) -> str:
        at = f"{self.name} ({self.address or 'no address'})"
        if isinstance(self.soa, Failure):
            return f"{at}: {self.soa.words}"
        if self.soa.referral:
            return f"{at}: does not hold the zone, points to {', '.join(self.soa.referral)}"
        if not self.serves:
            return f"{at}: answers without authority"
        return f"{at}: serial {self.serial}"


@check("audit.dns-host")
async def dns_host(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Each registrable domain of the launch's hosts: provider, apex, and every name server asked by itself."""
    say = Say("audit.dns-host", world.clock.now())
    names = tuple(dict.fromkeys(registrable(host) for host in declared(launch)))
    async with aclosing(as_they_come(_zone(say, world, name) for name in names)) as zones:
        async for findings in zones:
            for finding in findings:
                yield finding


async def _zone(say: Say, world: World, domain: str) -> list[Finding]:
    answer, apex = await asyncio.gather(world.dns.ask(domain, "NS"), _apex(say, world, domain))
    if isinstance(answer, Failure):
        return [say.unknown("provider", domain, failure=answer), apex]
    evidence = [dns_evidence(answer)]
    if not answer.found:
        if apex.state is State.FAIL:
            return [say.fail("unresolved", domain, "no-zone", evidence=evidence, via=answer.via)]
        return [say.unknown("provider", domain, "unlisted", evidence=evidence, via=answer.via), apex]
    company, owners = company_of(answer.records), tuple(sorted({registrable(name) for name in answer.records}))
    if company:
        provider = say.passed("provider", domain, company=company, evidence=evidence, via=answer.via)
    else:
        provider = say.passed("provider", domain, "unnamed", owners=owners, evidence=evidence, via=answer.via)
    servers, delegated = await asyncio.gather(_ask_all(world, domain, answer.records), _delegation(world, domain))
    asked = Evidence.of(
        "name servers",
        "\n".join(server.line for server in servers),
        source=f"{domain} SOA, asked at each server",
        at=answer.at,
        fact=NameServers(domain=domain, servers=answer.records, company=company or ", ".join(owners)),
    )
    where = f"{company} DNS" if company else "your DNS host"
    return [apex, provider, *_judge(say, domain, answer, servers, delegated, asked, where)]


async def _apex(say: Say, world: World, domain: str) -> Finding:
    found = await world.dns.addresses(domain)
    answer = await world.dns.ask(domain, "A")
    via = via_of(answer)
    evidence = [dns_evidence(answer)] if isinstance(answer, DnsAnswer) else []
    if not isinstance(found, Failure):
        return say.passed("unresolved", domain, addresses=len(found), evidence=evidence, via=via)
    if found.kind not in ABSENT:
        return say.unknown("unresolved", domain, failure=found, evidence=evidence, via=via)
    return say.fail("unresolved", domain, evidence=evidence, via=via)


async def _ask_all(world: World, domain: str, names: tuple[str, ...]) -> list[_Server]:
    async def one(name: str) -> list[_Server]:
        addresses = await world.dns.addresses(name)
        if isinstance(addresses, Failure):
            return [_Server(name, "", addresses, addresses)]
        # One address of each family: a server with many is one machine park, and this is no load test.
        chosen = [next((a for a in addresses if ":" not in a), ""), next((a for a in addresses if ":" in a), "")]
        return [await _ask(world, domain, name, address) for address in chosen if address]

    return [server for found in await asyncio.gather(*(one(name) for name in names)) for server in found]


async def _ask(world: World, domain: str, name: str, address: str) -> _Server:
    soa, names = await asyncio.gather(world.dns.ask_at(address, domain, "SOA"), world.dns.ask_at(address, domain, "NS"))
    return _Server(name, address, soa, names)


async def _delegation(world: World, domain: str) -> frozenset[str]:
    """The name servers that the parent zone hands out; empty where it could not be asked, which proves nothing."""
    parent = await world.dns.ask(domain.partition(".")[2] or ".", "NS")
    if isinstance(parent, Failure) or not parent.found:
        return frozenset()
    for name in sorted(parent.records)[:_ASKED_AT_PARENT]:
        addresses = await world.dns.addresses(name)
        if isinstance(addresses, Failure):
            continue
        answer = await world.dns.ask_at(addresses[0], domain, "NS")
        if isinstance(answer, DnsAnswer) and (answer.referral or answer.records):
            return frozenset(answer.referral or answer.records)
    return frozenset()


def _judge(
    say: Say,
    domain: str,
    answer: DnsAnswer,
    servers: list[_Server],
    delegated: frozenset[str],
    asked: Evidence,
    where: str,
) -> list[Finding]:
    via = via_of(*(server.soa for server in servers), answer)
    failures = [server.soa for server in servers if isinstance(server.soa, Failure)]
    if len(failures) == len(servers):
        return [say.unknown("lame", domain, failure=failures[0], evidence=[asked], via=via)]
    return [
        *_lame(say, domain, servers, asked, where, via),
        _agree(say, domain, servers, delegated, asked, where, via),
        _enough(say, domain, answer, servers, asked, where, via),
    ]


def _is_lame(server: _Server) -> bool | None:
    """None where it could not be told: a network without IPv6 makes every IPv6 server silent."""
    if server.serves:
        return False
    if isinstance(server.soa, DnsAnswer):
        return True
    if ":" in server.address and server.soa.kind in ("timeout", "unreachable"):
        return None
    return True if server.soa.kind in _LAME else None


def _lame(say: Say, domain: str, servers: list[_Server], asked: Evidence, where: str, via: str) -> list[Finding]:
    """One finding a name server that does not do its work; one for all where they do."""
    findings: list[Finding] = []
    unsure: list[Finding] = []
    level = Severity.HIGH if any(server.serves for server in servers) else Severity.BLOCKER
    evidence = [asked]
    for name in dict.fromkeys(server.name for server in servers):
        own = [server for server in servers if server.name == name]
        verdicts = [_is_lame(server) for server in own]
        if any(verdicts):
            findings.append(
                say.fail("lame", name, domain=domain, where=where, severity=level, evidence=evidence, via=via)
            )
        elif all(bad is None for bad in verdicts) and isinstance(own[0].soa, Failure):
            unsure.append(
                say.unknown("lame", name, "server", domain=domain, failure=own[0].soa, evidence=evidence, via=via)
            )
    if not findings and not unsure:
        silent = any(_is_lame(server) is None for server in servers)
        findings.append(say.passed("lame", domain, "ipv4" if silent else "pass", evidence=evidence, via=via))
    return findings + unsure


def _agree(
    say: Say,
    domain: str,
    servers: list[_Server],
    delegated: frozenset[str],
    asked: Evidence,
    where: str,
    via: str,
) -> Finding:
    serials = {server.serial for server in servers if server.serial}
    sets = {
        frozenset(server.names.records)
        for server in servers
        if server.serves and isinstance(server.names, DnsAnswer) and server.names.found
    }
    evidence = [asked]
    if delegated:
        evidence.append(
            Evidence.of("delegation", "\n".join(sorted(delegated)), source=f"{domain} NS, asked at the parent zone")
        )
    own = next(iter(sets), frozenset())
    if len(sets) > 1:
        return say.fail("disagree", domain, where=where, evidence=evidence, via=via)
    if delegated and own and delegated != own:
        extra = tuple(sorted(delegated - own))
        said = "only-registrar" if extra else "warn"
        return say.warn("disagree", domain, said, extra=extra, where=where, evidence=evidence, via=via)
    if len(serials) > 1:
        return say.warn("disagree", domain, "versions", where=where, evidence=evidence, via=via)
    return say.passed("disagree", domain, evidence=evidence, via=via)


def _network(address: str) -> str:
    """The block that an address is routed in, at its smallest: /24, or /48."""
    import ipaddress

    return str(ipaddress.ip_network(f"{address}/{48 if ':' in address else 24}", strict=False))


def _enough(
    say: Say, domain: str, answer: DnsAnswer, servers: list[_Server], asked: Evidence, where: str, via: str
) -> Finding:
    addresses = {server.address for server in servers if server.address}
    evidence, names, machines = [dns_evidence(answer), asked], len(answer.records), len(addresses)
    if names > 1 and machines > 1:
        if len({_network(address) for address in addresses}) == 1:
            return say.info("one-server", domain, names=names, machines=machines, evidence=evidence, via=answer.via)
        return say.passed("one-server", domain, names=names, machines=machines, evidence=evidence, via=via)
    said = "one-machine" if names > 1 else "warn"
    return say.warn("one-server", domain, said, where=where, evidence=evidence, via=via)
