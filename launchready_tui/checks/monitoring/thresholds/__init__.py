"""monitoring.thresholds: slowness and failed releases are told too, not only outages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ...base import Say, check
from ..kept import never_watched, nothing, the_watch, unreadable

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

EVENTS = ("slow", "deploy", "certificate", "queue")


@check("monitoring.thresholds")
async def thresholds(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The limits that each target has, and whether somebody is told beyond them."""
    say = Say("monitoring.thresholds", world.clock.now(), people=[alert.owner for alert in launch.alerts])
    with the_watch(world) as reader:
        if isinstance(reader, Exception):
            yield unreadable(say, reader)
            return
        if reader is None or never_watched(reader) or (launch.watch.monitor and not launch.alerts):
            yield nothing(say, launch)
            return
        told = {event for alert in launch.alerts for event in alert.on}
        limits = "\n".join(
            f"{one.name}: 95 of 100 answers within {one.target_ms:.0f} ms"
            for one in reader.targets()
            if one.kind == "web"
        )
        for event in EVENTS:
            if event == "queue" and not launch.queues:
                continue
            if event in told:
                who = "\n".join(f"{alert.name}: {alert.owner}" for alert in launch.alerts if event in alert.on)
                seen = [
                    Evidence.of("told", who),
                    *([Evidence.of("limits", limits)] if event == "slow" and limits else []),
                ]
                yield say.passed(f"{event}-told", WHOLE_LAUNCH, evidence=seen)
            else:
                yield say.warn(f"{event}-not-told", WHOLE_LAUNCH, event=event)
