"""What the three checks that read logs have in common: reading them, and saying why one is of no use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING

from ..clock import stamp
from ..failure import Failure
from ..findings import WHOLE_LAUNCH, Evidence, Finding
from ..sources.logs import Reading
from ..wording import plural
from .base import Say

if TYPE_CHECKING:
    from ..launch.model import Launch, Log
    from ..world import World

STRANGE_SHARE = 0.2
"""Above this share of lines that are not understood nothing is concluded."""


async def each_log(
    launch: Launch, world: World, say: Say, judged: Callable[[Say, Log, Reading], Iterable[Finding]]
) -> AsyncIterator[Finding]:
    """Every log that the launch file names: what is wrong with the log itself, or what `judged` makes of it."""
    if not launch.logs:
        yield say.info("not-named", WHOLE_LAUNCH, "log")
        return
    read, refused = await _readings(launch, world, say)
    for finding in refused:
        yield finding
    for log, found in read:
        for finding in judged(say, log, found):
            yield finding


async def _readings(launch: Launch, world: World, say: Say) -> tuple[list[tuple[Log, Reading]], list[Finding]]:
    """All logs of the launch that something can be concluded from, in file order, and a finding for each of the
    others."""
    looks = await asyncio.gather(*(world.server_logs.look(log) for log in launch.logs))
    read: list[tuple[Log, Reading]] = []
    refused: list[Finding] = []
    for log, found in zip(launch.logs, looks, strict=True):
        if isinstance(found, Failure):
            cause = found.detail or found.words
            seen = Evidence.of("problem", cause, source=found.target)
            refused.append(say.unknown("unreadable", log.path, "log", cause=cause, evidence=[seen]))
        elif found.lines == 0:
            newest = (
                f"The newest line is of {stamp(found.newest)}" if found.newest else "There is no line with a time in it"
            )
            refused.append(say.unknown("old", log.path, "log", evidence=[Evidence.of("newest", newest)]))
        elif found.strange > found.lines * STRANGE_SHARE:
            seen = Evidence.of("lines", f"{found.strange} of {found.lines} are not understood")
            refused.append(say.unknown("format", log.path, "log", evidence=[seen]))
        else:
            read.append((log, found))
    return read, refused


def span(found: Reading) -> str:
    """How much was read, in a line."""
    times = f", {stamp(found.since)} to {stamp(found.until)}" if found.since and found.until else ""
    more = f"; the first {found.skipped // (1024 * 1024)} MB were passed over" if found.skipped else ""
    more += "" if found.whole else "; reading stopped before its end"
    return f"{plural(found.lines, 'line')}{times}{more}"
