"""The watch page: what it reads and when, the selection while looks arrive, holding, windows, a dead watcher, hostile
names, starting."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from double import NOW, Double, launch_of_demo
from hostile import TEXTS
from screen import lines, press, shown, until
from test_console_safe import steering
from watchstore import begin, fill, latest, probe, watcher

from launchready_tui.console.app import Console
from launchready_tui.console.watching import WINDOWS, Seen
from launchready_tui.launch.model import Alert
from launchready_tui.watch import PLACE, silence
from launchready_tui.watch.samples import ChannelTest, Gap, Incident, Notice, Target, Way
from launchready_tui.workspace.watching import CannotWatch, Ensured


class Watched:
    """A console over a launch with two targets, and the store that a watcher would write."""

    def __init__(
        self, folder: Path, *, names: tuple[str, ...] = ("home", "search"), plain: bool = False, **more: Any
    ) -> None:
        launch = launch_of_demo()
        double = Double.make(folder, launch=msgspec.structs.replace(launch, **more))
        wanted = [Target(name=name, host="market.test", port=443, url="https://market.test/") for name in names]
        self.store, self.targets = begin(folder, wanted, NOW)
        for target in self.targets:
            samples = [
                probe(target, NOW - timedelta(seconds=15 * at + 3), 80.0 + target.id) for at in range(239, -1, -1)
            ]
            self.store.save(samples, [latest(target, samples[-1], 61)])
        self.app = Console(double, live=False, plain=plain)

    @property
    def now(self) -> Any:
        return self.app.workspace.clock.now()

    def move(self, seconds: float) -> None:
        """Lets time pass, with the watcher alive."""
        self.app.workspace.clock.move(timedelta(seconds=seconds))  # type: ignore[attr-defined]
        self.store.beat(watcher(self.now))

    def see(self, at: int, value: float | None) -> None:
        """One more probe of the target at this place, just now."""
        sample = probe(self.targets[at], self.now - timedelta(milliseconds=1), value)
        self.store.save([sample], [latest(self.targets[at], sample, 61)])

    def down(self, at: int, kind: Any = "down", cause: Any = "connect") -> Incident:
        target = self.targets[at]
        made = Incident(
            target=target.id,
            name=target.name,
            kind=kind,
            worst=kind,
            since=self.now - timedelta(seconds=41),
            opened_at=self.now,
            cause=cause,
        )  # type: ignore[arg-type]
        return self.store.save_incident(made)


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path / "launch")
    yield made
    made.store.close()


async def look(pilot: Any) -> None:
    """What the timer does four times a second, and until it is drawn."""
    app = pilot.app
    await until(pilot, lambda: not app.watching._busy)  # a look that is under way may be older than what it is to see
    seen: list[Seen] = []
    take = app.watching.take

    def taken(message: Seen) -> None:
        take(message)
        seen.append(message)

    app.watching.take = taken
    try:
        app.watching.tick()
        await until(pilot, lambda: seen and not app.watching._busy)
        await until(pilot, lambda: app.screen.watch_view() == seen[-1].view)
    finally:
        app.watching.take = take
    before, same = "", 0
    while same < 4:
        await pilot.pause()
        await asyncio.sleep(0.01)
        same = same + 1 if shown(app) == before else 0
        before = shown(app)


async def see(pilot: Any, *said: str) -> None:
    """Waits until all of this stands on the screen."""
    await until(pilot, lambda: all(one in shown(pilot.app) for one in said), ", ".join(said))


def row(app: Console, name: str) -> str:
    return next((line for line in lines(app) if line[6:].startswith(name) or line[4:].startswith(name)), "")


# What stands there


async def test_targets_with_their_figures(market: Watched) -> None:
    async with market.app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        home = row(market.app, "home")
        assert "●  home" in home
        for figure in (" up ", " 100 ", " 81 ", " 240 ", " 2.1 ", " 18 ", " 21 ", " 61"):
            assert figure in home + " ", figure
        title = next(line for line in lines(market.app) if "Watch  " in line)
        assert "Watch   2 targets every 15 s   ‹ last hour ›" in title and "no incidents today" in title


async def test_down_slow_and_failing_are_told_apart(tmp_path: Path) -> None:
    market = Watched(tmp_path / "launch", names=("home", "search", "health"))
    market.down(0)
    market.down(1, "slow", "slow")
    market.down(2, "degraded", "status")
    async with market.app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        assert [row(market.app, name)[3:31].split("  ")[0] for name in ("home", "search", "health")] == ["✕", "▲", "▲"]
        assert (
            "down 41 s" in row(market.app, "home")
            and "slow" in row(market.app, "search")
            and "failing" in row(market.app, "health")
        )
        assert "Incident  no connection since 14:01:30" in shown(market.app)
        await press(pilot, "m")
        assert "no connection" in shown(market.app) and "it returns an error" in shown(market.app)
        await press(pilot, "end", "enter")
        assert market.app.screen.chosen().target.name == "home", "an incident leads to its target"
    market.store.close()


async def test_every_size_has_the_states(market: Watched) -> None:
    market.down(1)
    for size in ((60, 16), (80, 24), (100, 30), (140, 40), (200, 60)):
        app = Console(market.app.workspace, live=False)
        async with app.run_test(size=size) as pilot:
            await press(pilot, "w")
            await look(pilot)
            await until(
                pilot, lambda app=app: "down 41 s" in row(app, "search") and " up " in row(app, "home"), str(size)
            )


async def test_sizes_change_while_it_looks(market: Watched) -> None:
    app = market.app
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        for size in ((1, 1), (5, 3), (40, 12), (61, 17), (140, 40), (1, 1), (100, 30)):
            await pilot.resize_terminal(*size)
            app.watching.tick()
            await pilot.pause()
        await until(pilot, lambda: " up " in row(app, "home"))


# Looks arrive


async def test_the_selection_stays_while_looks_arrive(tmp_path: Path) -> None:
    market = Watched(tmp_path / "launch", names=tuple(f"target {n:02d}" for n in range(30)))
    async with market.app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        await press(pilot, *["down"] * 17)
        table = market.app.screen.query_one("#targets")
        before = (table.key, table.first)
        assert before[0] == "target 17" and before[1] > 0
        for step in range(4):
            market.move(15)
            market.see(step, 90.0 + step)
            market.down(step)
            await look(pilot)
        assert (table.key, table.first) == before
        assert market.app.screen.query_one("#chart").picture.curve.values
        market.store.set_targets([Target(name=f"target {n:02d}", host="market.test", port=443) for n in range(17)])
        await look(pilot)
        assert table.key == "target 16", "the one that is gone leaves the cursor where it was"
    market.store.close()


async def test_nothing_is_read_for_pages_that_do_not_show_it(market: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(market.app.watching, "read", lambda view: asked.append(view) or Seen(None, view=view))
    async with market.app.run_test(size=(100, 30)) as pilot:
        for page in ("0", "2", "x", "p"):
            await press(pilot, page)
            market.app.watching.tick()
        assert asked == []
        await press(pilot, "6")
        await until(pilot, lambda: asked)


async def test_looks_do_not_pile_up(market: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow disk: one look at a time, however often the timer comes."""
    import threading

    gate, asked = threading.Event(), []
    real = market.app.watching.read

    def slow(view: Any) -> Seen:
        asked.append(view)
        gate.wait(20)
        return real(view)

    monkeypatch.setattr(market.app.watching, "read", slow)
    async with market.app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        await until(pilot, lambda: asked)
        for _ in range(20):
            market.app.watching.tick()
        await press(pilot, "down", "0", "w")
        assert len(asked) == 1 and market.app.is_running
        gate.set()
        await until(pilot, lambda: " up " in row(market.app, "home"))


