"""The rules of edge.dns-health on one zone: transfer, TCP, SOA, lifetimes, wildcards, an alias at the top."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding
from ....world.sights import DnsAnswer, ZoneCopy
from ...base import Say
from ...paste import zone_line
from ...seen import dns_evidence, via_of

if TYPE_CHECKING:
    from ....world import World

_HOUR = 3600
_LONG = _HOUR
"""A record that is kept longer than this makes taking a mistake back slow."""


@dataclass(frozen=True)
class Zone:
    """One registrable domain of the launch: its servers by name with one address each, and the hosts under it."""

    domain: str
    servers: tuple[tuple[str, str], ...]
    hosts: tuple[str, ...]
    where: str


async def judge_zone(say: Say, world: World, zone: Zone) -> list[Finding]:
    """Everything that the zone's own servers say."""
    transfers, tcp, soa, lives, wild, top = await asyncio.gather(
        _transfers(say, world, zone), _tcp(say, world, zone), _soa(say, world, zone), _lives(say, world, zone),
        _wildcard(say, world, zone),
        _top(say, world, zone),
    )  # fmt: skip
    return [*transfers, *tcp, *soa, *lives, *wild, *top]


async def _transfers(say: Say, world: World, zone: Zone) -> list[Finding]:
    """Whether a stranger gets the whole zone (RFC 5936), asked only with permission."""
    if not world.may_intrude(zone.domain):
        return [say.no_permission("zone-transfer", zone.domain, domain=zone.domain)]
    copies = await asyncio.gather(*(world.dns.transfer(address, zone.domain) for _, address in zone.servers))
    findings, shut = [], []
    for (name, address), copy in zip(zone.servers, copies, strict=True):
        if isinstance(copy, ZoneCopy) and copy.given:
            source = f"{zone.domain} AXFR at {name} ({address})"
            told = Evidence.of("names", "\n".join(copy.names), source=source, at=copy.at)
            findings.append(say.warn("zone-transfer", name, where=zone.where, evidence=[told], via=copy.via))
        elif isinstance(copy, ZoneCopy):
            shut.append(f"{name} ({address}): refused")
        else:
            shut.append(f"{name} ({address}): {copy.words}")
    if findings:
        return list(findings)
    refused = [copy for copy in copies if isinstance(copy, ZoneCopy)]
    evidence = [Evidence.of("zone transfer", "\n".join(shut), source=f"{zone.domain} AXFR")]
    if not refused:
        failure = next((copy for copy in copies if isinstance(copy, Failure)), None)
        return [say.unknown("zone-transfer", zone.domain, failure=failure, evidence=evidence)]
    return [say.passed("zone-transfer", zone.domain, evidence=evidence, via=refused[0].via)]


async def _tcp(say: Say, world: World, zone: Zone) -> list[Finding]:
    """RFC 7766: long answers (keys, SPF) come over TCP, so every server must speak it."""
    udp, tcp = await asyncio.gather(
        asyncio.gather(*(world.dns.ask_at(address, zone.domain, "SOA") for _, address in zone.servers)),
        asyncio.gather(*(world.dns.ask_at(address, zone.domain, "SOA", tcp=True) for _, address in zone.servers)),
    )
    findings = []
    lines = []
    for (name, address), short, long in zip(zone.servers, udp, tcp, strict=True):
        deaf = (
            isinstance(long, Failure)
            and long.kind in ("timeout", "refused", "reset", "protocol")
            and not _said_no(long)
        )
        lines.append(f"{name} ({address}): {'answers' if not isinstance(long, Failure) else long}")
        if deaf and isinstance(short, DnsAnswer):
            findings.append((name, short))
    evidence = [Evidence.of("over TCP", "\n".join(lines), source=f"{zone.domain} SOA over TCP")]
    if findings:
        return [
            say.warn("no-tcp", name, where=zone.where, evidence=evidence, via=short.via) for name, short in findings
        ]
    if not any(isinstance(one, DnsAnswer) for one in tcp):
        return []  # no server answers anything here; audit.dns-host tells it
    return [say.passed("no-tcp", zone.domain, evidence=evidence, via=via_of(*tcp))]


def _said_no(failure: Failure) -> bool:
    """A server that refuses the zone has answered over TCP, in the words of DNS."""
    return failure.detail.startswith(("REFUSED", "SERVFAIL", "NOTAUTH", "NOTIMP"))


