"""monitoring.detection: an outage is told within five minutes, shown by drills."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ....watch.samples import Drill
from ...base import Say, check
from ..kept import never_watched, nothing, the_watch, unreadable

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

HOLDS = timedelta(days=30)
LONGEST_S = 300.0


@check("monitoring.detection")
async def detection(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The newest drill of each fault in the last 30 days."""
    say, now = Say("monitoring.detection", world.clock.now()), world.clock.now()
    with the_watch(world) as reader:
        if reader is None:
            yield nothing(say, launch)
            return
        if isinstance(reader, Exception):
            yield unreadable(say, reader)
            return
        newest: dict[tuple[str, str], Drill] = {}
        for drill in reader.drills(now - HOLDS):
            newest.setdefault((drill.where, drill.fault), drill)
        if not newest and never_watched(reader):
            yield nothing(say, launch)
            return
        if not newest:
            yield say.unknown("no-drill", WHOLE_LAUNCH)
            return
        for (where, fault), drill in sorted(newest.items()):
            yield _judge(say, where, fault, drill)


def _judge(say: Say, where: str, fault: str, drill: Drill) -> Finding:
    took = "no message came" if drill.seconds is None else f"{drill.seconds:.1f} s from the fault to the message"
    seen = [
        Evidence.of(
            "drill",
            f"{took}, probes every {drill.interval_s:g} s, through {drill.channel or 'no channel'}",
            source=where,
            at=drill.at,
        )
    ]
    subject = f"{fault} ({where})"
    if drill.seconds is None:
        return say.fail("missed", subject, fault=fault, evidence=seen)
    if drill.seconds > LONGEST_S:
        return say.fail("late", subject, fault=fault, seconds=drill.seconds, evidence=seen)
    return say.passed("in-time", subject, fault=fault, seconds=drill.seconds, evidence=seen)
