"""monitoring.detection: an outage is told within five minutes, shown by drills."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

from ....findings import WHOLE_LAUNCH, Evidence, Finding, Remedy, Severity
from ....watch.samples import Drill
from ...base import Say, check
from ..kept import never_watched, nothing, the_watch, unreadable

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

HOLDS = timedelta(days=30)
LONGEST_S = 300.0
_DRILL = Remedy(
    text="Run a drill: it breaks the demo's servers in six ways, touches nothing of yours, and takes a minute",
    paste="launchready watch drill",
    where="a terminal",
)


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
            yield say.unknown(
                "no-drill",
                WHOLE_LAUNCH,
                "It was never tried how long an outage goes unnoticed",
                remedy=_DRILL,
                severity=Severity.HIGH,
            )
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
        return say.fail("missed", subject, f"A drill went unnoticed: {fault}", evidence=seen, remedy=_DRILL)
    if drill.seconds > LONGEST_S:
        text = "Probe more often, and look where the message waited"
        remedy = Remedy(text=text, paste="[watch]\nevery_s = 15", where="launchready.toml")
        return say.fail(
            "late", subject, f"A drill was told after more than five minutes: {fault}", evidence=seen, remedy=remedy
        )
    return say.passed("in-time", subject, f"A drill was told within five minutes: {fault}", evidence=seen)