async def test_a_look_that_arrives_while_the_console_is_left_is_nothing(market: Watched) -> None:
    app = market.app
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        await look(pilot)
    assert not app.screen_stack
    app.watching.take(Seen(None))
    app.watching.tick()
    assert app.watching.shot is None and not app.watching._busy


async def test_a_watch_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    market = Watched(tmp_path / "launch")
    market.store.close()
    for path in (tmp_path / "launch" / PLACE).parent.glob("watch.sqlite3*"):
        path.write_bytes(b"no database at all, but long enough to be looked at as one" * 20)
    async with market.app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        await until(pilot, lambda: "Could not read the watch data" in shown(market.app))
        await press(pilot, "space", "greater_than_sign", "down", "enter", "m")
        assert market.app.is_running


# Holding


async def test_space_holds_what_is_shown_while_probing_goes_on(market: Watched) -> None:
    app = market.app
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        await press(pilot, "space")
        await see(pilot, "held at 14:02:11", "space continues")
        market.move(15)
        market.down(0)
        market.see(0, None)
        await look(pilot)
        await see(pilot, "1 new incident")
        assert " up " in row(app, "home") and "down" not in row(app, "home")
        await press(pilot, "down")
        await look(pilot)
        assert app.screen.chosen().target.name == "search", "the cursor moves in what is held"
        await press(pilot, "space")
        await look(pilot)
        await until(pilot, lambda: "held at" not in shown(app) and "down" in row(app, "home"))


