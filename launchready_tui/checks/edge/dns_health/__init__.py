"""edge.dns-health: the zone is guarded, signed right or not at all, allows the certificate authority in use, and lets
mistakes be undone.

Which servers are lame or disagree with the zone above is told by audit.dns-host.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....world import registrable
from ....world.sights import DnsAnswer, Signing, TlsSight
from ...audit.hosts_of import declared, web_hosts
from ...audit.providers import dns_host as company_of
from ...base import Say, check
from ...parse import caa
from ...paste import zone_line
from ...seen import distinct, dns_evidence, via_of
from .zone import Zone, judge_zone

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

_SERVERS = 4


@check("edge.dns-health")
async def dns_health(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Each registrable domain of the launch's hosts."""
    say = Say("edge.dns-health", world.clock.now())
    domains = dict.fromkeys(registrable(host) for host in declared(launch))
    for findings in await asyncio.gather(*(_domain(say, launch, world, domain) for domain in domains)):
        for finding in distinct(findings):
            yield finding


async def _domain(say: Say, launch: Launch, world: World, domain: str) -> list[Finding]:
    hosts = tuple(host for host in web_hosts(launch) if registrable(host) == domain)
    answer, signing, permits = await asyncio.gather(
        world.dns.ask(domain, "NS"), world.dns.signing(domain), _permits(say, world, domain, hosts)
    )
    company = "" if isinstance(answer, Failure) else company_of(answer.records)
    where = f"{company} DNS" if company else "your DNS host"
    findings = [_signed(say, domain, signing, where), *permits]
    if isinstance(answer, Failure):
        said = f"The zone of {domain} could not be looked at: {answer.words}"
        return [*findings, say.unknown("servers", domain, said, failure=answer)]
    addresses = await asyncio.gather(*(world.dns.addresses(name) for name in answer.records[:_SERVERS]))
    servers = [
        (name, found[0])
        for name, found in zip(answer.records, addresses, strict=False)
        if not isinstance(found, Failure)
    ]
    if not servers:
        failure = next((found for found in addresses if isinstance(found, Failure)), None)
        said = f"None of the name servers of {domain} could be asked by itself"
        return [*findings, say.unknown("servers", domain, said, failure=failure, via=answer.via)]
    return [*findings, *await judge_zone(say, world, Zone(domain, tuple(servers), hosts, where))]


_BROKEN = {
    "no-key": "the registrar vouches for a key that the zone does not have",
    "mismatch": "the registrar vouches for another key than the zone's",
    "bad-signature": "its signatures do not hold",
    "expired": "its signatures have run out",
}


def _signed(say: Say, domain: str, signing: Signing | Failure, where: str) -> Finding:
    """RFC 4035: a broken signature makes the whole domain vanish for everybody behind a checking resolver; none at all
    does no harm."""
    if isinstance(signing, Failure):
        said = f"Whether the signatures of {domain} hold could not be seen: {signing.words}"
        return say.unknown("dnssec", domain, said, failure=signing)
    rows = [*(f"{domain}. DS {row}" for row in signing.ds), *(f"{domain}. DNSKEY {row}" for row in signing.keys)]
    if signing.detail:
        rows.append(signing.detail)
    evidence = [
        Evidence.of("dnssec", "\n".join(rows) or "no DS, no DNSKEY", source=f"{domain} DS, DNSKEY, SOA", at=signing.at)
    ]
    if signing.state in _BROKEN:
        said = (
            f"{domain} cannot be found by everybody behind a checking resolver (Google, Cloudflare, many providers): "
        )
        return say.fail(
            "dnssec",
            domain,
            said + _BROKEN[signing.state],
            severity=Severity.BLOCKER,
            evidence=evidence,
            remedy=Remedy(
                text="Take the DS record out at the registrar now (signing can be set up anew later), or let the DNS "
                "host sign again",
                paste="\n".join(f"{domain}. IN DS {row}   ; remove" for row in signing.ds),
                where=f"the registrar's page, and {where}",
            ),
            via=signing.via,
        )
    if signing.state == "unread":
        return say.info(
            "dnssec",
            domain,
            f"{domain} is signed in a way that cannot be checked here",
            evidence=evidence,
            via=signing.via,
        )
    if signing.state == "unsigned":
        said = f"{domain} is not signed (DNSSEC), which does no harm; do not start with it in launch week"
        return say.info("dnssec", domain, said, evidence=evidence, via=signing.via)
    if signing.state == "no-ds":
        said = f"{domain} is signed, but the registrar does not know the key, so nobody checks it"
        return say.info("dnssec", domain, said, evidence=evidence, via=signing.via)
    return say.passed(
        "dnssec", domain, f"{domain} is signed, and the signatures hold", evidence=evidence, via=signing.via
    )


