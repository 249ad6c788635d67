"""A snapshot read several times a second for little: only what was probed since, or whose columns moved on, is counted
anew."""

from __future__ import annotations

import math
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from ...sources.queues.model import Backlog
from .budget import Budget, budget
from .model import ChannelTest, Gap, Incident, Latest, Mark, Notice, Target, Traffic, Watcher, silent
from .reader import RAW_WINDOW, Series, Stats, WatchReader
from .rollup import COARSE_S, FINE_S
from .rows import EPOCH
from .snapshot import Row, Snapshot, standing, stuck

BUDGET_S = 30.0
"""An error budget of thirty days is counted anew so often."""
BESIDE_S = 3.0
"""Requests and queues are read anew so often."""
BACKLOG_BEFORE = timedelta(minutes=15)
RECENT = timedelta(days=7)
SLOWEST_RECOUNT_S = 15.0
"""A target is counted anew at most this long after its newest probe, also in a window of days."""


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """All that a live view shows at one moment."""

    snapshot: Snapshot
    chart: Series | None = None
    """The chosen target in finer columns than its row has."""
    gaps: tuple[Gap, ...] = ()
    """In the window, those of all targets and of single ones."""
    tests: tuple[ChannelTest, ...] = ()
    """The newest test alert of each rule; an acknowledged one goes before newer ones."""
    traffic: tuple[Traffic, ...] = ()
    """Requests of the window by route and environment, the most errors first; read anew every few seconds."""
    backlog: tuple[Backlog, ...] = ()
    """The newest reading of each queue."""
    backlog_before: tuple[Backlog, ...] = ()
    """The oldest reading of each in the quarter of an hour before it."""
    recent: tuple[Mark, ...] = ()
    """Deploys of the last seven days, failed ones too, the newest first."""
    budget: Budget | None = None
    """Of the chosen target, where a promise was given with the view."""


class View(NamedTuple):
    """What is looked at: the window, the columns of a row, the chosen target's id (0: none) and its columns."""

    window: timedelta
    points: int = 60
    chosen: int = 0
    fine: int = 180
    slo: float = 0.0
    """The promised uptime in percent; 0: no budget is counted."""
    at: datetime | None = None
    """The moment that is looked at, where that is not now: what is counted ends there."""


class _Facts(NamedTuple):
    watcher: Watcher | None
    targets: tuple[Target, ...]
    lasts: dict[int, Latest]
    incidents: tuple[Incident, ...]
    marks: tuple[Mark, ...]
    last_mark: Mark | None
    notices: tuple[Notice, ...]
    tests: tuple[ChannelTest, ...]
    gaps: tuple[Gap, ...]
    recent: tuple[Mark, ...]


class _Counted(NamedTuple):
    """What was counted of a target, and of what."""

    view: tuple[object, ...]
    newest: tuple[object, ...]
    at: datetime
    stats: Stats
    series: Series


