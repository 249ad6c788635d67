"""What `n` does: it goes to the one next step and opens the form that settles it; and the run that starts by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from double import NOW, Double, findings_of_demo, inventory_of_demo, launch_of_demo
from screen import lines, press, shown, until

from launchready_tui.console.acts.steps import OPENS
from launchready_tui.console.app import Console
from launchready_tui.findings import State
from launchready_tui.lab.flaws import Change, Flaw
from launchready_tui.launch.inventory import Plan
from launchready_tui.launch.model import Launch, Mailbox, MailFlow, PathStep
from launchready_tui.verdict import Step
from launchready_tui.watch import PLACE
from launchready_tui.watch.samples import WatchReader


def takes(app: Any, step: Step) -> None:
    """The next step is this one."""
    app.workspace.next_step = lambda verdict=None: step
    app.store.renew()


def launch_with_everything() -> Launch:
    """The demo's launch file with a mail to test and a path to walk."""
    app = "https://app.demo-market.test"
    return msgspec.structs.replace(
        launch_of_demo(),
        mailboxes=(Mailbox(name="seed", address="t@demo-market.test", host="imap.demo-market.test", login="box"),),
        flows=(MailFlow(name="verification", steps="sign up by hand"),),
        recovery_path=(PathStep(name="log in", url=f"{app}/login"),),
    )


SHOWN = {
    # form: a step of it, what then is on the screen, the page below
    "permission": (Step("fill", "p", form="permission"), "Was this permission given?", "overview"),
    "repository": (Step("fix", "r", check="audit.overbuild", form="repository"), "Name the folder", "stage1"),
    "alert": (Step("fix", "a", check="monitoring.alerts", form="alert"), "Add an alert", "stage6"),
    "deploy": (Step("fix", "d", check="monitoring.deploys", form="deploy"), "Mark what is live now", "stage6"),
    "mail": (Step("mail", "m", form="mail"), "Test the product's mails", "overview"),
    "path": (Step("path", "p", form="path"), "Walk the path from log-in", "overview"),
    "watch": (Step("watch", "w", form="watch"), "Watch 3 targets from this machine?", "watch"),
    "drill": (Step("drill", "d", form="drill"), "Run the drill?", "overview"),
    "entry": (Step("fill", "e", form="entry", table="contacts"), "Add: contact", "people"),
    "plan": (Step("fill", "p", form="plan"), "Launch-day plan", "launch"),
    "answer": (Step("ask", "a", check="deploy.flags", form="answer"), "Answer: ", ""),
    "sign": (Step("sign", "s", form="sign"), "Go or no-go", "launch"),
    "export": (Step("export", "e", form="export"), "Export the handover folder", "handover"),
}


@pytest.mark.parametrize("form", SHOWN)
async def test_the_next_step_opens_the_form_that_settles_it(make: Any, form: str) -> None:
    step, words, page = SHOWN[form]
    decided = msgspec.structs.replace(inventory_of_demo(), plan=Plan(decider="founder"))
    app = make(launch=launch_with_everything(), inventory=decided)
    async with app.run_test(size=(100, 30)) as pilot:
        if form == "path":  # nothing acts on a permission that nobody confirmed here
            app.workspace.confirm_permission()
        if form == "answer":
            step = Step("ask", "a", check=app.snapshot.verdict.questions[0].spec.id, form="answer")
        takes(app, step)
        await press(pilot, "n")
        await until(pilot, lambda: words in shown(app))
        assert not page or app.current_mode == page


def test_every_form_is_opened_by_something_and_tried_here() -> None:
    assert set(OPENS) == {*SHOWN, "prove"}


async def test_an_alert_is_proved_by_a_test_that_is_sent_from_the_step(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        takes(app, Step("fix", "p", check="monitoring.alerts", form="prove"))
        await press(pilot, "n")
        await until(pilot, lambda: "The launch file has no [[alerts]] yet" in app.last_said)


async def test_the_permission_is_recorded_from_its_step(make: Any) -> None:
    """The file is only added to, and the checks may go further at once."""
    app = make(launch=msgspec.structs.replace(launch_of_demo(), permission=None))
    before = app.workspace.launch_file.path.read_text()
    async with app.run_test(size=(100, 30)) as pilot:
        takes(app, Step("fill", "p", form="permission"))
        await press(pilot, "n", *"founder", "enter")
        await until(pilot, lambda: app.workspace.launch.permits("api.demo-market.test"))
        assert app.workspace.launch.permission.by == "founder"
        assert app.workspace.launch_file.path.read_text().startswith(before)
        takes(app, Step("fill", "p", form="permission"))
        await press(pilot, "n", *"support", "enter")
        await until(pilot, lambda: "changed in the file itself" in shown(app), "there is one already")


async def test_the_folder_of_the_code_is_named_from_its_step(make: Any) -> None:
    app = make()
    (app.workspace.folder / "shop").mkdir()
    async with app.run_test(size=(100, 30)) as pilot:
        takes(app, Step("fix", "r", check="audit.overbuild", form="repository"))
        await press(pilot, "n", *"nowhere", "enter")
        await until(pilot, lambda: "no such folder" in shown(app))
        await press(pilot, *["backspace"] * 7, *"shop", "enter")
        await until(pilot, lambda: app.workspace.launch.repository is not None)
        assert app.workspace.launch.repository.path == "shop"


async def test_what_the_launch_file_has_once_can_be_added_while_it_is_missing(make: Any) -> None:
    app = make(launch=msgspec.structs.replace(launch_of_demo(), permission=None))
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "1", "plus")
        await until(pilot, lambda: "an alert" in shown(app) and "the code" in shown(app))
        await press(pilot, "down", "down", "down", "down", "enter")
        await until(pilot, lambda: "Record the permission" in shown(app))
        await press(pilot, *"founder", "enter")
        await until(pilot, lambda: app.workspace.launch.permission is not None)
        await press(pilot, "1", "plus")
        await until(pilot, lambda: "the code" in shown(app) and "the permission" not in shown(app))


