"""When one target is in trouble, and when it is over: a state machine over probes, without clock, socket or store.

Down: at least three probes in a row failed, over at least 25 seconds; a failure is looked at again after five seconds
on a new connection, so an outage is sure within some 40 seconds at a 15-second schedule, and a restart of 20 seconds
is none. After a deploy the row must last five seconds longer, and no more: every probe failing is an outage then too.
Up again: every probe for half a minute answered, some seven of them, since the first answer is looked at again as a
failure is. Degraded: four of the scheduled probes of three minutes failed, or five of five minutes, as with one bad
server of three. Slow: so many answers of ten minutes were over the target that, if one in twenty were allowed to be,
this would be seen less than once in a thousand times.
`tests/bench/watch_detection.py` simulates the policy.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from ..probe.stats import at_most
from .samples.model import Cause, IncidentKind

SLOW_ALPHA = 0.001
_ALLOWED_OVER = 0.05
_WEIGHT: dict[IncidentKind, int] = {"slow": 0, "degraded": 1, "down": 2}


@dataclass(frozen=True, slots=True)
class Policy:
    """Seconds and counts. `every` is the schedule's."""

    every: float = 15.0
    recheck: float | None = 5.0
    """A failure is looked at again after so long; None: only on the schedule."""
    most_rechecks: int = 8
    down_after: int = 3
    down_span: float = 25.0
    deploy_span: float = 30.0
    """In the two minutes after a deploy, when servers start anew."""
    deploy_grace: float = 120.0
    degraded_after: int = 4
    window: float = 180.0
    degraded_long: int = 5
    """So many failed in the longer window."""
    calm: float = 300.0
    """The longer window, and how long it must be quiet after a trouble."""
    up_after: int = 3
    up_span: float = 30.0
    up_long: float = 90.0
    """So long where it failed now and then in the window, beside the outage."""
    mixed_after: int = 3
    """So many times in the window it went from up to failing."""
    slow_window: float = 600.0
    slow_least: int = 20

    @classmethod
    def of(cls, every: float, *, gentle: bool = False) -> Policy:
        """For a schedule; `gentle` targets, such as a log-in page, are not asked again in between."""
        return cls(
            every=every,
            recheck=None if gentle else 5.0,
            window=max(180.0, 12 * every),
            calm=max(300.0, 20 * every),
            up_span=min(30.0, 2 * every),
            slow_window=max(600.0, 40 * every),
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """One probe as the detector takes it. `at` and `end` in seconds of one steady clock."""

    at: float
    end: float
    ok: bool
    grid: bool = True
    held: bool = False
    over: bool | None = None
    """Whether the answer was over the target; None where it could not be timed."""
    cause: Cause = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What became sure. `since` is the first failure that counts."""

    what: Literal["opened", "worse", "better", "closed"]
    kind: IncidentKind
    at: float
    since: float
    cause: Cause = ""
    detail: str = ""


@dataclass
class Detector:
    """Feed it every probe in order; it answers with what changed."""

    policy: Policy = field(default_factory=Policy)
    kind: IncidentKind | None = None
    """The incident that is open."""
    since: float = 0.0
    deploy_at: float | None = None
    """The last deploy, on the same clock."""
    fails: int = 0
    oks: int = 0
    _first_fail: float = 0.0
    _first_ok: float = 0.0
    _grid: deque[tuple[float, bool]] = field(default_factory=deque)
    _timed: deque[tuple[float, bool]] = field(default_factory=deque)
    _last: tuple[Cause, str] = ("", "")

    def see(self, seen: Seen) -> Change | None:
        """Takes one probe. One that says nothing of the target is not for the detector: tell it with `blind`."""
        if seen.grid:
            self._grid.append((seen.at, seen.ok))
            self._forget(self._grid, seen.at - max(self.policy.window, self.policy.calm))
        if seen.over is not None and seen.ok:
            self._timed.append((seen.at, seen.over))
        self._forget(self._timed, seen.at - self.policy.slow_window)
        if seen.ok:
            self.oks += 1
            self.fails = 0
            if self.oks == 1:
                self._first_ok = seen.at
        elif not seen.held:
            self.fails += 1
            self.oks = 0
            if self.fails == 1:
                self._first_fail = seen.at
            self._last = (seen.cause, seen.detail)
        return self._judge(seen)

    def blind(self) -> None:
        """Nothing is known of the time before now: what was begun does not count any more, an open incident stays
        open."""
        self.fails = self.oks = 0
        self._grid.clear()
        self._timed.clear()

    @property
    def recheck(self) -> float | None:
        """How soon to look again, beside the schedule, until it is sure to be down or up; None: not needed."""
        begun = self.oks if self.kind == "down" else self.fails
        return self.policy.recheck if 0 < begun < self.policy.most_rechecks else None

    @property
    def cause(self) -> Cause:
        """Where the probes fail that fail now; empty while they do not."""
        return self._last[0] if self.fails else ""

    @property
    def recovering(self) -> bool:
        """It answers again after an outage, and that is not yet sure."""
        return self.kind == "down" and self.oks > 0

    def _judge(self, seen: Seen) -> Change | None:
        if self.kind != "down" and self._is_down(seen):
            return self._become("down", seen, self._first_fail)
        if self.kind in (None, "slow") and self._is_degraded(seen):
            first_bad = next((at for at, ok in self._grid if not ok and at > seen.at - self.policy.window), seen.at)
            return self._become("degraded", seen, first_bad)
        if self.kind is None and self._is_slow():
            return self._become("slow", seen, next((at for at, over in self._timed if over), seen.at))
        if self.kind is not None and self._is_over(seen):
            closed = Change("closed", self.kind, seen.end, self.since)
            self.kind = None
            self._grid.clear()  # the failures of what is over must not begin the next one
            return closed
        return None

    def _become(self, kind: IncidentKind, seen: Seen, since: float) -> Change:
        what: Literal["opened", "worse"] = "opened" if self.kind is None else "worse"
        self.since = since if self.kind is None else min(self.since, since)
        self.kind = kind
        cause, detail = self._last
        return Change(
            what, kind, seen.end, self.since, "slow" if kind == "slow" else cause, "" if kind == "slow" else detail
        )

    def _is_down(self, seen: Seen) -> bool:
        after_deploy = self.deploy_at is not None and 0 <= self._first_fail - self.deploy_at <= self.policy.deploy_grace
        span = self.policy.deploy_span if after_deploy else self.policy.down_span
        return self.fails >= self.policy.down_after and seen.end - self._first_fail >= span

    def _is_degraded(self, seen: Seen) -> bool:
        """Some fail and some do not, judged by one that does not: when all do, it is on its way to be down."""
        return seen.ok and (
            self._failed(seen.at, self.policy.window) >= self.policy.degraded_after
            or self._failed(seen.at, self.policy.calm) >= self.policy.degraded_long
        )

    def _is_slow(self) -> bool:
        n = len(self._timed)
        over = sum(one for _, one in self._timed)
        return n >= self.policy.slow_least and 1 - at_most(over - 1, n, _ALLOWED_OVER) <= SLOW_ALPHA

    def _is_over(self, seen: Seen) -> bool:
        if self.kind == "down":
            calm = seen.end - self._first_ok
            recent = [ok for at, ok in self._grid if at > seen.at - self.policy.window]
            turns = sum(before and not after for before, after in pairwise((True, *recent)))
            span = self.policy.up_span if turns < self.policy.mixed_after else self.policy.up_long
            return self.oks >= self.policy.up_after and calm >= span
        if self.kind == "degraded":
            return (
                seen.ok
                and seen.at - self.since >= self.policy.calm / 2
                and self._failed(seen.at, self.policy.calm) <= 1
            )
        n = len(self._timed)
        return n >= self.policy.slow_least and sum(one for _, one in self._timed) <= n * _ALLOWED_OVER

    def _failed(self, now: float, window: float) -> int:
        return sum(not ok for at, ok in self._grid if at > now - window)

    @staticmethod
    def _forget(kept: deque[tuple[float, bool]], before: float) -> None:
        while kept and kept[0][0] <= before:
            kept.popleft()
