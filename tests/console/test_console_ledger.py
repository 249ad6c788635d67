"""The one table: it scrolls, pages, searches and filters, takes the mouse, and never moves by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from screen import press
from textual.app import App, ComposeResult

from launchready_tui.console.themes import LEDGER_NIGHT
from launchready_tui.console.widgets.ledger import Col, Ledger, Row

HEIGHT = 12


class Bench(App[None]):
    """A table alone."""

    CSS = "Screen { background: $paper; } Ledger { height: 12; }"

    def __init__(self, rows: Sequence[Row], wrap: int = 1) -> None:
        super().__init__()
        self.rows = rows
        cols = [Col("Name", 0), Col("more", 8, above=30), Col("most", 8, above=60)]
        self.ledger = Ledger(cols, end=1, wrap=wrap, empty="nothing yet")
        self.register_theme(LEDGER_NIGHT)
        self.theme = "ledger-night"
        self.told: list[str] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(LEDGER_NIGHT.variables)

    def compose(self) -> ComposeResult:
        yield self.ledger

    def on_mount(self) -> None:
        self.ledger.show(self.rows)
        self.ledger.focus()

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        self.told.append(event.key)

    def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        self.told.append(f"chosen {event.key}")

    def seen(self) -> list[str]:
        return [self.ledger.render_line(y).text for y in range(HEIGHT)]


def rows(*names: str, state: str = "pass") -> list[Row]:
    return [Row(name, [name, f"m {name}", f"n {name}"], ("●", "pass"), state) for name in names]


MANY = [f"row {n:02d}" for n in range(40)]


async def test_keys_move_and_scroll() -> None:
    app = Bench(rows(*MANY))
    async with app.run_test(size=(40, 20)) as pilot:
        assert app.ledger.key == "row 00"
        await press(pilot, "down", "down")
        assert app.ledger.key == "row 02" and app.ledger.first == 0
        await press(pilot, "pagedown")
        assert app.ledger.key == "row 11" and "row 11" in app.seen()[-1]
        await press(pilot, "end")
        assert app.ledger.key == "row 39" and "row 39" in app.seen()[-1]
        assert "Name" in app.seen()[0], "the head stays while rows scroll"
        await press(pilot, "home", "pageup", "up")
        assert app.ledger.key == "row 00" and app.ledger.first == 0
        await press(pilot, "enter")
        assert app.told[-1] == "chosen row 00"


async def test_what_does_not_fit_is_told_in_the_head() -> None:
    app = Bench(rows(*MANY))
    async with app.run_test(size=(40, 20)):
        assert "10 of 40" in app.seen()[0]


@pytest.mark.parametrize("insert", [0, 5, 39])
async def test_new_rows_never_move_selection_or_sight(insert: int) -> None:
    """Rows may come before, between and after: the cursor stays on its row, and that row on its line."""
    app = Bench(rows(*MANY))
    async with app.run_test(size=(40, 20)) as pilot:
        await press(pilot, *["down"] * 20)
        line = next(y for y, text in enumerate(app.seen()) if "row 20" in text)
        told = len(app.told)
        more = rows(*MANY)
        more.insert(insert, Row("new", ["new one", "", ""]))
        app.ledger.show(more)
        await pilot.pause()
        assert app.ledger.key == "row 20"
        assert "row 20" in app.seen()[line]
        assert len(app.told) == told, "nothing was moved, so nothing is told"


async def test_a_row_that_goes_leaves_the_cursor_at_its_place() -> None:
    app = Bench(rows("a", "b", "c", "d"))
    async with app.run_test(size=(40, 20)) as pilot:
        await press(pilot, "down", "down")
        app.ledger.show(rows("a", "b", "d"))
        await pilot.pause()
        assert app.ledger.key == "d" and app.told[-1] == "d"
        app.ledger.show([])
        await pilot.pause()
        assert app.ledger.key == "" and "nothing yet" in app.seen()[2]


async def test_filter() -> None:
    app = Bench([*rows("alpha", "beta"), *rows("gamma", state="fail"), *rows("betray", state="warn")])
    async with app.run_test(size=(80, 20)) as pilot:
        assert app.ledger.filter_next() == "open"
        assert [row.key for row in app.ledger.rows] == ["gamma", "betray"]
        assert app.ledger.filter_next() == "problems"
        assert app.ledger.filter_next() == "warnings"
        assert app.ledger.filter_next() == "passes"
        await press(pilot, "escape")
        assert len(app.ledger.rows) == 4
        assert app.ledger.filter_next() == "open"
        app.ledger.select("alpha")
        assert app.ledger.key == "alpha" and len(app.ledger.rows) == 4, "what is gone to is shown, whatever was hidden"


async def test_a_filter_that_nothing_passes_says_how_to_see_all() -> None:
    app = Bench(rows("alpha", state="fail"))
    async with app.run_test(size=(60, 20)) as pilot:
        app.ledger.filter_next()
        app.ledger.show(rows("alpha", state="pass"))
        await pilot.pause()
        assert "escape shows all" in app.seen()[2]


async def test_mouse() -> None:
    app = Bench(rows(*MANY))
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.click(app.ledger, offset=(8, 5))
        assert app.ledger.key == "row 03"
        await pilot.click(app.ledger, offset=(8, 5), times=2)
        await pilot.pause()
        assert app.told[-1] == "chosen row 03"
        await pilot.click(app.ledger, offset=(8, 0))
        assert app.ledger.key == "row 03", "the head is no row"
        app.ledger._scroll(6)
        assert app.ledger.first == 6 and app.ledger.key == "row 03", (
            "the wheel moves what is in sight, not the selection"
        )


@pytest.mark.parametrize(("width", "heads"), [(25, ["Name"]), (40, ["Name", "more"]), (80, ["Name", "more", "most"])])
async def test_columns_come_and_go_by_own_width(width: int, heads: list[str]) -> None:
    app = Bench(rows("a"))
    async with app.run_test(size=(width, 20)):
        assert app.seen()[0].split() == heads


async def test_long_texts_wrap_where_they_may() -> None:
    long = "one two three four five six seven eight nine ten eleven twelve thirteen"
    app = Bench([Row("long", [long]), *rows("after")], wrap=2)
    async with app.run_test(size=(29, 20)) as pilot:
        first, second, third = app.seen()[2:5]
        assert first.strip().endswith("three four five") and "six seven" in second and "…" in second
        assert "after" in third
        await pilot.click(app.ledger, offset=(8, 3))
        assert app.ledger.key == "long", "a click on the second line is one on its row"


async def test_sums_cannot_be_selected() -> None:
    app = Bench([*rows("a", "b"), Row("line", rule=True, apart=True), Row("sum", ["sum"], apart=True)])
    async with app.run_test(size=(40, 20)) as pilot:
        await press(pilot, "end", "down", "down")
        assert app.ledger.key == "b"
        assert "───" in app.seen()[4] and "sum" in app.seen()[5]


async def test_the_filter_names_itself_whatever_the_first_column_is_and_however_narrow() -> None:
    app = Bench([*rows("one", "two"), *rows("three", state="fail")])
    app.ledger.set_cols([Col("", 2, right=True), Col("A long title of the column", 0)])
    async with app.run_test(size=(40, 20)) as pilot:
        assert [app.ledger.filter_next() for _ in range(2)] == ["open", "problems"]
        await pilot.pause()
        assert "f problems" in app.seen()[0]
