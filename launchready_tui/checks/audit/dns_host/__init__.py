"""audit.dns-host: who serves the zone, and whether all of its servers answer, and answer the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....world import registrable
from ....world.sights import DnsAnswer
from ...base import Say, check
from ...paste import zone_line
from ...seen import ABSENT, dns_evidence, via_of
from ..dated import dated
from ..hosts_of import declared
from ..providers import dns_host as company_of
from ..together import as_they_come

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

say = Say("audit.dns-host")

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
@dated
async def dns_host(launch: Launch, world: World) -> AsyncGenerator[Finding, None]:
    """Each registrable domain of the launch's hosts: provider, apex, and every name server asked by itself."""
    names = tuple(dict.fromkeys(registrable(host) for host in declared(launch)))
    async with aclosing(as_they_come(_zone(world, name) for name in names)) as zones:
        async for findings in zones:
            for finding in findings:
                yield finding


async def _zone(world: World, domain: str) -> list[Finding]:
    answer, apex = await asyncio.gather(world.dns.ask(domain, "NS"), _apex(world, domain))
    if isinstance(answer, Failure):
        words = f"Who serves {domain} could not be seen: {answer.words}"
        return [say.unknown("provider", domain, words, failure=answer, severity=Severity.BLOCKER), apex]
    if not answer.found:
        return [_no_zone(domain, answer)]
    company = company_of(answer.records)
    shown = company or f"name servers of {', '.join(sorted({registrable(name) for name in answer.records}))}"
    findings = [
        apex,
        say.passed(
            "provider", domain, f"{domain} is served by {shown}", evidence=[dns_evidence(answer)], via=answer.via
        ),
    ]
    servers, delegated = await asyncio.gather(_ask_all(world, domain, answer.records), _delegation(world, domain))
    return findings + _judge(domain, answer, servers, delegated, f"{company} DNS" if company else "your DNS host")


def _no_zone(domain: str, answer: DnsAnswer) -> Finding:
    return say.fail(
        "unresolved",
        domain,
        f"{domain} is in no DNS: nobody reaches the product by its name",
        severity=Severity.BLOCKER,
        evidence=[dns_evidence(answer)],
        remedy=Remedy(
            text=f"Enter the name servers of your DNS host for {domain} at the registrar", where="the registrar's page"
        ),
        via=answer.via,
    )


