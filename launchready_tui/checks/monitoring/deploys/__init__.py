"""monitoring.deploys: releases stand on the same line as errors and response times."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

from ....clock import stamp
from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ...base import Say, check
from ..kept import never_watched, nothing, the_watch, unreadable

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

HOLDS = timedelta(days=30)


@check("monitoring.deploys")
async def deploys(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Marks of the last 30 days, told or seen."""
    say, now = Say("monitoring.deploys", world.clock.now()), world.clock.now()
    with the_watch(world) as reader:
        if reader is None:
            yield nothing(say, launch)
            return
        if isinstance(reader, Exception):
            yield unreadable(say, reader)
            return
        marks = [one for one in reader.marks(now - HOLDS) if one.kind != "failed"]
        if not marks and never_watched(reader):
            yield nothing(say, launch)
            return
        if not marks:
            yield say.warn("no-marks", WHOLE_LAUNCH)
            return
        say = say.naming(*(one.by for one in marks if one.source != "tag"))
        rows = "\n".join(
            f"{stamp(one.at)}  {one.sha[:12] or '-'}  {one.env}  {one.source} {one.by}".rstrip()
            for one in reversed(marks[-10:])
        )
        yield say.passed("marked", WHOLE_LAUNCH, evidence=[Evidence.of("newest", rows)])
        read = any(one.source in ("github", "tag") for one in marks)  # no one has to remember to mark those
        if not read and not any(one.kind == "version" for one in marks):
            yield say.info("not-seen", WHOLE_LAUNCH)
