"""Following a log: what grows, what is not whole yet, rotation, a new start, and that nothing is counted twice."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

from launchready_tui.sources.logs import Batch, Follower, Place, Source
from launchready_tui.watch.samples import Traffic, WatchReader, WatchStore

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)


def line(path: str, status: int = 200, *, minutes: float = 1, method: str = "GET") -> str:
    at = (NOW - timedelta(minutes=minutes)).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'203.0.113.9 - - [{at}] "{method} {path} HTTP/1.1" {status} 12 "-" "x"\n'


def counted(batch: Batch) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for one in batch.ticks:
        n, errors = found.get(one.route, (0, 0))
        found[one.route] = (n + one.n, errors + one.errors)
    return found


def test_what_was_written_since_is_counted_by_route(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line("/search?q=a") + line("/listings/17") + line("/listings/18", 500) + line("/listings/19", 499))
    follower = Follower(Source(path=log))
    first = follower.look(NOW)
    assert counted(first) == {"GET /search": (1, 0), "GET /listings/{id}": (3, 1)}
    assert sum(one.gone for one in first.ticks) == 1 and first.lines == 4
    assert follower.look(NOW).ticks == ()
    with log.open("a") as stream:
        stream.write(line("/search", 502) + line("/search")[:30])
    assert counted(follower.look(NOW)) == {"GET /search": (1, 1)}
    with log.open("a") as stream:
        stream.write(line("/search")[30:])
    assert counted(follower.look(NOW)) == {"GET /search": (1, 0)}


def test_stretches_are_five_minutes_and_old_lines_and_those_of_a_wrong_clock_do_not_count(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(
        line("/a", minutes=1) + line("/a", minutes=7) + line("/a", minutes=60 * 24 * 8) + line("/a", minutes=-30)
    )
    found = Follower(Source(path=log)).look(NOW)
    assert sorted((datetime.fromtimestamp(one.at, UTC).strftime("%H:%M"), one.n) for one in found.ticks) == [
        ("13:55", 1),
        ("14:00", 1),
    ]


def test_a_new_start_goes_on_where_it_was_kept_and_reads_a_half_line_again(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line("/a") + line("/a")[:25])
    place = Follower(Source(path=log)).look(NOW).place
    with log.open("a") as stream:
        stream.write(line("/a")[25:] + line("/b"))
    assert counted(Follower(Source(path=log), place).look(NOW)) == {"GET /a": (1, 0), "GET /b": (1, 0)}


def test_a_rotated_and_a_cut_log_are_taken_up(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line("/a") * 5)
    follower = Follower(Source(path=log))
    follower.look(NOW)
    log.rename(tmp_path / "access.log.1")
    log.write_text(line("/b"))
    assert counted(follower.look(NOW)) == {"GET /b": (1, 0)}
    log.write_text("")
    assert follower.look(NOW).ticks == ()
    with log.open("a") as stream:
        stream.write(line("/c"))
    assert counted(follower.look(NOW)) == {"GET /c": (1, 0)}


def test_what_was_written_just_before_a_rotation_is_counted_too_and_once(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line("/a"))
    follower = Follower(Source(path=log))
    place = follower.look(NOW).place
    with log.open("a") as stream:
        stream.write(line("/late") * 3 + line("/x")[:20])
    log.rename(tmp_path / "access.log.1")
    (tmp_path / "access.log.2").write_text(line("/older"))
    log.write_text(line("/b"))
    wanted = {"GET /late": (3, 0), "GET /b": (1, 0)}
    assert counted(follower.look(NOW)) == wanted and follower.look(NOW).ticks == ()
    again = Follower(Source(path=log), place)
    assert counted(again.look(NOW)) == wanted, "after a new start too"
    slow, found = Follower(Source(path=log), place), dict[str, tuple[int, int]]()
    for _ in range(6):
        batch = slow.look(NOW, most_bytes=100)
        found |= counted(batch)
        slow = Follower(Source(path=log), batch.place)
    assert found == wanted and slow.place is not None and slow.place.inode == log.stat().st_ino, (
        "in turns too, each with a new start"
    )
    (tmp_path / "fresh").write_text(line("/c"))
    (tmp_path / "fresh").replace(log)
    assert counted(again.look(NOW)) == {"GET /c": (1, 0)}, "the one that is gone is not looked for"


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """Thirty times the log, the same memory: nothing of it is held but counts."""
    log, peaks = tmp_path / "access.log", []
    for times in (1, 30):
        log.write_text("".join(line(f"/users/{n}/orders") for n in range(500)) * times)
        follower = Follower(Source(path=log), Place())
        tracemalloc.start()
        lines = follower.look(NOW).lines
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert lines == 500 * times
    assert peaks[1] < 2 * peaks[0] + 500_000


def test_a_large_log_is_entered_near_its_end_and_read_in_turns(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    one = line("/a")
    many = 5 * 1024 * 1024 // len(one)
    log.write_text(one * many)
    first = Follower(Source(path=log)).look(NOW)
    assert 0 < first.lines < many and first.strange == 0
    follower = Follower(Source(path=log), Follower(Source(path=log)).look(NOW, most_bytes=1).place)
    assert follower.look(NOW, most_bytes=64 * 1024).lines < 1000


def test_hostile_lines_do_no_harm(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(b"\xff\x00" * 100_000 + b"\n" + b"{" * 50_000 + b"\n\n" + line("/a").encode())
    found = Follower(Source(path=log)).look(NOW)
    assert counted(found) == {"GET /a": (1, 0)} and found.strange == 2


def test_no_path_of_a_person_leaves(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line("/users/anna@market.test/orders") + line("/reset/9f8e7d6c5b4a39281706f5e4d3c2b1a0?token=abc"))
    assert set(counted(Follower(Source(path=log)).look(NOW))) == {"GET /users/{person}/orders", "GET /reset/{id}"}


def test_counts_add_up_in_the_store_and_routes_that_become_one_are_added(tmp_path: Path) -> None:
    store = WatchStore.open(tmp_path / "watch.sqlite3")
    at = NOW - timedelta(minutes=7)

    def tick(route: str, n: int, errors: int = 0, when: datetime = at) -> Traffic:
        return Traffic(at=when, environment="production", route=route, n=n, errors=errors)

    store.add_traffic(
        [tick("GET /a", 10, 1), tick("GET /shop/x", 3), tick("GET /shop/y", 4, 2)], facts={"log a": "here"}
    )
    store.add_traffic([tick("GET /a", 5), tick("GET /old", 9, 9, NOW - timedelta(days=2))])
    store.add_traffic(
        [tick("GET /shop/{name}", 1)],
        [("production", "GET /shop/x", "GET /shop/{name}"), ("production", "GET /shop/y", "GET /shop/{name}")],
    )
    with WatchReader(tmp_path / "watch.sqlite3") as reader:
        found = [(one.route, one.n, one.errors) for one in reader.traffic(NOW - timedelta(hours=1), NOW)]
        assert found == [("GET /shop/{name}", 8, 2), ("GET /a", 15, 1)]
        assert len(reader.traffic(NOW - timedelta(days=7), NOW)) == 3
        assert reader.fact("log a") == "here"
        assert reader.traffic(NOW - timedelta(minutes=1), NOW) == (), "the stretch before is over"
        assert store.tidy(NOW + timedelta(days=6)) >= 1
        assert len(reader.traffic(NOW - timedelta(days=7), NOW)) == 2
    store.close()
