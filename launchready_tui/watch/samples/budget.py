"""The error budget: how much of what may fail has failed, and how fast it goes.

Burn rates and their windows are those of the Google SRE workbook, "Alerting on SLOs" (table 5-8, known 2026-11): 14.4
over an hour and five minutes, 6 over six hours and thirty minutes call somebody now; 3 over a day and two hours, 1
over three days and six hours can wait for the morning. A sprint of 48 hours has no thirty days behind it: the budget
counts from the first probe and says so, and gaps are left out.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from .reader import WatchReader

PERIOD = timedelta(days=30)
RATES: tuple[tuple[float, timedelta, timedelta, bool], ...] = (
    (14.4, timedelta(hours=1), timedelta(minutes=5), True),
    (6.0, timedelta(hours=6), timedelta(minutes=30), True),
    (3.0, timedelta(days=1), timedelta(hours=2), False),
    (1.0, timedelta(days=3), timedelta(hours=6), False),
)
"""Rate, long window, short window, and whether somebody is called at once."""
LEAST = 20
"""Below so many probes in the long window a rate says nothing."""


class Burn(msgspec.Struct, frozen=True, kw_only=True):
    """One burn rate: how many times faster than allowed the budget goes, over a long and a short window. None: too few
    probes."""

    limit: float
    long: float | None
    short: float | None
    long_s: float
    short_s: float
    at_once: bool

    @property
    def burning(self) -> bool:
        """Both windows are over the limit: it goes on now, and it is no blip."""
        return self.long is not None and self.short is not None and self.long >= self.limit and self.short >= self.limit


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """The budget of one target. `slo` in percent."""

    slo: float
    since: datetime
    """The first probe, or thirty days ago."""
    n: int
    bad: int
    watched_s: float
    burns: tuple[Burn, ...]

    @property
    def allowed_s(self) -> float:
        """Seconds of failure that thirty days may have."""
        return PERIOD.total_seconds() * (100 - self.slo) / 100

    @property
    def spent_s(self) -> float:
        """Seconds that failed, by the share of scheduled probes that did."""
        return self.watched_s * self.bad / self.n if self.n else 0.0

    @property
    def left(self) -> float | None:
        """What is left of the thirty days' budget, 1 to 0 and below; None before the first probe."""
        return None if not self.n else 1 - self.spent_s / self.allowed_s

    @property
    def whole(self) -> bool:
        """Whether thirty days lie behind it; if not it is the budget since `since`."""
        return self.watched_s >= PERIOD.total_seconds() * 0.95


def budget(reader: WatchReader, target: int, now: datetime, slo: float) -> Budget:
    """Reads the budget of one target."""
    whole = reader.stats(target, now - PERIOD, now)
    burns = []
    for limit, long, short, at_once in RATES:
        rates = [_rate(reader, target, now, window, slo, LEAST if window is long else 1) for window in (long, short)]
        burns.append(
            Burn(
                limit=limit,
                long=rates[0],
                short=rates[1],
                long_s=long.total_seconds(),
                short_s=short.total_seconds(),
                at_once=at_once,
            )
        )
    since = now - timedelta(seconds=whole.watched_s + whole.gap_s)
    return Budget(slo=slo, since=since, n=whole.n, bad=whole.bad, watched_s=whole.watched_s, burns=tuple(burns))


def _rate(reader: WatchReader, target: int, now: datetime, window: timedelta, slo: float, least: int) -> float | None:
    seen = reader.stats(target, now - window, now)
    return None if seen.n < least else (seen.bad / seen.n) / ((100 - slo) / 100)
