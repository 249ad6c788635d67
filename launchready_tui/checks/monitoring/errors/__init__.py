"""monitoring.errors: the share of failing requests by route and environment, counted from access logs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding, Severity
from ....probe.stats import at_most
from ....sources.logs import Reading, RouteRow
from ...base import Say, check
from ...logged import each_log, span

if TYPE_CHECKING:
    from ....launch.model import Launch, Log
    from ....world import World

ALLOWED = 0.01
"""More than one failed request in a hundred is too many."""
SURE = 0.05
SHOWN = 20


@check("monitoring.errors")
async def errors(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Counts, and judges a route only where it has enough requests to be sure."""
    say = Say("monitoring.errors", world.clock.now())
    async for finding in each_log(launch, world, say, _judged):
        yield finding


def _judged(say: Say, log: Log, found: Reading) -> Iterator[Finding]:
    if not found.access:
        yield say.info("no-requests", log.path)
    for environment in sorted({row.environment for row in found.routes}):
        rows = [row for row in found.routes if row.environment == environment]
        table = "\n".join(map(line_of, rows[:SHOWN]))
        seen = [
            Evidence.of("by route", table, source=log.path, at=found.until),
            Evidence.of("read", span(found), source=log.path),
        ]
        subject = f"{environment} ({log.path})"
        yield say.passed("counted", subject, environment=environment, evidence=seen)
        for row in rows:
            if row.errors and 1 - at_most(row.errors - 1, row.n, ALLOWED) <= SURE and not row.few:
                yield say.fail(
                    "failing-route",
                    f"{row.route} ({environment})",
                    severity=Severity.HIGH if environment == "production" else Severity.MEDIUM,
                    route=row.route,
                    evidence=[Evidence.of("counted", line_of(row), source=log.path, at=found.until)],
                )


def line_of(row: RouteRow) -> str:
    """`2.1 % of 1,204  GET /search`: the share never stands without its number."""
    few = " (few requests)" if row.few else ""
    return f"{row.share:.1%} of {row.n:,}{few}  {row.route}"
