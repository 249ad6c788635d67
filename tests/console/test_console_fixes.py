"""The fix order: one line for one cause and one remedy, which opens; keys act on a line of several and on one of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from double import DOMAIN, NOW, Double, finding, results_of
from screen import lines, press, shown, until

from launchready_tui.console import fixlist
from launchready_tui.console.app import Console
from launchready_tui.console.screens.finding import FindingPage
from launchready_tui.findings import Finding, Severity, State
from launchready_tui.lab.flaws import Change, Flaw
from launchready_tui.workspace import Workspace

FAIL = State.FAIL
BARE = "edge.cdn.shield"
HOSTS = ("api", "app", "www")


def bare(host: str, **more: Any) -> Finding:
    """A host with nothing in front, as edge.cdn says it."""
    made = finding(
        BARE, f"{host}.{DOMAIN}", FAIL, f"Nothing protects {host}.{DOMAIN}", fix="Put it behind the CDN", **more
    )
    remedy = msgspec.structs.replace(made.remedy, fix="shield", paste=f"{host} proxied")  # type: ignore[type-var]
    return msgspec.structs.replace(made, remedy=remedy)


GONE = finding(
    "audit.hosts.unresolved", f"status.{DOMAIN}", FAIL, f"status.{DOMAIN} does not resolve", severity=Severity.LOW
)
UNSEEN = msgspec.structs.replace(
    finding("edge.certificates.no-tls", f"status.{DOMAIN}", State.UNKNOWN, f"Could not check status.{DOMAIN}"),
    values={"failure": "no-such-name"},
)
OPEN_ENV = finding(
    "edge.exposure.env-file", f"app.{DOMAIN}/.env", FAIL, "app/.env is readable", severity=Severity.BLOCKER
)
FOUND = [*map(bare, HOSTS), GONE, UNSEEN, OPEN_ENV]


def double(app: Console) -> Double:
    assert isinstance(app.workspace, Double)
    return app.workspace


def listed(app: Console) -> list[str]:
    """The lines of the list, in few words."""
    order = app.screen.query_one("#order")
    return ["".join(text for text, _ in row.cells[1]) for row in order.rows]


def key(app: Console) -> str:
    return app.screen.query_one("#order").key


async def to_the_group(pilot: Any) -> None:
    """Goes to the line for the three hosts."""
    app = pilot.app
    row = app.snapshot.verdict.row(bare("api").id)
    await app.open_row(row.id)
    await until(pilot, lambda: key(app) == row.id)


async def test_one_remedy_is_one_line_that_opens_and_closes(make: Any) -> None:
    app = make(FOUND)
    async with app.run_test(size=(140, 40)) as pilot:
        await to_the_group(pilot)
        row = app.snapshot.verdict.row(bare("api").id)
        title = "3 hosts have nothing in front of them: floods hit these servers directly"
        assert row.title == title and f"▸ {title}" in listed(app)
        assert "3 problems, enter shows them" in " ".join(shown(app).split())
        await press(pilot, "enter")
        at = listed(app).index(f"▾ {title}")
        assert [line.strip() for line in listed(app)[at + 1 : at + 4]] == [f"Nothing protects {host}" for host in HOSTS]
        await press(pilot, "down", "down")
        assert app.target().judged.finding == bare("app") and not app.target().together
        assert "2 others, same fix" in " ".join(shown(app).split())
        await press(pilot, "left")
        assert key(app) == row.id and f"▸ {title}" in listed(app)
        await press(pilot, "right", "right")
        assert f"▾ {title}" in listed(app), "right opens and never closes"


async def test_what_a_problem_hides_stands_under_it_and_the_line_itself_is_the_problem(make: Any) -> None:
    app = make(FOUND)
    async with app.run_test(size=(140, 40)) as pilot:
        await app.open_row(GONE.id)
        await until(pilot, lambda: key(app) == GONE.id)
        assert "▸ status does not resolve" in listed(app)
        await press(pilot, "enter")
        assert "└ Could not check status" in listed(app)
        await press(pilot, "enter")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert app.target().judged.finding == GONE


async def test_the_story_is_there_for_a_member_and_for_what_is_hidden(make: Any) -> None:
    app = make(FOUND)
    async with app.run_test(size=(100, 30)) as pilot:
        await app.open_row(UNSEEN.id)
        await until(pilot, lambda: key(app) == UNSEEN.id)
        assert app.target().judged.finding == UNSEEN, "a finding of a closed row opens it"
        await press(pilot, "enter")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert "Could not check status" in shown(app)
        assert any(line.split()[:2] == ["First", "status"] for line in lines(app) if line.strip()), "what hides it"


async def test_a_closed_line_is_found_by_what_is_in_it(make: Any) -> None:
    app = make(FOUND)
    async with app.run_test(size=(100, 30)) as pilot:
        await to_the_group(pilot)
        await press(pilot, "slash", *"protects", "space", *"www")
        await until(pilot, lambda: "Nothing protects www" in shown(app))
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, FindingPage) and "Nothing protects www" in shown(app))
        await press(pilot, "escape")
        row = app.snapshot.verdict.row(bare("api").id)
        await until(pilot, lambda: not isinstance(app.screen, FindingPage) and key(app) == row.id)
        await press(pilot, "f", "f", "f")
        assert [line[:9] for line in listed(app)] == ["▸ status "], "it hides what could not be checked"


async def test_rechecking_a_line_of_several_runs_all_their_checks(make: Any) -> None:
    app = make(FOUND)
    async with app.run_test(size=(100, 30)) as pilot:
        await app.open_row(GONE.id)
        await until(pilot, lambda: key(app) == GONE.id)
        await press(pilot, "r")
        await until(pilot, lambda: double(app).asked)
        assert double(app).asked == [("audit.hosts", "edge.certificates")]


async def test_copy_takes_every_text_that_differs(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make(FOUND)
    put: list[tuple[str, str]] = []
    monkeypatch.setattr(app, "put", lambda words, what: put.append((words, what)))
    async with app.run_test(size=(100, 30)) as pilot:
        await to_the_group(pilot)
        await press(pilot, "c")
        assert put.pop() == ("api proxied\n\napp proxied\n\nwww proxied", "The fixes of 3 problems")
        await press(pilot, "C")
        assert [host in put[0][0] for host in HOSTS] == [True, True, True]
        put.clear()
        await press(pilot, "right", "down", "c")
        assert put == [("api proxied", "The fix")]


async def test_a_risk_of_several_is_signed_once_and_taken_back_once(make: Any) -> None:
    app = make(FOUND)
    async with app.run_test(size=(100, 30)) as pilot:
        await to_the_group(pilot)
        await press(pilot, "a")
        await until(pilot, lambda: "(and 2 more)" in shown(app))
        await press(pilot, *"founder", "tab", *"small", "enter", "enter")
        await until(pilot, lambda: len(double(app).decisions.accepted) == 3)
        assert {one.subject for one in double(app).decisions.accepted} == {f"{host}.{DOMAIN}" for host in HOSTS}
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await press(pilot, "u")
        assert double(app).decisions.accepted == ()


async def test_what_holds_the_launch_in_a_line_of_several_cannot_be_put_off(make: Any) -> None:
    app = make([bare("api"), bare("app", severity=Severity.BLOCKER)])
    async with app.run_test(size=(100, 30)) as pilot:
        await to_the_group(pilot)
        await press(pilot, "z")
        assert "stops the launch" in app.last_said


async def test_several_wait_for_somebody_together(make: Any) -> None:
    app = make(FOUND)
    async with app.run_test(size=(160, 40)) as pilot:
        await to_the_group(pilot)
        await press(pilot, "W", *"agency", "enter")
        await until(pilot, lambda: len(double(app).decisions.parked) == 3)
        await until(pilot, lambda: len(app.screen_stack) == 1)
        row = app.snapshot.verdict.row(bare("api").id)
        assert fixlist.waits_for(app.snapshot, row) == "Former agency, 16:02"
        await press(pilot, "o", *"founder", "enter")
        await until(pilot, lambda: len(double(app).decisions.owners) == 3)
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await press(pilot, "i", *"asked", "enter")
        await until(pilot, lambda: len(double(app).decisions.notes) == 3)
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await press(pilot, "u", "u", "u")
        made = double(app).decisions
        assert (made.notes, made.owners, made.parked) == ((), (), ())


async def test_the_overview_leads_into_a_line_of_several(make: Any) -> None:
    app = make(FOUND)
    async with app.run_test(size=(140, 40)) as pilot:
        group = app.snapshot.verdict.row(bare("api").id)
        fixes = app.screen.query_one("#fixes")
        fixes.select(group.id)
        await press(pilot, "enter")
        await until(pilot, lambda: app.current_mode == "fixes" and key(app) == group.id)


FLAWS = tuple(
    Flaw(
        id=f"bare-{host}",
        stage="edge",
        title=f"{host} has nothing in front",
        fix=f"{host} is behind the edge",
        changes=(Change(rule=BARE, subject=f"{host}.{DOMAIN}", state=FAIL),),
    )
    for host in HOSTS
)


async def test_the_demo_repairs_all_of_one_cause(make: Any) -> None:
    app = make(FOUND, flaws=FLAWS, demo=True)
    async with app.run_test(size=(100, 30)) as pilot:
        await to_the_group(pilot)
        await press(pilot, "right", "down", "d")
        await until(pilot, lambda: app.snapshot.progress is None and double(app).asked)
        assert app.lab.on == {"bare-app", "bare-www"}, "the selected one alone"
        await app.open_row(bare("www").id)
        await until(pilot, lambda: key(app) == bare("www").id)
        double(app).next_results = results_of([replaced(host) for host in HOSTS], NOW)
        await press(pilot, "D")
        await until(pilot, lambda: not app.lab.on)
        await until(pilot, lambda: app.snapshot.progress is None and len(double(app).asked) == 2)
        assert double(app).asked[-1] == ("edge.cdn",)
        assert [line.text for line in app.store.log if "behind the edge" in line.text][-2:] == [
            "Fixed in the demo: app is behind the edge",
            "Fixed in the demo: www is behind the edge",
        ]


def replaced(host: str) -> Finding:
    return finding(BARE, f"{host}.{DOMAIN}", State.PASS, f"{host} is protected")


def test_an_error_on_the_way_leaves_nothing_of_several(make: Any) -> None:
    workspace: Workspace = make(FOUND).workspace
    before = workspace.decisions
    with pytest.raises(RuntimeError, match="in between"), workspace.as_one("parked"):
        workspace.park(bare("api"), "support", NOW.replace(hour=16))
        raise RuntimeError("in between")
    assert workspace.decisions == before and not workspace.can_undo
    with workspace.as_one("one alone"):
        workspace.set_owner(bare("api"), "engineer")
    assert workspace.can_undo.startswith("owner"), "a single one keeps its own words"
