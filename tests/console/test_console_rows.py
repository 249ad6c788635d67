"""Pictures are compared as rows and styles: how they are cut and written does not matter, what changed is said."""

from __future__ import annotations

from frozen import FROZEN, frozen_roadmap
from pictures import words_of
from rich.segment import Segment
from rich.style import Style
from rows import Rows, difference
from textual.strip import Strip

from launchready_tui.console.themes import NIGHT
from launchready_tui.roadmap import model, sheet

INK, FAIL = NIGHT["ink"], NIGHT["fail"]


def drawn(*rows: list[tuple[str, str]], **colours: str) -> Rows:
    """Rows of (text, style) runs."""
    strips = [Strip([Segment(text, Style.parse(style)) for text, style in row]) for row in rows]
    return Rows.drawn(strips, {**NIGHT, **colours})


def test_how_a_row_is_cut_does_not_matter() -> None:
    whole = drawn([("✕ 日本 is down", f"bold {FAIL} on {NIGHT['paper']}"), ("   ", INK)])
    cut = drawn(
        [("✕", f"bold {FAIL}"), (" ", "#123456"), ("日本 is", f"{FAIL} bold"), (" down  ", f"bold {FAIL}"), (" ", "")]
    )
    assert whole == cut
    assert str(whole).splitlines()[1:] == ["size 17", " 0│✕ 日本 is down", "    0-14 bold fail"]


def test_what_is_stored_is_read_back() -> None:
    rows = drawn(
        [("▎ ", f"{NIGHT['accent']} on {NIGHT['band']}"), ("one  two", f"underline #0a0b0c on {NIGHT['band']}")],
        [(" " * 10, "")],
        [("a, b │", FAIL), (" " * 4, "underline")],
        [("reversed", f"reverse {INK} on {NIGHT['tint']}"), ("  ", "")],
    )
    assert Rows.read(str(rows)) == rows
    assert difference(rows, Rows.read(str(rows))) == ""


def test_a_row_that_changed_is_shown_as_it_was_and_is() -> None:
    told = difference(drawn([("first", "")], [("five problems", "")]), drawn([("first", "")], [("six problems", "")]))
    assert "-five problems" in told and "+six problems" in told and "first" not in told


def test_a_style_that_changed_is_said_with_its_words_even_where_rows_moved() -> None:
    old = drawn([("it is ", ""), ("down", f"bold {FAIL}")], [("foot", "")])
    new = drawn([("a new row", "")], [("it is ", ""), ("down", NIGHT["warn"])], [("foot", "")])
    told = difference(old, new).splitlines()
    assert "row 1, columns 6 to 9 (down): was bold fail, is warn" in told
    assert not [line for line in told if "foot" in line]


def test_a_colour_of_the_theme_that_changed_is_said_once() -> None:
    told = difference(
        drawn([("a", FAIL)], [("b", FAIL)]), drawn([("a", "#ff0000")], [("b", "#ff0000")], fail="#ff0000")
    )
    assert told == f"the colour fail was {FAIL}, is #ff0000"


def test_the_words_of_a_picture_stand_at_their_columns() -> None:
    text = '<text class="terminal-r1" x="{}" y="{}" textLength="9" clip-path="url(#terminal-line-0)">{}</text>'
    svg = text.format("24.4", "20", "a&#160;&lt;b") + text.format("97.6", "20", "c\n") + text.format("0", "44.4", "\n")
    assert words_of(svg) == ("  a <b  c", "")


def test_the_frozen_roadmap_is_small_whole_and_gone_afterwards() -> None:
    live = model.load()
    with frozen_roadmap():
        frozen = model.load()
        assert [stage.number for stage in frozen.stages] == [1, 2, 3, 4, 5, 6, 7]
        assert all(4 <= len(stage.checks) <= 10 for stage in frozen.stages)
        assert all(frozen.light(light.id) for light in model.LIGHTS)
        assert {other for check in frozen.checks.values() for other in check.rests_on} <= frozen.checks.keys()
        filled = {one for stage in frozen.stages for part in stage.deliverables for one in part.filled_by}
        assert filled <= frozen.checks.keys()
        assert sheet.home("edge.redirects") == FROZEN / "checks" / "edge" / "redirects"
        assert frozen.rules["edge.redirects.old-address"].term
    assert model.load() is not frozen and model.load().checks == live.checks
