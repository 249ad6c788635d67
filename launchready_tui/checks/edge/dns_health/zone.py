"""The rules of edge.dns-health on one zone: transfer, TCP, SOA, lifetimes, wildcards, an alias at the top."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
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
        return [say.no_permission("zone-transfer", zone.domain, "asking for a copy of the zone", domain=zone.domain)]
    copies = await asyncio.gather(*(world.dns.transfer(address, zone.domain) for _, address in zone.servers))
    findings, shut = [], []
    for (name, address), copy in zip(zone.servers, copies, strict=True):
        if isinstance(copy, ZoneCopy) and copy.given:
            told = Evidence.of(
                "names", "\n".join(copy.names), source=f"{zone.domain} AXFR at {name} ({address})", at=copy.at
            )
            findings.append(
                say.warn(
                    "zone-transfer",
                    name,
                    f"{name} gives the whole zone to whoever asks: every name of the product, inner ones too",
                    evidence=[told],
                    remedy=Remedy(
                        text="Let only your own second name servers copy the zone",
                        paste="acl:\n  - id: copy\n    address: <your second name server>\n    action: transfer",
                        where=f"{zone.where} (the paste is for knot; BIND has allow-transfer)",
                    ),
                    via=copy.via,
                )
            )
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
        said = f"Whether {zone.domain} can be copied by strangers could not be seen"
        return [
            say.unknown(
                "zone-transfer", zone.domain, said, failure=failure, severity=Severity.MEDIUM, evidence=evidence
            )
        ]
    said = f"The name servers of {zone.domain} give no stranger a copy of the zone"
    return [say.passed("zone-transfer", zone.domain, said, evidence=evidence, via=refused[0].via)]


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
            say.warn(
                "no-tcp",
                name,
                f"{name} answers short questions only: what does not fit one packet (mail keys, signatures) "
                "never arrives",
                evidence=evidence,
                remedy=Remedy(
                    text="Open port 53 for TCP as well as UDP in the firewall of the name server", where=zone.where
                ),
                via=short.via,
            )
            for name, short in findings
        ]
    if not any(isinstance(one, DnsAnswer) for one in tcp):
        return []  # no server answers anything here; audit.dns-host tells it
    said = f"The name servers of {zone.domain} answer over TCP too"
    return [say.passed("no-tcp", zone.domain, said, evidence=evidence, via=via_of(*tcp))]


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
    evidence = [dns_evidence(answer) for answer in held[:1]]
    wrong = []
    if negative > _HOUR:
        wrong.append(
            f"that a name does not exist is remembered for {negative // _HOUR} h, so a new host stays "
            "unreachable that long"
        )
    if expire <= refresh + retry:
        wrong.append("second name servers give the zone up before they have asked again")
    if retry >= refresh:
        wrong.append("second name servers wait longer after a failed copy than after a good one")
    if len({answer.records[0].split()[0] for answer in held}) > 1:
        wrong.append("the name servers disagree on which of them is the first")
    if not wrong:
        return [
            say.passed(
                "soa",
                zone.domain,
                f"The times in the SOA of {zone.domain} are sane",
                evidence=evidence,
                via=via_of(*held),
            )
        ]
    paste = zone_line(zone.domain, "SOA", f"{fields[0]}. {fields[1]}. {fields[2]} 7200 900 1209600 300", 300)
    return [
        say.warn(
            "soa",
            zone.domain,
            f"The SOA of {zone.domain} is set badly: {wrong[0]}",
            severity=Severity.LOW,
            evidence=[*evidence, Evidence.of("found", "\n".join(wrong))],
            remedy=Remedy(text="Set ordinary times", paste=paste, where=zone.where),
            via=via_of(*held),
        )
    ]


async def _lives(say: Say, world: World, zone: Zone) -> list[Finding]:
    """How long the records of the product's hosts are kept by resolvers, as the zone's own servers say."""
    if not zone.servers or not zone.hosts:
        return []
    address = zone.servers[0][1]
    answers = await asyncio.gather(*(world.dns.ask_at(address, host, "A") for host in zone.hosts))
    seen = [answer for answer in answers if isinstance(answer, DnsAnswer) and answer.found]
    if not seen:
        return []
    evidence = [
        Evidence.of(
            "ttl", "\n".join(f"{answer.name}  {answer.ttl} s" for answer in seen), source=seen[0].server, at=seen[0].at
        )
    ]
    slow = sorted((answer for answer in seen if answer.ttl > _LONG), key=lambda answer: -answer.ttl)
    if not slow:
        said = (
            f"Changes of addresses under {zone.domain} reach everybody within "
            f"{max(answer.ttl for answer in seen) // 60} min"
        )
        return [say.passed("ttl", zone.domain, said, evidence=evidence, via=seen[0].via)]
    worst = slow[0]
    more = f", and {len(slow) - 1} more" if len(slow) > 1 else ""
    said = (
        f"The address of {worst.name} is kept for {worst.ttl // _HOUR} h{more}: a wrong "
        "change cannot be taken back sooner"
    )
    return [
        say.warn(
            "ttl",
            zone.domain,
            said,
            severity=Severity.LOW,
            evidence=evidence,
            remedy=Remedy(
                text="Lower it to five minutes for the launch, a day before anything is changed",
                paste="\n".join(zone_line(answer.name, "A", answer.records[0], 300) for answer in slow[:6]),
                where=zone.where,
            ),
            via=worst.via,
        )
    ]


async def _wildcard(say: Say, world: World, zone: Zone) -> list[Finding]:
    """Whether every name that nobody made exists (RFC 4592)."""
    answer = await world.dns.ask(f"lr-{secrets.token_hex(6)}.{zone.domain}", "A")
    if isinstance(answer, Failure):
        return [
            say.info(
                "wildcard",
                zone.domain,
                f"Whether every name under {zone.domain} exists could not be seen: {answer.words}",
            )
        ]
    if not answer.found:
        return [
            say.passed("wildcard", zone.domain, f"Only names that were made exist under {zone.domain}", via=answer.via)
        ]
    target = f", all as {answer.canonical}" if answer.canonical not in ("", answer.name) else ""
    shown = Evidence.of(
        "dns", f"*.{zone.domain} A {', '.join(answer.records)}{target}", source=answer.server, at=answer.at
    )
    said = f"Every name under {zone.domain} leads somewhere{target}: typing errors and forgotten names are answered too"
    return [say.info("wildcard", zone.domain, said, evidence=[shown], via=answer.via)]


async def _top(say: Say, world: World, zone: Zone) -> list[Finding]:
    """RFC 1034 section 3.6.2: an alias hides all other records of its name, and the top of a zone must have some."""
    if not zone.servers:
        return []
    alias = await world.dns.ask_at(zone.servers[0][1], zone.domain, "CNAME")
    if isinstance(alias, Failure) or not alias.found:
        return []
    return [
        say.fail(
            "apex-alias",
            zone.domain,
            f"{zone.domain} itself is an alias: its mail, its name servers and all else under that name can vanish",
            evidence=[dns_evidence(alias)],
            remedy=Remedy(
                text="Give the bare domain addresses of its own, or what your DNS host "
                "calls ALIAS, ANAME or flattening",
                paste=zone_line(zone.domain, "A", "<address your host names>"),
                where=zone.where,
            ),
            via=alias.via,
        )
    ]
