"""One target with all that is known of it while the process lives, and the clock that turns steady seconds into
moments."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from ..clock import Clock
from .case import Case
from .detect import Detector, Policy
from .line import Newest
from .regions import Asks
from .samples import Latest, Target
from .versions import Versions

GENTLE_S = 300.0
"""What is asked so seldom has few questions to spend."""


class Watched:
    """What the loops share of one target."""

    def __init__(self, target: Target, prober: Asks, case: Case, last: Latest | None, policy: Policy) -> None:
        self.target = target
        self.prober = prober
        self.case = case
        self.versions = Versions(last.version if last else "")
        self.latest = last
        self.last_good = last.last_good if last else None
        self.detector = Detector(policy)
        self.newest: Newest | None = None
        self.failing_since: float | None = None

    def is_fresh(self) -> bool:
        """Whether it was probed lately, by its own schedule."""
        return self.newest is not None and time.perf_counter() - self.newest.end <= 2 * self.target.every_s + 15


def policy_of(target: Target) -> Policy:
    """The detection policy of a target: what logs in, mail servers and what is asked seldom are not asked again
    between two slots."""
    return Policy.of(target.every_s, gentle=target.is_log_in or target.kind == "mail" or target.every_s >= GENTLE_S)


class Moments:
    """`time.perf_counter` seconds and moments for people. The wall clock may be set while we run: `read` takes it
    up."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._offset = 0.0
        self.read()

    def read(self) -> None:
        """Takes up where the wall clock stands now."""
        self._offset = self.clock.now().timestamp() - time.perf_counter()

    def of(self, at: float) -> datetime:
        """A moment in UTC from `perf_counter` seconds."""
        return datetime.fromtimestamp(at + self._offset, UTC)

    def steady(self, at: datetime) -> float:
        """`perf_counter` seconds of a moment: the reverse of `of`."""
        return at.timestamp() - self._offset

    def now(self) -> datetime:
        """The wall clock's moment, whatever was taken up."""
        return self.clock.now()
