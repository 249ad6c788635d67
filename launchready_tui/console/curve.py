"""A series of the watch as a line to draw: where it runs on, where it breaks, and how it becomes dots. Pure
functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ..watch.samples import Gap, Point, Series
from .ink import Span

State = Literal["", "gap", "some", "failed"]
"""Of a column: nothing to say, not watched, some probes failed, all failed."""
Value = Literal["p50", "p95", "slowest"]
_WEIGHT: dict[State, int] = {"": 0, "gap": 1, "some": 2, "failed": 3}
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bits of a braille cell, by column and by row from above."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Equal columns, the oldest first: ms where something was measured, and what else is known of each."""

    values: tuple[float | None, ...] = ()
    states: tuple[State, ...] = ()

    def __len__(self) -> int:
        return len(self.states)


def curve_of(series: Series, grain_s: float, gaps: Iterable[Gap], now: datetime, value: Value) -> Curve:
    """The columns of a series. Columns can be finer than the probes (`grain_s` apart): what lies between two answers
    is no gap.

    Nothing for two intervals is one, and so is every recorded gap of this target. Behind the newest answer that long
    is waited.
    """
    points = series.points
    step = (series.until - series.since).total_seconds() / max(1, len(points))
    states: list[State] = ["failed" if p.n and p.bad >= p.n else "some" if p.bad else "" for p in points]
    pending = (now - series.since).total_seconds() - 2 * grain_s
    for start, end in _empty_runs(points):
        if start and end < len(points) and states[start - 1] == states[end] == "failed":
            states[start:end] = ["failed"] * (end - start)
        limit = end if end < len(points) else min(end, max(start, int(pending // step)))
        if (limit - start) * step >= 2 * grain_s:
            states[start:limit] = ["gap"] * (limit - start)
    for gap in gaps:
        if gap.target not in (0, series.target):
            continue
        first = max(0, round((gap.since - series.since).total_seconds() / step))
        last = min(len(points), round((gap.until - series.since).total_seconds() / step))
        for at in range(first, last):
            if not points[at].n:
                states[at] = "gap"
    return Curve(tuple(getattr(p, value) for p in points), tuple(states))


def _empty_runs(points: Sequence[Point]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    start = -1
    for at, point in enumerate(points):
        if point.n:
            if start >= 0:
                runs.append((start, at))
            start = -1
        elif start < 0:
            start = at
    if start >= 0:
        runs.append((start, len(points)))
    return runs


def spread(curve: Curve, dots: int) -> Curve:
    """The curve in so many columns: the worst of what falls together; a straight line between two answers with nothing
    wrong between."""
    count = len(curve)
    values: list[float | None] = [None] * dots
    states: list[State] = [""] * dots
    for at in range(count):
        first = at * dots // count
        last = max(first + 1, (at + 1) * dots // count)
        value, state = curve.values[at], curve.states[at]
        if value is not None:
            middle = min(dots - 1, (first + last - 1) // 2)
            here = values[middle]
            values[middle] = value if here is None else max(here, value)
        for x in range(first, min(dots, last)):
            if _WEIGHT[state] > _WEIGHT[states[x]]:
                states[x] = state
    before = -1
    for x in range(dots):
        if states[x] in ("gap", "failed"):
            before = -1
        value = values[x]
        if value is None:
            continue
        left = values[before] if before >= 0 else None
        if left is not None:
            for between in range(before + 1, x):
                values[between] = left + (value - left) * (between - before) / (x - before)
        before = x if states[x] not in ("gap", "failed") else -1
    return Curve(tuple(values), tuple(states))


@dataclass(frozen=True, slots=True)
class Scale:
    """How ms become rows: one tick every `each` rows, `step` ms apart, the baseline on the lowest row."""

    step: float
    each: int
    tall: int

    def dot(self, value: float) -> int:
        """Dots above the baseline row's middle, not below it and not above the top."""
        return max(0, min(self.tall * 4 - 1, round(value / self.step * self.each * 4) + 1))

    def row(self, value: float) -> int:
        """The row from above that a value stands on; negative above the top."""
        return self.tall - 1 - math.floor(value / self.step * self.each + 0.5)

    def ticks(self) -> list[tuple[int, float]]:
        """Rows from above with their ms."""
        return [(self.tall - 1 - n * self.each, n * self.step) for n in range((self.tall - 1) // self.each + 1)]


def scale_of(curve: Curve, tall: int, target_ms: float) -> Scale:
    """A scale on which the target stands on a tick, unless all is far below it; a single slow answer does not flatten
    the rest."""
    values = sorted(value for value in curve.values if value is not None)
    top = values[-1] if values else 0.0
    usual = values[int(len(values) * 0.98)] if values else 0.0
    aim = target_ms if top >= target_ms / 8 or not values else 0.0
    wanted = max(min(top, 2.5 * usual), aim * 1.15, 1.0)
    rows = max(1, tall - 1)
    least = 3 if rows >= 9 else 2 if rows >= 6 else 1
    if aim:
        # 1/2, 1/3 … would not be round for every target: halves and multiples are.
        steps = [aim / 2, aim, aim * 2, aim * 4, aim * 8, aim * 16, aim * 32]
    else:
        power = 10.0 ** math.floor(math.log10(wanted))
        steps = [power * part / 10 for part in (2, 5, 10, 20, 50, 100)]
    for step in steps:
        each = int(rows / (wanted / step))
        if each >= least:
            return Scale(step, min(each, max(least, rows // 2)), tall)
    return Scale(max(steps[-1], wanted), max(1, rows), tall)


def bits_of(curve: Curve, scale: Scale) -> list[list[int]]:
    """Braille bits by row and cell for a curve that has two columns a cell. A rise is shared by the two columns it
    joins: one dot wide."""
    width, dots_y = (len(curve) + 1) // 2, scale.tall * 4
    bits = [[0] * width for _ in range(scale.tall)]
    last: int | None = None
    for x, value in enumerate(curve.values):
        if value is None or curve.states[x] in ("gap", "failed"):
            last = None
            continue
        y = dots_y - 1 - scale.dot(value)
        before = y if last is None else last
        middle = (before + y) // 2
        if last is not None:
            for step in range(min(before, middle), max(before, middle) + 1):
                bits[step // 4][(x - 1) // 2] |= DOTS[(x - 1) % 2][step % 4]
        for step in range(min(middle + (y > before), y), max(middle, y) + 1):
            bits[step // 4][x // 2] |= DOTS[x % 2][step % 4]
        last = y
    return bits


def spark(curve: Curve, width: int, target_ms: float) -> list[Span]:
    """One row: three levels within the target, the fourth above it, a cross for what failed, a dot for what nobody
    watched."""
    if width <= 0:
        return []
    wide = spread(curve, width * 2)
    out: list[tuple[str, str]] = []
    for cell in range(width):
        pair = range(cell * 2, cell * 2 + 2)
        states = {wide.states[x] for x in pair}
        if states & {"failed", "some"}:
            glyph, tone = "✕", "fail"
        elif states == {"gap"}:
            glyph, tone = "·", "rule"
        else:
            bits, over = 0, False
            for x in pair:
                value = wide.values[x]
                if value is not None and wide.states[x] != "gap":
                    level = 3 if value > target_ms else min(2, int(value / target_ms * 3))
                    bits |= DOTS[x % 2][3 - level]
                    over = over or level == 3
            glyph, tone = (chr(0x2800 + bits), "warn" if over else "ink2") if bits else (" ", "ink2")
        if out and out[-1][1] == tone:
            out[-1] = (out[-1][0] + glyph, tone)
        else:
            out.append((glyph, tone))
    return [*out]
