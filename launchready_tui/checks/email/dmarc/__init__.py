"""email.dmarc: the domain's policy by RFC 9989, with somebody who reads the reports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....mail.auth.dmarc import Discovery, discover
from ....mail.auth.dmarc_record import Record, almost_dmarc, is_dmarc, read
from ....world import registrable
from ....world.sights import DnsAnswer
from ...base import Say, check
from ...paste import zone_line
from ...seen import dns_evidence
from ..fresh import Fresh, with_newest
from ..place import dressed
from ..voice import MailSay

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World


@check("email.dmarc")
async def dmarc(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The record of the launch domain, or of the domain above it that covers it."""
    say = MailSay("email.dmarc", world.clock.now())
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
        said = f"The DMARC record of {domain} could not be looked up"
        return [say.unknown("missing", domain, said, failure=found.failure, severity=Severity.BLOCKER)]
    records = [text for text in answer.texts if is_dmarc(text)]
    if len(records) > 1:
        return [_multiple(say, domain, answer, records)]
    if found.record and found.failure is None and not (not records and read(found.record).tag("psd") == "y"):
        # A registry's own record (psd=y) above covers the name for receivers, and is still not a record of this launch.
        at = domain if records else found.record_domain or found.organizational_domain or domain
        return await _judge(say, ask, found, at, by_name.get(f"_dmarc.{at}", answer), read(found.record))
    if found.failure is not None:
        said = f"{domain} has no DMARC record of its own, and the one above it could not be looked up"
        evidence = [dns_evidence(answer)]
        return [
            say.unknown(
                "missing",
                domain,
                said,
                failure=found.failure,
                severity=Severity.BLOCKER,
                evidence=evidence,
                via=answer.via,
            )
        ]
    return [_missing(say, domain, answer)]


def _start(domain: str) -> Remedy:
    return Remedy(
        text="Start by watching: policy none, with reports to a mailbox that somebody reads",
        paste=zone_line(f"_dmarc.{domain}", "TXT", f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}"),
        where="your DNS host",
    )


def _missing(say: Say, domain: str, answer: DnsAnswer) -> Finding:
    near = [text for text in answer.texts if almost_dmarc(text)]
    if near:
        return say.fail(
            "syntax",
            domain,
            f"{domain} has a record meant as DMARC that no receiver takes for one: it must start with v=DMARC1",
            severity=Severity.BLOCKER,
            evidence=[dns_evidence(answer)],
            remedy=_start(domain),
            via=answer.via,
        )
    said = f"{domain} has no DMARC record: Gmail, Yahoo and Outlook turn away or hide mail from such domains"
    return say.fail(
        "missing",
        domain,
        said,
        severity=Severity.BLOCKER,
        evidence=[dns_evidence(answer)],
        remedy=_start(domain),
        via=answer.via,
    )


def _multiple(say: Say, domain: str, answer: DnsAnswer, records: list[str]) -> Finding:
    best = max((read(text) for text in records), key=lambda record: (not record.broken_policy, bool(record.rua)))
    return say.fail(
        "multiple",
        domain,
        f"{domain} has {len(records)} DMARC records, so receivers take none of them",
        severity=Severity.BLOCKER,
        evidence=[dns_evidence(answer)],
        remedy=Remedy(
            text="Keep one and delete the others",
            paste=zone_line(f"_dmarc.{domain}", "TXT", best.raw),
            where="your DNS host",
        ),
        via=answer.via,
    )


def _repaired(record: Record, **changed: str) -> str:
    """The record with some tags set, the rest as it was, p second."""
    tags = dict(record.tags) | changed
    order = ["v", "p", *(key for key in tags if key not in ("v", "p"))]
    return "; ".join(f"{key}={tags[key]}" for key in order if tags.get(key))


async def _judge(say: Say, ask: Fresh, found: Discovery, at: str, answer: DnsAnswer, record: Record) -> list[Finding]:
    domain = found.domain
    evidence = [dns_evidence(answer)]
    if record.problems:
        evidence.append(Evidence.of("mistakes", "\n".join(record.problems), source=f"_dmarc.{at} TXT", at=answer.at))
    findings: list[Finding] = []

    def fix(text: str, **changed: str) -> Remedy:
        return Remedy(
            text=text, paste=zone_line(f"_dmarc.{at}", "TXT", _repaired(record, **changed)), where="your DNS host"
        )

    repaired = fix("Publish it with a policy that receivers know", p=record.p or "none")
    if found.effective is None:
        said = (
            f"The DMARC record of {at} has no policy that receivers know, so they act as if there were none: "
            f"{record.problems[0]}"
        )
        return [
            say.fail(
                "syntax", domain, said, severity=Severity.BLOCKER, evidence=evidence, remedy=repaired, via=answer.via
            )
        ]
    if record.problems:
        said = f"The DMARC record of {at} has a mistake: {record.problems[0]}"
        findings.append(
            say.warn("syntax", domain, said, severity=Severity.LOW, evidence=evidence, remedy=repaired, via=answer.via)
        )
    if record.obsolete:
        said = f"The DMARC record of {at} uses what RFC 9989 took out: {record.obsolete[0]}"
        findings.append(say.info("obsolete", domain, said, evidence=evidence, via=answer.via))
    findings.append(_policy(say, found, evidence, answer))
    findings += _next(say, found, at, record, answer)
    if not record.rua:
        said = f"Nobody is told who sends as {domain}: the DMARC record asks for no reports"
        reports = fix("Let the reports go to a mailbox that somebody reads", rua=f"mailto:dmarc@{domain}")
        findings.append(say.warn("reports", domain, said, evidence=evidence, remedy=reports, via=answer.via))
    else:
        findings += await _receivers(say, ask, domain, at, answer, record)
    return findings


