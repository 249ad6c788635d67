"""The product's mails: made to be sent and found in a test mailbox, or read from a saved or pasted source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...launch.model import MailFlow
    from ...mail.flow.session import Planned
    from ..host import ConsoleHost

CHECKS = ("email.flows", "email.inbox", "email.dkim")
"""What judges by tests of mails; the last one learns selectors from them."""


async def test(app: ConsoleHost) -> None:
    """Shows what a mail test would do, and does it once the person says so."""
    launch = app.workspace.launch
    flows = [flow for flow in launch.flows if flow.sent]
    if not flows:
        app.say(
            f"The launch file lists none of the product's mails ([[flows]]); {app.key_of('mail.read')} judges "
            "one that you have"
        )
        return
    if not launch.mailboxes:
        app.say(
            "The launch file names no test mailbox ([[mailboxes]]); "
            f"{app.key_of('mail.read')} judges a mail without one"
        )
        return
    await app.lay("mail test", _planned_for(app, flows), selected(app))


def _planned_for(app: ConsoleHost, flows: Sequence[MailFlow]) -> list[Planned]:
    """Every one of these mails in every test mailbox."""
    from ...mail.flow import session
    from ...mail.flow.model import KIND

    ws = app.workspace
    return session.plan(ws.launch, flows, ws.launch.mailboxes, ws.clock.now(), ws.journal.trials(KIND))


def selected(app: ConsoleHost) -> str:
    """The mail that the cursor's finding is about, such as `receipt`; empty where it is about none or about all."""
    from ...mail.flow.model import flow_about

    target = app.target()
    if target is None or target.judged is None or target.judged.finding.check not in CHECKS[:2]:
        return ""
    return flow_about(target.judged.finding.subject) or ""


async def read(app: ConsoleHost) -> None:
    """Takes a mail by its file, or pasted, and judges it."""
    await app.lay("mail read", selected(app))


async def again(app: ConsoleHost, rules: Sequence[str], subjects: Sequence[str]) -> None:
    """In the demo: makes the mails again that a repaired flaw was about, since the checks only read what tests
    found."""
    from ...mail.flow import session
    from ...mail.flow.model import WORDS, flow_about

    if not any(rule.startswith(("email.flows.", "email.inbox.")) for rule in rules):
        return
    about = {flow_about(subject) for subject in subjects}
    ws = app.workspace
    flows = [flow for flow in ws.launch.flows if flow.sent and flow.name in about]
    async with ws.open_world(also=frozenset({"mail"})) as world:
        async for trial in session.run(world, _planned_for(app, flows), ws.keep_trial, lambda wanted, words: None):
            app.store.say("pass", f"Mail test: {WORDS[trial.flow]}, {trial.mailbox}: {trial.folder or trial.problem}")
