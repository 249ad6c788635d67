"""The style sheets are read once for each set of colours."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from double import Double
from screen import press, settled
from textual.css import stylesheet

from launchready_tui.console import sheets
from launchready_tui.console.app import Console
from launchready_tui.console.themes import NIGHT, PAPER


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, str, int]]:
    """What was parsed, with nothing read before: each source, its scope, and its rank."""
    parsed: list[tuple[Any, str, int]] = []
    parse = stylesheet.parse

    def noted(scope: str, css: str, place: Any, **more: Any) -> Any:
        parsed.append((place, scope, more["tie_breaker"]))
        return parse(scope, css, place, **more)

    monkeypatch.setattr(stylesheet, "parse", noted)
    monkeypatch.setattr(sheets, "_READ", {})
    return parsed


async def test_no_sheet_is_read_twice_with_the_same_colours(make: Any, read: list[tuple[Any, str, int]]) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "1", "p", "0")
        assert read and set(Counter(read).values()) == {1}
        await press(pilot, "t", "1", "t", "p", "t", "2", "t")
        await settled(pilot)
    times = Counter(read)
    assert set(times.values()) <= {1, 2}
    assert {times[one] for one in times if one[0][0].endswith(".tcss")} == {2}


async def test_a_second_console_reads_none_and_has_its_own_colours(
    tmp_path: Path, read: list[tuple[Any, str, int]]
) -> None:
    for turn, (theme, colours) in enumerate((("night", NIGHT), ("paper", PAPER), ("night", NIGHT))):
        before = len(read)
        app = Console(Double.make(tmp_path / str(turn)), live=False, theme=f"ledger-{theme}")
        async with app.run_test(size=(100, 30)) as pilot:
            await settled(pilot)
            assert app.screen.styles.background.hex.lower() == colours["paper"]
        assert (len(read) == before) == (turn == 2)
