"""What the journal answers with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..findings import WHOLE_LAUNCH, CheckResult, State


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run. `outcome` is empty where it was interrupted."""

    run: int
    kind: str
    full: bool
    demo: bool
    kept: bool
    via: str
    launch: str
    version: str
    started_at: datetime
    outcome: str
    ended_at: datetime | None
    results: int

    @classmethod
    def of(cls, row: Sequence[Any]) -> RunRow:
        """From a row in the order of the fields; raises ValueError where it has another number of columns."""
        run, kind, full, demo, kept, via, launch, version, started, outcome, ended, results = row
        return cls(
            run,
            kind,
            bool(full),
            bool(demo),
            bool(kept),
            via,
            launch,
            version,
            datetime.fromisoformat(started),
            outcome or "",
            datetime.fromisoformat(ended) if ended else None,
            results,
        )


@dataclass(frozen=True, slots=True)
class Export:
    """The handover folder as it was last written; `outdated` where a result came after it."""

    folder: str
    at: datetime
    outdated: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """Open findings now against the result before, over the checks that have one. Ids are finding ids."""

    compared: int
    """Checks with a result before the newest one; 0: there is nothing to compare with."""
    new_ids: tuple[str, ...] = ()
    fixed_ids: tuple[str, ...] = ()
    unchanged_ids: tuple[str, ...] = ()
    unseen_ids: tuple[str, ...] = ()
    """Open before and not looked at now, since the look failed: neither fixed nor known to stand."""

    @property
    def new(self) -> int:
        """Open now, and not open in the result before."""
        return len(self.new_ids)

    @property
    def fixed(self) -> int:
        """Open before, and no longer."""
        return len(self.fixed_ids)

    @property
    def unchanged(self) -> int:
        """Open before and now."""
        return len(self.unchanged_ids)


def compare(pairs: Iterable[tuple[CheckResult, CheckResult]]) -> Changes:
    """The newest result and the one before it, check by check."""
    new: list[str] = []
    fixed: list[str] = []
    unchanged: list[str] = []
    unseen: list[str] = []
    compared = 0
    for latest, before in pairs:
        compared += 1
        now = dict.fromkeys(one.id for one in latest.findings if one.is_open)
        then = {one.id: one for one in before.findings if one.is_open}
        blind = {one.subject for one in latest.findings if one.state is State.UNKNOWN}
        new += [one for one in now if one not in then]
        unchanged += [one for one in now if one in then]
        for one, was in then.items():
            if one in now:
                continue
            if was.subject in blind or WHOLE_LAUNCH in blind:
                unseen.append(one)
            elif (
                was.state is not State.UNKNOWN
            ):  # what could not be seen before and is seen now was answered, not fixed
                fixed.append(one)
    return Changes(compared, tuple(new), tuple(fixed), tuple(unchanged), tuple(unseen))


@dataclass(frozen=True, slots=True)
class TrialRow:
    """Something that was tried outside a run, such as a test mail. What `body` holds is its maker's."""

    trial: int
    kind: str
    subject: str
    via: str
    at: datetime
    body: str
