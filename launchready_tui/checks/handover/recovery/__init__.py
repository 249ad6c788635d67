"""The path from log-in to notification: walked in the console (key F), judged from what was kept; and cards that were
rehearsed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from ....clock import ago
from ....facts import Step, Walked
from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ....journal import JournalError
from ....trials.model import KIND, Walk, digest_of, walk_of
from ....wording import plural
from ...base import Say, check
from ..written import lines

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

HOLDS = timedelta(days=30)
"""So long a walk speaks for the product; then it is to be walked again."""
REHEARSED_DAYS = 90
PATH = "log-in to notification"


@check("handover.recovery", papers=True)
async def recovery(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """From the newest walk that was kept; it walks nothing itself. Where none was made, a person may confirm."""
    say, now = Say("handover.recovery", world.clock.now()), world.clock.now()
    if not launch.recovery_path:
        yield say.info("not-written", PATH, host=launch.canonical_host)
        return
    try:
        walk = await newest(world)
    except JournalError as problem:
        yield say.unknown("unreadable", WHOLE_LAUNCH, "journal", evidence=[Evidence.of("problem", str(problem))])
        return
    if walk is None:
        yield say.info("not-walked", PATH)
        return
    seen = [evidence(walk)]
    if walk.digest != digest_of(launch.recovery_path):
        yield say.unknown("steps-changed", PATH, evidence=seen)
    elif now - walk.started_at >= HOLDS:
        yield say.unknown("outdated", PATH, ago=ago(walk.started_at, now), evidence=seen)
    elif (broken := walk.broken) is not None:
        yield say.fail("broken", broken.name, problem=broken.problem, evidence=seen, via=walk.via)
    else:
        yield say.passed("walked", PATH, steps=walk.of, seconds=walk.seconds, evidence=seen, via=walk.via)
    cards = world.papers.inventory.recovery
    if not any(card.rehearsed and (now.date() - card.rehearsed).days <= REHEARSED_DAYS for card in cards):
        tried = lines("cards", (f"{card.id}: {card.rehearsed or 'never tried'}" for card in cards))
        today = now.date().isoformat()
        yield say.warn("not-rehearsed", "recovery cards", days=REHEARSED_DAYS, today=today, evidence=[tried])


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
    rows += [f"not tried after it: {plural(walk.of - len(walk.steps), 'step')}"] if len(walk.steps) < walk.of else []
    rows.append(f"{walk.seconds:.1f} s in all, as {walk.address}")
    steps = tuple(
        Step(name=one.name, ok=not one.problem, status=one.status or 0, ms=one.ms, detail=one.problem or one.asked)
        for one in walk.steps
    )
    fact = Walked(path=PATH, steps=steps, at=walk.started_at)
    return Evidence.of("walk", "\n".join(rows), source="the walk", at=walk.started_at, fact=fact)