async def test_a_held_display_shows_other_windows_of_that_moment(market: Watched) -> None:
    app = market.app
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        await press(pilot, "space")
        market.move(40)
        market.see(0, 5000.0)
        await press(pilot, "less_than_sign")
        await look(pilot)
        await see(pilot, "‹ last 15 min ›")
        stats = app.screen.rows()[0].stats
        assert (stats.n, stats.slowest, stats.until) == (60, 81.0, NOW)
        await press(pilot, "escape")
        await look(pilot)
        assert app.screen.rows()[0].stats.slowest == 5000.0


# Windows


async def test_windows_from_five_minutes_to_seven_days(market: Watched) -> None:
    app = market.app
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        told = []
        for key in ["less_than_sign"] * 3 + ["greater_than_sign"] * 6:
            await press(pilot, key)
            await look(pilot)
            told.append(app.screen.rows()[0].stats.n)
            await see(pilot, f"last {WINDOWS[app.screen.window][1]}")
        assert told == [60, 20, 20, 60, 240, 240, 240, 240, 240]
        assert app.last_said == "The longest window is 7 days"
        await press(pilot, "comma", "full_stop", "comma")
        assert app.screen.window == len(WINDOWS) - 2


# The process that watches


async def test_a_dead_watcher_is_shown_within_its_heartbeat(market: Watched) -> None:
    app = market.app
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        assert "Not watched" not in shown(app)
        for seconds, dead in ((8, False), (3, True), (60, True)):
            app.workspace.clock.move(timedelta(seconds=seconds))  # type: ignore[attr-defined]
            await look(pilot)
            await until(pilot, lambda dead=dead: ("Not watched now" in shown(app)) == dead, f"after {seconds} s")
        assert "B starts it again" in shown(app) and "old" in row(app, "home")
        market.move(1)
        market.see(0, 80.0)
        await look(pilot)
        await until(pilot, lambda: "Not watched" not in shown(app) and " up " in row(app, "home"))


