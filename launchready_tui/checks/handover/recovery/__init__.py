"""The path from log-in to notification: walked in the console (key F), judged from what was kept; and cards that were
rehearsed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from ....clock import ago
from ....findings import WHOLE_LAUNCH, Evidence, Finding, Remedy, Severity
from ....journal import JournalError
from ....trials.model import KIND, Walk, digest_of, walk_of
from ...base import Say, check
from ..written import PLACE, lines

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

HOLDS = timedelta(days=30)
"""So long a walk speaks for the product; then it is to be walked again."""
REHEARSED_DAYS = 90
PATH = "log-in to notification"
_STEPS = """\
[[recovery_path]]
name = "log in"
url = "https://{host}/login"
method = "POST"
body = "email={{{{email}}}}&password={{{{password}}}}"
login = "test-user"
status = [303]

[[recovery_path]]
name = "the notification arrives"
mailbox = "gmail"
contains = ["Your booking"]"""
_AGAIN = Remedy(text="Walk it with key F in the console; it asks first, and acts in the product as a test user")


@check("handover.recovery", papers=True)
async def recovery(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """From the newest walk that was kept; it walks nothing itself. Where none was made, a person may confirm."""
    say, now = Say("handover.recovery", world.clock.now()), world.clock.now()
    if not launch.recovery_path:
        yield say.info(
            "not-written",
            PATH,
            "The path from log-in to notification is not written down, so it cannot be walked",
            remedy=Remedy(
                text="Write its steps into the launch file: requests as the app makes "
                "them, and the mail that must come",
                paste=_STEPS.format(host=launch.canonical_host),
                where="launchready.toml",
            ),
        )
        return
    try:
        walk = await newest(world)
    except JournalError as problem:
        yield say.unknown(
            "unreadable",
            WHOLE_LAUNCH,
            "What was walked cannot be read",
            evidence=[Evidence.of("problem", str(problem))],
        )
        return
    if walk is None:
        yield say.info("not-walked", PATH, "The path from log-in to notification was not walked yet", remedy=_AGAIN)
        return
    seen = [evidence(walk)]
    if walk.digest != digest_of(launch.recovery_path):
        yield say.unknown(
            "steps-changed",
            PATH,
            "The steps were changed since the path was walked",
            severity=Severity.BLOCKER,
            evidence=seen,
            remedy=_AGAIN,
        )
    elif now - walk.started_at >= HOLDS:
        yield say.unknown(
            "outdated",
            PATH,
            f"The path was walked {ago(walk.started_at, now)}: too long ago to rely on",
            severity=Severity.BLOCKER,
            evidence=seen,
            remedy=_AGAIN,
        )
    elif (broken := walk.broken) is not None:
        yield say.fail(
            "broken",
            broken.name,
            f"The path breaks at “{broken.name}”: {broken.problem}",
            severity=Severity.BLOCKER,
            evidence=seen,
            remedy=Remedy(text="Mend what breaks there, then walk the path again (key F in the console)"),
            via=walk.via,
        )
    else:
        words = f"The whole path holds, from log-in to notification: {walk.of} steps in {walk.seconds:.1f} s"
        yield say.passed("walked", PATH, words, evidence=seen, via=walk.via)
    cards = world.papers.inventory.recovery
    if not any(card.rehearsed and (now.date() - card.rehearsed).days <= REHEARSED_DAYS for card in cards):
        yield say.warn(
            "not-rehearsed",
            "recovery cards",
            f"Nobody has followed a recovery card in the last {REHEARSED_DAYS} days: whether the notes suffice "
            "is not known",
            evidence=[lines("cards", (f"{card.id}: {card.rehearsed or 'never tried'}" for card in cards))],
            remedy=Remedy(
                text="Let somebody who did not write it follow a card on staging; write "
                "down the day, who, and the minutes",
                paste=f'rehearsed = {now.date().isoformat()}\nrehearsed_by = "founder"\nminutes = 20',
                where=PLACE,
            ),
        )


async def newest(world: World) -> Walk | None:
    """The last walk; what an older version kept and cannot be read is passed over. Raises JournalError."""
    for row in await asyncio.to_thread(world.trials, KIND):
        try:
            return walk_of(row.body)
        except msgspec.MsgspecError:
            continue
    return None


def evidence(walk: Walk) -> Evidence:
    """Each step with its answer and its time."""
    rows = [
        f"{step.ms:>6} ms  {step.status or '':>3}  {step.name}: {step.problem or step.asked}" for step in walk.steps
    ]
    rows += [f"not tried: the {walk.of - len(walk.steps)} steps after it"] if len(walk.steps) < walk.of else []
    rows.append(f"{walk.seconds:.1f} s in all, as {walk.address}")
    return Evidence.of("walk", "\n".join(rows), source="the walk", at=walk.started_at)
