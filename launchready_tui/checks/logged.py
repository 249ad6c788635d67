"""What the three checks that read logs have in common: reading them, and saying why one is of no use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING

from ..clock import stamp
from ..failure import Failure
from ..findings import WHOLE_LAUNCH, Evidence, Finding, Remedy
from ..sources.logs import Reading
from .base import Say

if TYPE_CHECKING:
    from ..launch.model import Launch, Log
    from ..world import World

NAME_THEM = Remedy(
    text="Copy the last day's log to this machine, or run the console where it lies, and name it; or let a person "
    "confirm what they read",
    paste='[[logs]]\npath = "/var/log/nginx/access.log"\nenvironment = "production"',
    where="launchready.toml",
)
STRANGE_SHARE = 0.2
"""Above this share of lines that are not understood nothing is concluded."""
_FORMAT = """log_format launch escape=json
  '{"time":"$time_iso8601","method":"$request_method","path":"$uri","status":$status,'
  '"request_time":$request_time,"request_id":"$request_id"}';
access_log /var/log/nginx/access.log launch;
add_header X-Request-Id $request_id always;
proxy_set_header X-Request-Id $request_id;"""
WRITE_BETTER = Remedy(
    text="Write each line with a request id, the time it took, and the path without its query",
    paste=_FORMAT,
    where="nginx",
)


async def each_log(
    launch: Launch, world: World, say: Say, none_named: str, judged: Callable[[Say, Log, Reading], Iterable[Finding]]
) -> AsyncIterator[Finding]:
    """Every log that the launch file names: what is wrong with the log itself, or what `judged` makes of it. Without
    one, `none_named`."""
    if not launch.logs:
        yield say.info("not-named", WHOLE_LAUNCH, none_named, remedy=NAME_THEM)
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
            seen = Evidence.of("problem", found.detail or found.words, source=found.target)
            refused.append(
                say.unknown("unreadable", log.path, "A log that the launch file names cannot be read", evidence=[seen])
            )
        elif found.lines == 0:
            newest = (
                f"The newest line is of {stamp(found.newest)}" if found.newest else "There is no line with a time in it"
            )
            seen = Evidence.of("newest", newest)
            words = "The log holds nothing of the last 24 hours"
            refused.append(say.unknown("old", log.path, words, evidence=[seen], remedy=NAME_THEM))
        elif found.strange > found.lines * STRANGE_SHARE:
            seen = Evidence.of("lines", f"{found.strange} of {found.lines} are not understood")
            refused.append(
                say.unknown("format", log.path, "Too many lines of the log are not understood", evidence=[seen])
            )
        else:
            read.append((log, found))
    return read, refused


def span(found: Reading) -> str:
    """How much was read, in a line."""
    times = f", {stamp(found.since)} to {stamp(found.until)}" if found.since and found.until else ""
    more = f"; the first {found.skipped // (1024 * 1024)} MB were passed over" if found.skipped else ""
    return f"{found.lines} lines{times}{more}"
