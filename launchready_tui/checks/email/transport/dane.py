"""DANE for mail (RFC 7672): the TLSA record of a mail server against its certificate, and whether the zones that it
hangs on are signed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....mail.auth.transport import Tlsa, tlsa
from ....world import registrable
from ....world.sights import DnsAnswer, Signing, TlsSight
from ...base import Say
from ...paste import zone_line
from ...seen import dns_evidence

if TYPE_CHECKING:
    from ....world import World

_BROKEN = frozenset({"no-key", "mismatch", "bad-signature", "expired"})


async def dane_of(
    say: Say, world: World, domain: str, host: str, look: Callable[[], Awaitable[TlsSight | Failure]]
) -> list[Finding]:
    """What is to be said of one mail server of `domain`. `look` takes one look at its certificate."""
    name = f"_25._tcp.{host}"
    answer = await world.dns.ask(name, "TLSA")
    if isinstance(answer, Failure):
        said = f"Whether {host} publishes DANE could not be looked up"
        return [say.unknown("dane", host, said, failure=answer, severity=Severity.LOW)]
    if not answer.found:
        said = f"{host} publishes no DANE, and a launch needs none"
        return [say.passed("dane", host, said, evidence=[dns_evidence(answer)], via=answer.via)]
    signed, evidence = await _signed(world, domain, host, answer)
    evidence = [dns_evidence(answer), *evidence]
    if isinstance(signed, Failure):
        said = (
            f"{host} publishes DANE; whether its zone is signed, without which it counts for nothing, could not be seen"
        )
        return [
            say.unknown("dane", host, said, failure=signed, severity=Severity.LOW, evidence=evidence, via=answer.via)
        ]
    if signed in _BROKEN:
        said = f"{host} publishes DANE in a zone whose signatures do not hold: senders that mind DANE hold mail back"
        fix = Remedy(
            text="Repair the signatures of the zone, or take its DS record out at the registrar", where="your DNS host"
        )
        return [say.fail("dane", host, said, evidence=evidence, remedy=fix, via=answer.via)]
    if signed != "valid":
        why = "signed in a way that cannot be checked here" if signed == "unread" else "not signed"
        said = f"{host} publishes DANE in a zone that is {why}" + (
            "" if signed == "unread" else ", so no sender goes by it"
        )
        fix = Remedy(
            text="Sign the zone (DNSSEC) of the domain and of the mail server, or take the TLSA record away",
            paste=f"{name}. IN TLSA {answer.records[0]}   ; remove",
            where=f"the DNS host of {host}",
        )
        if signed == "unread":
            return [say.info("dane", host, said, evidence=evidence, via=answer.via)]
        return [say.warn("dane", host, said, severity=Severity.LOW, evidence=evidence, remedy=fix, via=answer.via)]
    return [await _compared(say, name, host, answer, evidence, look)]


async def _signed(world: World, domain: str, host: str, answer: DnsAnswer) -> tuple[str | Failure, list[Evidence]]:
    """`valid` where both the zone of the MX record and that of the TLSA record are signed and hold (section 2.2), else
    what is wrong.

    A resolver that has verified both answers itself is believed; else the signatures are judged here.
    """
    mx = await world.dns.ask(domain, "MX")
    if answer.authenticated and isinstance(mx, DnsAnswer) and mx.authenticated:
        return "valid", [
            Evidence.of("signed", "the resolver has verified both answers", source=answer.server, at=answer.at)
        ]
    zones = tuple(dict.fromkeys((registrable(domain), registrable(host))))
    looked = await asyncio.gather(*(world.dns.signing(zone) for zone in zones))
    rows = [
        f"{zone}: {one.words if isinstance(one, Failure) else one.state}"
        for zone, one in zip(zones, looked, strict=True)
    ]
    evidence = [Evidence.of("signed", "\n".join(rows), source="DS, DNSKEY, SOA")]
    states = [one for one in looked if isinstance(one, Signing)]
    wrong = sorted((one.state for one in states if one.state != "valid"), key=lambda state: state not in _BROKEN)
    failed = next((one for one in looked if isinstance(one, Failure)), None)
    return (wrong[0] if wrong else failed or "valid"), evidence


async def _compared(
    say: Say,
    name: str,
    host: str,
    answer: DnsAnswer,
    evidence: list[Evidence],
    look: Callable[[], Awaitable[TlsSight | Failure]],
) -> Finding:
    """The record of a signed zone against the certificate in use."""
    records = [tlsa(record) for record in answer.records]
    good = [one for one in records if not one.problem]
    if not good:
        drop = Remedy(text=f"Correct the TLSA record at {name}, or take it away", where=f"the DNS host of {host}")
        said = f"The DANE record of {host} cannot be used: {records[0].problem}"
        return say.fail("dane", host, said, severity=Severity.MEDIUM, evidence=evidence, remedy=drop, via=answer.via)
    sight = await look()
    if isinstance(sight, Failure):
        said = f"{host} publishes DANE; whether its certificate matches could not be tried from here: {sight.words}"
        return say.info("dane", host, said, evidence=[*evidence, Evidence.of("failure", str(sight))], via=answer.via)
    matches = [_matches(one, sight) for one in good]
    if True in matches:
        said = f"The certificate of {host} matches its DANE record, and the zone is signed"
        return say.passed("dane", host, said, evidence=evidence, via=sight.via)
    if None in matches:
        said = f"The DANE record of {host} is of a kind that cannot be compared from here"
        return say.info("dane", host, said, evidence=evidence, via=sight.via)
    fix = Remedy(
        text="Publish the digest of the key in use, and keep the old one until caches have forgotten it",
        paste=zone_line(name, "TLSA", f"3 1 1 {sight.leaf.key_sha256}"),
        where=f"the DNS host of {host}",
    )
    said = f"The certificate of {host} is not the one that its DANE record names: senders that mind DANE turn mail away"
    return say.fail("dane", host, said, evidence=evidence, remedy=fix, via=sight.via)


def _matches(record: Tlsa, sight: TlsSight) -> bool | None:
    """None where the record cannot be compared with what we keep of a certificate: whole certificates and SHA-512."""
    if record.matching != 1:
        return None
    chain = sight.chain[:1] if record.usage == 3 else sight.chain
    return any(record.data == (one.sha256 if record.selector == 0 else one.key_sha256) for one in chain)
