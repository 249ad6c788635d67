"""Latency over time, Line API: braille line, the target as a dotted line, failures as tinted bands with a cross,
deploys, gaps as gaps."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from ... import text
from ..curve import Curve, Scale, State, bits_of, scale_of, spread
from ..ink import PLAIN, Inked, Span

Cell = tuple[str, str, str]
"""Glyph, tone and ground."""
RIGHT = 11
"""Cells behind the line: the word beside the target, and the margin."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, at this part of the width from the left."""

    at: float
    label: str
    tone: str = "accent"


@dataclass(frozen=True, slots=True)
class Picture:
    """All that a chart draws. `said` stands there in place of a line, on the page axis."""

    curve: Curve = field(default_factory=Curve)
    target_ms: float = 300.0
    marks: tuple[Mark, ...] = ()
    hours: tuple[tuple[float, str], ...] = ()
    said: tuple[tuple[Span, ...], ...] = ()


class Chart(Inked, Widget):
    """Draws a picture; makes its lines only when the picture, the size or the theme is another one."""

    DEFAULT_CSS = "Chart { height: 1fr; background: $paper; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self.picture = Picture()
        self._drawn: tuple[tuple[object, ...], list[Strip]] = ((), [])

    def show(self, picture: Picture) -> None:
        """Another picture; nothing is drawn where it is the same."""
        if picture != self.picture:
            self.picture = picture
            self.refresh()

    @property
    def inner(self) -> int:
        """Cells that the line has."""
        return max(0, self.size.width - self.axis - 6 - RIGHT)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 8

    def render_line(self, y: int) -> Strip:
        size, plain = self.size, getattr(self.app, "plain", False)
        key = (self.picture, size, self.app.theme, plain, self.axis)
        if self._drawn[0] != key and not len(self.picture.curve):
            self._drawn = (
                key,
                [self.ink_strip([(" " * self.axis, "ink"), *said], size.width) for said in self.picture.said],
            )
        elif self._drawn[0] != key:
            rows = rows_of(self.picture, self.inner, size.height - 1)
            strips = [self._strip(row, size.width, plain) for row in rows]
            hours = hours_line(self.picture.hours, self.inner)
            strips.append(self.ink_strip([(" " * (self.axis + 6), "ink"), (hours, "ink3")], size.width))
            self._drawn = (key, strips)
        strips = self._drawn[1]
        return strips[y] if y < len(strips) else self.ink_strip([], size.width)

    def _strip(self, row: ChartRow, width: int, plain: bool) -> Strip:
        """A row of exactly `width` cells; neighbours that look the same are one segment."""
        label = row.label.rjust(4)[:5]
        cells: list[Cell] = [(" " * (self.axis + 4 - len(label)) + label + "  ", row.label_tone, ""), *row.cells]
        tail = f"  {row.tail}"[: RIGHT - 1]
        cells.append((tail + " " * (RIGHT - len(tail)), "ink2", ""))
        segments: list[Segment] = []
        together, look = "", ("", "")
        for glyph, tone, ground in cells:
            if (tone, ground) != look and together:
                segments.append(Segment(together.translate(PLAIN) if plain else together, self.ink_style(*look)))
                together = ""
            look = (tone, ground)
            together += glyph
        segments.append(Segment(together.translate(PLAIN) if plain else together, self.ink_style(*look)))
        return Strip(segments).adjust_cell_length(max(0, width), self.ink_style("ink"))


@dataclass(frozen=True, slots=True)
class ChartRow:
    """The label before a row, its cells, and the word behind."""

    label: str
    label_tone: str
    cells: list[Cell]
    tail: str = ""


def rows_of(picture: Picture, inner: int, tall: int) -> list[ChartRow]:
    """The rows above the hours."""
    if inner < 4 or tall < 1:
        return []
    curve = spread(picture.curve, inner * 2)
    scale = scale_of(curve, tall, picture.target_ms)
    bits = bits_of(curve, scale)
    aim = scale.row(picture.target_ms)
    ticks = dict(scale.ticks())
    states = [{curve.states[2 * x], curve.states[2 * x + 1]} for x in range(inner)]
    hot = [
        any(value is not None and value > picture.target_ms for value in curve.values[2 * x : 2 * x + 2])
        for x in range(inner)
    ]
    marks = {min(inner - 1, max(0, round(mark.at * (inner - 1)))): mark for mark in picture.marks}
    said = f"target {number(picture.target_ms)} ↑" if aim < 0 else ""
    notes: dict[int, Span] = {inner - len(said) + n: (char, "ink3") for n, char in enumerate(said) if inner > len(said)}
    _label(notes, marks, bits[0], inner)
    rows = []
    for y in range(tall):
        cells = [_cell(x, y, bits, states[x], aim, hot[x], scale, marks, notes) for x in range(inner)]
        label = number(picture.target_ms) if y == aim else number(ticks[y]) if y in ticks else ""
        tail = "target" if y == aim else ""
        rows.append(ChartRow(label, "ink2" if y == aim else "ink3", cells, tail))
    return rows


def _cell(
    x: int,
    y: int,
    bits: list[list[int]],
    states: set[State],
    aim: int,
    hot: bool,
    scale: Scale,
    marks: dict[int, Mark],
    notes: dict[int, Span],
) -> Cell:
    ground = "fault" if "failed" in states else ""
    bottom = y == scale.tall - 1
    if y == 0 and x in notes:
        return (*notes[x], ground)
    if bits[y][x]:
        return (chr(0x2800 + bits[y][x]), "warn" if hot and y <= aim else "ink2", ground)
    if bottom and states & {"failed", "some"}:
        return ("✕", "fail", ground)
    if x in marks:
        return ("┊", marks[x].tone, ground)
    if bottom and "gap" in states:
        return ("·", "ink3", ground)
    if y == aim and "gap" not in states:
        return ("┈", "ink3", ground)
    return (" ", "ink", ground)


def _label(notes: dict[int, Span], marks: dict[int, Mark], top: list[int], inner: int) -> None:
    """Puts the marks' labels into the top row: at the left of each where there is room, else at its right, else
    none."""
    for x, mark in sorted(marks.items(), reverse=True):
        label = text.printable(text.shorten(mark.label, 24))
        for start in (x - len(label) - 1, x + 2):
            place = range(start, start + len(label))
            around = range(start - 1, start + len(label) + 1)
            if (
                place.start >= 0
                and place.stop <= inner
                and not any(top[n] for n in place)
                and not any(n in notes for n in around)
            ):
                if any(n in marks for n in place):
                    continue
                notes |= {start + n: (char, mark.tone) for n, char in enumerate(label)}
                break


def hours_line(hours: tuple[tuple[float, str], ...], inner: int) -> str:
    """Times under the line, each centred on its place, the first and last at the edges; what would touch another is
    left out."""
    line = [" "] * max(0, inner)
    for at, label in hours:
        middle = round(at * (inner - 1)) - len(label) // 2
        start = max(0, min(inner - len(label), middle))
        around = range(max(0, start - 2), min(inner, start + len(label) + 2))
        if start + len(label) <= inner and all(line[n] == " " for n in around):
            line[start : start + len(label)] = label
    return "".join(line)


def number(value: float) -> str:
    """ms as a tick has them: 300, 1500, 10 s from ten seconds on."""
    if value >= 10_000:
        return f"{value / 1000:g} s"
    return f"{value:g}" if value < 10 else f"{value:.0f}"
