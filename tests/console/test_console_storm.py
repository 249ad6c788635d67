"""Keys faster than pages: nothing that is pressed, held down or resized brings the console down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from double import Double, LabDouble
from screen import until
from storm import blow, send

from launchready_tui.console.app import Console
from launchready_tui.console.widgets.form import Field, Form


@pytest.mark.parametrize(("seed", "size"), [(31, (80, 24)), (32, (100, 30)), (33, (140, 40))])
async def test_a_storm_of_ten_thousand_keys_brings_nothing_down(
    tmp_path: Path, seed: int, size: tuple[int, int]
) -> None:
    """A third of them in each size; what is laid over a page is come to as well, and forms are filled in."""
    blown = await blow(tmp_path / "demo", seed, 3334, size)
    assert len(blown.sent) >= 3334 and blown.forms >= 8
    assert len(blown.places) >= 20, blown.places


@pytest.mark.parametrize(
    ("keys", "held"),
    [
        (["2", "down", "a"], ["escape"] * 3),
        (["2", "down", "a"], ["enter"] * 10),
        (["2", "down"], ["enter"] * 10),
        (["x"], ["enter", "escape"] * 6),
        (["ctrl+p"], ["escape"] * 3),
        (["question_mark"], ["escape", "question_mark"] * 5),
        (["1"], ["2", "enter", "3", "enter", "4", "enter"] * 2),
        (["v", "shift+tab"], ["v", "enter"]),
        (["b", "end", "tab", "end"], ["shift+tab", "home", "tab", "enter"]),
        (["ctrl+p"], ["a", "pagedown", "pagedown"]),
    ],
)
async def test_keys_that_come_before_a_page_has_gone_or_come(tmp_path: Path, keys: list[str], held: list[str]) -> None:
    app = Console(Double.recorded(tmp_path / "demo"), lab=LabDouble(), live=False, theme="ledger-night")  # type: ignore[arg-type]
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press(*keys)
        send(pilot, held)
        await pilot.pause()
        await pilot.press("0")
        await until(pilot, lambda: app.message_queue_size == 0, "the last key is taken")
        assert app._exception is None and len(app.screen_stack) >= 1


async def test_a_form_whose_fields_are_not_there_yet_can_be_left(make: Any) -> None:
    """Nothing is lost of the draft that it would have begun with."""
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        form = Form([Field("name", "name", "before")], {"name": "a draft"})
        form.begin()
        form.action_save()
        assert form.values() == {"name": "a draft"} and form.changed


@pytest.mark.parametrize(
    ("keys", "held", "laid"),
    [
        (["p"], ["enter"] * 10, 1),
        (["2", "down"], ["e"] * 10, 1),
        (["2", "down"], ["h", "e"] * 5, 2),
        (["2", "down"], ["question_mark"] * 3, 1),
    ],
)
async def test_what_is_asked_for_ten_times_is_laid_over_the_page_once(
    make: Any, keys: list[str], held: list[str], laid: int
) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press(*keys)
        send(pilot, held)
        await until(pilot, lambda: app.message_queue_size == 0 and len(app.screen_stack) > 1)
        assert len(app.screen_stack) == 1 + laid, app.screen_stack


async def test_a_line_that_was_chosen_is_the_one_that_is_changed(make: Any) -> None:
    """Also where the cursor has moved on before the form is there."""
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("p")
        first = app.screen.item.name
        send(pilot, ["enter", "down"])
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert app.screen.query_one(Form).values()["name"] == first
