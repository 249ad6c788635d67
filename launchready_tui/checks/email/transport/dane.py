"""DANE for mail (RFC 7672): the TLSA record of a mail server against its certificate, and whether the zones that it
hangs on are signed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding
from ....mail.auth.transport import Tlsa, tlsa
from ....world import registrable
from ....world.sights import DnsAnswer, Signing, TlsSight
from ...base import Say
from ...seen import dns_evidence

if TYPE_CHECKING:
    from ....world import World

_BROKEN = frozenset({"no-key", "mismatch", "bad-signature", "expired"})


async def dane_of(
    say: Say, world: World, domain: str, host: str, look: Callable[[], Awaitable[TlsSight | Failure]]
) -> list[Finding]:
    """The findings on one mail server of `domain`. `look` takes one look at its certificate."""
    name = f"_25._tcp.{host}"
    answer = await world.dns.ask(name, "TLSA")
    if isinstance(answer, Failure):
        return [say.unknown("dane", host, failure=answer)]
    evidence, via = [dns_evidence(answer)], answer.via
    if not answer.found:
        return [say.passed("dane", host, "absent", evidence=evidence, via=via)]
    signed, more = await _signed(world, domain, host, answer)
    evidence += more
    if isinstance(signed, Failure):
        return [say.unknown("dane", host, "unsure", failure=signed, evidence=evidence, via=via)]
    if signed in _BROKEN:
        return [say.fail("dane", host, "bad-signature", evidence=evidence, via=via)]
    if signed == "unread":
        return [say.info("dane", host, "unread", evidence=evidence, via=via)]
    if signed != "valid":
        return [say.warn("dane", host, name=name, record=answer.records[0], evidence=evidence, via=via)]
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
        why, via = records[0].problem, answer.via
        return say.fail("dane", host, "unusable", name=name, problem=why, evidence=evidence, via=via)
    sight = await look()
    if isinstance(sight, Failure):
        return say.info("dane", host, failure=sight, evidence=evidence, via=answer.via)
    matches = [_matches(one, sight) for one in good]
    if True in matches:
        return say.passed("dane", host, evidence=evidence, via=sight.via)
    if None in matches:
        return say.info("dane", host, "uncompared", evidence=evidence, via=sight.via)
    return say.fail("dane", host, name=name, digest=sight.leaf.key_sha256, evidence=evidence, via=sight.via)


def _matches(record: Tlsa, sight: TlsSight) -> bool | None:
    """None where the record cannot be compared with what we keep of a certificate: whole certificates and SHA-512."""
    if record.matching != 1:
        return None
    chain = sight.chain[:1] if record.usage == 3 else sight.chain
    return any(record.data == (one.sha256 if record.selector == 0 else one.key_sha256) for one in chain)