async def test_a_dead_watcher_is_shown_on_a_held_display_too(market: Watched) -> None:
    app = market.app
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        await press(pilot, "space")
        app.workspace.clock.move(timedelta(seconds=30))  # type: ignore[attr-defined]
        await look(pilot)
        await see(pilot, "Not watched now", "held at")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"trouble": "no space left on the disk"}, "The watch cannot run: no space left"),
        ({"offline_since": NOW - timedelta(minutes=2)}, "offline since 14:00:11"),
        ({"always_on": False}, "This machine may sleep"),
    ],
)
async def test_what_keeps_it_from_working_is_said(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    alerts = (Alert(name="on-call", owner="founder", credential="hook"),)
    market = Watched(tmp_path / "launch", alerts=alerts)
    market.store.beat(watcher(NOW, **more))
    async with market.app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        await see(pilot, said)
    market.store.close()


async def test_nobody_told_and_messages_that_are_stuck(market: Watched) -> None:
    async with market.app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        await see(pilot, "No one is alerted about outages")
        note = Notice(
            key="k", event="down", rule="on-call", owner="founder", title="t", text="t", made_at=NOW, next_at=NOW
        )
        market.store.enqueue([msgspec.structs.replace(note, state="failed", answer="404 no_team")])
        await look(pilot)
        await see(pilot, "1 message not delivered: on-call, 404 no_team")


async def test_a_dead_channel_is_shown_at_once(tmp_path: Path) -> None:
    """Above the table, and in place of the test that it once passed."""
    alerts = tuple(Alert(name=name, owner="founder", credential="hook") for name in ("on-call", "mail"))
    market = Watched(tmp_path / "launch", alerts=alerts)
    market.store.beat(watcher(NOW, always_on=True))
    test = ChannelTest(rule="on-call", owner="founder", code="a b 1", made_at=NOW, sent_at=NOW, acknowledged_at=NOW)
    market.store.save_test(test)
    way = Way(rule="on-call", next_at=NOW, attempts=1, state="refused", at=NOW, answer="status 404 no_team")
    note = Notice(key="k", event="down", rule="on-call", owner="founder", title="t", text="t", made_at=NOW, next_at=NOW)
    market.store.enqueue([note.with_way(way)])
    async with market.app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        await see(
            pilot,
            "on-call took no alert: status 404 no_team; 1 message not delivered",
            "on-call status 404 no_team",
        )
    market.store.close()


async def test_before_anything_was_watched(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be here and which key brings it; the key asks, starts, and says how it went."""
    app = make()
    started: list[Any] = []

    def ensure(ws: Any) -> Ensured:
        started.append(ws)
        return Ensured(4711, True)

    monkeypatch.setattr("launchready_tui.workspace.watching.ensure_watcher", ensure)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        await see(pilot, "Not watched yet.  B starts it", "search      not watched", "one hosted")
        await press(pilot, "B")
        await see(pilot, "Watch 3 targets from this machine?", "A laptop", "No one will be alerted")
        await press(pilot, "escape")
        assert not started
        await press(pilot, "B", "y")
        await until(pilot, lambda: app.last_said == "Watching")
        assert started == [app.workspace]


async def test_a_watcher_that_does_not_start_says_why(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make()

    def refuse(ws: Any) -> Ensured:
        raise CannotWatch("the launch file was changed in the meantime")

    monkeypatch.setattr("launchready_tui.workspace.watching.ensure_watcher", refuse)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w", "B", "y")
        await until(pilot, lambda: "Could not start the watch: the launch file was changed" in app.last_said)
        assert app.is_running and app.watching.doing == ""


async def test_in_the_demo_it_says_that_it_ends_with_the_console(make: Any) -> None:
    app = make(demo=True, lab=True)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w", "B")
        await see(pilot, "only the demo marketplace and ends with this console")
        assert "laptop" not in shown(app)


async def test_a_running_watch_is_stopped_after_a_question(market: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[Path] = []
    monkeypatch.setattr(
        "launchready_tui.workspace.watching.stop_watcher", lambda folder: stopped.append(folder) or True
    )
    app = market.app
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        await press(pilot, "B")
        await see(pilot, "Stop watching?", "server-1, process 4711")
        await press(pilot, "y")
        await until(pilot, lambda: app.last_said == "The watch is stopped")
        assert stopped == [app.workspace.folder]


async def test_the_demo_s_watcher_ends_with_the_console(make: Any) -> None:
    app = make()
    ended: list[str] = []
    pipe = SimpleNamespace(close=lambda: ended.append("closed"))
    async with app.run_test(size=(100, 30)):
        app.watching._ours = SimpleNamespace(stdin=pipe, wait=lambda seconds: ended.append("waited"))
    assert ended == ["closed", "waited"]


async def test_a_silence_is_planned_shown_and_ended(market: Watched) -> None:
    app = market.app
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        await press(pilot, "Q")
        await see(pilot, "Planned silence", "certificate warnings are sent as ever")
        await pilot.press(*"soon", "down", *"deploy", "enter")
        await see(pilot, "is not a length such as 20m")
        await pilot.press(*["backspace"] * 4, *"20m", "enter")
        await until(pilot, lambda: "Outages are not alerted" in app.last_said)
        (planned,) = silence.by_hand(market.store)
        assert (planned.why, planned.until - planned.since) == ("deploy", timedelta(minutes=20))
        market.store.beat(watcher(market.now, quiet=planned.words))  # as the watcher does
        await look(pilot)
        await see(pilot, "Planned silence: outages are not alerted", "(deploy)")
        market.move(30)
        market.store.beat(watcher(market.now, quiet=planned.words))
        await look(pilot)
        await press(pilot, "Q")
        await see(pilot, "End the planned silence?")
        await press(pilot, "y")
        await until(pilot, lambda: app.last_said == "The silence is over")
        (ended,) = silence.by_hand(market.store)
        assert ended.until < planned.until


# Test alerts


async def test_a_test_alert_is_sent_and_its_words_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alerts = (
        Alert(name="on-call", owner="founder", credential="hook"),
        Alert(name="mail", owner="support", credential="pass"),
    )
    market = Watched(tmp_path / "launch", alerts=alerts)
    app = market.app
    asked: list[tuple[str, ...]] = []

    async def send(ws: Any, chosen: Any, *, say: Any) -> Any:
        asked.append(tuple(one.name for one in chosen))
        made = ChannelTest(
            rule="on-call", owner="founder", code="otter maple 42", made_at=market.now, sent_at=market.now
        )
        market.store.save_test(made)
        await asyncio.sleep(0)
        return (made,)

    monkeypatch.setattr("launchready_tui.workspace.channels.send_tests", send)
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        assert "on-call never tried" in shown(app)
        await press(pilot, "T", "down", "enter")
        await until(pilot, lambda: "Sent: on-call to founder" in app.last_said)
        assert asked == [("on-call",)]
        await look(pilot)
        assert "sent to founder; A records the words" in shown(app)
        await press(pilot, "A")
        await pilot.press(*"wrongwords", "enter")
        await until(pilot, lambda: "no test alert from the last 24 hours has these words" in shown(app))
        await pilot.press(*["backspace"] * 10, *"Otter", "space", *"maple-42", "enter")
        await until(pilot, lambda: app.last_said == "Recorded: on-call reaches founder")
        await look(pilot)
        assert "on-call reached founder" in shown(app)
    market.store.close()


async def test_without_alerts_the_test_says_what_is_missing(market: Watched) -> None:
    async with market.app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "w", "T")
        assert "no [[alerts]] yet" in market.app.last_said


# Elsewhere


async def test_the_keys_say_where_they_act(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        for key in ("space", "less_than_sign", "greater_than_sign", "B", "Q"):
            app.last_said = ""
            await press(pilot, "2", key)
            assert app.last_said == "Open the watch first (w); this key works there", key


async def test_stage_six_shows_the_watch_in_short(market: Watched) -> None:
    incident = market.down(1)
    app = market.app
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "6")
        await until(pilot, lambda: "down 41 s" in row(app, "search"))
        assert " up " in row(app, "home") and "no connection" in row(app, "search") and "w shows all" in shown(app)
        market.move(15)
        market.store.save_incident(msgspec.structs.replace(incident, closed_at=market.now))
        market.see(1, 80.0)
        await look(pilot)
        assert " up " in row(app, "search")


@pytest.mark.parametrize("name", list(TEXTS))
async def test_hostile_names_stay_text(tmp_path: Path, name: str) -> None:
    hostile = TEXTS[name].encode("utf-8", "replace").decode()
    market = Watched(tmp_path / "launch", names=(hostile, "search"))
    incident = market.down(0)
    market.store.save_incident(
        msgspec.structs.replace(incident, detail=hostile, deploy=hostile, deploy_at=NOW - timedelta(minutes=9))
    )
    market.store.beat(watcher(NOW, trouble=hostile, machine=hostile))
    async with market.app.run_test(size=(100, 30), notifications=True) as pilot:
        await press(pilot, "w")
        await look(pilot)
        for keys in ((), ("m",), ("escape", "enter"), ("escape", "B"), ("escape", "6")):
            await press(pilot, *keys)
            assert not steering("".join(lines(market.app))), keys
    market.store.close()


async def test_plain_is_ascii_with_all_of_it_in_sight(tmp_path: Path) -> None:
    double = Double.recorded(tmp_path / "demo")
    fill(tmp_path / "demo", double.launch, double.clock.now())
    app = Console(double, live=False, plain=True)
    for size in ((140, 40), (100, 30), (80, 24)):
        async with app.run_test(size=size) as pilot:
            await press(pilot, "w")
            await look(pilot)
            assert shown(app).isascii(), {char for char in shown(app) if not char.isascii()}
            assert "x  api health" in shown(app) and "deploy 3f9c2a1 |" in shown(app)
        app = Console(double, live=False, plain=True)


async def test_gaps_count_neither_way_and_are_told(market: Watched) -> None:
    market.store.add_gap(Gap(since=NOW - timedelta(minutes=20), until=NOW - timedelta(minutes=10), cause="sleep"))
    async with market.app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "w")
        await look(pilot)
        assert "10 min not watched" in shown(market.app) and " 100 " in row(market.app, "home")


def test_the_demo_hour_is_stored_whole() -> None:
    """The stored hour has all that a picture is to show."""
    import json

    from watchstore import STORED

    values = json.loads(STORED.read_text("utf-8"))["ms"]
    assert all(len(one) == 240 for one in values.values())
    assert (
        None in values["api health"]
        and "gap" in values["home"]
        and max(x for x in values["search"] if isinstance(x, float)) > 500
    )
