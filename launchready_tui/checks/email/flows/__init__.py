"""email.flows: the product's own mails, each really sent, found in a test mailbox and judged (`launchready mail
test`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from ....clock import ago
from ....findings import WHOLE_LAUNCH, Evidence, Finding, Severity
from ....journal import JournalError
from ....mail.flow.flaws import Flaw, flaws
from ....mail.flow.model import FLOWS, WORDS, Trial
from ...base import Say, check
from ..kept import HOLDS, evidence, trials

if TYPE_CHECKING:
    from datetime import datetime

    from ....launch.model import Launch, MailFlow
    from ....world import World


@check("email.flows")
async def flows(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """From the tests that were made; it causes no mail itself. Where none was made, a person may confirm."""
    say, now = Say("email.flows", world.clock.now()), world.clock.now()
    try:
        kept = await trials(world)
    except JournalError as problem:
        yield say.unknown("unreadable", WHOLE_LAUNCH, evidence=[Evidence.of("problem", str(problem))])
        return
    declared = {flow.name: flow for flow in launch.flows}
    if not declared and not kept:
        yield say.info("not-tested", WHOLE_LAUNCH)
        return
    if declared and not any(flow.marketing for flow in declared.values()):
        yield say.not_applicable("unsubscribe", WHOLE_LAUNCH)
    for name in FLOWS:
        flow = declared.get(name)
        own = [trial for (what, _), trial in sorted(kept.items()) if what == name]
        if flow is not None and not flow.sent:
            yield say.not_applicable("not-sent-at-all", WORDS[name])
        elif not own:
            severity = Severity.BLOCKER if name in ("verification", "password-reset") else Severity.HIGH
            fix = say.fix("test" if flow is not None else "declare", flow=name)
            yield say.unknown("untested", WORDS[name], severity=severity, remedy=fix)
        for trial in own if flow is None or flow.sent else ():
            for finding in _one(say, launch, trial, now):
                yield finding


def flaws_of(launch: Launch, trial: Trial) -> tuple[Finding, ...]:
    """What is wrong with one test of a mail, and what could not be seen, as this check says it; for those who have
    just made the test."""
    say = Say("email.flows", trial.started_at)
    return tuple(_finding(say, trial, flaw) for flaw in flaws(trial, _flow(launch, trial), launch))


_OF_SENDER = ("unauthenticated", "unaligned", "authentication", "sender")


def _flow(launch: Launch, trial: Trial) -> MailFlow | None:
    return next((one for one in launch.flows if one.name == trial.flow), None)


def _one(say: Say, launch: Launch, trial: Trial, now: datetime) -> Iterator[Finding]:
    """The newest test of one mail in one mailbox."""
    mail, subject, via = WORDS[trial.flow], f"{WORDS[trial.flow]}, {trial.mailbox}", trial.via
    if now - trial.started_at >= HOLDS:
        age, seen = ago(trial.started_at, now), evidence(trial)
        yield say.unknown("outdated", subject, mail=mail, age=age, flow=trial.flow, evidence=seen, via=via)
        return
    flow, message = _flow(launch, trial), trial.message
    found = flaws(trial, flow, launch)
    for flaw in found:
        yield _finding(say, trial, flaw)
    if message is not None and message.aligned and not any(flaw.rule in _OF_SENDER for flaw in found):
        yield say.passed("aligned", subject, mail=mail, evidence=evidence(trial, message.aligned_by), via=via)
    advertises = message is not None and flow is not None and flow.marketing
    if message is not None and advertises and not any(flaw.rule == "unsubscribe" for flaw in found):
        seen = evidence(trial, message.unsubscribe.host)
        yield say.passed("unsubscribe", subject, mail=mail, evidence=seen, via=via)
    if trial.outcome == "arrived" and not any(flaw.state == "fail" for flaw in found):
        yield say.passed("arrived", subject, mail=mail, evidence=evidence(trial), via=via)


def _finding(say: Say, trial: Trial, flaw: Flaw) -> Finding:
    voice = {"fail": say.fail, "warn": say.warn, "unknown": say.unknown}[flaw.state]
    mail, seen = WORDS[trial.flow], evidence(trial, flaw.detail)
    subject, message, values = f"{mail}, {trial.mailbox}", flaw.message or flaw.state, {**flaw.values, "mail": mail}
    return voice(flaw.rule, subject, message, severity=flaw.severity, evidence=seen, via=trial.via, **values)
