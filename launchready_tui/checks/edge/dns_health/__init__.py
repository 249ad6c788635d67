"""edge.dns-health: the zone is guarded, signed right or not at all, allows the certificate authority in use, and lets
mistakes be undone.

Which servers are lame or disagree with the zone above is told by audit.dns-host.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding
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
        return [*findings, say.unknown("servers", domain, failure=answer)]
    addresses = await asyncio.gather(*(world.dns.addresses(name) for name in answer.records[:_SERVERS]))
    servers = [
        (name, found[0])
        for name, found in zip(answer.records, addresses, strict=False)
        if not isinstance(found, Failure)
    ]
    if not servers:
        failure = next((found for found in addresses if isinstance(found, Failure)), None)
        return [*findings, say.unknown("servers", domain, "no-server", failure=failure, via=answer.via)]
    return [*findings, *await judge_zone(say, world, Zone(domain, tuple(servers), hosts, where))]


_BROKEN = ("no-key", "mismatch", "bad-signature", "expired")
_HARMLESS = ("unread", "unsigned", "no-ds")


def _signed(say: Say, domain: str, signing: Signing | Failure, where: str) -> Finding:
    """RFC 4035: a broken signature makes the whole domain vanish for everybody behind a checking resolver; none at all
    does no harm. The states are messages of the rule."""
    if isinstance(signing, Failure):
        return say.unknown("dnssec", domain, failure=signing)
    rows = [*(f"{domain}. DS {row}" for row in signing.ds), *(f"{domain}. DNSKEY {row}" for row in signing.keys)]
    if signing.detail:
        rows.append(signing.detail)
    shown, source = "\n".join(rows) or "no DS, no DNSKEY", f"{domain} DS, DNSKEY, SOA"
    evidence = [Evidence.of("dnssec", shown, source=source, at=signing.at)]
    if signing.state in _BROKEN:
        records = "\n".join(f"{domain}. IN DS {row}   ; remove" for row in signing.ds)
        fix = say.fix("remove-ds", domain=domain, records=records, where=where)
        return say.fail("dnssec", domain, signing.state, evidence=evidence, remedy=fix, via=signing.via)
    if signing.state in _HARMLESS:
        return say.info("dnssec", domain, signing.state, evidence=evidence, via=signing.via)
    return say.passed("dnssec", domain, evidence=evidence, via=signing.via)


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
            findings.append(say.unknown("caa", host, failure=found))
        elif found is not None:
            held[found.name] = found
            groups.setdefault(found.name, []).append((host, sight))
    findings += [_permit(say, held[name], group) for name, group in groups.items()]
    none = [host for host, found in zip(hosts, sets, strict=True) if found is None]
    if none:
        record, said = (
            only_these(domain, [seen for seen, found in zip(sights, sets, strict=True) if found is None]),
            "several" if len(none) > 1 else "info",
        )
        fix = say.fix("name-authority", record=record)
        findings.append(say.info("caa-none", domain, said, host=none[0], more=len(none) - 1, remedy=fix))
    return findings


def only_these(domain: str, sights: Sequence[TlsSight | Failure]) -> str:
    """Records that allow the authorities whose certificates are in use, and no other."""
    issuers = [caa.authority(sight.leaf.issuer) for sight in sights if isinstance(sight, TlsSight)]
    allowed = dict.fromkeys(names[0] for names in issuers if names) or {"<domain of your certificate authority>": None}
    return "\n".join(zone_line(domain, "CAA", f'0 issue "{name}"') for name in allowed)


def _forbids(records: caa.Caa, host: str, sight: TlsSight | Failure) -> tuple[str, str]:
    """Why the next certificate of a host will not be issued, as a message, and the record or authority in question;
    both empty where it will, as far as that can be told."""
    leaf = None if isinstance(sight, Failure) else sight.leaf
    wildcard = leaf is not None and host not in leaf.names and any(name.startswith("*.") for name in leaf.names)
    names = caa.authority(leaf.issuer) if leaf else ()
    if records.unknown_critical:
        return "critical", records.unknown_critical[0]
    if records.nobody(wildcard=wildcard):
        return "no-authority", ""
    if names and not records.allows(names, wildcard=wildcard):
        return "other-authority", names[0]
    return "", ""


def _permit(say: Say, found: DnsAnswer, group: list[tuple[str, TlsSight | Failure]]) -> Finding:
    """One set of CAA records and all hosts it counts for."""
    records = caa.read(found.records)
    issuers = {host: sight.leaf.issuer for host, sight in group if isinstance(sight, TlsSight)}
    evidence = [dns_evidence(found)]
    if issuers:
        evidence.append(
            Evidence.of("issuers in use", "\n".join(f"{host}  {issuer}" for host, issuer in issuers.items()))
        )
    refused = [(host, *why, sight) for host, sight in group if (why := _forbids(records, host, sight))[0]]
    if not refused:
        if wrong := (*(f"{record}: not a CAA record" for record in records.broken), *records.problems):
            evidence.append(Evidence.of("mistakes", "\n".join(wrong)))
            return say.warn("caa", found.name, "mistake", count=len(wrong), evidence=evidence, via=via_of(found))
        return say.passed("caa", found.name, evidence=evidence, via=via_of(found))
    host, said, what, sight = refused[0]
    names = caa.authority(sight.leaf.issuer) if isinstance(sight, TlsSight) else ()
    record = zone_line(found.name, "CAA", f'0 issue "{names[0] if names else "<domain of the authority>"}"')
    fix = say.fix("allow-authority", hosts=tuple(row[0] for row in refused), record=record)
    return say.fail("caa", found.name, said, host=host, what=what, evidence=evidence, remedy=fix, via=via_of(found))
