"""Keys faster than pages: nothing that is pressed, held down or resized brings the console down."""

from __future__ import annotations

from pathlib import Path

import pytest
from double import Double, LabDouble
from screen import until
from storm import blow, send

from launchready_tui.console.app import Console


@pytest.mark.parametrize(("seed", "size"), [(31, (80, 24)), (32, (100, 30)), (33, (140, 40))])
async def test_a_storm_of_keys_brings_nothing_down(tmp_path: Path, seed: int, size: tuple[int, int]) -> None:
    assert len(await blow(tmp_path / "demo", seed, 500, size)) > 400


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
