"""A watch read again and again: the same figures as read at once, and no more counting than what changed asks for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from launchready_tui.watch import PLACE
from launchready_tui.watch.samples import (
    ChannelTest,
    Feed,
    Gap,
    Incident,
    Latest,
    Sample,
    Target,
    View,
    Watcher,
    WatchReader,
    WatchStore,
    snapshot,
)
from launchready_tui.watch.samples.feed import columns, grain_s

NOW = datetime(2026, 11, 24, 14, 2, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Market:
    """A store with three targets and an hour behind them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / PLACE
        self.store = WatchStore.open(self.path)
        self.targets = self.store.set_targets(
            Target(name=name, host="market.test", port=443) for name in ("home", "search", "health")
        )
        for target in self.targets:
            self.store.save([self.sample(target, NOW - timedelta(seconds=15 * at + target.id)) for at in range(240)])
            self.probe(target, NOW - timedelta(seconds=target.id))
        self.beat(NOW)

    def sample(self, target: Target, at: datetime, cause: str = "") -> Sample:
        return Sample(target=target.id, at=at, total=100.0 + at.second + target.id, status=200, cause=cause)  # type: ignore[arg-type]

    def probe(self, target: Target, at: datetime, cause: str = "") -> None:
        sample = self.sample(target, at, cause)
        self.store.save([sample], [Latest(sample=sample)])

    def beat(self, at: datetime) -> None:
        self.store.beat(Watcher(pid=1, machine="server-1", started_at=NOW - HOUR, beat_at=at))


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    made = Market(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of targets whose window was counted."""
    asked: list[int] = []
    real = WatchReader.stats

    def stats(self: WatchReader, target: int, *rest: Any, **more: Any) -> Any:
        asked.append(target)
        return real(self, target, *rest, **more)

    monkeypatch.setattr(WatchReader, "stats", stats)
    return asked


def test_it_says_what_a_snapshot_says(market: Market) -> None:
    market.store.save_incident(
        Incident(
            target=market.targets[2].id,
            name="health",
            kind="down",
            worst="down",
            since=NOW - HOUR / 4,
            opened_at=NOW - HOUR / 4,
        )
    )
    feed = Feed(market.path)
    shot = feed.read(NOW, View(HOUR, 60))
    with WatchReader(market.path) as reader:
        whole = snapshot(reader, NOW, HOUR, points=60)
    assert shot is not None
    assert shot.snapshot.incidents == whole.incidents and shot.snapshot.watcher == whole.watcher and shot.snapshot.alive
    for one, other in zip(shot.snapshot.rows, whole.rows, strict=True):
        assert (one.stats, one.standing, one.last, one.incident) == (
            other.stats,
            other.standing,
            other.last,
            other.incident,
        )
        # Its columns are whole minutes, so the first begins up to a minute later: at four probes a minute.
        assert 0 <= sum(point.n for point in other.series.points) - sum(point.n for point in one.series.points) <= 4
    feed.close()


def test_only_what_was_probed_is_counted_again(market: Market, counted: list[int]) -> None:
    feed, view = Feed(market.path), View(HOUR, 60)
    feed.read(NOW, view)
    assert sorted(counted) == [1, 2, 3]
    counted.clear()
    later = NOW + timedelta(seconds=2)
    feed.read(later, view)
    assert counted == []
    market.probe(market.targets[1], NOW + timedelta(seconds=1))
    shot = feed.read(later, view)
    assert counted == [2] and shot is not None and shot.snapshot.rows[1].stats.n == 241
    counted.clear()
    feed.read(NOW + timedelta(minutes=1), view)
    assert sorted(counted) == [1, 2, 3], "the columns moved on"
    feed.close()


def test_a_window_of_days_is_not_counted_at_every_probe(market: Market, counted: list[int]) -> None:
    feed, view = Feed(market.path), View(timedelta(days=7), 60)
    feed.read(NOW, view)
    counted.clear()
    for second in range(1, 15):
        market.probe(market.targets[0], NOW + timedelta(seconds=second))
        shot = feed.read(NOW + timedelta(seconds=second), view)
        assert shot is not None and shot.snapshot.rows[0].last is not None
        assert shot.snapshot.rows[0].last.sample.at == NOW + timedelta(seconds=second), "what is now is never old"
    assert counted == []
    market.probe(market.targets[0], NOW + timedelta(seconds=16))
    feed.read(NOW + timedelta(seconds=16), view)
    assert counted == [1]
    feed.close()


def test_a_dead_watcher_is_seen_though_nothing_is_written(market: Market) -> None:
    feed, view = Feed(market.path), View(HOUR)
    alive = [feed.read(NOW + timedelta(seconds=age), view).snapshot.alive for age in (0, 9, 11)]  # type: ignore[union-attr]
    assert alive == [True, True, False]
    late = feed.read(NOW + timedelta(seconds=60), view)
    assert late is not None and {row.standing for row in late.snapshot.rows} == {"unknown"}
    feed.close()


def test_nothing_then_something_then_another_file(tmp_path: Path) -> None:
    feed, view = Feed(tmp_path / PLACE), View(HOUR)
    assert feed.read(NOW, view) is None
    first = Market(tmp_path)
    assert len(feed.read(NOW, view).snapshot.rows) == 3  # type: ignore[union-attr]
    first.store.close()
    for path in (tmp_path / PLACE).parent.glob("watch.sqlite3*"):
        path.unlink()
    assert feed.read(NOW, view) is None
    store = WatchStore.open(tmp_path / PLACE)
    store.set_targets([Target(name="other", host="market.test", port=443)])
    assert [row.target.name for row in feed.read(NOW, view).snapshot.rows] == ["other"]  # type: ignore[union-attr]
    store.close()
    feed.close()


def test_the_chosen_target_has_finer_columns_and_its_budget(market: Market) -> None:
    feed = Feed(market.path)
    shot = feed.read(NOW, View(HOUR, 20, chosen=2, fine=120, slo=99.9))
    assert shot is not None and shot.chart is not None and shot.budget is not None
    assert (shot.chart.target, len(shot.chart.points), len(shot.snapshot.rows[0].series.points)) == (2, 120, 20)
    assert shot.budget.n >= 240 and shot.budget.slo == 99.9
    again = feed.read(NOW, View(HOUR, 20, chosen=2, fine=120, slo=99.9))
    assert again is not None and again.chart is shot.chart and again.budget is shot.budget
    other = feed.read(NOW, View(HOUR, 20, chosen=77, fine=120, slo=99.9))
    assert other is not None and other.chart is None and other.budget is None
    feed.close()


def test_gaps_and_tests_come_with_it(market: Market) -> None:
    market.store.add_gap(Gap(since=NOW - timedelta(minutes=9), until=NOW - timedelta(minutes=5), cause="sleep"))
    market.store.add_gap(Gap(since=NOW - timedelta(hours=3), until=NOW - timedelta(hours=2), cause="sleep"))
    for minutes, acknowledged in ((30, None), (20, NOW), (10, None)):
        at = NOW - timedelta(minutes=minutes)
        market.store.save_test(
            ChannelTest(rule="on-call", owner="founder", code=f"c {minutes}", made_at=at, acknowledged_at=acknowledged)
        )
    feed = Feed(market.path)
    shot = feed.read(NOW, View(HOUR))
    assert shot is not None
    assert [gap.seconds for gap in shot.gaps] == [240.0]
    assert [test.code for test in shot.tests] == ["c 20"], "the one that was heard speaks for the rule"
    feed.close()


@pytest.mark.parametrize("window", [timedelta(minutes=5), HOUR, timedelta(days=7)])
@pytest.mark.parametrize("points", [1, 7, 60, 173])
def test_columns_stay_where_they_are(window: timedelta, points: int) -> None:
    since, end = columns(NOW, window, points)
    assert end - since == window and since <= NOW - window + window / points and end >= NOW
    assert columns(end, window, points) == (since, end)
    assert columns(end + timedelta(milliseconds=1), window, points)[1] > end


def test_how_far_apart_values_lie() -> None:
    target = Target(name="a", host="a.test", port=443, every_s=15)
    assert [grain_s(target, timedelta(hours=hours)) for hours in (1, 2, 6, 24, 168)] == [15, 15, 600, 600, 3600]
