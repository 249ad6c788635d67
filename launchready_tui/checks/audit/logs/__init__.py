"""audit.logs: the kinds of failure in the last day's logs, counted. Explaining them is for people: a known one is
accepted as a risk."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding
from ....sources.logs import Group, Reading
from ....sources.logs.model import Kind
from ....wording import plural
from ...base import Say, check
from ...logged import each_log, span

if TYPE_CHECKING:
    from ....launch.model import Launch, Log
    from ....world import World

MANY = 10
"""So many lines of one kind in a day are no accident."""
SHOWN = 8
_KINDS: tuple[tuple[Kind, int, float], ...] = (
    ("exhausted", 1, 1),
    ("server-error", 1, MANY),
    ("time-out", 1, MANY),
    ("connection", 3, math.inf),
    ("log-in", MANY, math.inf),
    ("error", 1, math.inf),
)
"""Kind of failure, which is its rule's name as well; from how many lines it is a warning, and from how many a
failure."""


@check("audit.logs")
async def logs(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Every log that the launch file names; each is judged for itself, each kind of failure in it once."""
    say = Say("audit.logs", world.clock.now())
    async for finding in each_log(launch, world, say, _judged):
        yield finding


def _judged(say: Say, log: Log, found: Reading) -> Iterator[Finding]:
    path, counts = log.path, found.kinds()
    counts.pop("gave-up", None)  # a sign of slowness, not a failure: `logs` shows it
    read = Evidence.of("read", span(found), source=path, at=found.until)
    for kind, some, many in _KINDS:
        count = counts.get(kind, 0)
        if count >= some:
            groups = Evidence.of("groups", _groups(found.groups, kind), source=path, at=found.until)
            voice = say.fail if count >= many else say.warn
            yield voice(kind, path, evidence=[groups, read])
    if not counts:
        yield say.passed("clean", path, evidence=[read])
    elif not counts.keys() - {"log-in", "connection"}:
        yield say.passed("few", path, evidence=[read])


def _groups(groups: tuple[Group, ...], kind: Kind) -> str:
    rows = [group for group in groups if group.kind == kind]
    lines = [f"{group.count} x {group.signature} ({group.environment})" for group in rows[:SHOWN]]
    if len(rows) > SHOWN:
        rest = sum(group.count for group in rows[SHOWN:])
        lines.append(f"and {plural(len(rows) - SHOWN, 'kind')} more, {plural(rest, 'line')}")
    return "\n".join(lines)
