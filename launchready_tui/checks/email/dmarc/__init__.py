"""email.dmarc: the domain's policy by RFC 9989, with someone who reads the reports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy
from ....mail.auth.dmarc import Discovery, discover, unseen_before
from ....mail.auth.dmarc_record import Record, almost_dmarc, is_dmarc, read
from ....world import registrable
from ....world.sights import DnsAnswer
from ...base import Say, check
from ...paste import zone_line
from ...seen import dns_evidence
from ..fresh import Fresh, with_newest
from ..place import dressed

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World


@check("email.dmarc")
async def dmarc(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The record of the launch domain, or of the domain above it that covers it."""
    say = Say("email.dmarc", world.clock.now())
    domain = launch.domain
    findings = await with_newest(
        world, say, domain, [(f"_dmarc.{domain}", "TXT")], lambda ask: _domain(say, ask, domain)
    )
    for finding in await dressed(world, domain, findings):
        yield finding


async def _domain(say: Say, ask: Fresh, domain: str) -> list[Finding]:
    found = await discover(ask, domain)
    by_name = {answer.name.lower(): answer for answer in found.answers}
    answer = by_name.get(f"_dmarc.{domain}")
    if answer is None:
        return [say.unknown("missing", domain, failure=found.failure)]
    records = [text for text in answer.texts if is_dmarc(text)]
    if len(records) > 1:
        return [_multiple(say, domain, answer, records)]
    if found.record and found.failure is None and not (not records and read(found.record).tag("psd") == "y"):
        # A registry's own record (psd=y) above covers the name for receivers, and is still not a record of this launch.
        at = domain if records else found.record_domain or found.organizational_domain or domain
        return await _judge(say, ask, found, at, by_name.get(f"_dmarc.{at}", answer), read(found.record))
    evidence = [dns_evidence(answer)]
    if found.failure is not None:
        return [say.unknown("missing", domain, "above", failure=found.failure, evidence=evidence, via=answer.via)]
    if any(almost_dmarc(text) for text in answer.texts):
        return [say.fail("syntax", domain, "almost", evidence=evidence, via=answer.via)]
    return [say.fail("missing", domain, evidence=evidence, via=answer.via)]


def _multiple(say: Say, domain: str, answer: DnsAnswer, records: list[str]) -> Finding:
    best = max((read(text) for text in records), key=lambda record: (not record.broken_policy, bool(record.rua)))
    evidence, fix = [dns_evidence(answer)], say.fix("keep-one", line=zone_line(f"_dmarc.{domain}", "TXT", best.raw))
    return say.fail("multiple", domain, count=len(records), evidence=evidence, remedy=fix, via=answer.via)


def _repaired(record: Record, **changed: str) -> str:
    """The record with some tags set, the rest as it was, p second."""
    tags = dict(record.tags) | changed
    order = ["v", "p", *(key for key in tags if key not in ("v", "p"))]
    return "; ".join(f"{key}={tags[key]}" for key in order if tags.get(key))


async def _judge(say: Say, ask: Fresh, found: Discovery, at: str, answer: DnsAnswer, record: Record) -> list[Finding]:
    domain, via = found.domain, answer.via
    evidence = [dns_evidence(answer)]
    if record.problems:
        evidence.append(Evidence.of("mistakes", "\n".join(record.problems), source=f"_dmarc.{at} TXT", at=answer.at))
    findings: list[Finding] = []

    def fix(name: str, **changed: str) -> Remedy:
        return say.fix(name, line=zone_line(f"_dmarc.{at}", "TXT", _repaired(record, **changed)))

    problem, repaired = next(iter(record.problems), ""), fix("repair", p=record.p or "none")
    if found.effective is None:
        return [say.fail("syntax", domain, at=at, problem=problem, evidence=evidence, remedy=repaired, via=via)]
    if record.problems:
        findings.append(say.warn("syntax", domain, at=at, problem=problem, evidence=evidence, remedy=repaired, via=via))
    if record.obsolete:
        findings.append(say.info("obsolete", domain, at=at, part=record.obsolete[0], evidence=evidence, via=via))
    findings.append(_policy(say, found, evidence, answer))
    registered = registrable(domain)
    if unseen_before(found, registered):
        above = say.fix("publish-above", line=zone_line(f"_dmarc.{domain}", "TXT", record.raw))
        findings.append(
            say.info("older-receivers", domain, registered=registered, at=at, evidence=evidence, remedy=above, via=via)
        )
    findings += _next(say, found, at, record, answer)
    if not record.rua:
        reports = fix("ask-for-reports", rua=f"mailto:dmarc@{domain}")
        findings.append(say.warn("reports", domain, evidence=evidence, remedy=reports, via=via))
    else:
        findings += await _receivers(say, ask, domain, at, answer, record)
    return findings


