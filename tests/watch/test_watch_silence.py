"""Planned silence: outages in it are recorded and not alerted, what is still down at its end is, and all else is as
ever."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import reach
from watchtown import Running, Shop, until, watched, web

from launchready_tui.clock import SystemClock
from launchready_tui.launch.load import parse
from launchready_tui.launch.model import Alert, Silence
from launchready_tui.launch.problems import LaunchFileError
from launchready_tui.launch.silences import length
from launchready_tui.watch import PLACE, engine, silence
from launchready_tui.watch.samples import WatchReader, WatchStore

HERE = reach()
CALL = Alert(name="on-call", owner="founder", credential="hook", server="127.0.0.1")
GOOD = 'name = "M"\ndomain = "m.test"\ncanonical = "https://m.test/"\n'
ROOT = str(Path(__file__).resolve().parents[2])


def now() -> datetime:
    return SystemClock().now()


def titles(running: Running) -> list[str]:
    return [one.title.partition("Market: ")[2] for one in reversed(running.reader.notices())]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MARKS_S", 0.5)


async def test_an_outage_in_a_silence_is_recorded_and_told_when_it_outlasts_it() -> None:
    async with Shop() as shop, watched((web("api", shop.port),), HERE, alerts=(CALL,)) as running:
        await until(lambda: shop.asked > 6)
        made = silence.Silence(since=now(), until=now() + timedelta(minutes=20), why="deploy")
        silence.be_quiet(running.store, made)
        await until(lambda: running.engine.teller.quiet)
        shop.kill()
        await until(running.incidents)
        await until(lambda: any("api: down, not alerted: planned silence" in words for words in running.said))
        asked = running.engine.probes
        await until(lambda: running.engine.probes > asked + 10)
        assert titles(running) == []
        assert silence.end_quiet(running.store, now()) == 1
        await until(lambda: titles(running))
        assert titles(running) == ["DOWN: api"]
        assert "(deploy)" in running.reader.notices()[0].text.partition("Planned silence: ")[2].partition("\n")[0]
        said = [words for words in running.said if "planned silence, " in words and "api: " not in words]
        assert said[0].endswith("(deploy): outages are recorded and not alerted")
        assert said[1].endswith("is over: not alerted in it: api")


async def test_a_comeback_in_a_silence_is_named_in_the_log_at_its_end() -> None:
    """People were told that it was over; what they were not told since is said."""
    async with Shop() as shop, watched((web("api", shop.port),), HERE, alerts=(CALL,)) as running:
        await until(lambda: shop.asked > 6)
        shop.kill()
        await until(lambda: titles(running))
        await shop.start()
        await until(lambda: len(titles(running)) == 2)
        silence.be_quiet(running.store, silence.Silence(since=now(), until=now() + timedelta(hours=1), why="deploy"))
        await until(lambda: running.engine.teller.quiet)
        shop.kill()
        await until(lambda: running.incidents()[0].open)
        await shop.start()
        await until(lambda: not running.incidents()[0].open)
        silence.end_quiet(running.store, now())
        await until(lambda: any("is over: not alerted in it: api" in words for words in running.said))
        assert titles(running) == ["DOWN: api", "RESOLVED: api"]


async def test_what_was_told_before_is_resolved_in_the_silence_and_other_targets_are_told() -> None:
    planned = Silence(from_=now() - timedelta(minutes=1), for_="1h", targets=("api",), why="database upgrade")
    async with Shop() as one, Shop() as other:
        targets = (web("api", one.port), web("home", other.port))
        async with watched(targets, HERE, alerts=(CALL,), silence=(planned,)) as running:
            await until(lambda: one.asked > 6 and other.asked > 6)
            assert "database upgrade" in running.engine.teller.quiet
            one.kill()
            await until(running.incidents)
            other.kill()
            await until(lambda: titles(running))
            assert titles(running) == ["DOWN: home"], "it waits for nothing that is silent"
            assert "Planned silence" not in running.reader.notices()[0].text
            made = silence.Silence(since=now(), until=now() + timedelta(hours=1), why="all of it")
            silence.be_quiet(running.store, made)
            await until(lambda: "all of it" in running.engine.teller.quiet)
            await one.start()
            await other.start()
            await until(lambda: len(titles(running)) == 2)
            assert titles(running)[1] == "RESOLVED: home"
            assert "all of it" in running.reader.notices()[0].text
            await until(lambda: all(not incident.open for incident in running.incidents()))
            assert len(titles(running)) == 2, "nobody was told that api was down"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("20m", timedelta(minutes=20)),
        ("1h30m", timedelta(minutes=90)),
        ("2H", timedelta(hours=2)),
        ("7d", timedelta(days=7)),
        ("7d1m", None),
        ("0m", None),
        ("", None),
        ("20", None),
        ("20 s", None),
        ("-5m", None),
    ],
)
def test_lengths(words: str, expected: timedelta | None) -> None:
    assert length(words) == expected


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ("from = 2026-12-01T02:00:00Z\nwhy = 'x'", "silence[1].until"),
        ("from = 2026-12-01T02:00:00Z\nfor = '1h'\nuntil = 2026-12-01T03:00:00Z\nwhy = 'x'", "silence[1].until"),
        ("from = 2026-12-01T02:00:00Z\nuntil = 2026-12-01T02:00:00Z\nwhy = 'x'", "silence[1].until"),
        ("from = 2026-12-01T02:00:00Z\nuntil = 2026-12-09T02:00:00Z\nwhy = 'x'", "silence[1].until"),
        ("from = 2026-12-01T02:00:00Z\nfor = 'a while'\nwhy = 'x'", "silence[1].for"),
        ("from = 2026-12-01T02:00:00\nfor = '1h'\nwhy = 'x'", "silence[1].from"),
        ("for = '1h'\nwhy = 'x'", "silence[1].from"),
        ("from = 2026-12-01T02:00:00Z\nfor = '1h'", "silence[1].why"),
        ("from = 2026-12-01T02:00:00Z\nfor = '1h'\nwhy = ' '", "silence[1].why"),
    ],
)
def test_a_silence_of_the_launch_file_has_one_end_and_a_reason(row: str, key: str) -> None:
    with pytest.raises(LaunchFileError) as caught:
        parse(f"{GOOD}[[silence]]\n{row}\n".encode())
    assert [problem.key for problem in caught.value.problems] == [key]


def test_a_silence_of_the_launch_file_is_planned() -> None:
    rows = "[[silence]]\nfrom = 2026-12-01T23:30:00+01:00\nfor = '2h'\ntargets = ['api']\nwhy = 'upgrade'\n"
    (one,) = silence.planned(parse((GOOD + rows).encode()))
    assert (one.since, one.until) == (
        datetime(2026, 12, 1, 22, 30, tzinfo=UTC),
        datetime(2026, 12, 2, 0, 30, tzinfo=UTC),
    )
    assert one.words == "2026-12-01 22:30 to 2026-12-02 00:30 UTC, api (upgrade)"
    assert [one.covers(name, one.since) for name in ("api", "api (us-east)", "home")] == [True, True, False]
    assert not one.covers("api", one.until)


def test_quiet_as_a_command(tmp_path: Path) -> None:
    (tmp_path / "launchready.toml").write_text(GOOD)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "launchready_tui", "watch", "quiet", *words, "-C", str(tmp_path), "--trust"]
        environment = {"PYTHONPATH": ROOT, "PATH": "/usr/bin:/bin", "LAUNCHREADY_STATE": str(tmp_path / "state")}
        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)

    assert run("--end").returncode == 1
    assert "not a length such as 20m" in run("soon").stderr
    assert "no target is named 'cart'; watched: home" in run("20m", "--target", "cart").stderr
    done = run("20m", "--why", "deploy", "--target", "home")
    assert (done.returncode, "UTC, home (deploy)" in done.stderr) == (0, True)
    assert run().stdout.strip().endswith("UTC, home (deploy)")
    with WatchReader(tmp_path / PLACE) as reader:
        (one,) = silence.by_hand(reader)
    assert one.until - one.since == timedelta(minutes=20)
    assert run("--end").returncode == 0
    assert run().stdout == ""


def test_what_is_long_over_is_forgotten(tmp_path: Path) -> None:
    store = WatchStore.open(tmp_path / "watch.sqlite3")
    start = now()
    for hours in range(5):
        since = start + timedelta(hours=hours)
        silence.be_quiet(store, silence.Silence(since=since, until=since + timedelta(minutes=5), why=str(hours)))
    assert [one.why for one in silence.by_hand(store)] == ["3", "4"]
    store.close()
