"""Every key on every page at every size: nothing breaks, and below 60 by 16 the console says what it needs."""

from __future__ import annotations

from typing import Any

import pytest
from screen import press, shown, until

from launchready_tui.console.actions import ACTIONS

SIZES = [(1, 1), (5, 3), (40, 12), (60, 16), (80, 24), (100, 30), (200, 60)]
PAGES = ["0", "1", "2", "3", "4", "5", "6", "7", "x", "w", "l", "p", "k", "b", "g"]
INSIDE = ["down", "end", "pageup", "right", "enter", "escape", "tab", "m", "escape", "f"]
# Keys of the table that lead away or leave; they are pressed elsewhere.
AWAY = {"quit", "theme", *(action.id for action in ACTIONS if action.id.startswith("go."))}


@pytest.mark.parametrize("size", SIZES, ids=[f"{w}x{h}" for w, h in SIZES])
async def test_walk(make: Any, size: tuple[int, int]) -> None:
    app = make()
    async with app.run_test(size=size) as pilot:
        for page in PAGES:
            await pilot.press(page, *INSIDE)
        await press(
            pilot, "question_mark", "down", "escape", "t", "ctrl+p", "escape", "slash", "x", "escape", "h", "e", "0"
        )
        assert app.is_running
        if size[0] < 60 or size[1] < 16:
            assert size[0] < 20 or "60 x 16" in shown(app)
        else:
            await until(pilot, lambda: "Stages" in shown(app))


@pytest.mark.parametrize("page", ["0", "2", "x", "w", "l", "p", "k", "b"])
async def test_every_action(make: Any, page: str) -> None:
    """No key of the table breaks any page; whatever it opens closes with escape."""
    app = make(lab=True)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, page)
        mode = app.current_mode
        for action in ACTIONS:
            if action.id in AWAY:
                continue
            await pilot.press(action.key.partition(",")[0])
            while len(app.screen_stack) > 1:
                await pilot.press("escape")
            if app.current_mode != mode:
                await pilot.press(page)
        assert app.is_running


async def test_resize_with_everything_open(make: Any) -> None:
    """Sizes change under open sheets and the palette, down to one cell and back."""
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        for opened in (
            ("2", "a"),
            ("2", "ctrl+p"),
            ("question_mark",),
            ("p", "enter"),
            ("2", "enter"),
            ("2", "plus"),
            ("l", "P"),
            ("l", "X"),
        ):
            await press(pilot, *opened)
            for size in ((66, 20), (40, 12), (4, 2), (1, 1), (61, 17), (100, 30)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
            await press(pilot, "escape", "escape", "escape")
        await press(pilot, "2")
        await until(pilot, lambda: "Domain and edge" in shown(app))


async def test_focus_comes_back(make: Any) -> None:
    """After a moment of a too small terminal the arrow keys still move the cursor."""
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "2")
        await pilot.resize_terminal(10, 5)
        await pilot.pause()
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: app.screen.focused is not None)
        before = app.screen.query_one("#checks").key
        await press(pilot, "down")
        assert app.screen.query_one("#checks").key != before
