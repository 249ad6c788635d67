"""One run as every format tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from ...findings import Severity, State
from ...journal import Changes
from ...roadmap.model import Roadmap, Stage
from .. import FixRow, Judged, Standing, Verdict, minutes_of


@dataclass(frozen=True, slots=True)
class Report:
    """A run seen through decisions and time. `standings` are the checks it speaks of, in roadmap order."""

    name: str
    domain: str
    started_at: datetime
    finished_at: datetime
    verdict: Verdict
    roadmap: Roadmap
    standings: tuple[Standing, ...]
    full: bool
    """All checks: only then the verdict is said."""
    outcome: Literal["done", "cancelled"] = "done"
    via: str = ""
    """`connect-map` where connections were led elsewhere."""
    kept: bool = True
    """False where it was judged at a set time."""
    changes: Changes | None = None
    launch_file: Path | None = None
    ran: frozenset[str] = field(default_factory=frozenset)
    """The checks that this run has answered."""

    @property
    def word(self) -> str | None:
        """The verdict of a full run that came to its end; a part of the checks has none."""
        return self.verdict.word if self.full and self.outcome == "done" else None

    @property
    def label(self) -> str:
        """The word as people read it, a demo's labelled; empty where there is none."""
        return self.verdict.label if self.word else ""

    @property
    def findings(self) -> tuple[Judged, ...]:
        """All findings of the checks it speaks of."""
        return tuple(one for standing in self.standings for one in standing.findings)

    @property
    def rows(self) -> tuple[FixRow, ...]:
        """What is to fix among them, in fix order, each row at its place in the whole order."""
        names = {standing.spec.id for standing in self.standings}
        rows = (row.among(names) for row in self.verdict.rows)
        return tuple(row for row in rows if row is not None)

    @property
    def minutes_left(self) -> int:
        """Minutes of fixes left among them, by the estimates."""
        return minutes_of(self.rows)

    def stages(self) -> list[tuple[Stage, list[Standing]]]:
        """The checks it speaks of, by stage; stages without any are left out."""
        grouped = [(stage, [s for s in self.standings if s.spec.stage == stage.id]) for stage in self.roadmap.stages]
        return [(stage, standings) for stage, standings in grouped if standings]

    def fails(self, fail_on: Severity | None) -> bool:
        """Whether something stands at or above `fail_on` (None: never): open findings of the checks that ran, and
        NO-GO of a full run."""
        if fail_on is None:
            return False
        if self.word == "NO-GO":
            return True
        return any(
            one.is_open and one.finding.severity.weight <= fail_on.weight
            for standing in self.standings
            if standing.spec.id in self.ran
            for one in standing.findings
        )


def of(verdict: Verdict, roadmap: Roadmap, names: Sequence[str] | None) -> tuple[Standing, ...]:
    """The standings that a report over these checks speaks of; None stands for all."""
    wanted = roadmap.checks if names is None else set(names)
    return tuple(standing for name, standing in verdict.standings.items() if name in wanted)


def counts(standings: Sequence[Standing]) -> dict[str, int]:
    """How many checks stand how; what only a person answers and nobody has is counted as `asked`."""
    found: dict[str, int] = {}
    for standing in standings:
        key = "asked" if waits_for_a_person(standing) else str(standing.state)
        found[key] = found.get(key, 0) + 1
    return found


def waits_for_a_person(standing: Standing) -> bool:
    """Only a person can answer it, and nobody has."""
    return not standing.spec.automated and standing.state is State.UNKNOWN