async def test_a_release_is_marked_from_its_step_and_looked_at_again(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        takes(app, Step("fix", "d", check="monitoring.deploys", form="deploy"))
        await press(pilot, "n", "y")
        await until(pilot, lambda: app.workspace.asked == [("monitoring.deploys",)])
        with WatchReader(app.workspace.folder / PLACE) as reader:
            assert [mark.kind for mark in reader.marks(NOW.replace(hour=0), NOW.replace(hour=23))] == ["deploy"]


async def test_a_problem_is_gone_to_and_then_shown_in_full(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        first = app.snapshot.verdict.fixes[0]
        takes(app, Step("fix", "Fix: it", check=first.finding.check, finding=first.id))
        await press(pilot, "n")
        await until(pilot, lambda: app.target() and app.target().judged and app.target().judged.id == first.id)
        await press(pilot, "n")
        await until(pilot, lambda: len(app.screen_stack) == 2)


HOPS, WWW = "edge.redirects.too-many-hops", "www.demo-market.test"
FLAW = Flaw(id="hops", stage="edge", title="t", fix="f", changes=(Change(rule=HOPS, subject=WWW, state=State.FAIL),))


async def test_in_the_demo_the_band_names_the_repair_once_the_problem_is_in_sight(make: Any) -> None:
    app = make(flaws=(FLAW,), demo=True)
    async with app.run_test(size=(100, 30)) as pilot:
        broken = next(one for one in app.snapshot.verdict.fixes if one.finding.rule == HOPS)
        takes(app, Step("fix", "Fix: hops", check="edge.redirects", finding=broken.id))
        await press(pilot, "3")
        await until(pilot, lambda: lines(app)[-2].lstrip().startswith("n  ") and "next step" in lines(app)[-2])
        await press(pilot, "n")
        await until(pilot, lambda: lines(app)[-2].lstrip().startswith("D  "))
        await press(pilot, "down")
        await until(pilot, lambda: lines(app)[-2].lstrip().startswith("n  "), "the cursor stands on another check")
        await press(pilot, "n", "D")
        await until(pilot, lambda: not app.lab.on and app.workspace.asked == [("edge.redirects",)])
        await until(pilot, lambda: lines(app)[-2].lstrip().startswith("n  "), "nothing in the demo is behind it now")


# The first run


def console(folder: Any, findings: Any = None, **rest: Any) -> Console:
    double = Double.make(folder / "launch", findings)
    double.gate = asyncio.Semaphore(0)
    return Console(double, live=False, **rest)


async def test_the_first_frame_shows_the_first_run(tmp_path: Any) -> None:
    app = console(tmp_path, runs_first=True)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "Checking for the first time" in shown(app))
        assert f"Checking 0 of {len(app.workspace.automated)}" in lines(app)[-2]
        assert "The checks are running: what is to fix appears here" in shown(app)
        await until(pilot, lambda: app.workspace.asked == [app.workspace.automated])
        app.workspace.gate.release()
        await until(pilot, lambda: "Checking 1 of" in lines(app)[-2])
        await press(pilot, "escape")
        await until(pilot, lambda: app.snapshot.progress is None)


@pytest.mark.parametrize("wanted", [{}, {"runs_first": False}])
async def test_without_it_nothing_runs(tmp_path: Any, wanted: dict[str, bool]) -> None:
    app = console(tmp_path, **wanted)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "Run the checks (R) to see what to fix" in shown(app))
        assert app.snapshot.progress is None and not app.workspace.asked


async def test_what_was_run_before_does_not_run_by_itself(tmp_path: Any) -> None:
    app = console(tmp_path, findings_of_demo(), runs_first=True)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "Fix next" in shown(app))
        assert app.snapshot.progress is None and not app.workspace.asked