async def _set_of(world: World, host: str, domain: str) -> DnsAnswer | Failure | None:
    """The CAA records that count for a host: its own, or of the nearest name above it (RFC 8659 section 3); None where
    there are none."""
    name = host
    while True:
        answer = await world.dns.ask(name, "CAA")
        if isinstance(answer, Failure) or answer.found:
            return answer
        if name == domain or "." not in name:
            return None
        name = name.partition(".")[2]


async def _permits(say: Say, world: World, domain: str, hosts: tuple[str, ...]) -> list[Finding]:
    """Whether the authority that issued each host's certificate may issue the next one."""
    sets, sights = await asyncio.gather(
        asyncio.gather(*(_set_of(world, host, domain) for host in hosts)),
        asyncio.gather(*(world.tls.look(host) for host in hosts)),
    )
    findings: list[Finding] = []
    groups: dict[str, list[tuple[str, TlsSight | Failure]]] = {}
    held: dict[str, DnsAnswer] = {}
    for host, found, sight in zip(hosts, sets, sights, strict=True):
        if isinstance(found, Failure):
            said = (
                f"Which authorities may issue for {host} could not be seen, and authorities refuse in that case: "
                f"{found.words}"
            )
            findings.append(say.unknown("caa", host, said, failure=found))
        elif found is not None:
            held[found.name] = found
            groups.setdefault(found.name, []).append((host, sight))
    findings += [_permit(say, held[name], group) for name, group in groups.items()]
    none = [host for host, found in zip(hosts, sets, strict=True) if found is None]
    if none:
        text = "Name the authority in use, so that no other one can be talked into issuing for your names"
        fix = Remedy(text=text, paste=zone_line(domain, "CAA", '0 issue "letsencrypt.org"'), where="your DNS host")
        said = f"Any certificate authority may issue for {none[0]}" + (
            f" and {len(none) - 1} more" if len(none) > 1 else ""
        )
        findings.append(say.info("caa-none", domain, said, remedy=fix))
    return findings


def _forbids(records: caa.Caa, host: str, sight: TlsSight | Failure) -> str:
    """Why the next certificate of a host will not be issued; empty where it will, as far as that can be told."""
    leaf = None if isinstance(sight, Failure) else sight.leaf
    wildcard = leaf is not None and host not in leaf.names and any(name.startswith("*.") for name in leaf.names)
    names = caa.authority(leaf.issuer) if leaf else ()
    if records.unknown_critical:
        return (
            "a record that every authority must know and none does "
            f"({records.unknown_critical[0]}) forbids it to all of them"
        )
    if records.nobody(wildcard=wildcard):
        return "no authority is allowed to"
    if names and not records.allows(names, wildcard=wildcard):
        return f"{names[0]}, who issued the one in use, is not allowed to"
    return ""


def _permit(say: Say, found: DnsAnswer, group: list[tuple[str, TlsSight | Failure]]) -> Finding:
    """One set of CAA records and all hosts it counts for."""
    records = caa.read(found.records)
    issuers = {host: sight.leaf.issuer for host, sight in group if isinstance(sight, TlsSight)}
    evidence = [dns_evidence(found)]
    if issuers:
        evidence.append(
            Evidence.of("issuers in use", "\n".join(f"{host}  {issuer}" for host, issuer in issuers.items()))
        )
    refused = [(host, why, sight) for host, sight in group if (why := _forbids(records, host, sight))]
    wrong = (*(f"{record}: this is no CAA record" for record in records.broken), *records.problems)
    if not refused and wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return say.warn(
            "caa",
            found.name,
            f"A CAA record of {found.name} has a mistake{more}: authorities may pass over it, or refuse",
            severity=Severity.LOW,
            evidence=[*evidence, Evidence.of("mistakes", "\n".join(wrong))],
            remedy=Remedy(text="Correct the record, or take it away", where="your DNS host"),
            via=via_of(found),
        )
    if not refused:
        said = f"The CAA records of {found.name} let certificates be renewed"
        return say.passed("caa", found.name, said, evidence=evidence, via=via_of(found))
    host, why, sight = refused[0]
    names = caa.authority(sight.leaf.issuer) if isinstance(sight, TlsSight) else ()
    more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
    return say.fail(
        "caa",
        found.name,
        f"The next certificate of {host}{more} will not be issued: {why}",
        severity=Severity.HIGH,
        evidence=evidence,
        remedy=Remedy(
            text="Allow the authority that you use",
            paste=zone_line(found.name, "CAA", f'0 issue "{names[0] if names else "<domain of the authority>"}"'),
            where="your DNS host",
        ),
        via=via_of(found),
    )
