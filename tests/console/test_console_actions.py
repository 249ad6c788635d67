"""What each action does, seen on the double: files, journal, runs, the clipboard, the demo marketplace."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from double import DOMAIN, NOW, Double, finding, findings_of_demo, results_of
from screen import lines, press, shown, until

from launchready_tui.console.actions import ACTIONS, BY_ID
from launchready_tui.console.app import Console
from launchready_tui.console.messages import Told
from launchready_tui.console.screens.page import Page
from launchready_tui.findings import Severity, State
from launchready_tui.lab.flaws import Change, Flaw
from launchready_tui.workspace.run import Doing, Finished

WWW = f"www.{DOMAIN}"


def double(app: Console) -> Double:
    assert isinstance(app.workspace, Double)
    return app.workspace


def checks(app: Console) -> Any:
    return app.screen.query_one("#checks")


async def type_in(pilot: Any, words: str) -> None:
    await pilot.press(*["space" if char == " " else char for char in words])
    await pilot.pause()


async def at(pilot: Any, check: str) -> None:
    """Goes to a check."""
    await pilot.app.go_to(check)
    await until(pilot, lambda: pilot.app.target() and pilot.app.target().standing.spec.id == check, check)


# Running


async def test_recheck_runs_the_selected_check(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "edge.redirects")
        await press(pilot, "r")
        await until(pilot, lambda: double(app).asked)
        assert double(app).asked == [("edge.redirects",)]


async def test_recheck_of_a_question_says_who_answers(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "deploy.rollback")
        await press(pilot, "r")
        assert not double(app).asked and "A person answers" in app.last_said


async def test_all_and_stale(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        missing = set(app.snapshot.verdict.not_run)
        await press(pilot, "s")
        await until(pilot, lambda: app.snapshot.progress is None and double(app).asked)
        assert set(double(app).asked[0]) == missing
        await press(pilot, "R")
        await until(pilot, lambda: app.snapshot.progress is None and len(double(app).asked) == 2)
        assert double(app).asked[1] == double(app).automated
        await press(pilot, "s")
        assert app.last_said == "Nothing is out of date"


async def test_a_run_shows_how_far_it_is_and_keys_answer(make: Any) -> None:
    app = make()
    double(app).gate = asyncio.Semaphore(0)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "2", "R")
        await until(pilot, lambda: "Checking 0 of" in lines(app)[-2])
        double(app).gate.release()
        double(app).gate.release()
        await until(pilot, lambda: "Checking 2 of" in lines(app)[-2])
        await press(pilot, "x")
        await until(pilot, lambda: "Fix order" in lines(app)[3])
        assert "Checking 2 of" in lines(app)[-2] and "esc cancel" in lines(app)[-2]
        await press(pilot, "R")
        assert "A run is in progress" in app.last_said and len(double(app).asked) == 1


async def test_the_last_check_of_a_run_shows_how_far_it_is(make: Any) -> None:
    app = make()
    double(app).gate = asyncio.Semaphore(0)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "1")
        names = app.workspace.automated
        await press(pilot, "R")
        await until(pilot, lambda: "Checking 0 of" in lines(app)[-2])
        app.post_message(Told(Doing("audit.latency", "search 40 of 300 at most")))
        await pilot.pause()
        assert "search 40" not in lines(app)[-2], "while others run their names are told"
        for name in names:
            fine = finding(f"{name}.fine", DOMAIN, State.PASS, "All is well")
            if name != "audit.latency":
                app.post_message(Told(Finished(results_of([fine], app.workspace.clock.now())[name])))
        await until(pilot, lambda: "Speed of routes: search 40 of 300 at most" in lines(app)[-2])


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_cancel_keeps_what_was_found(make: Any, key: str) -> None:
    app = make([])
    double(app).gate = asyncio.Semaphore(3)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "R")
        await until(pilot, lambda: len(double(app).results) == 3)
        await press(pilot, key)
        await until(pilot, lambda: app.snapshot.progress is None)
        assert len(double(app).results) == 3 and app.is_running
        assert "cancelled" in app.last_said


async def test_results_arriving_move_neither_selection_nor_sight(make: Any) -> None:
    app = make()
    gate = double(app).gate = asyncio.Semaphore(0)
    double(app).next_results = results_of(
        [
            finding("edge.headers.hsts", DOMAIN, State.FAIL, "No HSTS"),
            finding("edge.https.plain-http", WWW, State.FAIL, "Plain http"),
        ],
        NOW,
    )
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "2", "down", "right", "down", "down", "down", "down", "up")
        before = (checks(app).key, checks(app).first)
        await press(pilot, "R")
        for _ in double(app).automated:
            gate.release()
        await until(pilot, lambda: app.snapshot.progress is None)
        await until(
            pilot, lambda: "No HSTS" in app.snapshot.verdict.standings["edge.headers"].findings[0].finding.summary
        )
        assert (checks(app).key, checks(app).first) == before


async def test_the_finding_shown_stays_when_others_come(make: Any) -> None:
    """The story follows its finding by id, not by place."""
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "edge.canonical")
        await press(pilot, "right")
        shown_id = app.target().judged.id
        worse = [
            *[one for one in findings_of_demo() if one.check == "edge.canonical"],
            finding("edge.canonical.root-down", WWW, State.FAIL, "The root is down", severity=Severity.BLOCKER),
        ]
        double(app).next_results = results_of(worse, NOW)
        await press(pilot, "r")
        await until(pilot, lambda: len(app.target().standing.findings) == 3)
        assert app.target().judged.id == shown_id


async def test_a_run_that_breaks_is_told_and_the_console_goes_on(make: Any) -> None:
    app = make()
    secret = "sk_" + "live_" + "never shown"

    async def broken(names: Any = None, *, cancel: Any = None) -> Any:
        raise RuntimeError(secret)
        yield

    app.workspace.run = broken
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "R")
        await until(pilot, lambda: "Internal error" in app.last_said)
        assert app.is_running and app.snapshot.progress is None and secret not in app.last_said


# Deciding


async def test_confirm(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "deploy.rollback")
        await press(pilot, "y")
        await type_in(pilot, "founder")
        await press(pilot, "tab")
        await type_in(pilot, "rehearsed, 4 min")
        await press(pilot, "enter")
        await until(pilot, lambda: double(app).decisions.confirmations)
        made = double(app).decisions.confirmations[0]
        assert (made.check, made.by, made.evidence) == ("deploy.rollback", "founder", "rehearsed, 4 min")
        await until(pilot, lambda: app.snapshot.verdict.standings["deploy.rollback"].state is State.PASS)
        await until(pilot, lambda: "rehearsed, 4 min" in shown(app))


async def test_a_question_can_be_denied_and_becomes_a_problem(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "deploy.rollback")
        await press(pilot, "y")
        await type_in(pilot, "founder")
        await press(pilot, "shift+tab", "right", "tab", "tab")
        await type_in(pilot, "never tried")
        await press(pilot, "enter")
        await until(pilot, lambda: double(app).decisions.confirmations)
        assert double(app).decisions.confirmations[0].answer == "no"
        await until(pilot, lambda: app.snapshot.verdict.standings["deploy.rollback"].state is State.FAIL)
        fixes = [one.finding.rule for one in app.snapshot.verdict.fixes]
        assert "deploy.rollback.denied" in fixes


async def test_a_form_says_what_is_missing_and_stays(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "deploy.rollback")
        await press(pilot, "y", "enter")
        await until(pilot, lambda: "this is required" in shown(app))
        assert not double(app).decisions.confirmations


async def test_accept_with_reason_and_last_day(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "edge.redirects")
        await press(pilot, "a")
        await type_in(pilot, "founder")
        await press(pilot, "tab")
        await type_in(pilot, "few use www")
        await press(pilot, "tab", "end", "backspace", "backspace", "backspace", "backspace")
        await type_in(pilot, "200 d")
        await press(pilot, "enter")
        await until(pilot, lambda: "90 days at most" in shown(app))
        assert not double(app).decisions.accepted
        await press(pilot, *["backspace"] * 5)
        await type_in(pilot, "14 d")
        await press(pilot, "enter")
        await until(pilot, lambda: double(app).decisions.accepted)
        made = double(app).decisions.accepted[0]
        assert (made.by, made.reason, (made.until - NOW).days) == ("founder", "few use www", 14)
        await until(pilot, lambda: app.snapshot.verdict.standings["edge.redirects"].state is State.ACCEPTED)


async def test_put_off_never_a_blocker(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "edge.certificates")
        await press(pilot, "z")
        assert "stops the launch" in app.last_said and len(app.screen_stack) == 1
        await at(pilot, "edge.headers")
        await press(pilot, "z")
        await type_in(pilot, "founder")
        await press(pilot, "tab")
        await type_in(pilot, "later is fine")
        await press(pilot, "enter")
        await until(pilot, lambda: double(app).decisions.later)
        assert app.snapshot.verdict.standings["edge.headers"].findings[0].state is State.LATER


async def test_park_owner_note_and_undo(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "edge.redirects")
        await press(pilot, "W")
        await type_in(pilot, "agency")
        await press(pilot, "enter")
        await until(pilot, lambda: double(app).decisions.parked)
        assert (double(app).decisions.parked[0].until - NOW).total_seconds() == 7200
        await press(pilot, "o")
        await type_in(pilot, "founder")
        await press(pilot, "enter")
        await until(pilot, lambda: double(app).decisions.owners)
        await press(pilot, "i")
        await type_in(pilot, "asked twice")
        await press(pilot, "enter")
        await until(pilot, lambda: double(app).decisions.notes)
        await until(pilot, lambda: "asked twice" in shown(app) or "more line" in shown(app))
        await press(pilot, "u")
        assert not double(app).decisions.notes and double(app).decisions.owners
        assert app.last_said.startswith("Undone: note “www.demo-market.test takes 4 redirects")
        await press(pilot, "u", "u", "u")
        assert not double(app).decisions.owners and not double(app).decisions.parked
        assert "No decision has been made" in app.last_said


async def test_a_file_changed_by_another_is_not_overwritten(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "edge.redirects")
        await press(pilot, "i")
        await type_in(pilot, "mine")
        other = double(app).folder / "decisions.toml"
        other.write_text(
            'schema = 1\n[[notes]]\ncheck = "edge.redirects"\ntext = "theirs"\nby = "support"\non = '
            "2026-11-24T10:00:00Z\n"
        )
        await press(pilot, "enter")
        await until(pilot, lambda: "changed by someone else" in " ".join(shown(app).split()))
        await press(pilot, "enter")
        await until(pilot, lambda: len(double(app).decisions.notes) == 2)
        assert {one.text for one in double(app).decisions.notes} == {"mine", "theirs"}


async def test_drafts_are_kept(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "edge.redirects")
        await press(pilot, "i")
        await type_in(pilot, "half a thought")
        await press(pilot, "escape")
        assert "Draft saved" in app.last_said and not double(app).decisions.notes
        await press(pilot, "i")
        await until(pilot, lambda: "half a thought" in shown(app))
        await press(pilot, "enter")
        await until(pilot, lambda: double(app).decisions.notes)
        await press(pilot, "i")
        assert "half a thought" not in lines(app)[14], "what was saved is no draft any more"


# Copying


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []

    async def put(words: str, terminal: Any) -> str:
        said.append(words)
        return "was copied with a double"

    monkeypatch.setattr("launchready_tui.console.clipboard.put", put)
    return said


async def test_copy_fix_and_evidence(make: Any, copied: list[str]) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "edge.redirects")
        await press(pilot, "c")
        await until(pilot, lambda: copied)
        assert copied == [f"return 301 https://{DOMAIN}$request_uri;"]
        await until(pilot, lambda: app.last_said == "The fix was copied with a double")
        await press(pilot, "C")
        await until(pilot, lambda: len(copied) == 2)
        assert (
            f"http://www.{DOMAIN}/" in copied[1]
            and "2026-11-24 14:02:11 UTC" in copied[1]
            and "connect-map" in copied[1]
        )


async def test_save_to_a_file(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "edge.redirects")
        await press(pilot, "S")
        path = double(app).folder / f"problem-{app.target().judged.id}.txt"
        assert str(path) in app.last_said
        assert "How to fix it" in path.read_text() and "return 301" in path.read_text()


async def test_copy_without_a_selection_says_what_to_select(make: Any, copied: list[str]) -> None:
    app = make([])
    async with app.run_test(size=(100, 30)) as pilot:
        for key in ("c", "C", "S", "a", "y", "o", "h", "e"):
            app.last_said = ""
            await press(pilot, key)
            assert "Select" in app.last_said, key
        assert not copied


# Going about


async def test_next_step_walks(make: Any) -> None:
    app = make([])
    async with app.run_test(size=(100, 30)) as pilot:
        assert "Run the checks" in lines(app)[-2]
        double(app).next_results = results_of(findings_of_demo(), NOW)
        await press(pilot, "n")
        await until(pilot, lambda: app.snapshot.progress is None and app.snapshot.seen_anything)
        first = app.snapshot.verdict.fixes[0]
        await press(pilot, "n")
        await until(pilot, lambda: app.target() and app.target().judged and app.target().judged.id == first.id)
        assert app.current_mode == "stage2"
        await press(pilot, "n")
        await until(pilot, lambda: len(app.screen_stack) == 2, "a second n opens it in full")
        assert first.finding.rule in shown(app)


async def test_next_step_starts_the_watch_when_nothing_is_left_to_fix(make: Any) -> None:
    fine = [one for one in findings_of_demo() if one.state is State.PASS]
    app = make([])
    async with app.run_test(size=(100, 30)) as pilot:
        double(app).next_results = results_of(fine, NOW)
        await press(pilot, "n")
        await until(pilot, lambda: app.snapshot.progress is None and app.snapshot.seen_anything)
        await until(
            pilot, lambda: "Start the watch" in lines(app)[-2] and "nothing reports an outage" in lines(app)[-2]
        )
        await press(pilot, "n")
        await until(pilot, lambda: app.current_mode == "watch" and "Watch 3 targets" in shown(app))


async def test_pages_close_what_was_laid_over_them(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "2", "enter", "h")
        await until(pilot, lambda: len(app.screen_stack) == 3)
        await press(pilot, "x", "2")
        await until(pilot, lambda: app.current_mode == "stage2" and len(app.screen_stack) == 1)


async def test_home_goes_to_the_top_and_then_to_the_overview(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "2", "end", "home")
        assert app.current_mode == "stage2" and checks(app).key == "edge.canonical"
        await press(pilot, "home")
        await until(pilot, lambda: app.current_mode == "overview")


async def test_narrow_story_opens_and_closes(make: Any) -> None:
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "2", "down", "enter")
        await until(pilot, lambda: "301 http://www" in shown(app))
        await press(pilot, "escape")
        await until(pilot, lambda: "What we saw" in shown(app))
        assert checks(app).key == "edge.redirects"
        await press(pilot, "m")
        await until(pilot, lambda: "Redirect map" in lines(app)[4])


async def test_mouse_on_footer_and_next_step(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        line = lines(app)[-1]
        await pilot.click("#keys", offset=(line.index("fixes"), 0))
        await until(pilot, lambda: app.current_mode == "fixes")
        await pilot.click("#next", offset=(20, 0))
        await until(pilot, lambda: double(app).asked, "the next step is to run what never ran")


async def test_keys_can_be_remapped_by_id(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        app.set_keymap({"go.fixes": "j", "run.all": "f5"})
        await press(pilot, "0")
        await until(pilot, lambda: "j fixes" in lines(app)[-1])
        await press(pilot, "j")
        await until(pilot, lambda: app.current_mode == "fixes")
        await press(pilot, "f5")
        await until(pilot, lambda: double(app).asked)


def test_the_table_is_sound() -> None:
    """Ids and keys are unlike, every action says what it does, and no terminal's own prefix is used."""
    keys = [key for action in ACTIONS for key in action.key.split(",")]
    assert len(BY_ID) == len(ACTIONS) and len(set(keys)) == len(keys)
    assert not {"ctrl+b", "ctrl+s", "ctrl+j", "ctrl+h", "ctrl+m"} & set(keys)
    assert all(action.label and action.tooltip for action in ACTIONS)


