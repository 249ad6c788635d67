"""The chart and the one-row lines as text: what runs on, what breaks, what is marked, and on which scale."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready_tui.console.curve import Curve, Scale, bits_of, curve_of, scale_of, spark, spread
from launchready_tui.console.ink import PLAIN, plain_text
from launchready_tui.console.watchlines import NICE_S, columns_in, value_of
from launchready_tui.console.widgets.chart import Mark, Picture, hours_line, number, rows_of
from launchready_tui.watch.samples import Gap, Point, Series, Target

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


def series(points: list[tuple[int, int, float | None]], step_s: float = 15) -> Series:
    """Columns of (n, bad, ms) that end now."""
    since = NOW - timedelta(seconds=step_s * len(points))
    made = tuple(
        Point(since + timedelta(seconds=step_s * at), n, bad, ms, ms, ms) for at, (n, bad, ms) in enumerate(points)
    )
    return Series(1, since, NOW, made)


def states(points: list[tuple[int, int, float | None]], grain_s: float, *gaps: Gap, step_s: float = 15) -> str:
    """One letter a column: gap, some failed, failed, or a dot."""
    letters = {"": ".", "gap": "g", "some": "s", "failed": "f"}
    return "".join(letters[one] for one in curve_of(series(points, step_s), grain_s, gaps, NOW, "p50").states)


OK, BAD, NONE = (1, 0, 80.0), (1, 1, None), (0, 0, None)


@pytest.mark.parametrize(
    ("points", "grain", "want"),
    [
        ([OK, OK, OK], 15, "..."),
        ([OK, NONE, OK, OK], 15, "...."),  # one column that a probe just missed
        ([OK, NONE, NONE, OK], 15, ".gg."),
        ([OK, NONE, NONE, NONE, OK], 60, "....."),  # asked once a minute
        ([NONE, NONE, NONE, OK], 15, "ggg."),  # before the first
        ([OK, NONE, NONE], 15, "..."),  # the newest may still come
        ([OK, NONE, NONE, NONE, NONE], 15, ".gg.."),
        ([OK, BAD, OK], 15, ".f."),
        ([OK, BAD, NONE, BAD, OK], 60, ".fff."),  # failed all the while
        ([OK, (4, 1, 80.0), OK], 15, ".s."),
        ([(1, 0, None), OK], 15, ".."),  # up, and could not be timed
    ],
)
def test_what_a_column_is(points: list[tuple[int, int, float | None]], grain: float, want: str) -> None:
    assert states(points, grain) == want


def test_a_recorded_gap_is_a_gap_however_short() -> None:
    at = NOW - timedelta(seconds=30)
    gap = Gap(since=at, until=at + timedelta(seconds=15), cause="sleep")
    assert states([OK, OK, NONE, OK], 15, gap) == "..g."
    assert states([OK, OK, OK, OK], 15, gap) == "....", "what was measured in it stays"
    other = Gap(since=at, until=at + timedelta(seconds=15), cause="stall", target=2)
    assert states([OK, OK, NONE, OK], 15, other) == "....", "of another target"


def test_a_line_runs_on_between_answers_and_breaks_at_what_went_wrong() -> None:
    curve = Curve((10.0, None, None, 40.0, None, 70.0), ("", "", "", "", "failed", ""))
    wide = spread(curve, 12)
    assert wide.values[0] == 10 and wide.values[3] == pytest.approx(25) and wide.values[6] == 40
    assert all(value is None for value in wide.values[8:10]) and wide.states[8:10] == ("failed", "failed")
    assert spread(Curve((1.0, 9.0, 3.0, 4.0), ("",) * 4), 2).values == (9.0, 4.0), "the worst of what falls together"


@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.floats(0.01, 20_000)), st.sampled_from(["", "gap", "some", "failed"])),
        max_size=80,
    ),
    st.integers(4, 120),
    st.integers(1, 30),
    st.sampled_from([30.0, 300.0, 5000.0]),
)
def test_any_picture_has_its_size(
    columns: list[tuple[float | None, str]], inner: int, tall: int, target: float
) -> None:
    curve = Curve(tuple(value for value, _ in columns), tuple(state for _, state in columns))  # type: ignore[arg-type]
    rows = (
        rows_of(Picture(curve, target, (Mark(0.5, "deploy 3f9c2a1"), Mark(0.52, "x" * 90))), inner, tall)
        if columns
        else []
    )
    assert len(rows) == (tall if columns else 0)
    assert all(len(row.cells) == inner and all(len(cell[0]) == 1 for cell in row.cells) for row in rows)


def drawn(picture: Picture, inner: int = 24, tall: int = 7) -> list[str]:
    return [
        f"{row.label:>4} {''.join(cell[0] for cell in row.cells)} {row.tail}".rstrip()
        for row in rows_of(picture, inner, tall)
    ]


def test_a_picture_in_words() -> None:
    values = [100.0] * 12 + [None] * 4 + [100.0] * 12 + [500.0] * 12 + [None] * 8
    kinds = [""] * 12 + ["failed"] * 4 + [""] * 24 + ["gap"] * 8
    picture = Picture(Curve(tuple(values), tuple(kinds)), 300.0, (Mark(14 / 23, "deploy 3f9c2a1"),))  # type: ignore[arg-type]
    lines = drawn(picture)
    assert lines == [
        " 600               ┊",
        "                   ⡤⠤⠤⠤⠤⠤",
        "                   ⡇",
        " 300 ┈┈┈┈┈┈┈┈┈┈┈┈┈⢠⠇┈┈┈┈┈     target",
        "                  ⢸┊",
        "     ⠤⠤⠤⠤⠤⠤  ⠤⠤⠤⠤⠤⠼┊",
        "   0       ✕✕      ┊     ····",
    ]
    band = [row.cells[6][2] for row in rows_of(picture, 24, 7)]
    assert band == ["fault"] * 7, "failed time is a tinted band over the whole height"
    assert {row.cells[2][2] for row in rows_of(picture, 24, 7)} == {""}


def test_a_mark_has_its_label_where_the_line_leaves_room() -> None:
    flat = Curve((100.0,) * 80, ("",) * 80)
    lines = drawn(Picture(flat, 300.0, (Mark(0.9, "deploy 3f9c2a1"), Mark(0.02, "deploy aaaaaaa"))), 60, 7)
    assert "deploy 3f9c2a1 ┊" in lines[0] and "┊ deploy aaaaaaa" in lines[0]
    assert all(line.count("┊") == 2 for line in lines[:3]), lines


@pytest.mark.parametrize(
    ("values", "target", "tall"),
    [((80, 120), 300, 12), ((80, 900), 300, 8), ((4000, 9000), 5000, 14), ((290, 310), 300, 5), ((1, 2), 3, 20)],
)
def test_the_target_stands_on_the_scale(values: tuple[float, ...], target: float, tall: int) -> None:
    scale = scale_of(Curve(tuple(map(float, values)), ("",) * len(values)), tall, float(target))
    assert 0 <= scale.row(target) < tall
    assert scale.ticks()[0] == (tall - 1, 0.0) and all(0 <= row < tall for row, _ in scale.ticks())


def test_far_below_the_target_the_scale_is_the_data_s() -> None:
    curve = Curve((9.0, 11.0, 12.0), ("",) * 3)
    scale = scale_of(curve, 9, 300.0)
    assert scale.row(300.0) < 0 and scale.row(12.0) >= 0
    assert "target 300 ↑" in drawn(Picture(curve, 300.0), 40, 9)[0]


def test_one_slow_answer_does_not_flatten_the_rest() -> None:
    curve = Curve((*[100.0] * 199, 9000.0), ("",) * 200)
    scale = scale_of(curve, 10, 300.0)
    assert scale.row(100.0) < 9 and scale.dot(9000.0) == 39, "it is drawn at the top"


def test_a_rise_is_one_line() -> None:
    bits = bits_of(Curve((0.0, 100.0), ("", "")), Scale(100.0, 3, 4))
    assert [row[0] > 0 for row in bits] == [True, True, True, True]


def test_sparks() -> None:
    def line(*columns: tuple[float | None, str], width: int = 0) -> str:
        curve = Curve(tuple(value for value, _ in columns), tuple(state for _, state in columns))  # type: ignore[arg-type]
        return plain_text(spark(curve, width or len(columns) // 2, 300.0))

    low, high, failed, gap = (80.0, ""), (400.0, ""), (None, "failed"), (None, "gap")
    assert line(low, low, low, low) == "⣀⣀"
    assert line(high, high) == "⠉" and spark(Curve((400.0, 400.0), ("", "")), 1, 300.0) == [("⠉", "warn")]
    assert line(low, failed, gap, gap) == "✕·"
    assert line(low, gap) == "⡀"
    assert line((200.0, ""), (299.0, "")) == "⠒" and line((300.0, ""), (301.0, "")) == "⠊"
    assert line(low, low, low, low, width=5) == "⣀⣀⣀⣀⡀"
    assert spark(Curve(), 0, 300.0) == [] and plain_text(spark(Curve(), 3, 300.0)) == "   "


def test_plain_lines_keep_their_heights() -> None:
    levels = ["⣀", "⠤", "⠒", "⠉"]
    assert [level.translate(PLAIN) for level in levels] == ["_", ".", "-", "'"]
    assert all(chr(0x2800 + bits).translate(PLAIN).isascii() for bits in range(256))
    assert "┈┊".translate(PLAIN) == "-|"


def test_hours_never_touch() -> None:
    hours = tuple((part / 4, "13:02") for part in range(5))
    for inner in range(60):
        line = hours_line(hours, inner)
        assert len(line) == inner and all(word in ("13:02",) for word in line.split())


def test_numbers_on_the_axis() -> None:
    assert [number(value) for value in (0, 2.5, 150, 1500, 10_000, 20_000)] == [
        "0",
        "2.5",
        "150",
        "1500",
        "10 s",
        "20 s",
    ]


@pytest.mark.parametrize("window", [timedelta(minutes=5), timedelta(hours=1), timedelta(hours=24), timedelta(days=7)])
@pytest.mark.parametrize("dots", [40, 110, 158, 400])
def test_columns_are_as_long_as_people_count(window: timedelta, dots: int) -> None:
    count = columns_in(window, dots)
    assert count <= dots and window.total_seconds() / count in NICE_S


def test_what_is_drawn_is_said() -> None:
    target = Target(name="a", host="a.test", port=443, every_s=15)
    windows = [timedelta(seconds=seconds) for seconds in (300, 3600, 6 * 3600, 7 * 86400)]
    said = [value_of(window, target, columns_in(window, 158)) for window in windows]
    assert [value for value, _ in said] == ["slowest", "slowest", "p95", "p95"]
    assert [words for _, words in said] == [
        "ms, every response",
        "ms, the slowest in each 30 s",
        "ms, 19 of 20 responses, each 10 min",
        "ms, 19 of 20 responses, each 2 h",
    ]
    assert all(one != other for one, other in itertools.pairwise(words for _, words in said))


def test_the_name_of_a_mark_never_lies_over_the_words_of_the_target() -> None:
    line = Curve(values=(20.0,) * 80, states=("",) * 80)
    picture = Picture(line, 300.0, (Mark(0.97, "deploy 270b47a"),))
    top = "".join(cell[0] for cell in rows_of(picture, 40, 6)[0].cells)
    assert "target 300 ↑" in top
