"""What is on a screen as rows of text and runs of styles: what a picture must keep, whatever tool draws it.

As text, a row is its number, a bar and its words; below it, where anything differs from ink on paper, the runs: columns
(the last one left out), what the letters look like, and the ground where it is not paper. Colours go by the names of
the theme; the head says what those are.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rich.cells import cell_len
from rich.color import ColorType
from rich.style import Style
from textual.strip import Strip

from launchready_tui.console.app import Console
from launchready_tui.console.themes import NIGHT, PAPER

USUAL = "ink"
BLANK = "blank"
_ATTRIBUTES = ("bold", "dim", "italic", "underline", "strike")
_SHOWN_ON_BLANKS = ("underline", "strike")
_RUN = re.compile(r"(\d+)-(\d+) ([^,]+)")


@dataclass(frozen=True)
class Rows:
    """A screen. `looks` has one style for each cell of a row, such as `bold fail on band`."""

    colours: dict[str, str]
    """The theme's colours that are in use, by name."""
    words: tuple[str, ...]
    looks: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, app: Console) -> Rows:
        """What the console shows now."""
        return cls.drawn(app.screen._compositor.render_strips(), NIGHT if app.current_theme.dark else PAPER)

    @classmethod
    def drawn(cls, strips: Iterable[Strip], palette: Mapping[str, str]) -> Rows:
        """The rows of these strips. How a row is cut into segments does not matter, nor what a blank would look like
        if it were a letter."""
        names: dict[str, str] = {}
        for name, colour in palette.items():
            names.setdefault(colour, name)
        words, looks = [], []
        for strip in strips:
            row: list[str] = []
            for segment in strip:
                for char in segment.text:
                    row += [_look(segment.style or Style.null(), char, names)] * cell_len(char)
            words.append(strip.text.rstrip())
            looks.append(_joined(row))
        used = {word for row in looks for look in row for word in look.split()}
        return cls({name: colour for name, colour in palette.items() if name in used}, tuple(words), tuple(looks))

    @classmethod
    def read(cls, text: str) -> Rows:
        """The rows of a stored text."""
        head, *rows = text.splitlines()
        colours = dict(one.split(" ", 1) for one in head.split(", "))
        width, words, looks = 0, [], []
        for line in rows:
            if line.startswith("size "):
                width = int(line.removeprefix("size "))
            elif "│" in line[:3]:
                words.append(line[3:])
                looks.append((USUAL,) * width)
            else:
                row = list(looks[-1])
                for start, end, look in _RUN.findall(line):
                    row[int(start) : int(end)] = [look] * (int(end) - int(start))
                looks[-1] = tuple(row)
        return cls(colours, tuple(words), tuple(looks))

    def __str__(self) -> str:
        lines = [", ".join(f"{name} {colour}" for name, colour in self.colours.items()), f"size {len(self.looks[0])}"]
        for number, (words, looks) in enumerate(zip(self.words, self.looks, strict=True)):
            lines.append(f"{number:2}│{words}")
            runs = [f"{start}-{end} {look}" for start, end, look in _runs(looks) if look != USUAL]
            if runs:
                lines.append(f"    {', '.join(runs)}")
        return "\n".join(lines) + "\n"


def _joined(row: list[str]) -> tuple[str, ...]:
    """A row whose blanks take the style around them, where it is the same on both sides and on the same ground: words
    of one style are one run."""
    looks: list[str] = []
    runs = [(look, end - start) for start, end, look in _runs(row)]
    for at, (look, cells) in enumerate(runs):
        before, after = (runs[one][0] if 0 <= one < len(runs) else "" for one in (at - 1, at + 1))
        within = look.startswith(BLANK) and before != "" and before == after and _ground(before) == _ground(look)
        looks += [before if within else look.replace(BLANK, USUAL)] * cells
    return tuple(looks)


def _ground(look: str) -> str:
    return look.partition(" on ")[2]


def _look(style: Style, char: str, names: dict[str, str]) -> str:
    """A cell's style in words. What a blank would write its letter with does not show, so it is left out."""
    letters, ground = _colour(style, "color", names), _colour(style, "bgcolor", names)
    if style.reverse:
        letters, ground = ground or "paper", letters or "ink"
    said = [one for one in (_ATTRIBUTES if char.strip() else _SHOWN_ON_BLANKS) if getattr(style, one)]
    written = (letters or USUAL) if said or char.strip() else BLANK
    return " ".join((*said, written)) + ("" if ground in ("", "paper") else f" on {ground}")


def _colour(style: Style, which: str, names: dict[str, str]) -> str:
    colour = getattr(style, which)
    if colour is None or colour.type is ColorType.DEFAULT:
        return ""
    value = colour.get_truecolor().hex
    return names.get(value, value)


def _runs(looks: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Neighbours of one style together: first column, the one after the last, style."""
    at = 0
    for look, cells in itertools.groupby(looks):
        end = at + sum(1 for _ in cells)
        yield at, end, look
        at = end


def difference(old: Rows, new: Rows) -> str:
    """What changed, in words: rows of text, then styles of rows whose text is the same. Empty where nothing did."""
    told = list(difflib.unified_diff(old.words, new.words, "rows as stored", "rows as drawn now", lineterm="", n=0))
    told += [
        f"the colour {name} was {colour}, is {new.colours[name]}"
        for name, colour in old.colours.items()
        if colour != new.colours.get(name, colour)
    ]
    same = difflib.SequenceMatcher(None, old.words, new.words, autojunk=False)
    for before, after, count in same.get_matching_blocks():
        for step in range(count):
            told += _restyled(after + step, new.words[after + step], old.looks[before + step], new.looks[after + step])
    return "\n".join(told)


def _restyled(number: int, words: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[str]:
    """The styles of one row that changed, with the words that they are of."""
    if len(old) != len(new):
        yield f"row {number} was {len(old)} columns wide, is {len(new)}"
        return
    for start, end, pair in _runs(zip(old, new, strict=True)):  # type: ignore[arg-type]
        was, now = pair
        if was != now:
            text = _cells(words, start, end).strip() or "blank"
            yield f"row {number}, columns {start} to {end - 1} ({text}): was {was}, is {now}"


def _cells(words: str, start: int, end: int) -> str:
    """The text in these columns."""
    out, at = "", 0
    for char in words:
        out += char if start <= at < end else ""
        at += cell_len(char)
    return out