class Feed:
    """Reads one watch again and again, from any thread, one at a time. A file that is deleted or made anew is taken up
    by itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._reader: WatchReader | None = None
        self._inode = 0
        self._version = -1
        self._facts: _Facts | None = None
        self._window = timedelta()
        self._counted: dict[int, _Counted] = {}
        self._chart: tuple[tuple[object, ...], Series] | None = None
        self._beside: (
            tuple[tuple[object, ...], datetime, tuple[Traffic, ...], tuple[Backlog, ...], tuple[Backlog, ...]] | None
        ) = None
        self._budget: tuple[tuple[object, ...], datetime, Budget] | None = None

    def read(self, now: datetime, view: View) -> Shot | None:
        """The newest shot; None where nothing was ever watched. Raises StoreError, NewerFile."""
        with self._lock:
            reader = self._open()
            return None if reader is None else self._read(reader, now, view)

    def close(self) -> None:
        """Waits for a look in progress; a later look opens the file again."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader, self._facts, self._version, self._chart, self._budget = None, None, -1, None, None
        self._beside = None
        self._counted.clear()

    def _open(self) -> WatchReader | None:
        try:
            inode = self.path.stat().st_ino
        except OSError:
            self._let_go()
            return None
        if self._reader is not None and inode == self._inode:
            return self._reader
        self._let_go()
        try:
            self._reader, self._inode = WatchReader(self.path), inode
        except FileNotFoundError:
            return None
        return self._reader

    def _read(self, reader: WatchReader, now: datetime, view: View) -> Shot:
        version = reader.changes()
        facts = self._facts
        if facts is None or version != self._version or view.window != self._window:
            facts = self._facts = _facts(reader, now, view.window)
            self._version, self._window = version, view.window
        incidents = {one.target: one for one in facts.incidents if one.open}
        rows = tuple(self._row(reader, facts, target, incidents.get(target.id), now, view) for target in facts.targets)
        snapshot = Snapshot(
            now=now,
            window=view.window,
            watcher=facts.watcher,
            alive=facts.watcher is not None and facts.watcher.alive(now),
            rows=rows,
            incidents=facts.incidents,
            marks=facts.marks,
            last_mark=facts.last_mark,
            stuck=stuck(facts.notices),
            silent=silent(facts.notices),
        )
        traffic, newest, before = self._looked_beside(reader, now, view)
        return Shot(
            snapshot=snapshot,
            chart=self._fine(reader, facts, now, view),
            gaps=facts.gaps,
            tests=facts.tests,
            traffic=traffic,
            backlog=newest,
            backlog_before=before,
            recent=facts.recent,
            budget=self._spent(reader, facts, now, view),
        )

    def _row(
        self, reader: WatchReader, facts: _Facts, target: Target, incident: Incident | None, now: datetime, view: View
    ) -> Row:
        last = facts.lasts.get(target.id)
        since, end = columns(now, view.window, view.points)
        counted = self._counted.get(target.id)
        key = (view.window, view.points, target.target_ms)
        newest = (last.sample.at if last else None, incident is not None, len(facts.gaps))
        wait = min(SLOWEST_RECOUNT_S, view.window.total_seconds() / 2400)
        due = counted is None or counted.view != key or counted.series.until != end
        if not due and counted is not None and counted.newest != newest:
            due = (now - counted.at).total_seconds() >= wait or counted.newest[1:] != newest[1:]
        if due or counted is None:
            stats = reader.stats(target.id, now - view.window, now, target_ms=target.target_ms)
            counted = _Counted(
                key, newest, now, stats, reader.window(target.id, since, end, view.points, cold=target.always_cold)
            )
            self._counted[target.id] = counted
        return Row(
            target=target,
            standing=standing(target, last, incident, now),
            last=last,
            stats=counted.stats,
            series=counted.series,
            incident=incident,
        )

    def _fine(self, reader: WatchReader, facts: _Facts, now: datetime, view: View) -> Series | None:
        chosen = next((target for target in facts.targets if target.id == view.chosen), None)
        if chosen is None:
            return None
        last = facts.lasts.get(view.chosen)
        since, end = columns(now, view.window, view.fine)
        key = (view, end, last.sample.at if last else None, len(facts.gaps))
        if self._chart is None or self._chart[0] != key:
            self._chart = (key, reader.window(view.chosen, since, end, view.fine, cold=chosen.always_cold))
        return self._chart[1]

    def _looked_beside(
        self, reader: WatchReader, now: datetime, view: View
    ) -> tuple[tuple[Traffic, ...], tuple[Backlog, ...], tuple[Backlog, ...]]:
        """Requests and queues: they come every few seconds at the most, and are read no more often."""
        key = (view.window, view.at)
        kept = self._beside
        if kept is None or kept[0] != key or abs((now - kept[1]).total_seconds()) >= BESIDE_S:
            readings = reader.backlog(now - BACKLOG_BEFORE, now)
            newest = {(one.source, one.system, one.queue): one for one in readings}
            before = {(one.source, one.system, one.queue): one for one in reversed(readings)}
            kept = self._beside = (
                key,
                now,
                reader.traffic(now - view.window, now),
                tuple(newest.values()),
                tuple(before.values()),
            )
        return kept[2], kept[3], kept[4]

    def _spent(self, reader: WatchReader, facts: _Facts, now: datetime, view: View) -> Budget | None:
        if not view.slo or not any(target.id == view.chosen for target in facts.targets):
            return None
        key = (view.chosen, view.slo)
        kept = self._budget
        if kept is None or kept[0] != key or abs((now - kept[1]).total_seconds()) >= BUDGET_S:
            kept = self._budget = (key, now, budget(reader, view.chosen, now, view.slo))
        return kept[2]


def columns(now: datetime, window: timedelta, points: int) -> tuple[datetime, datetime]:
    """Start and end of a window in whole columns, the last of which is the one that `now` falls in: so a column keeps
    its samples."""
    step = window / max(1, points)
    end = EPOCH + math.ceil((now - EPOCH) / step) * step
    return end - window, end


def grain_s(target: Target, window: timedelta) -> float:
    """Seconds that lie between two values at the least: the target's interval, or the length of a sum in a long
    window."""
    if window <= RAW_WINDOW:
        return target.every_s
    return float(FINE_S if window <= timedelta(days=2) else COARSE_S)


def _facts(reader: WatchReader, now: datetime, window: timedelta) -> _Facts:
    tests: dict[str, ChannelTest] = {}
    for test in reader.tests():
        known = tests.get(test.rule)
        if known is None or (test.acknowledged_at and not known.acknowledged_at):
            tests[test.rule] = test
    since = now - window
    return _Facts(
        watcher=reader.watcher(),
        targets=reader.targets(),
        lasts=reader.lasts(),
        incidents=reader.incidents(now - timedelta(hours=24)),
        marks=reader.marks(since, now),
        last_mark=reader.last_mark(now),
        notices=reader.notices(50),
        tests=tuple(tests.values()),
        gaps=reader.gaps(since, now, None),
        recent=tuple(reversed(reader.marks(now - RECENT, now))),
    )
