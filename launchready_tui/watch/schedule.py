"""When a target is due: a grid on the steady clock, staggered, with a little jitter; and how the machine's own sleep
is noticed."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

JITTER = 0.05
"""A share of the interval, so that the grid does not beat with a job of the target's own."""
FIRST_ROUND_S = 15.0
NEAR_S = 2.0
"""A second look is not taken where the schedule itself looks within so long."""
STEP_S = 2.0
"""So much difference between two clocks is a sleep, or a clock that was set."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Slot k is due at start + offset + k * every, give or take the jitter; the slot keeps its number whatever the
    jitter."""

    start: float
    every: float
    offset: float = 0.0
    seed: str = ""
    jitter: float = JITTER

    def due(self, slot: int) -> float:
        """In the seconds of `start`. The jitter follows from seed and slot, so that a restart keeps it."""
        if not self.jitter:
            return self.start + self.offset + slot * self.every
        digest = hashlib.blake2b(f"{self.seed}:{slot}".encode(), digest_size=4).digest()
        share = int.from_bytes(digest, "big") / 2**31 - 1
        return self.start + self.offset + (slot + share * self.jitter) * self.every

    def first_after(self, now: float) -> int:
        """The first slot that is due after `now`."""
        slot = max(0, math.floor((now - self.start - self.offset) / self.every) - 1)
        while self.due(slot) <= now:
            slot += 1
        return slot

    @classmethod
    def staggered(cls, start: float, every: float, place: int, of: int, seed: str = "") -> Grid:
        """The grid of one of many: spread evenly over the interval (over its first 15 s at most, so that soon all are
        known)."""
        return cls(start, every, min(every, FIRST_ROUND_S) * place / max(1, of), seed)


def next_probe(due: float, now: float, recheck: float | None) -> tuple[float, bool]:
    """When to probe next, and whether that is the schedule's own slot."""
    if recheck is not None and now + recheck <= due - NEAR_S:
        return now + recheck, False
    return due, True


def _boottime() -> float | None:
    """Seconds since boot with sleep counted, where the system tells (Linux); None elsewhere."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(clock) if clock is not None else None


@dataclass
class Timekeeper:
    """Notices a sleep of the machine and a clock that was set, by comparing clocks.

    In a sleep the steady clock stands still while wall and boot clock run on. Where there is no boot clock, a wall
    clock that jumps forward is taken for a sleep: a gap too many harms less than a time wrongly called up.
    """

    steady: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    boot: Callable[[], float | None] = _boottime
    _steady: float = field(init=False)
    _wall: float = field(init=False)
    _boot: float | None = field(init=False)

    def __post_init__(self) -> None:
        self._read()

    def _read(self) -> None:
        self._steady, self._wall, self._boot = self.steady(), self.wall(), self.boot()

    def look(self) -> tuple[Literal["", "sleep", "set"], float, float]:
        """What happened since the last look: ("sleep", from, to) by the wall clock; ("set", what it would show, what it
        shows) where only the clock
        was set; or nothing."""
        steady, wall, boot = self._steady, self._wall, self._boot
        self._read()
        ran = self._steady - steady
        jumped = (self._wall - wall) - ran
        if self._boot is not None and boot is not None:
            slept = (self._boot - boot) - ran
            if slept > STEP_S:
                return "sleep", self._wall - ran - slept, self._wall
            return ("set", wall + ran, self._wall) if abs(jumped) > STEP_S else ("", 0.0, 0.0)
        if jumped > STEP_S:
            return "sleep", wall, self._wall
        return ("set", wall + ran, self._wall) if jumped < -STEP_S else ("", 0.0, 0.0)
