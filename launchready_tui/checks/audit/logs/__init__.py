"""audit.logs: the kinds of failure in the last day's logs, counted. Explaining them is for people: a known one is
accepted as a risk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding, Remedy, Severity
from ....sources.logs import Group, Reading
from ....sources.logs.model import KIND_WORDS, Kind
from ...base import Say, check
from ...logged import each_log, span

if TYPE_CHECKING:
    from ....launch.model import Launch, Log
    from ....world import World

MANY = 10
"""So many lines of one kind in a day are no accident."""
SHOWN = 8


@check("audit.logs")
async def logs(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Every log that the launch file names; each is judged for itself, each kind of failure in it once."""
    say = Say("audit.logs", world.clock.now())
    async for finding in each_log(launch, world, say, _judged):
        yield finding


def _judged(say: Say, log: Log, found: Reading) -> Iterator[Finding]:
    path = log.path
    counts = found.kinds()
    read = Evidence.of("read", span(found), source=path, at=found.until)

    def seen(kind: Kind) -> list[Evidence]:
        return [Evidence.of("groups", _groups(found.groups, kind), source=path, at=found.until), read]

    if counts.get("exhausted"):
        yield say.fail(
            "exhausted",
            path,
            f"The logs tell of {KIND_WORDS['exhausted']}",
            severity=Severity.BLOCKER,
            evidence=seen("exhausted"),
            remedy=Remedy(
                text="Raise the limit or close what is left open, before more visitors come; then let it run for a "
                "day and look again"
            ),
        )
    if counts.get("server-error"):
        words = "Visitors got server errors"
        remedy = Remedy(
            text="Look at the first one of each route, fix it, and look again; accept with a "
            "reason what is known and harmless"
        )
        if counts["server-error"] >= MANY:
            yield say.fail("server-error", path, words, evidence=seen("server-error"), remedy=remedy)
        else:
            yield say.warn("server-error", path, words, evidence=seen("server-error"), remedy=remedy)
    if counts.get("time-out"):
        words = "Something did not answer in time"
        remedy = Remedy(
            text="Find what was waited for (database, payment, mail), and give it a limit "
            "and an answer for when it is slow"
        )
        if counts["time-out"] >= MANY:
            yield say.fail("time-out", path, words, evidence=seen("time-out"), remedy=remedy)
        else:
            yield say.warn("time-out", path, words, evidence=seen("time-out"), remedy=remedy)
    if counts.get("connection", 0) >= 3:
        yield say.warn(
            "connection",
            path,
            "Connections to other services failed",
            evidence=seen("connection"),
            remedy=Remedy(
                text="Look whether the other service was down, or its address, certificate or network is wrong"
            ),
        )
    if counts.get("log-in", 0) >= MANY:
        yield say.warn(
            "log-in",
            path,
            "Many log-ins were refused",
            evidence=seen("log-in"),
            remedy=Remedy(
                text="Tell mistyped passwords from a broken log-in and from somebody who tries passwords; limit tries "
                "where it is that"
            ),
        )
    if counts.get("error"):
        yield say.warn(
            "error",
            path,
            "The application writes errors",
            evidence=seen("error"),
            remedy=Remedy(text="Explain each kind: fix it, or stop calling it an error"),
        )
    if not counts:
        yield say.passed("clean", path, "The logs of the last day show no failures", evidence=[read])
    elif not counts.keys() - {"log-in", "connection"}:
        yield say.passed("few", path, "The logs of the last day show few failures", evidence=[read])


def _groups(groups: tuple[Group, ...], kind: Kind) -> str:
    rows = [group for group in groups if group.kind == kind]
    lines = [f"{group.count} x {group.signature} ({group.environment})" for group in rows[:SHOWN]]
    if len(rows) > SHOWN:
        lines.append(f"and {len(rows) - SHOWN} kinds more, {sum(group.count for group in rows[SHOWN:])} lines")
    return "\n".join(lines)
