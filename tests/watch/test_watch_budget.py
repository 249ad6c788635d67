"""The error budget from samples: what is left, how fast it goes, and what too few probes do not say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from launchready_tui.watch.samples import Gap, Sample, Target, WatchReader, WatchStore
from launchready_tui.watch.samples.budget import Budget, budget

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
HOME = Target(name="home", url="https://market.test/", host="market.test", port=443)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WatchStore]:
    opened = WatchStore.open(tmp_path / "watch.sqlite3")
    opened.set_targets([HOME])
    yield opened
    opened.close()


def fill(store: WatchStore, hours: float, bad_minutes: float = 0.0, every: int = 60) -> Budget:
    """Probes each minute until now; the last `bad_minutes` failed."""
    start = NOW - timedelta(hours=hours)
    samples = []
    for second in range(0, int(hours * 3600), every):
        at = start + timedelta(seconds=second)
        failed = at >= NOW - timedelta(minutes=bad_minutes)
        samples.append(Sample(target=1, at=at, total=80.0, status=200, cause="connect" if failed else ""))
    store.save(samples)
    with WatchReader(store.path) as reader:
        return budget(reader, 1, NOW, 99.9)


def test_nothing_failed() -> None:
    seen = Budget(slo=99.9, since=NOW, n=100, bad=0, watched_s=6000, burns=())
    assert (seen.left, seen.allowed_s) == (1.0, pytest.approx(2592.0))


@pytest.mark.parametrize(
    ("hours", "bad", "burning"),
    [
        (48, 0, []),
        (48, 2, [14.4]),
        (48, 4, [14.4, 6.0, 1.0]),
        (48, 30, [14.4, 6.0, 3.0, 1.0]),
        (0.25, 10, []),
        (4, 10, [14.4, 6.0, 3.0, 1.0]),
    ],
)
def test_what_burns_now(store: WatchStore, hours: float, bad: float, burning: list[float]) -> None:
    seen = fill(store, hours, bad)
    assert [one.limit for one in seen.burns if one.burning] == burning


def test_an_outage_that_is_over_burns_no_more(store: WatchStore) -> None:
    start = NOW - timedelta(hours=40)
    at = [start + timedelta(minutes=n) for n in range(40 * 60)]
    failed = (NOW - timedelta(minutes=55), NOW - timedelta(minutes=45))
    store.save(
        [Sample(target=1, at=one, total=80.0, cause="connect" if failed[0] <= one < failed[1] else "") for one in at]
    )
    with WatchReader(store.path) as reader:
        seen = budget(reader, 1, NOW, 99.9)
    long = seen.burns[0]
    assert long.long is not None
    assert long.long > 14.4
    assert not long.burning


def test_a_sprint_says_since_when_it_counts_and_leaves_gaps_out(store: WatchStore) -> None:
    store.add_gap(Gap(since=NOW - timedelta(hours=10), until=NOW - timedelta(hours=8), cause="sleep"))
    seen = fill(store, 48, 5)
    assert not seen.whole
    assert abs((seen.since - (NOW - timedelta(hours=48))).total_seconds()) < 120
    assert seen.watched_s == pytest.approx(46 * 3600, rel=0.01)
    assert seen.spent_s == pytest.approx(300, rel=0.1)
    assert seen.left is not None
    assert 0.85 < seen.left < 0.9


def test_before_the_first_probe_nothing_is_claimed(store: WatchStore) -> None:
    with WatchReader(store.path) as reader:
        seen = budget(reader, 1, NOW, 99.9)
    assert (seen.left, seen.n, [one.long for one in seen.burns]) == (None, 0, [None] * 4)
