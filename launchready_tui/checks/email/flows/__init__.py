"""email.flows: the product's own mails, each really sent, found in a test mailbox and judged (`launchready mail
test`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from ....clock import ago
from ....findings import WHOLE_LAUNCH, Evidence, Finding, Remedy, Severity
from ....journal import JournalError
from ....mail.flow.flaws import Flaw, flaws
from ....mail.flow.model import FLOWS, WORDS, Trial
from ...base import Say, check
from ..kept import HOLDS, evidence, trials

if TYPE_CHECKING:
    from datetime import datetime

    from ....launch.model import Launch
    from ....world import World

_MAILBOX = (
    '[[mailboxes]]\nname = "gmail"\naddress = "shop.tests@gmail.com"\nkind = "gmail"\nlogin = "gmail-app-password"'
)
_FLOW = '[[flows]]\nname = "{name}"\nsteps = "what to do in the product"\ncontains = ["a text that must be in it"]'


@check("email.flows")
async def flows(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """From the tests that were made; it causes no mail itself. Where none was made, a person may confirm."""
    say, now = Say("email.flows", world.clock.now()), world.clock.now()
    try:
        kept = await trials(world)
    except JournalError as problem:
        yield say.unknown(
            "unreadable",
            WHOLE_LAUNCH,
            "The tests of mails cannot be read",
            evidence=[Evidence.of("problem", str(problem))],
        )
        return
    declared = {flow.name: flow for flow in launch.flows}
    if not declared and not kept:
        yield say.info(
            "not-tested",
            WHOLE_LAUNCH,
            "No mail of the product was tested from here yet",
            remedy=Remedy(
                text="Name a test mailbox and the product's mails, store its password, then: launchready mail test "
                "--allow mail. "
                "Without a mailbox: save a received mail and judge it with `launchready mail judge`",
                paste=f"{_MAILBOX}\n\n{_FLOW.format(name='verification')}",
                where="launchready.toml",
            ),
        )
        return
    if declared and not any(flow.marketing for flow in declared.values()):
        words = "None of the product's mails advertises, says the launch file, so none needs a way out by one click"
        yield say.not_applicable("unsubscribe", WHOLE_LAUNCH, words)
    for name in FLOWS:
        flow = declared.get(name)
        own = [trial for (what, _), trial in sorted(kept.items()) if what == name]
        if flow is not None and not flow.sent:
            yield say.not_applicable(
                "not-sent-at-all", WORDS[name], f"The product sends no {WORDS[name]}, says the launch file"
            )
        elif not own:
            yield _untested(say, name, flow is not None)
        for trial in own if flow is None or flow.sent else ():
            for finding in _one(say, launch, trial, now):
                yield finding


_OF_SENDER = ("unauthenticated", "unaligned", "authentication", "sender")


def _untested(say: Say, name: str, declared: bool) -> Finding:
    severity = Severity.BLOCKER if name in ("verification", "password-reset") else Severity.HIGH
    if declared:
        remedy = Remedy(text="Test it", paste=f"launchready mail test {name} --allow mail", where="a terminal")
    else:
        remedy = Remedy(
            text="Say how the product sends it, or sent = false where it never does",
            paste=_FLOW.format(name=name),
            where="launchready.toml",
        )
    return say.unknown(
        "untested", WORDS[name], f"The {WORDS[name]} was not tested yet", severity=severity, remedy=remedy
    )


def _one(say: Say, launch: Launch, trial: Trial, now: datetime) -> Iterator[Finding]:
    """The newest test of one mail in one mailbox."""
    what, subject = WORDS[trial.flow], f"{WORDS[trial.flow]}, {trial.mailbox}"
    again = Remedy(text="Test it again", paste=f"launchready mail test {trial.flow} --allow mail", where="a terminal")
    if now - trial.started_at >= HOLDS:
        words = f"The test of the {what} is {ago(trial.started_at, now)} old"
        yield say.unknown("outdated", subject, words, evidence=evidence(trial), remedy=again, via=trial.via)
        return
    flow = next((one for one in launch.flows if one.name == trial.flow), None)
    found = flaws(trial, flow, launch)
    for flaw in found:
        yield _finding(say, subject, trial, flaw)
    message = trial.message
    if message is not None and message.aligned and not any(flaw.rule in _OF_SENDER for flaw in found):
        words = f"The From address of the {what} is the one it is authenticated for"
        yield say.passed("aligned", subject, words, evidence=evidence(trial, message.aligned_by), via=trial.via)
    if (
        message is not None
        and flow is not None
        and flow.marketing
        and not any(flaw.rule == "unsubscribe" for flaw in found)
    ):
        words = f"The {what} offers the way out by one click"
        yield say.passed(
            "unsubscribe", subject, words, evidence=evidence(trial, message.unsubscribe.host), via=trial.via
        )
    if trial.outcome == "arrived" and not any(flaw.state == "fail" for flaw in found):
        yield say.passed(
            "arrived", subject, f"The {what} arrives and is right", evidence=evidence(trial), via=trial.via
        )


def _finding(say: Say, subject: str, trial: Trial, flaw: Flaw) -> Finding:
    remedy = Remedy(text=flaw.fix, paste=flaw.paste, where=flaw.where)
    seen = evidence(trial, flaw.detail)
    if flaw.state == "fail":
        return say.fail(
            flaw.rule, subject, flaw.words, severity=flaw.severity, evidence=seen, remedy=remedy, via=trial.via
        )
    if flaw.state == "warn":
        return say.warn(
            flaw.rule, subject, flaw.words, severity=flaw.severity, evidence=seen, remedy=remedy, via=trial.via
        )
    return say.unknown(
        flaw.rule, subject, flaw.words, severity=flaw.severity, evidence=seen, remedy=remedy, via=trial.via
    )