async def _soa(say: Say, world: World, zone: Zone) -> list[Finding]:
    """RFC 1912 section 2.2 and RFC 2308 section 5: when second servers ask again, and how long "there is no such name"
    is remembered."""
    answers = await asyncio.gather(*(world.dns.ask_at(address, zone.domain, "SOA") for _, address in zone.servers))
    held = [
        answer
        for answer in answers
        if isinstance(answer, DnsAnswer) and answer.found and len(answer.records[0].split()) == 7
    ]
    if not held:
        return []  # audit.dns-host says which servers do not hold the zone
    fields = held[0].records[0].split()
    refresh, retry, expire, minimum = (int(part) for part in fields[3:])
    negative = min(minimum, held[0].ttl)
    evidence, via = [dns_evidence(held[0])], via_of(*held)
    wrong = []
    if negative > _HOUR:
        wrong.append("absence")
    if expire <= refresh + retry:
        wrong.append("expire")
    if retry >= refresh:
        wrong.append("retry")
    if len({answer.records[0].split()[0] for answer in held}) > 1:
        wrong.append("disagree")
    if not wrong:
        return [say.passed("soa", zone.domain, evidence=evidence, via=via)]
    hours = negative // _HOUR
    told = [say.words("soa", one, subject=zone.domain, hours=hours) for one in wrong]
    evidence.append(Evidence.of("found", "\n".join(told)))
    record = zone_line(zone.domain, "SOA", f"{fields[0]}. {fields[1]}. {fields[2]} 7200 900 1209600 300", 300)
    fix = say.fix("timers", record=record, where=zone.where)
    return [say.warn("soa", zone.domain, wrong[0], hours=hours, evidence=evidence, remedy=fix, via=via)]


async def _lives(say: Say, world: World, zone: Zone) -> list[Finding]:
    """How long the records of the product's hosts are kept by resolvers, as the zone's own servers say."""
    if not zone.servers or not zone.hosts:
        return []
    address = zone.servers[0][1]
    answers = await asyncio.gather(*(world.dns.ask_at(address, host, "A") for host in zone.hosts))
    seen = [answer for answer in answers if isinstance(answer, DnsAnswer) and answer.found]
    if not seen:
        return []
    rows = "\n".join(f"{answer.name}  {answer.ttl} s" for answer in seen)
    evidence = [Evidence.of("ttl", rows, source=seen[0].server, at=seen[0].at)]
    slow = sorted((answer for answer in seen if answer.ttl > _LONG), key=lambda answer: -answer.ttl)
    if not slow:
        minutes = max(1, *(answer.ttl // 60 for answer in seen))
        return [say.passed("ttl", zone.domain, minutes=minutes, evidence=evidence, via=seen[0].via)]
    worst, more = slow[0], len(slow) - 1
    records = "\n".join(zone_line(answer.name, "A", answer.records[0], 300) for answer in slow[:6])
    return [
        say.warn(
            "ttl",
            zone.domain,
            "several" if more else "warn",
            host=worst.name,
            more=more,
            hours=worst.ttl // _HOUR,
            evidence=evidence,
            remedy=say.fix("lower-ttl", records=records, where=zone.where),
            via=worst.via,
        )
    ]


async def _wildcard(say: Say, world: World, zone: Zone) -> list[Finding]:
    """Whether every name that nobody made exists (RFC 4592)."""
    answer = await world.dns.ask(f"lr-{secrets.token_hex(6)}.{zone.domain}", "A")
    if isinstance(answer, Failure):
        return [say.info("wildcard", zone.domain, "unseen", cause=answer.words)]
    if not answer.found:
        return [say.passed("wildcard", zone.domain, via=answer.via)]
    target = answer.canonical if answer.canonical != answer.name else ""
    shown = f"*.{zone.domain} A {', '.join(answer.records)}" + (f", all as {target}" if target else "")
    evidence = [Evidence.of("dns", shown, source=answer.server, at=answer.at)]
    said = "alias" if target else "info"
    return [say.info("wildcard", zone.domain, said, target=target, evidence=evidence, via=answer.via)]


async def _top(say: Say, world: World, zone: Zone) -> list[Finding]:
    """RFC 1034 section 3.6.2: an alias hides all other records of its name, and the top of a zone must have some."""
    if not zone.servers:
        return []
    alias = await world.dns.ask_at(zone.servers[0][1], zone.domain, "CNAME")
    if isinstance(alias, Failure) or not alias.found:
        return []
    record, evidence = zone_line(zone.domain, "A", "<address your host names>"), [dns_evidence(alias)]
    return [say.fail("apex-alias", zone.domain, record=record, where=zone.where, evidence=evidence, via=alias.via)]
