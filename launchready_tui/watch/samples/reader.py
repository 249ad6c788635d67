"""Reading the watch while it is written: windows as lines with gaps, figures, incidents, marks."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from ...journal.versions import look_at
from ...launch.problems import NewerFile
from ...probe import stats as binomial
from ...sources.queues.model import Backlog
from .errors import StoreError, store_error
from .histogram import Histogram
from .model import ChannelTest, Drill, Gap, Incident, Latest, Mark, Notice, Rollup, Sample, Target, Traffic, Watcher
from .rollup import COARSE_S, FINE_S
from .rows import COLUMNS, Figures, moment, ms, to_sample
from .schema import APPLICATION_ID, STEPS
from .store import Base

RAW_WINDOW = timedelta(hours=2)
"""Windows up to this length are counted from the samples themselves, exactly; longer ones from their sums, beyond two
days hourly ones."""
_FINE_WINDOW = timedelta(days=2)
_BUSY_MS = 2000
STRETCH_MS = 300_000
"""How long a stretch of counted requests is."""


class Point(msgspec.Struct, frozen=True):
    """One column of a chart. Times in ms; `p50` and `slowest` are None where no answer could be timed; `n` 0 is a
    gap."""

    at: datetime
    n: int
    bad: int
    p50: float | None
    p95: float | None
    slowest: float | None

    @property
    def gap(self) -> bool:
        """Nothing was measured in this column."""
        return self.n == 0


class Series(msgspec.Struct, frozen=True):
    """A window of one target, cut into equal columns."""

    target: int
    since: datetime
    until: datetime
    points: tuple[Point, ...]


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """A window of one target in figures. Latency is that of answers on an open connection, cold connections apart; ms.

    Quantiles are nearest rank. `p95_low` and `p95_high` are the 95 % interval of p95, None where `timed` is too small
    to bound it;
    `p99` is None below 368. `exact` False: from histograms, at most 0.8 % above the true value.
    """

    since: datetime
    until: datetime
    n: int
    """Probes on the schedule that say something."""
    bad: int
    timed: int
    suspect: int
    """Left out of the latency: the watching machine was late itself."""
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    slowest: float | None = None
    p95_low: float | None = None
    p95_high: float | None = None
    over: int = 0
    """Timed answers over the target, and failed probes."""
    cold_n: int = 0
    cold_p50: float | None = None
    cold_p95: float | None = None
    gap_s: float = 0.0
    """Of the window, how long nothing was known, before the first sample apart."""
    watched_s: float = 0.0
    exact: bool = True

    @property
    def uptime(self) -> float | None:
        """Share of the watched time that it was up, 0 to 1; None where it was never watched. Gaps count neither way."""
        return None if self.n == 0 else 1 - self.bad / self.n

    @property
    def verdict(self) -> binomial.Answer:
        """Whether 95 of 100 answers come within the target; never PASS below 59."""
        return binomial.decide(self.over, self.timed + self.bad)


class WatchReader(Base):
    """Any number may read, from any thread, while one watches. Nothing is ever written."""

    def __init__(self, path: Path) -> None:
        """Raises FileNotFoundError where nothing was ever watched, StoreError, NewerFile."""
        if not path.exists():
            raise FileNotFoundError(path)
        try:
            look_at(path)
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=_BUSY_MS / 1000,
                isolation_level=None,
                check_same_thread=False,
            )
        except (sqlite3.Error, OSError) as error:
            raise store_error(path, error) from error
        super().__init__(path, connection)
        try:
            with self._words():
                connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
                connection.execute("PRAGMA query_only=ON")
                application = connection.execute("PRAGMA application_id").fetchone()[0]
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if not (
                    application or version or connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
                ):
                    raise FileNotFoundError(path)  # a watch is just beginning it
                if application != APPLICATION_ID:
                    raise StoreError(path, "foreign")
                self._version = version
                if version > len(STEPS):
                    raise NewerFile(path.name, version, len(STEPS))
        except BaseException:
            connection.close()
            raise

    def __enter__(self) -> WatchReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def targets(self, *, all_of_them: bool = False) -> tuple[Target, ...]:
        """What is watched now, in its order; with `all_of_them` also what was watched once."""
        where = "" if all_of_them else " WHERE active"
        return self._bodies(Target, f"SELECT target, body FROM targets{where} ORDER BY active DESC, place", id=0)  # noqa: S608

    def last(self, target: int) -> Latest | None:
        """The newest probe with address, certificate and version."""
        return next(iter(self._bodies(Latest, "SELECT body FROM latest WHERE target = ?", (target,))), None)

    def lasts(self) -> dict[int, Latest]:
        """The newest sample of each target, by target id. Raises StoreError, as all reads do."""
        return {one.sample.target: one for one in self._bodies(Latest, "SELECT body FROM latest")}

    def watcher(self) -> Watcher | None:
        """Who watches, or watched last; `alive(now)` tells which."""
        body = self.fact("watcher")
        return msgspec.json.decode(body, type=Watcher) if body else None

    def incidents(self, since: datetime) -> tuple[Incident, ...]:
        """Those that are open, or were at or after `since`; the newest first."""
        return self._bodies(
            Incident,
            "SELECT incident, body FROM incidents WHERE closed IS NULL OR closed >= ? ORDER BY incident DESC",
            (ms(since),),
            id=0,
        )

    def open_incidents(self) -> tuple[Incident, ...]:
        """Newest first, of all targets."""
        return self._bodies(
            Incident, "SELECT incident, body FROM incidents WHERE closed IS NULL ORDER BY incident DESC", id=0
        )

    def marks(self, since: datetime, until: datetime | None = None) -> tuple[Mark, ...]:
        """Deploy marks, the oldest first."""
        end = ms(until) if until else 1 << 62
        return self._bodies(
            Mark, "SELECT mark, body FROM marks WHERE at >= ? AND at <= ? ORDER BY at, mark", (ms(since), end), id=0
        )

    def last_mark(self, before: datetime) -> Mark | None:
        """The newest deploy that did not fail."""
        found = self._bodies(
            Mark, "SELECT mark, body FROM marks WHERE at <= ? ORDER BY at DESC, mark DESC LIMIT 20", (ms(before),), id=0
        )
        return next((one for one in found if one.kind != "failed"), None)

    def changes(self) -> int:
        """A number that is another one once somebody else has written anything."""
        return int(self._rows("PRAGMA data_version")[0][0])

    def gaps(self, since: datetime, until: datetime, target: int | None = 0) -> tuple[Gap, ...]:
        """Times in which nothing is known, of all targets and of this one, cut to the window; None: those of every
        target too."""
        rows = self._rows(
            "SELECT since, until, cause, target FROM gaps WHERE until > ?1 AND since < ?2 AND (?3 IS NULL OR "
            "target IN (0, ?3))"
            " ORDER BY since",
            (ms(since), ms(until), target),
        )
        return tuple(
            Gap(since=max(since, moment(a)), until=min(until, moment(b)), cause=cause, target=whose)
            for a, b, cause, whose in rows
        )

    def samples(self, target: int, since: datetime, until: datetime) -> tuple[Sample, ...]:
        """The samples themselves, the oldest first; for at most some hours."""
        return tuple(to_sample(row) for row in self._raw(target, since, until))

    def notices(self, limit: int = 50) -> tuple[Notice, ...]:
        """The newest messages, sent or not."""
        return self._bodies(Notice, "SELECT notice, body FROM outbox ORDER BY notice DESC LIMIT ?", (limit,), id=0)

    def tests(self) -> tuple[ChannelTest, ...]:
        """Test alerts, the newest first."""
        return self._bodies(ChannelTest, "SELECT body FROM tests ORDER BY made DESC LIMIT 200")

    def drills(self, since: datetime) -> tuple[Drill, ...]:
        """The newest first."""
        return self._bodies(Drill, "SELECT body FROM drills WHERE at >= ? ORDER BY drill DESC", (ms(since),))

    def rollups(self, target: int, seconds: int, since: datetime, until: datetime) -> tuple[Rollup, ...]:
        """`since` included, `until` not, in order of time; `seconds` is the length of one."""
        rows = self._rows(
            "SELECT at, n, bad, suspect, warm, cold FROM rollups WHERE target = ? AND seconds = ? AND at >= ? "
            "AND at < ? ORDER BY at",
            (target, seconds, ms(since), ms(until)),
        )
        return tuple(
            Rollup(target=target, seconds=seconds, at=moment(at), n=n, bad=bad, suspect=suspect, warm=warm, cold=cold)
            for at, n, bad, suspect, warm, cold in rows
        )

    def backlog(self, since: datetime, until: datetime | None = None) -> tuple[Backlog, ...]:
        """Readings of queues, the oldest first."""
        if self._version < 2:
            return ()  # a file of before, which nobody has opened for writing yet
        end = ms(until) if until else 1 << 62
        return self._bodies(
            Backlog, "SELECT body FROM backlog WHERE at >= ? AND at <= ? ORDER BY at, source, queue", (ms(since), end)
        )

    def traffic(self, since: datetime, until: datetime) -> tuple[Traffic, ...]:
        """Requests by route and environment over the window, in whole stretches; the most errors first, then the most
        requests."""
        if self._version < 3:
            return ()
        rows = self._rows(
            "SELECT environment, name, sum(n), sum(errors), sum(limited), sum(gone) FROM traffic JOIN routes "
            "USING (route)"
            " WHERE at > ? AND at <= ? GROUP BY route ORDER BY 4 DESC, 3 DESC, 1, 2",
            (ms(since) - STRETCH_MS, ms(until)),
        )
        return tuple(
            Traffic(at=since, environment=environment, route=name, n=n, errors=errors, limited=limited, gone=gone)
            for environment, name, n, errors, limited, gone in rows
        )

    # Windows

    def window(self, target: int, since: datetime, until: datetime, points: int, *, cold: bool = False) -> Series:
        """The window in `points` equal columns. A column without a probe is a gap, whatever stands beside it.

        Times are those on an open connection; with `cold`, those of connections made for the probe.
        """
        start, step = ms(since), max(1.0, (ms(until) - ms(since)) / points)
        n, bad = [0] * points, [0] * points
        warm: list[list[int]] = [[] for _ in range(points)]
        merged: list[Histogram | None] = [None] * points
        rolled, raw = self._parts(target, since, until)
        for row in rolled:
            place = min(points - 1, max(0, int((ms(row.at) - start) / step)))
            n[place] += row.n
            bad[place] += row.bad
            into = merged[place] = merged[place] or Histogram()
            into.merge(Histogram.decode(row.cold if cold else row.warm))
        for figures in raw:
            place = min(points - 1, max(0, int((figures.at - start) / step)))
            n[place] += figures.counts
            bad[place] += figures.bad and figures.counts
            timed = figures.cold if cold else figures.warm
            if timed is not None:
                warm[place].append(timed)
        made = []
        for place in range(points):
            quantiles = _quantiles(warm[place], merged[place])
            made.append(Point(moment(int(start + place * step)), n[place], bad[place], *quantiles))
        return Series(target, since, until, tuple(made))

    def stats(self, target: int, since: datetime, until: datetime, *, target_ms: float = 300.0) -> Stats:
        """The window in figures, `over` against `target_ms`."""
        n = bad = suspect = 0
        raw_warm: list[int] = []
        raw_cold: list[int] = []
        warm, cold = Histogram(), Histogram()
        rolled, raw = self._parts(target, since, until)
        long = bool(rolled)
        for row in rolled:
            n, bad, suspect = n + row.n, bad + row.bad, suspect + row.suspect
            warm.merge(Histogram.decode(row.warm))
            cold.merge(Histogram.decode(row.cold))
        for figures in raw:
            n += figures.counts
            bad += figures.bad and figures.counts
            suspect += figures.suspect
            if figures.warm is not None:
                raw_warm.append(figures.warm)
            if figures.cold is not None:
                raw_cold.append(figures.cold)
        limit = round(target_ms * 1000)
        if long:
            for value in raw_warm:
                warm.add(value)
            for value in raw_cold:
                cold.add(value)
            timed, over = warm.n, warm.over(limit)
            at_rank = warm.at_rank
            cold_values = (cold.n, _to_ms(cold.quantile(0.5)), _to_ms(cold.quantile(0.95)))
        else:
            raw_warm.sort()
            raw_cold.sort()
            timed, over = len(raw_warm), sum(value > limit for value in raw_warm)
            at_rank = lambda rank: raw_warm[rank - 1]  # noqa: E731 - one question in two ways
            cold_values = (
                len(raw_cold),
                _to_ms(binomial.quantile(raw_cold, 0.5)),
                _to_ms(binomial.quantile(raw_cold, 0.95)),
            )
        low, high = _interval(timed)
        watched, gap_s = self._times(target, since, until)
        return Stats(
            since=since,
            until=until,
            n=n,
            bad=bad,
            timed=timed,
            suspect=suspect,
            p50=_to_ms(at_rank(_rank(timed, 0.5))) if timed else None,
            p95=_to_ms(at_rank(_rank(timed, 0.95))) if timed else None,
            p99=_to_ms(at_rank(_rank(timed, 0.99))) if timed >= 368 else None,
            slowest=_to_ms(at_rank(timed)) if timed else None,
            p95_low=_to_ms(at_rank(low)) if low else None,
            p95_high=_to_ms(at_rank(high)) if high else None,
            over=over + bad,
            cold_n=cold_values[0],
            cold_p50=cold_values[1],
            cold_p95=cold_values[2],
            gap_s=gap_s,
            watched_s=watched,
            exact=not long,
        )

    def warm_values(self, target: int, since: datetime, until: datetime) -> list[float]:
        """Every timed answer on an open connection, ms, in order of time; for comparisons of at most some hours."""
        return [one.warm / 1000 for one in self._figures(target, since, until) if one.warm is not None]

    def _times(self, target: int, since: datetime, until: datetime) -> tuple[float, float]:
        """Seconds watched and seconds of gaps, from the first sample ever on."""
        first = self._rows(
            "SELECT min(at) FROM (SELECT min(at) AS at FROM samples WHERE target = ?1 UNION ALL SELECT min(at) "
            "FROM rollups"
            " WHERE target = ?1 AND seconds = 3600)",
            (target,),
        )[0][0]
        if first is None:
            return 0.0, 0.0
        start = max(since, moment(first))
        whole = max(0.0, (until - start).total_seconds())
        gaps = min(whole, _union_s(self.gaps(start, until, target))) if whole else 0.0
        return whole - gaps, gaps

    def _raw(self, target: int, since: datetime, until: datetime) -> list[tuple[object, ...]]:
        return self._rows(
            f"SELECT {COLUMNS} FROM samples WHERE target = ? AND at >= ? AND at < ? ORDER BY at",  # noqa: S608 - our own column names
            (target, ms(since), ms(until)),
        )

    def _figures(self, target: int, since: datetime, until: datetime) -> list[Figures]:
        return [Figures(row) for row in self._raw(target, since, until)]

    def _parts(self, target: int, since: datetime, until: datetime) -> tuple[Sequence[Rollup], list[Figures]]:
        """The window as whole sums where it is long, and the samples before and after them."""
        seconds = COARSE_S if until - since > _FINE_WINDOW else FINE_S
        rolled = (
            self.rollups(target, seconds, since, until - timedelta(seconds=seconds))
            if until - since > RAW_WINDOW
            else ()
        )
        if not rolled:
            return (), self._figures(target, since, until)
        head = self._figures(target, since, rolled[0].at)
        tail = self._figures(target, rolled[-1].at + timedelta(seconds=seconds), until)
        return rolled, head + tail


def _quantiles(raw: list[int], merged: Histogram | None) -> tuple[float | None, float | None, float | None]:
    if merged is not None:
        for value in raw:
            merged.add(value)
        return (
            _to_ms(merged.quantile(0.5)),
            _to_ms(merged.quantile(0.95)),
            _to_ms(merged.at_rank(merged.n)) if merged.n else None,
        )
    raw.sort()
    return _to_ms(binomial.quantile(raw, 0.5)), _to_ms(binomial.quantile(raw, 0.95)), _to_ms(raw[-1] if raw else None)


def _rank(n: int, share: float) -> int:
    import math

    return min(n, max(1, math.ceil(round(n * share, 9))))


def _interval(n: int) -> tuple[int | None, int | None]:
    # Beyond some thousands the exact ranks cost more than they tell: the normal approximation of the binomial is as
    # good there.
    if n <= 2000:
        return binomial.interval_ranks(n, 0.95)
    half = 1.96 * (n * 0.95 * 0.05) ** 0.5
    return max(1, int(n * 0.95 - half)), min(n, int(n * 0.95 + half) + 1)


def _to_ms(value: float | None) -> float | None:
    return None if value is None else value / 1000


def _union_s(gaps: Sequence[Gap]) -> float:
    """Seconds covered by gaps that may overlap; they come ordered by their start."""
    total = 0.0
    end: datetime | None = None
    for gap in gaps:
        start = gap.since if end is None else max(gap.since, end)
        if gap.until > start:
            total += (gap.until - start).total_seconds()
        end = gap.until if end is None else max(end, gap.until)
    return total
