"""Launch day: who decides on what, checkpoints, the log, texts to copy; all of it lies in files, so a restart loses
nothing."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from dayscene import launch_day
from double import NOW, Double, findings_of_demo, results_of
from hostile import TEXTS
from screen import lines, press, shown, until

from launchready_tui.console import words
from launchready_tui.console.app import Console
from launchready_tui.findings import State
from launchready_tui.launch.decisions import Confirmation
from launchready_tui.launch.inventory import Plan
from launchready_tui.launch.records import day_log


def double(app: Console) -> Double:
    assert isinstance(app.workspace, Double)
    return app.workspace


async def type_in(pilot: Any, words: str) -> None:
    await pilot.press(*["space" if char == " " else char for char in words])
    await pilot.pause()


def log(app: Console) -> Any:
    return day_log(double(app).folder).read()


@pytest.fixture
def launching(make: Any) -> Any:
    def build(*args: Any, **rest: Any) -> Console:
        app: Console = make(*args, **rest)
        launch_day(double(app))
        return app

    return build


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []

    async def put(words: str, terminal: Any) -> str:
        said.append(words)
        return "was copied with a double"

    monkeypatch.setattr("launchready_tui.console.clipboard.put", put)
    return said


# Where the day stands


async def test_the_line_of_now_stands_between_what_came_and_what_comes(launching: Any) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l")
        await until(pilot, lambda: "Tue 14:02 ───" in shown(app))
        at = {
            name: next(n for n, line in enumerate(lines(app)) if f" {name} " in line)
            for name in ("Tue 14:00", "Tue 14:02", "Tue 15:00")
        }
        assert at["Tue 14:00"] + 1 == at["Tue 14:02"] == at["Tue 15:00"] - 1
        assert app.screen.query_one("#times").key == "T-1h", "the cursor begins at the checkpoint of now"
        assert "Founder decides at 14:30" in shown(app) and "in 58 min" in shown(app)
        marks = [row.state for row in app.screen.query_one("#times").rows if not row.apart]
        assert marks[:3] == ["pass", "checking", "none"], "gone through, now, ahead"


async def test_the_clock_moves_the_line_and_the_cursor_stays(launching: Any) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l")
        double(app).clock.move(timedelta(hours=1))
        assert app.store.tick()
        app.draw_soon()
        await until(pilot, lambda: "Tue 15:02 ───" in shown(app) and "open for 2 min" in shown(app))
        assert app.screen.query_one("#times").key == "T-1h"
        assert "decides now, since 14:30" in shown(app), "nobody has said it, and the time has come"


async def test_enter_leads_to_a_checkpoints_checks_and_on(launching: Any) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l", "down", "enter")
        checks = app.screen.query_one("#checks")
        await until(pilot, lambda: app.focused is checks)
        key = checks.key
        assert key in ("audit.latency", "edge.certificates", "edge.https"), "what is open stands first"
        await press(pilot, "enter")
        await until(pilot, lambda: app.current_mode.startswith("stage") and app.target().standing.spec.id == key)


async def test_r_runs_the_checks_of_the_checkpoint(launching: Any) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l", "down", "r")
        await until(pilot, lambda: double(app).asked)
        assert set(double(app).asked[0]) == {
            "audit.latency",
            "audit.hosts",
            "edge.https",
            "edge.certificates",
            "performance.caching",
        }


async def test_the_bar_leads_to_what_is_behind_a_criterion(launching: Any) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l")
        app.screen.query_one("#gates").focus()
        await press(pilot, "enter")
        await until(pilot, lambda: app.current_mode == "fixes")
        await press(pilot, "l")
        app.screen.query_one("#gates").focus()
        await press(pilot, "right", "right", "right", "enter")
        await until(pilot, lambda: app.current_mode == "stage4" and app.target().standing.spec.id == "deploy.rollback")


# The log


async def test_the_bar_says_that_no_backup_is_named(launching: Any) -> None:
    app = launching()
    ws = double(app)
    ws.save_inventory(msgspec.structs.replace(ws.inventory, backups=()))
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "l")
        assert "none named" in shown(app), "not the age of a check that found nothing"


def test_what_was_confirmed_and_never_looked_at_is_not_checked_yet(make: Any) -> None:
    """A word of somebody is no look: “could not check” would say that there was one."""
    standing = next(iter(make(findings=()).workspace.verdict().standings.values()))
    said = Confirmation(
        check=standing.spec.id,
        by="founder",
        recorded_by="founder",
        on=NOW,
        until=NOW + timedelta(days=1),
        evidence="seen",
    )
    found = replace(
        standing,
        spec=msgspec.structs.replace(standing.spec, automated=True),
        confirmation=said,
        result=None,
        state=State.UNKNOWN,
    )
    assert words.standing_look(found) == "new"


async def test_a_line_is_on_the_disk_before_it_is_shown_and_survives_a_restart(launching: Any) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l", "plus")
        await type_in(pilot, "payments switched to live")
        await press(pilot, "enter")
        await until(pilot, lambda: "14:02  payments switched to" in shown(app))
        assert (
            log(app)[-1].text == "payments switched to live"
            and log(app)[-1].at == NOW
            and log(app)[-1].by == "launch-engineer"
        )
    again = Console(Double.open(double(app).folder, double(app).options), live=False)
    again.workspace.clock = double(app).clock
    async with again.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l")
        await until(pilot, lambda: "14:02  payments switched to" in shown(again) and "Tue 14:02 ───" in shown(again))


async def test_a_checkpoint_is_gone_through(launching: Any) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l", "y")
        await until(pilot, lambda: "Checkpoint: 1 hour before" in shown(app))
        assert "Still open:" in shown(app)
        await press(pilot, "enter")
        await until(pilot, lambda: app.screen.query_one("#times").row.state == "pass")
        assert (log(app)[-1].kind, log(app)[-1].checkpoint) == ("checkpoint", "T-1h")
        await until(pilot, lambda: "done 14:02" in shown(app))


async def test_the_log_is_written_to_a_file(launching: Any) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l", "S")
        path = double(app).folder / "launch-day-log.md"
        await until(pilot, lambda: str(path) in app.last_said)
        assert "code freeze" in path.read_text()


async def test_a_line_with_a_secret_is_kept_without_it(launching: Any) -> None:
    app, secret = launching(), "sk_" + "live_" + os.urandom(14).hex()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l", "plus")
        app.screen.query_one("#field-text").value = f"rolled {secret}"
        await press(pilot, "enter")
        await until(pilot, lambda: log(app)[-1].text.startswith("rolled"))
        assert secret not in (double(app).folder / ".launchready" / "launch-day.jsonl").read_text()


# Go or no-go


async def test_go_against_a_no_go_needs_a_reason(launching: Any) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l", "G")
        await until(pilot, lambda: "The verdict is NO-GO" in shown(app))
        await type_in(pilot, "founder")
        await press(pilot, "up", "left")
        await until(pilot, lambda: "‹ go ›" in shown(app))
        await press(pilot, "enter")
        await until(pilot, lambda: "give a reason" in " ".join(shown(app).split()))
        assert not double(app).decisions.signed
        app.screen.query_one("#field-note").focus()
        await type_in(pilot, "soft launch to ten friends")
        await press(pilot, "enter")
        await until(pilot, lambda: double(app).decisions.signed)
        made = double(app).decisions.signed[0]
        assert (made.what, made.answer, made.by) == ("go-no-go", "go", "founder")
        assert "soft launch" in made.note and "NO-GO" in made.note
        await until(pilot, lambda: "● GO said by Founder, 14:02" in lines(app)[3])
        assert log(app)[-1].kind == "go"
        await press(pilot, "u")
        await until(pilot, lambda: "Founder decides at 14:30" in shown(app))
        assert not double(app).decisions.signed


async def test_only_the_named_person_says_it(launching: Any) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l", "G")
        await type_in(pilot, "support")
        await press(pilot, "enter")
        await until(pilot, lambda: "The plan names founder to decide" in shown(app))
        assert not double(app).decisions.signed


async def test_no_go_is_said_without_a_reason(launching: Any) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l", "G")
        await type_in(pilot, "founder")
        await press(pilot, "enter")
        await until(pilot, lambda: "✕ NO-GO said by Founder" in shown(app))


# The plan, and gaps that lead to their place


async def test_nothing_is_planned_yet_and_each_gap_leads_to_its_place(make: Any) -> None:
    app = make()
    ws = double(app)
    ws.save_inventory(msgspec.structs.replace(ws.inventory, contacts=(), plan=Plan()))
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l")
        await until(pilot, lambda: "no one is named to decide" in shown(app))
        assert "T-24h" in shown(app) and "───────" in shown(app) and "no one yet" in shown(app)
        app.screen.query_one("#crew").focus()
        await press(pilot, "end", "enter")
        await until(pilot, lambda: app.current_mode == "people" and app.screen.kind.id == "contacts")
        await press(pilot, "l", "G")
        await until(pilot, lambda: "Launch-day plan" in shown(app), "without a decider it asks for the plan first")
        await type_in(pilot, "2026-11-25 9")
        await press(pilot, "tab")
        await type_in(pilot, "nobody")
        await press(pilot, "enter")
        await until(pilot, lambda: "known: founder" in shown(app) and "is not a time" in shown(app))
        assert ws.inventory.plan == Plan()
        app.screen.query_one("#field-launch_at").value = "2026-11-25 09:00"
        app.screen.query_one("#field-decider").value = "founder"
        await press(pilot, "enter")
        await until(pilot, lambda: ws.inventory.plan.decider == "founder")
        assert ws.inventory.plan.launch_at.isoformat() == "2026-11-25T09:00:00+00:00"
        await until(
            pilot, lambda: "Wednesday 25 November" in shown(app) and "Founder decides at Wed 08:00" in shown(app)
        )


async def test_a_plan_that_is_not_touched_stays_as_it_is(launching: Any) -> None:
    app = launching()
    before = double(app).inventory.plan
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "P", "enter")
        await until(pilot, lambda: app.last_said == "Plan saved")
        assert double(app).inventory.plan == before


# Texts to copy, one key away from anywhere


async def test_how_to_close_and_go_back_is_one_key_away(launching: Any, copied: list[str]) -> None:
    app = launching()
    ws = double(app)
    plan = msgspec.structs.replace(ws.inventory.plan, kill_switch="Maintenance page at the edge")
    ws.save_inventory(msgspec.structs.replace(ws.inventory, plan=plan))
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "2", "X")
        await until(pilot, lambda: "./release --back" in shown(app) and "Maintenance page at the edge" in shown(app))
        await press(pilot, "c", "k")
        await until(pilot, lambda: copied == ["./release --back", "Maintenance page at the edge"])
        await press(pilot, "end")
        await until(pilot, lambda: "#launch" in shown(app), "who to call stands below")
        await press(pilot, "escape")
        assert app.current_mode == "stage2" and len(app.screen_stack) == 1


async def test_what_is_not_written_down_says_where_it_is_written(make: Any, copied: list[str]) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "X")
        await until(pilot, lambda: "missing; P adds it" in shown(app))
        await press(pilot, "k")
        assert not copied and "It is missing" in app.last_said
        await press(pilot, "P")
        await until(pilot, lambda: "Launch-day plan" in shown(app))


async def test_a_message_is_filled_copied_and_logged(launching: Any, copied: list[str]) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "M", "1")
        await until(pilot, lambda: "We have a problem" in shown(app))
        await type_in(pilot, "paying")
        await press(pilot, "tab")
        await type_in(pilot, "15h30")
        await press(pilot, "enter")
        await until(pilot, lambda: copied)
        assert copied[0].startswith("Paying is not working right now") and "15h30" in copied[0] and "[" not in copied[0]
        assert log(app)[-1].kind == "message" and log(app)[-1].text == copied[0]


# Sizes, hostile text


@pytest.mark.parametrize("size", [(1, 1), (40, 12), (60, 16), (80, 24), (100, 30), (140, 40), (200, 60)], ids=str)
async def test_every_size(launching: Any, size: tuple[int, int]) -> None:
    app = launching()
    async with app.run_test(size=size) as pilot:
        for key in (
            "l",
            "tab",
            "tab",
            "tab",
            "tab",
            "m",
            "down",
            "escape",
            "G",
            "escape",
            "M",
            "escape",
            "X",
            "escape",
            "P",
            "escape",
        ):
            await press(pilot, key)
        await pilot.resize_terminal(1, 1)
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert app.is_running


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (100, 30), (140, 40)], ids=str)
async def test_no_word_of_the_frame_is_clipped(launching: Any, size: tuple[int, int]) -> None:
    app = launching()
    async with app.run_test(size=size) as pilot:
        await press(pilot, "l")
        await until(pilot, lambda: "Tue 14:02 ───" in shown(app))
        top = 3 if size[1] < 28 else 5
        assert not any("…" in line for line in lines(app)[: top + 3]), lines(app)[: top + 3]
        assert "…" not in lines(app)[-1]
        if size[0] >= 80:
            assert not any("…" in str(row.cells[1]) for row in app.screen.query_one("#times").rows)


async def test_hostile_text_stays_text(launching: Any) -> None:
    text = " ".join(TEXTS[name] for name in TEXTS if name != "long").encode("utf-8", "replace").decode()
    app = launching()
    ws = double(app)
    plan = msgspec.structs.replace(ws.inventory.plan, kill_switch=text, rollback=text, decider=text)
    points = tuple(msgspec.structs.replace(one, title=text, what=text, owner=text) for one in ws.inventory.checkpoints)
    ws.inventory = msgspec.structs.replace(ws.inventory, plan=plan, checkpoints=points)
    async with app.run_test(size=(100, 30)) as pilot:
        app.store.renew()
        for keys in (("l",), ("X",), ("escape", "P"), ("escape", "G"), ("escape", "y"), ("escape",)):
            await press(pilot, *keys)
            assert app.is_running and "\x1b" not in shown(app) and "\u202e" not in shown(app)


async def test_findings_of_a_rerun_reach_the_checkpoint(launching: Any) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l", "down")
        fine = [
            one
            for one in findings_of_demo()
            if one.state is State.PASS and one.check in ("edge.certificates", "audit.latency")
        ]
        double(app).next_results = results_of(fine, NOW)
        before = [row.state for row in app.screen.query_one("#checks").rows]
        await press(pilot, "r")
        await until(
            pilot,
            lambda: (
                app.snapshot.progress is None and [row.state for row in app.screen.query_one("#checks").rows] != before
            ),
        )


async def test_the_panels_key_leads_there_and_back_without_a_word(launching: Any) -> None:
    app = launching()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "l", "m")
        await until(pilot, lambda: app.focused is not None and app.focused.id == "crew")
        await press(pilot, "m")
        await until(pilot, lambda: app.focused is not None and app.focused.id == "times")
        assert not app.last_said