# The launch file and the demo


async def test_add_a_host_to_the_launch_file(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "1", "plus", "h")
        await until(pilot, lambda: "Add a host to the launch file" in shown(app))
        await type_in(pilot, "Shop")
        await press(pilot, "enter")
        await until(pilot, lambda: "allowed:" in shown(app))
        await press(pilot, *["backspace"] * 4)
        await type_in(pilot, f"shop.{DOMAIN}")
        await press(pilot, "tab", "a", "enter")
        await until(pilot, lambda: double(app).launch.host(f"shop.{DOMAIN}"))
        added = double(app).launch.host(f"shop.{DOMAIN}")
        assert added is not None and added.role == "app"
        assert f"shop.{DOMAIN}" in (double(app).folder / "launchready.toml").read_text()
        await until(pilot, lambda: any(row.key == f"shop.{DOMAIN}" for row in app.screen.query_one("#panel").rows))


FLAW = Flaw(
    id="too-many-hops",
    stage="edge",
    title="www takes four redirects",
    fix="www leads to the main address in one step",
    changes=(Change(rule="edge.redirects.too-many-hops", subject=WWW, state=State.FAIL),),
)


async def test_the_demo_is_repaired_and_checked_again(make: Any) -> None:
    app = make(flaws=(FLAW,), demo=True)
    async with app.run_test(size=(100, 30)) as pilot:
        assert "D repairs" in shown(app), "the first minute explains itself"
        double(app).next_results = results_of(
            [finding("edge.redirects.too-many-hops", WWW, State.PASS, "One redirect")], NOW
        )
        await at(pilot, "edge.redirects")
        await press(pilot, "d")
        await until(pilot, lambda: app.snapshot.verdict.standings["edge.redirects"].state is State.PASS)
        assert not app.lab.on and double(app).asked == [("edge.redirects",)], (
            "only what the repair can turn looks again"
        )


async def test_what_no_flaw_causes_cannot_be_repaired(make: Any) -> None:
    app = make(flaws=(FLAW,))
    async with app.run_test(size=(100, 30)) as pilot:
        await at(pilot, "edge.headers")
        await press(pilot, "d")
        await until(pilot, lambda: "No flaw of the demo" in app.last_said)
        assert app.lab.on and not double(app).asked


async def test_outside_the_demo_there_is_no_such_key(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "question_mark")
        assert "fix it in the demo" not in shown(app)
        assert isinstance(app.screen_stack[0], Page)