def _policy(say: Say, found: Discovery, evidence: list[Evidence], answer: DnsAnswer) -> Finding:
    message = "pass"
    if found.effective == "none":
        message = "none" if found.policy == found.effective else "lowered"
    return say.passed("policy", found.domain, message, policy=str(found.effective), evidence=evidence, via=answer.via)


_AFTER = {"none": "quarantine", "quarantine": "reject"}


def _next(say: Say, found: Discovery, at: str, record: Record, answer: DnsAnswer) -> list[Finding]:
    """What to publish after this, and when. Only where reports come in: they show whether it is safe."""
    if not record.rua or found.effective not in _AFTER:
        return []
    first = policy = _AFTER[str(found.effective)]
    lines = [zone_line(f"_dmarc.{at}", "TXT", _repaired(record, p=policy, t=""))]
    while policy in _AFTER:
        policy = _AFTER[policy]
        lines.append(zone_line(f"_dmarc.{at}", "TXT", _repaired(record, p=policy, t="")))
    fix = say.fix("tighten" if len(lines) > 1 else "tighten-last", lines="\n".join(lines))
    return [say.info("next-step", found.domain, first, evidence=[dns_evidence(answer)], remedy=fix, via=answer.via)]


async def _receivers(say: Say, ask: Fresh, domain: str, at: str, answer: DnsAnswer, record: Record) -> list[Finding]:
    """Whether reports arrive: own addresses need a mail server, foreign ones the owner's consent (RFC 9990 section
    4)."""
    hosts = list(dict.fromkeys(address.host for address in record.rua if address.host))
    foreign = [host for host in hosts if registrable(host) != registrable(at)]
    own = [host for host in hosts if host not in foreign]
    consents, mail = await asyncio.gather(
        asyncio.gather(*(ask.ask(f"{at}._report._dmarc.{host}", "TXT") for host in foreign)),
        asyncio.gather(*(ask.ask(host, "MX") for host in own)),
    )
    findings, via = [], answer.via
    deaf = [
        (host, found) for host, found in zip(own, mail, strict=True) if isinstance(found, DnsAnswer) and not found.found
    ]
    silent = [(host, found) for host, found in zip(own, mail, strict=True) if isinstance(found, Failure)]
    if deaf:
        host, none = deaf[0]
        message = "no-name" if none.status == "nxdomain" else "no-mail"
        line = zone_line(f"_dmarc.{at}", "TXT", _repaired(record, rua=f"mailto:dmarc@{domain}"))
        evidence, fix = [dns_evidence(answer), dns_evidence(none)], say.fix("name-mailbox", line=line)
        findings.append(say.warn("reports", domain, message, host=host, evidence=evidence, remedy=fix, via=via))
    elif silent:
        host, failure = silent[0]
        findings.append(say.unknown("reports", domain, host=host, failure=failure, via=via))
    else:
        to = tuple(hosts) or (record.rua[0].uri,)
        findings.append(say.passed("reports", domain, hosts=to, evidence=[dns_evidence(answer)], via=via))
    for host, consent in zip(foreign, consents, strict=True):
        if isinstance(consent, Failure):
            findings.append(say.unknown("external-reports", host, at=at, failure=consent, via=via))
        elif not any(is_dmarc(text) for text in consent.texts):
            findings.append(say.warn("external-reports", host, at=at, evidence=[dns_evidence(consent)], via=via))
        else:
            seen = [dns_evidence(consent)]
            findings.append(say.passed("external-reports", host, at=at, evidence=seen, via=consent.via))
    return findings
