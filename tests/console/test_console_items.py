"""The overview by the items of the sprint: what stands in place of the stages, and where its lines lead."""

from __future__ import annotations

from typing import Any

import pytest
from screen import lines, press, shown, until

from launchready_tui.console.app import Console
from launchready_tui.console.store import Store
from launchready_tui.launch.records import VIEW
from launchready_tui.roadmap.model import SPRINT_ITEMS


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (140, 40)])
async def test_items_in_place_of_stages_and_back(make: Any, size: tuple[int, int]) -> None:
    app = make()
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "Stages" in shown(app))
        await press(pilot, "v")
        await until(pilot, lambda: "Sprint items" in shown(app) and "DNS setup" in shown(app))
        stages = app.screen.query_one("#stages")
        assert [row.key for row in stages.rows] == list(SPRINT_ITEMS)
        assert "Fix next" in shown(app) and app.screen.query_one("#fixes").size.height >= 3, "the fixes stay in sight"
        await press(pilot, "v")
        await until(pilot, lambda: "Quick audit" in shown(app) and "Sprint items" not in shown(app))


async def test_each_check_is_counted_once(make: Any) -> None:
    """The strokes of all items together are as many as there are checks."""
    app = make()
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "v")
        await until(pilot, lambda: "Handover checklist" in shown(app))
        strokes = sum(line.count("━") for line in lines(app)[4:])
        assert strokes == len(app.snapshot.roadmap.checks)


async def test_the_choice_is_remembered(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "v", "3", "0")
        await until(pilot, lambda: app.current_mode == "overview" and "Sprint items" in shown(app))
    again = Console(app.workspace, live=False)
    async with again.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "Sprint items" in shown(again))
        await press(pilot, "v")
        await until(pilot, lambda: "Stages" in shown(again))
    assert not Store(app.workspace).view.by_item
    (app.workspace.folder / VIEW).write_text("torn {")
    assert not Store(app.workspace).view.by_item


async def test_what_cannot_be_kept_holds_while_the_console_is_open(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        (app.workspace.folder / VIEW).mkdir(parents=True)
        await press(pilot, "v")
        await until(pilot, lambda: "Sprint items" in shown(app))
        assert "holds until you leave" in app.last_said


async def test_from_another_page_it_shows_the_overview(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "3", "v")
        await until(pilot, lambda: app.current_mode == "overview" and "Sprint items" in shown(app))


async def test_enter_leads_to_a_check_of_the_item_and_escape_back(make: Any) -> None:
    """The checks of an item may be on several stages: they are named, with their stages and states."""
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "v")
        stages = app.screen.query_one("#stages")
        await until(pilot, lambda: stages.rows and stages.rows[0].key == "DNS setup")
        stages.focus()
        stages.select("Caching")
        await press(pilot, "enter")
        await until(pilot, lambda: "Caching" in shown(app) and "1  Speed of routes" in shown(app))
        await press(pilot, "down", "enter")
        wanted = [check.id for check in app.snapshot.roadmap.of_item("Caching")][1]
        await until(pilot, lambda: app.target() and app.target().standing.spec.id == wanted)
        assert app.current_mode == "stage5"
        await press(pilot, "escape")
        await until(pilot, lambda: app.current_mode == "overview" and app.screen.query_one("#stages").key == "Caching")