async def _apex(world: World, domain: str) -> Finding:
    found = await world.dns.addresses(domain)
    answer = await world.dns.ask(domain, "A")
    via = via_of(answer)
    evidence = [dns_evidence(answer)] if isinstance(answer, DnsAnswer) else []
    if not isinstance(found, Failure):
        return say.passed(
            "unresolved",
            domain,
            f"{domain} leads to {len(found)} address" + ("es" if len(found) > 1 else ""),
            evidence=evidence,
            via=via,
        )
    if found.kind not in ABSENT:
        words = f"Whether {domain} leads anywhere could not be seen: {found.words}"
        return say.unknown(
            "unresolved", domain, words, failure=found, severity=Severity.BLOCKER, evidence=evidence, via=via
        )
    return say.fail(
        "unresolved",
        domain,
        f"{domain} has no address: whoever types it gets nothing",
        severity=Severity.BLOCKER,
        evidence=evidence,
        remedy=Remedy(
            text="Point the bare domain at the address your host names, and redirect from there to the main address",
            paste=zone_line(domain, "A", "<address of your web host>"),
            where="your DNS host",
        ),
        via=via,
    )


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
    domain: str, answer: DnsAnswer, servers: list[_Server], delegated: frozenset[str], where: str
) -> list[Finding]:
    asked = Evidence.of(
        "name servers",
        "\n".join(server.line for server in servers),
        source=f"{domain} SOA, asked at each server",
        at=answer.at,
    )
    via = via_of(*(server.soa for server in servers), answer)
    if not any(isinstance(server.soa, DnsAnswer) for server in servers):
        failure = next((server.soa for server in servers if isinstance(server.soa, Failure)), None)
        words = f"None of the name servers of {domain} could be asked from here"
        return [
            say.unknown("lame", domain, words, failure=failure, severity=Severity.BLOCKER, evidence=[asked], via=via)
        ]
    return [
        *_lame(domain, servers, asked, where, via),
        _agree(domain, servers, delegated, asked, where, via),
        _enough(domain, answer, servers, asked, where, via),
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


def _lame(domain: str, servers: list[_Server], asked: Evidence, where: str, via: str) -> list[Finding]:
    """One finding a name server that does not do its work; one for all where they do."""
    findings: list[Finding] = []
    nobody = not any(server.serves for server in servers)
    unsure: list[_Server] = []
    for name in dict.fromkeys(server.name for server in servers):
        verdicts = [(server, _is_lame(server)) for server in servers if server.name == name]
        if any(bad for _, bad in verdicts):
            text = (
                f"Make {name} serve {domain} again, or take it out of the zone and out of "
                "the name servers at the registrar"
            )
            findings.append(
                say.fail(
                    "lame",
                    name,
                    f"{name} should serve {domain} and does not: some visitors wait, or get nothing",
                    severity=Severity.BLOCKER if nobody else Severity.HIGH,
                    evidence=[asked],
                    remedy=Remedy(text=text, paste=f"{domain}. NS {name}.   ; remove", where=where),
                    via=via,
                )
            )
        elif all(bad is None for _, bad in verdicts):
            unsure.append(verdicts[0][0])
    for server in unsure:
        failure = server.soa if isinstance(server.soa, Failure) else None
        findings.append(
            say.unknown(
                "lame",
                server.name,
                f"{server.name} could not be asked from here",
                failure=failure,
                evidence=[asked],
                via=via,
            )
        )
    if not findings:
        silent = any(_is_lame(server) is None for server in servers)
        words = f"All name servers of {domain} serve it" + (", as far as IPv4 tells" if silent else "")
        findings.append(say.passed("lame", domain, words, evidence=[asked], via=via))
    return findings


def _agree(
    domain: str, servers: list[_Server], delegated: frozenset[str], asked: Evidence, where: str, via: str
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
    remedy = Remedy(
        text="Enter the same name servers in the zone and at the registrar, and let old ones go", where=where
    )
    if len(sets) > 1:
        words = f"The name servers of {domain} disagree on who serves it: two DNS hosts may be at work"
        return say.fail("disagree", domain, words, evidence=evidence, remedy=remedy, via=via)
    if delegated and own and delegated != own:
        strangers = sorted(delegated - own)
        words = f"Registrar and zone name different servers for {domain}"
        if strangers:
            words += f": {', '.join(strangers)} is only at the registrar"
        return say.warn("disagree", domain, words, evidence=evidence, remedy=remedy, via=via)
    if len(serials) > 1:
        words = (
            f"The name servers of {domain} hold different versions of the zone: a change may reach only some visitors"
        )
        text = "Wait for the slower server for as long as the zone's refresh time; then look at its transfer"
        return say.warn("disagree", domain, words, evidence=evidence, remedy=Remedy(text=text, where=where), via=via)
    return say.passed("disagree", domain, f"The name servers of {domain} agree", evidence=evidence, via=via)


def _network(address: str) -> str:
    """The block that an address is routed in, at its smallest: /24, or /48."""
    import ipaddress

    return str(ipaddress.ip_network(f"{address}/{48 if ':' in address else 24}", strict=False))


def _enough(domain: str, answer: DnsAnswer, servers: list[_Server], asked: Evidence, where: str, via: str) -> Finding:
    addresses = {server.address for server in servers if server.address}
    evidence = [dns_evidence(answer), asked]
    if len(answer.records) > 1 and len(addresses) > 1:
        words = f"{domain} has {len(answer.records)} name servers at {len(addresses)} addresses"
        if len({_network(address) for address in addresses}) == 1:
            words += ", all in one network: one failing line takes them all (RFC 2182 section 3.1)"
            return say.info("one-server", domain, words, evidence=evidence, via=answer.via)
        return say.passed("one-server", domain, words, evidence=evidence, via=via)
    words = f"{domain} hangs on one name server: if it stops, everything does"
    if len(answer.records) > 1:
        words = f"The name servers of {domain} are one machine: if it stops, everything does"
    text = "Add a second name server on another network; every DNS host gives two or more"
    return say.warn(
        "one-server",
        domain,
        words,
        severity=Severity.HIGH,
        evidence=evidence,
        remedy=Remedy(text=text, where=where),
        via=via,
    )
