"""email.inbox: where test mailboxes at the large providers found the product's mails: inbox, another tab, or spam."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ....journal import JournalError
from ....mail.flow.model import WORDS, Trial
from ...base import Say, check
from ..kept import HOLDS, evidence, trials

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

PROVIDERS = {"gmail": "Gmail", "outlook": "Outlook"}
TABS = frozenset({"promotions", "social", "updates", "forums"})
"""The tabs of an inbox in which a mail is not seen at once; each has its own message."""


@check("email.inbox")
async def inbox(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """From the same tests as email.flows. Where none was made, a person may confirm."""
    say, now = Say("email.inbox", world.clock.now()), world.clock.now()
    try:
        kept = await trials(world)
    except JournalError as problem:
        yield say.unknown("unreadable", WHOLE_LAUNCH, evidence=[Evidence.of("problem", str(problem))])
        return
    arrived = [
        trial
        for trial in kept.values()
        if trial.outcome == "arrived" and trial.where and now - trial.started_at < HOLDS
    ]
    if not arrived and not launch.mailboxes:
        yield say.info("not-tested", WHOLE_LAUNCH)
        return
    for trial in sorted(arrived, key=lambda one: (one.flow, one.mailbox)):
        yield _placed(say, trial)
    for kind, name in PROVIDERS.items():
        if any(trial.kind == kind for trial in arrived):
            continue
        boxes = [box.name for box in launch.mailboxes if box.kind == kind]
        fix = say.fix("test-there", box=boxes[0]) if boxes else say.fix(f"add-{kind}")
        yield say.unknown("unseen", name, days=HOLDS.days, remedy=fix)


def _placed(say: Say, trial: Trial) -> Finding:
    mail, subject, seen, via = WORDS[trial.flow], f"{WORDS[trial.flow]}, {trial.mailbox}", evidence(trial), trial.via
    if trial.where == "spam":
        return say.fail("spam", subject, mail=mail, evidence=seen, via=via)
    if trial.tab in TABS:
        return say.warn("tab", subject, trial.tab, mail=mail, evidence=seen, via=via)
    if trial.where == "other":
        return say.warn("folder", subject, mail=mail, evidence=seen, via=via)
    return say.passed("inbox", subject, mail=mail, evidence=seen, via=via)
