"""What the three checks that read logs have in common: opening them, and saying why one could not be read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..clock import stamp
from ..failure import Failure
from ..findings import Evidence, Remedy
from ..logs import Reading

if TYPE_CHECKING:
    from ..launch.model import Launch, Log
    from ..world import World

NAME_THEM = Remedy(
    text="Copy the last day's log to this machine, or run the console where it lies, and name it; or let a person confirm what they read",
    paste='[[logs]]\npath = "/var/log/nginx/access.log"\nenvironment = "production"',
    where="launchready.toml",
)
STRANGE_SHARE = 0.2
"""Above this share of lines that are not understood nothing is concluded."""
_FORMAT = """log_format launch escape=json '{"time":"$time_iso8601","method":"$request_method","path":"$uri","status":$status,'
  '"request_time":$request_time,"request_id":"$request_id"}';
access_log /var/log/nginx/access.log launch;
add_header X-Request-Id $request_id always;
proxy_set_header X-Request-Id $request_id;"""
WRITE_BETTER = Remedy(
    text="Write each line with a request id, the time it took, and the path without its query", paste=_FORMAT, where="nginx"
)


async def readings(launch: Launch, world: World) -> list[tuple[Log, Reading | Failure]]:
    """All logs of the launch, in file order."""
    found = await asyncio.gather(*(world.server_logs.look(log) for log in launch.logs))
    return list(zip(launch.logs, found, strict=True))


def of_no_use(found: Reading | Failure) -> tuple[str, list[Evidence]] | None:
    """(rule, evidence) where nothing can be concluded from a log: unreadable, format, old. None where it can be used."""
    if isinstance(found, Failure):
        return "unreadable", [Evidence.of("problem", found.detail or found.words, source=found.target)]
    if found.lines == 0:
        newest = f"The newest line is of {stamp(found.newest)}" if found.newest else "There is no line with a time in it"
        return "old", [Evidence.of("newest", newest)]
    if found.strange > found.lines * STRANGE_SHARE:
        return "format", [Evidence.of("lines", f"{found.strange} of {found.lines} are not understood")]
    return None


def span(found: Reading) -> str:
    """How much was read, in a line."""
    times = f", {stamp(found.since)} to {stamp(found.until)}" if found.since and found.until else ""
    more = f"; the first {found.skipped // (1024 * 1024)} MB were passed over" if found.skipped else ""
    return f"{found.lines} lines{times}{more}"