def _policy(say: Say, found: Discovery, evidence: list[Evidence], answer: DnsAnswer) -> Finding:
    domain = found.domain
    if found.effective == "none":
        why = " (t=y lowers the policy by one)" if found.policy != found.effective else ""
        said = (
            f"{domain} watches who sends as it{why}: right for launch week, tighten after two to four weeks of "
            "clean reports"
        )
    else:
        said = f"{domain} asks receivers to {found.effective} mail that is not its own"
    return say.passed("policy", domain, said, evidence=evidence, via=answer.via)


_STEPS = {"none": ("quarantine", "two to four weeks"), "quarantine": ("reject", "four more weeks")}


def _next(say: Say, found: Discovery, at: str, record: Record, answer: DnsAnswer) -> list[Finding]:
    """What to publish after this, and when. Only where reports come in: they say whether it is safe."""
    if not record.rua or found.effective not in _STEPS:
        return []
    lines = []
    policy = str(found.effective)
    words = ""
    while policy in _STEPS:
        policy, after = _STEPS[policy]
        words = (
            words
            or f"The next step for {found.domain}: {policy}, after {after} of reports that show all own mail passing"
        )
        lines.append(zone_line(f"_dmarc.{at}", "TXT", _repaired(record, p=policy, t="")))
    remedy = Remedy(
        text="Publish the first line when the reports are clean, the second four weeks later; go back one step if "
        "own mail fails",
        paste="\n".join(lines),
        where="your DNS host",
    )
    return [say.info("next-step", found.domain, words, evidence=[dns_evidence(answer)], remedy=remedy, via=answer.via)]


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
    findings = []
    deaf = [
        (host, found) for host, found in zip(own, mail, strict=True) if isinstance(found, DnsAnswer) and not found.found
    ]
    silent = [(host, found) for host, found in zip(own, mail, strict=True) if isinstance(found, Failure)]
    if deaf:
        host, none = deaf[0]
        said = f"DMARC reports go to {host}, which {'does not exist' if none.status == 'nxdomain' else 'takes no mail'}"
        remedy = Remedy(
            text="Name a mailbox that exists",
            paste=zone_line(f"_dmarc.{at}", "TXT", _repaired(record, rua=f"mailto:dmarc@{domain}")),
            where="your DNS host",
        )
        evidence = [dns_evidence(answer), dns_evidence(none)]
        findings.append(say.warn("reports", domain, said, evidence=evidence, remedy=remedy, via=answer.via))
    elif silent:
        said = f"DMARC reports go to {silent[0][0]}; whether it takes mail could not be looked up"
        findings.append(
            say.unknown("reports", domain, said, failure=silent[0][1], severity=Severity.LOW, via=answer.via)
        )
    else:
        said = f"DMARC reports go to {', '.join(hosts) or record.rua[0].uri}"
        findings.append(say.passed("reports", domain, said, evidence=[dns_evidence(answer)], via=answer.via))
    for host, consent in zip(foreign, consents, strict=True):
        name = f"{at}._report._dmarc.{host}"
        if isinstance(consent, Failure):
            said = f"Whether {host} takes the DMARC reports of {at} could not be looked up"
            findings.append(
                say.unknown("external-reports", host, said, failure=consent, severity=Severity.MEDIUM, via=answer.via)
            )
        elif not any(is_dmarc(text) for text in consent.texts):
            said = f"{host} has not agreed to take the DMARC reports of {at}, so none are sent there"
            remedy = Remedy(
                text=f"{host} must publish this, or send the reports to an address of your own",
                paste=zone_line(name, "TXT", "v=DMARC1"),
                where=f"the DNS host of {host}",
            )
            findings.append(
                say.warn(
                    "external-reports", host, said, evidence=[dns_evidence(consent)], remedy=remedy, via=answer.via
                )
            )
        else:
            said = f"{host} agreed to take the DMARC reports of {at}"
            findings.append(
                say.passed("external-reports", host, said, evidence=[dns_evidence(consent)], via=consent.via)
            )
    return findings
