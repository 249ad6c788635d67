"""What is kept of a watch and read back: samples, windows with gaps, sums, incidents, messages; files of others are
refused."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from launchready_tui.launch.problems import NewerFile
from launchready_tui.probe import stats as exact
from launchready_tui.watch.samples import (
    ChannelTest,
    Drill,
    Gap,
    Incident,
    Latest,
    Mark,
    Notice,
    Phases,
    Sample,
    Target,
    Watcher,
    WatchReader,
    WatchStore,
    snapshot,
)
from launchready_tui.watch.samples.errors import StoreError
from launchready_tui.watch.samples.rollup import roll_up

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
HOME = Target(name="home", url="https://market.test/", host="market.test", port=443)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WatchStore]:
    opened = WatchStore.open(tmp_path / "watch.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def reader(store: WatchStore) -> Iterator[WatchReader]:
    with WatchReader(store.path) as opened:
        yield opened


def taken(target: int, at: datetime, total: float = 100.0, **more: object) -> Sample:
    return msgspec.convert({"target": target, "at": at, "total": total, "status": 200, **more}, Sample)


SAMPLES = [
    Sample(
        target=1,
        at=NOW,
        total=123.456,
        warm=45.678,
        cold=True,
        phases=Phases(dns=1.5, connect=12.5, tls=20.1, first_byte=80.0, transfer=9.2),
        status=204,
        lag=0.2,
    ),
    Sample(
        target=1, at=NOW + timedelta(seconds=1), total=50.5, phases=Phases(first_byte=50.0, transfer=0.5), status=301
    ),
    Sample(
        target=1, at=NOW + timedelta(seconds=2), total=5000.0, cause="answer", kind="timeout", cold=True, grid=False
    ),
    Sample(
        target=1,
        at=NOW + timedelta(seconds=3),
        total=2.0,
        cause="status",
        kind="status",
        status=500,
        held=True,
        suspect=True,
    ),
    Sample(target=1, at=NOW + timedelta(seconds=4), total=4000.0, cause="line", kind="timeout", lag=812.5),
    Sample(
        target=1,
        at=NOW + timedelta(seconds=5),
        total=3.0,
        cause="tls",
        kind="certificate",
        phases=Phases(dns=3.0, connect=1.0),
    ),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.cause or 'up'}-{sample.at.second}")
def test_a_sample_reads_back(store: WatchStore, reader: WatchReader, sample: Sample) -> None:
    store.save([sample])
    (again,) = reader.samples(1, NOW, NOW + timedelta(minutes=1))
    phases = msgspec.structs.asdict(sample.phases)
    assert msgspec.structs.asdict(again.phases) == {
        name: value if value is None else pytest.approx(value, abs=0.16) for name, value in phases.items()
    }
    assert msgspec.structs.replace(again, phases=Phases(), lag=0, detail="") == msgspec.structs.replace(
        sample, phases=Phases(), lag=0, detail=""
    )
    assert again.lag == pytest.approx(sample.lag, abs=0.05)


def test_a_sample_costs_at_most_45_bytes(store: WatchStore) -> None:
    chance = random.Random(1)
    targets = store.set_targets(msgspec.structs.replace(HOME, name=f"t{n}") for n in range(20))
    for slot in range(250):
        for place, target in enumerate(targets):
            at = NOW + timedelta(seconds=slot * 15, milliseconds=place * 750)
            first = chance.lognormvariate(4.2, 0.4)
            phases = Phases(
                dns=chance.uniform(1, 30), connect=chance.uniform(8, 40), tls=chance.uniform(15, 60), first_byte=first
            )
            store.save(
                [
                    Sample(
                        target=target.id,
                        at=at,
                        total=first + 60,
                        warm=first,
                        cold=True,
                        phases=phases,
                        status=200,
                        lag=1.0,
                    )
                ]
            )
    store.close()
    connection = sqlite3.connect(store.path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (pages,) = (
        connection.execute("SELECT sum(pgsize) FROM dbstat WHERE name = 'samples'").fetchone()
        if _has_dbstat(connection)
        else (None,)
    )
    connection.close()
    size = pages if pages is not None else store.path.stat().st_size
    assert size / 5000 <= 45


def _has_dbstat(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1 FROM dbstat LIMIT 1")
    except sqlite3.OperationalError:
        return False
    return True


def test_a_window_shows_gaps_as_gaps_and_failures_as_failures(store: WatchStore, reader: WatchReader) -> None:
    (home,) = store.set_targets([HOME])
    minutes = {0: "", 1: "", 2: "connect", 5: "", 7: "line"}
    store.save([taken(home.id, NOW + timedelta(minutes=m, seconds=1), cause=cause) for m, cause in minutes.items()])
    series = reader.window(home.id, NOW, NOW + timedelta(minutes=10), 10)
    assert [(point.n, point.bad) for point in series.points] == [
        (1, 0),
        (1, 0),
        (1, 1),
        *[(0, 0)] * 2,
        (1, 0),
        *[(0, 0)] * 4,
    ]
    assert [point.gap for point in series.points].count(True) == 6
    assert series.points[0].p50 == 100.0
    assert series.points[2].p50 is None


def test_uptime_counts_the_schedule_only_and_neither_gaps_nor_our_own_line(
    store: WatchStore, reader: WatchReader
) -> None:
    (home,) = store.set_targets([HOME])
    store.save([taken(home.id, NOW + timedelta(seconds=15 * n)) for n in range(18)])
    store.save([taken(home.id, NOW + timedelta(seconds=15 * n), cause="connect") for n in (18, 19)])
    store.save([taken(home.id, NOW + timedelta(seconds=15 * 18 + n), cause="connect", grid=False) for n in (5, 10)])
    store.save([taken(home.id, NOW + timedelta(seconds=15 * n), cause="line") for n in (20, 21, 22)])
    store.add_gap(Gap(since=NOW + timedelta(minutes=6), until=NOW + timedelta(minutes=8), cause="sleep"))
    store.add_gap(Gap(since=NOW + timedelta(minutes=7), until=NOW + timedelta(minutes=9), cause="stopped"))
    seen = reader.stats(home.id, NOW - timedelta(minutes=5), NOW + timedelta(minutes=10))
    assert (seen.n, seen.bad, seen.uptime) == (20, 2, 0.9)
    assert (seen.gap_s, seen.watched_s) == (180.0, 420.0)
    assert reader.stats(home.id, NOW - timedelta(hours=1), NOW).uptime is None


def test_what_the_machine_itself_made_slow_is_counted_and_left_out(store: WatchStore, reader: WatchReader) -> None:
    store.save([taken(1, NOW + timedelta(seconds=n), total=50.0) for n in range(80)])
    store.save([taken(1, NOW + timedelta(seconds=80 + n), total=900.0, suspect=True) for n in range(20)])
    seen = reader.stats(1, NOW, NOW + timedelta(hours=1))
    assert (seen.n, seen.timed, seen.suspect, seen.p95, seen.verdict) == (100, 80, 20, 50.0, "PASS")


@pytest.mark.parametrize(
    ("n", "bounded", "p99", "verdict"),
    [
        (30, False, False, "NOT ENOUGH DATA"),
        (58, False, False, "NOT ENOUGH DATA"),
        (59, False, False, "PASS"),
        (72, True, False, "PASS"),
        (368, True, True, "PASS"),
    ],
)
def test_figures_never_claim_more_than_n_allows(
    store: WatchStore, reader: WatchReader, n: int, bounded: bool, p99: bool, verdict: str
) -> None:
    store.save([taken(1, NOW + timedelta(seconds=s), total=100.0 + s % 7) for s in range(n)])
    seen = reader.stats(1, NOW, NOW + timedelta(hours=1))
    assert (seen.timed, seen.p95_high is not None, seen.p99 is not None, seen.verdict) == (n, bounded, p99, verdict)


def test_failed_probes_count_as_over_the_target(store: WatchStore, reader: WatchReader) -> None:
    store.save([taken(1, NOW + timedelta(seconds=s), cause="status" if s < 20 else "") for s in range(100)])
    seen = reader.stats(1, NOW, NOW + timedelta(hours=1))
    assert (seen.over, seen.verdict) == (20, "FAIL")


@pytest.mark.parametrize("hours", [26, 24 * 6])
def test_sums_say_what_the_samples_say(store: WatchStore, reader: WatchReader, hours: int) -> None:
    chance = random.Random(hours)
    step = 60 if hours < 100 else 300
    rows = [
        taken(
            1,
            NOW + timedelta(seconds=s),
            total=chance.lognormvariate(4.5, 0.5),
            cause="connect" if chance.random() < 0.02 else "",
        )
        for s in range(0, hours * 3600, step)
    ]
    for place in range(0, len(rows), 1000):
        store.save(rows[place : place + 1000])
    until = NOW + timedelta(hours=hours)
    assert max(roll_up(store, 1, until)) > hours
    assert list(roll_up(store, 1, until)) == []  # what was added up is not added up again
    seen = reader.stats(1, NOW + timedelta(minutes=3), until)
    raw = [one for one in rows if one.at >= NOW + timedelta(minutes=3)]
    answered = sorted(one.total for one in raw if one.ok)
    assert not seen.exact
    assert (seen.n, seen.bad, seen.timed) == (len(raw), sum(not one.ok for one in raw), len(answered))
    for found, share in ((seen.p50, 0.5), (seen.p95, 0.95), (seen.p99, 0.99)):
        true = exact.quantile(answered, share)
        assert found is not None and true is not None
        assert true - 0.001 <= found <= true * 1.008 + 0.001
    series = reader.window(1, NOW + timedelta(minutes=3), until, 50)
    assert sum(point.n for point in series.points) == len(raw)
    assert sum(point.bad for point in series.points) == seen.bad


def test_retention_keeps_what_is_young_and_gives_pages_back(store: WatchStore, reader: WatchReader) -> None:
    for day in range(12):
        store.save([taken(1, NOW - timedelta(days=day, seconds=s)) for s in range(1, 2000)])
    list(roll_up(store, 1, NOW))
    before = store._rows("PRAGMA page_count")[0][0]
    while store.tidy(NOW):
        pass
    assert store._rows("SELECT count(*) FROM samples")[0][0] == 7 * 1999
    assert store._rows("PRAGMA page_count")[0][0] < before
    assert reader.stats(1, NOW - timedelta(days=20), NOW).n == 12 * 1999  # the sums remember
    assert store._rows("PRAGMA auto_vacuum")[0][0] == 2


def test_what_failed_before_the_line_was_known_to_be_down_is_taken_back(store: WatchStore, reader: WatchReader) -> None:
    store.save(
        [
            taken(1, NOW, cause="connect", kind="refused"),
            taken(1, NOW + timedelta(seconds=10), cause="connect", kind="timeout"),
        ]
    )
    store.save([taken(1, NOW + timedelta(seconds=12))])
    assert store.nothing_of_the_target(NOW + timedelta(seconds=5)) == 1
    assert [(one.cause, one.kind) for one in reader.samples(1, NOW, NOW + timedelta(minutes=1))] == [
        ("connect", "refused"),
        ("line", "timeout"),
        ("", ""),
    ]


def test_targets_keep_their_number_and_other_regions_are_left_alone(store: WatchStore, reader: WatchReader) -> None:
    home, api = store.set_targets([HOME, msgspec.structs.replace(HOME, name="api")])
    abroad = store.add_target(msgspec.structs.replace(HOME, region="us"))
    again = store.set_targets([msgspec.structs.replace(HOME, name="new"), msgspec.structs.replace(HOME, every_s=60.0)])
    assert again[1].id == home.id
    assert [one.name for one in reader.targets()] == ["new", "home", "home"]
    assert {one.id for one in reader.targets(all_of_them=True)} == {home.id, api.id, abroad.id, again[0].id}
    assert reader.targets()[1].every_s == 60.0


def test_incidents_marks_messages_tests_and_drills_read_back(store: WatchStore, reader: WatchReader) -> None:
    opened = store.save_incident(
        Incident(
            target=1,
            name="home",
            kind="down",
            worst="down",
            since=NOW,
            opened_at=NOW + timedelta(seconds=30),
            cause="dns",
        )
    )
    assert reader.open_incidents() == (opened,)
    closed = store.save_incident(msgspec.structs.replace(opened, closed_at=NOW + timedelta(minutes=5)))
    assert closed.id == opened.id
    assert (reader.open_incidents(), reader.incidents(NOW)) == ((), (closed,))
    assert reader.incidents(NOW + timedelta(hours=1)) == ()

    mark = store.add_mark(Mark(at=NOW, sha="3f9c2a1", by="ci"))
    failed = store.add_mark(Mark(at=NOW + timedelta(minutes=1), kind="failed", sha="bad"))
    assert reader.marks(NOW) == (mark, failed)
    assert reader.last_mark(NOW + timedelta(minutes=2)) == mark

    note = Notice(
        key="incident-1-down",
        event="down",
        rule="on-call",
        owner="founder",
        title="t",
        text="x",
        made_at=NOW,
        next_at=NOW,
    )
    assert (store.enqueue([note]), store.enqueue([note])) == (1, 0)
    (queued,) = store.queued()
    store.save_notice(msgspec.structs.replace(queued, state="sent", sent_at=NOW))
    assert store.queued() == ()
    assert reader.notices()[0].state == "sent"

    test = ChannelTest(rule="on-call", owner="founder", code="otter maple 42", made_at=NOW)
    store.save_test(test)
    assert (store.test("otter maple 42"), store.test("other")) == (test, None)
    drill = Drill(at=NOW, fault="hang", where="lab", channel="on-call", seconds=31.5)
    store.add_drill(drill)
    assert reader.drills(NOW - timedelta(days=30)) == (drill,)


def test_an_incident_and_its_messages_are_kept_together_or_not_at_all(store: WatchStore, reader: WatchReader) -> None:
    class Broke(Exception):
        pass

    incident = Incident(target=1, name="home", kind="down", worst="down", since=NOW, opened_at=NOW)
    with pytest.raises(Broke), store.together():
        store.save_incident(incident)
        raise Broke
    assert reader.open_incidents() == ()


def test_a_snapshot_says_how_each_stands(store: WatchStore, reader: WatchReader) -> None:
    up, down, old, blind = store.set_targets(
        msgspec.structs.replace(HOME, name=name) for name in ("up", "down", "old", "blind")
    )
    store.save(
        [],
        [
            Latest(sample=taken(up.id, NOW - timedelta(seconds=5))),
            Latest(sample=taken(down.id, NOW - timedelta(seconds=5), cause="connect")),
            Latest(sample=taken(old.id, NOW - timedelta(seconds=55))),
            Latest(sample=taken(blind.id, NOW, cause="line")),
        ],
    )
    store.save_incident(
        Incident(target=down.id, name="down", kind="down", worst="down", since=NOW, opened_at=NOW, cause="connect")
    )
    store.beat(Watcher(pid=1, machine="m", started_at=NOW, beat_at=NOW - timedelta(seconds=3)))
    seen = snapshot(reader, NOW, timedelta(hours=1), points=30)
    assert [row.standing for row in seen.rows] == ["up", "down", "unknown", "unknown"]
    assert (seen.alive, len(seen.open), len(seen.rows[0].series.points)) == (True, 1, 30)
    assert not snapshot(reader, NOW + timedelta(minutes=1), timedelta(hours=1)).alive


def test_nothing_watched_yet_is_told_apart_from_a_broken_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        WatchReader(tmp_path / "watch.sqlite3")
    assert not (tmp_path / "watch.sqlite3").exists()


def test_a_newer_file_and_a_strange_one_are_refused_and_left_as_they_are(tmp_path: Path) -> None:
    newer = tmp_path / "newer.sqlite3"
    WatchStore.open(newer).close()
    connection = sqlite3.connect(newer)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    for opening in (WatchStore.open, WatchReader):
        with pytest.raises(NewerFile):
            opening(newer)
    strange = tmp_path / "strange.sqlite3"
    connection = sqlite3.connect(strange)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = strange.read_bytes()
    for opening in (WatchStore.open, WatchReader):
        with pytest.raises(StoreError, match="not a LaunchReady watch"):
            opening(strange)
    assert strange.read_bytes() == before
    noise = tmp_path / "noise.sqlite3"
    noise.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError):
        WatchStore.open(noise)


def test_an_older_file_is_copied_and_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "watch.sqlite3"
    first = WatchStore.open(path)
    first.save([taken(1, NOW)])
    first.close()
    from launchready_tui.watch.samples.schema import STEPS

    second = WatchStore.open(path, steps=(*STEPS, "CREATE TABLE more (x INTEGER);"))
    try:
        assert second._rows("SELECT count(*) FROM more") == [(0,)]
        assert second._rows("SELECT count(*) FROM samples") == [(1,)]
    finally:
        second.close()
    assert (tmp_path / f"watch.v{len(STEPS)}.sqlite3").exists()


def test_reading_writes_nothing(store: WatchStore, reader: WatchReader) -> None:
    with pytest.raises(sqlite3.OperationalError, match=r"readonly|query_only"):
        reader._connection.execute("DELETE FROM samples")


def test_an_emptied_file_is_said_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "watch.sqlite3"
    WatchStore.open(path).close()
    path.write_bytes(b"")
    store = WatchStore.open(path)
    assert "watch.sqlite3 was empty (0 bytes)" in store.remark
    store.close()
    assert path.with_name("watch.empty.sqlite3").exists()
