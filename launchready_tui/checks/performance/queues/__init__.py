"""performance.queues: how much work waits, from the newest readings that the watch or `launchready queues` kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from ....clock import span
from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ....sources.queues.model import Backlog
from ....watch import PLACE
from ...base import Say, check
from ...monitoring.kept import WATCH, the_watch

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

FRESH = timedelta(hours=24)


@check("performance.queues")
async def queues(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The newest reading of each server, at most a day old; a queue whose oldest job waits too long fails."""
    say = Say("performance.queues", world.clock.now())
    if not launch.queues:
        yield say.info("not-named", WHOLE_LAUNCH)
        return
    now = world.clock.now()
    with the_watch(world) as reader:
        if isinstance(reader, Exception):
            seen = Evidence.of("problem", str(reader), source=str(PLACE))
            yield say.unknown("unreadable", WATCH, evidence=[seen])
            return
        read = reader.backlog(now - FRESH, now) if reader is not None else ()
    for queue in launch.queues:
        rows = [row for row in read if row.source == queue.name]
        newest = [row for row in rows if row.at == rows[-1].at]
        if not newest:
            yield say.unknown("unread", queue.name)
            continue
        seen = Evidence.of("queues", "\n".join(map(_line, newest)), source=queue.server, at=newest[0].at)
        yield say.passed("known", queue.name, evidence=[seen])
        for finding in _late(say, queue.name, newest):
            yield finding


def _late(say: Say, source: str, rows: Iterable[Backlog]) -> Iterable[Finding]:
    for row in rows:
        if row.late:
            subject, oldest = f"{row.queue} ({source})", span(row.oldest_s or 0)
            said = "no-worker" if row.workers == 0 else "fail"
            evidence = [Evidence.of("queue", _line(row), source=source, at=row.at)]
            yield say.fail("late", subject, said, queue=row.queue, oldest=oldest, evidence=evidence)


def _line(row: Backlog) -> str:
    """`mails: 212 ready, the oldest for 7 min, 3 failed`."""
    parts = [f"{row.ready:,} ready"]
    parts += [f"the oldest for {span(row.oldest_s)}"] if row.oldest_s is not None and row.ready else []
    parts += [f"{row.active:,} active"] if row.active else []
    parts += [f"{row.failed:,} failed"] if row.failed else []
    parts += ["no worker"] if row.workers == 0 else []
    return f"{row.queue}: {', '.join(parts)}"
