"""performance.queues: how much work waits, from the newest readings that the watch or `launchready queues` kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from ....clock import span
from ....findings import WHOLE_LAUNCH, Evidence, Finding, Remedy
from ....sources.queues.model import Backlog
from ....watch.samples import PLACE
from ...base import Say, check
from ...monitoring.kept import WATCH, the_watch

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

FRESH = timedelta(hours=24)
_NAME_THEM = Remedy(
    text=(
        "Name the server of your job queues, with a user that may only read, and let `launchready queues` or the "
        "watch read it. "
        "If nothing slow happens inside a request, or another tool shows the queue, confirm that here"
    ),
    paste='[[queues]]\nname = "jobs"\nkind = "redis"\nserver = "redis.example.com:6379"\ncredential = "redis-reader"',
    where="launchready.toml",
)


@check("performance.queues")
async def queues(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The newest reading of each server, at most a day old; a queue whose oldest job waits too long fails."""
    say = Say("performance.queues", world.clock.now())
    if not launch.queues:
        yield say.info(
            "not-named",
            WHOLE_LAUNCH,
            "The launch file names no job queues whose length could be seen",
            remedy=_NAME_THEM,
        )
        return
    now = world.clock.now()
    with the_watch(world) as reader:
        if isinstance(reader, Exception):
            seen = Evidence.of("problem", str(reader), source=str(PLACE))
            yield say.unknown("unreadable", WATCH, "What was read of the queues cannot be read back", evidence=[seen])
            return
        read = reader.backlog(now - FRESH, now) if reader is not None else ()
    for queue in launch.queues:
        rows = [row for row in read if row.source == queue.name]
        newest = [row for row in rows if row.at == rows[-1].at]
        if not newest:
            yield say.unknown(
                "unread",
                queue.name,
                f"The queues of {queue.name} were not read in the last 24 hours",
                remedy=Remedy(
                    text="Read them now, or let the watch do so once a minute",
                    paste="launchready queues",
                    where="shell",
                ),
            )
            continue
        seen = Evidence.of("queues", "\n".join(map(_line, newest)), source=queue.server, at=newest[0].at)
        yield say.passed("known", queue.name, f"How much waits at {queue.name} is known", evidence=[seen])
        for finding in _late(say, queue.name, newest):
            yield finding


def _late(say: Say, source: str, rows: Iterable[Backlog]) -> Iterable[Finding]:
    for row in rows:
        if row.late:
            yield say.fail(
                "late",
                f"{row.queue} ({source})",
                f"Jobs in {row.queue} wait too long: the oldest for {span(row.oldest_s or 0)}",
                evidence=[Evidence.of("queue", _line(row), source=source, at=row.at)],
                remedy=Remedy(
                    text="Start its workers; if they run, start more of them, or give the "
                    "slow jobs a queue of their own"
                    if row.workers != 0
                    else "No worker is there: start one, and let the service manager keep it running"
                ),
            )


def _line(row: Backlog) -> str:
    """`mails: 212 ready, the oldest for 7 min, 3 failed`."""
    parts = [f"{row.ready:,} ready"]
    parts += [f"the oldest for {span(row.oldest_s)}"] if row.oldest_s is not None and row.ready else []
    parts += [f"{row.active:,} active"] if row.active else []
    parts += [f"{row.failed:,} failed"] if row.failed else []
    parts += ["no worker"] if row.workers == 0 else []
    return f"{row.queue}: {', '.join(parts)}"
