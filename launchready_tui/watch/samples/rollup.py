"""Ten minutes from samples and hours from those, in small steps, so that the process that probes is never held up for
long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from .histogram import Histogram
from .rows import COLUMNS, Figures, ms
from .store import WatchStore

FINE_S, COARSE_S = 600, 3600
_FINE, _COARSE = FINE_S * 1000, COARSE_S * 1000


def roll_up(store: WatchStore, target: int, now: datetime) -> Iterator[int]:
    """Adds up what is whole by now, ten minutes or an hour a step; yields the rows written so far. May be left and
    taken up at any step.

    Ten minutes count as whole 30 s after their end: a probe that was due in them has answered, failed or run into its
    deadline by then.
    """
    made = 0
    whole = (ms(now) - 30_000) // _FINE * _FINE
    at = _next(store, target, FINE_S, _FINE)
    while at is not None and at < whole:
        rows = store._rows(
            f"SELECT {COLUMNS} FROM samples WHERE target = ? AND at >= ? AND at < ? ORDER BY at",  # noqa: S608 - our own column names
            (target, at, at + _FINE),
        )
        if rows:
            figures = [Figures(row) for row in rows]
            n, bad = sum(one.counts for one in figures), sum(one.bad and one.counts for one in figures)
            warm = Histogram(one.warm for one in figures if one.warm is not None)
            cold = Histogram(one.cold for one in figures if one.cold is not None)
            _keep(
                store, (target, FINE_S, at, n, bad, sum(one.suspect for one in figures), warm.encode(), cold.encode())
            )
            made += 1
            yield made
        at = _next_sample(store, target, at + _FINE, _FINE)
    yield from _hours(store, target, whole // _COARSE * _COARSE, made)


def _hours(store: WatchStore, target: int, whole: int, made: int) -> Iterator[int]:
    at = _next_of(store, target)
    while at is not None and at < whole:
        rows = store._rows(
            "SELECT n, bad, suspect, warm, cold FROM rollups WHERE target = ? AND seconds = 600 AND at >= ? AND at < ?",
            (target, at, at + _COARSE),
        )
        if rows:
            warm, cold = Histogram(), Histogram()
            for row in rows:
                warm.merge(Histogram.decode(row[3]))
                cold.merge(Histogram.decode(row[4]))
            n, bad, suspect = (sum(row[place] for row in rows) for place in range(3))
            _keep(store, (target, COARSE_S, at, n, bad, suspect, warm.encode(), cold.encode()))
            made += 1
            yield made
        found = store._rows(
            "SELECT min(at) FROM rollups WHERE target = ? AND seconds = 600 AND at >= ?", (target, at + _COARSE)
        )[0][0]
        at = None if found is None else found // _COARSE * _COARSE


def _keep(store: WatchStore, row: tuple[object, ...]) -> None:
    with store._write() as connection:
        connection.execute("INSERT OR REPLACE INTO rollups VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def _next(store: WatchStore, target: int, seconds: int, step: int) -> int | None:
    """The first step with samples after the newest one that was added up."""
    newest = store._rows("SELECT max(at) FROM rollups WHERE target = ? AND seconds = ?", (target, seconds))[0][0]
    return _next_sample(store, target, 0 if newest is None else newest + step, step)


def _next_sample(store: WatchStore, target: int, after: int, step: int) -> int | None:
    found = store._rows("SELECT min(at) FROM samples WHERE target = ? AND at >= ?", (target, after))[0][0]
    return None if found is None else int(found) // step * step


def _next_of(store: WatchStore, target: int) -> int | None:
    newest = store._rows("SELECT max(at) FROM rollups WHERE target = ? AND seconds = ?", (target, COARSE_S))[0][0]
    after = 0 if newest is None else newest + _COARSE
    found = store._rows(
        "SELECT min(at) FROM rollups WHERE target = ? AND seconds = ? AND at >= ?", (target, FINE_S, after)
    )[0][0]
    return None if found is None else int(found) // _COARSE * _COARSE
