"""Text with tones, and how it becomes a strip of cells. A tone is a colour name, then optional `b` (bold) or `i`
(italic)."""

from __future__ import annotations

from typing import Literal

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from .. import text as safe

Span = tuple[str, str]
Spans = list[Span]
Cell = str | Span | Spans
Lead = Literal["axis", "hang", "none"]

GLYPHS: dict[str, str] = {
    "pass": "●",
    "warn": "▲",
    "fail": "✕",
    "info": "·",
    "unknown": "?",
    "na": "–",
    "accepted": "◆",
    "later": "↷",
    "checking": "…",
    "stale": "◌",
    "none": " ",
}
# Every glyph of ours that is not ASCII, with the one-cell character that stands for it under --plain.
PLAIN = str.maketrans(
    {
        "●": "+",
        "▲": "!",
        "✕": "x",
        "–": "-",
        "—": "-",
        "◆": "a",
        "↷": ">",
        "…": "~",
        "◌": "o",
        "·": ".",
        "━": "=",
        "─": "-",
        "▎": ">",
        "┌": "+",
        "├": "+",
        "└": "+",
        "│": "|",
        "→": ">",
        "▏": "|",
        "‹": "<",
        "›": ">",
        "▾": "v",
        "▸": ">",
        "•": "*",
        "↑": "^",
        "↓": "v",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "┈": "-",
        "┊": "|",
    }
)


def _plain_braille(bits: int) -> str:
    """A cell of a line in ASCII: where its dots stand, from below `_`, `.`, `-`, `'`; `|` for a rise through the
    cell."""
    rows = [n for n, mask in enumerate((0x09, 0x12, 0x24, 0xC0)) if bits & mask]
    if not rows:
        return " "
    return "|" if rows[-1] - rows[0] >= 2 else "'-._"[rows[-1]]


PLAIN |= {0x2800 + bits: _plain_braille(bits) for bits in range(256)}


def spans(value: Cell, tone: str = "ink") -> Spans:
    """A cell's text as spans, whatever short form it was written in."""
    if isinstance(value, str):
        return [(value, tone)]
    return [value] if isinstance(value, tuple) else list(value)


def plain_text(value: Cell) -> str:
    """The words alone."""
    return "".join(text for text, _ in spans(value))


def width_of(parts: Spans) -> int:
    """Cells that the spans take."""
    return sum(cell_len(text) for text, _ in parts)


def fit(parts: Spans, width: int, right: bool = False) -> Spans:
    """Cropped with an ellipsis, or padded, to exactly `width` cells."""
    if width <= 0:
        return []
    # A cell never needs more than this much of a text, whatever somebody put into it.
    parts = [(text[: 4 * width + 8], tone) for text, tone in parts]
    have = width_of(parts)
    if have <= width:
        pad = (" " * (width - have), "ink")
        return [pad, *parts] if right else [*parts, pad]
    out: Spans = []
    room = width - 1
    for text, tone in parts:
        size = cell_len(text)
        if size > room:
            cut = _at_word(text, set_cell_size(text, room))
            return [*out, (cut, tone), ("…", "ink3"), (" " * (room - cell_len(cut)), "ink")]
        out.append((text, tone))
        room -= size
    return [*out, ("…", "ink3"), (" " * room, "ink")]


def _at_word(text: str, cut: str) -> str:
    """The cut moved back to the end of a word, where one is near."""
    head = cut.rstrip()
    if len(cut) < len(text) and not text[len(cut)].isspace() and head == cut:
        before, blank, last = head.rpartition(" ")
        if blank and len(last) <= 14 and before.strip():
            return before.rstrip()
    return head


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken between words; a longer word (a record, a key) is broken where it must
    be."""
    width = max(1, width)
    lines: list[str] = []
    for block in text.split("\n"):
        line, used = "", 0
        inner = block.lstrip(" ")
        first, *rest = inner.split(" ")
        for word in (" " * min(len(block) - len(inner), width // 2) + first, *rest):
            size = cell_len(word)
            if line and used + 1 + size > width:
                lines.append(line)
                line, used = "", 0
            elif line:
                line, used = line + " ", used + 1
            if size > width:
                head, word = _cut(word, width - used)
                *full, word = [line + head, *break_hard(word, width)]
                lines += full
                line, used, size = "", 0, cell_len(word)
            line, used = line + word, used + size
        lines.append(line)
    return lines


def break_hard(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken anywhere: for text that is pasted as it stands."""
    width = max(1, width)
    out: list[str] = []
    for block in text.split("\n"):
        if block.isascii():
            out += [block[at : at + width] for at in range(0, len(block), width)] or [""]
            continue
        line, used = "", 0
        for char in block:
            size = cell_len(char)
            if line and used + size > width:
                out.append(line)
                line, used = "", 0
            line, used = line + char, used + size
        out.append(line)
    return out


def _cut(word: str, room: int) -> tuple[str, str]:
    """Splits a word after at most `room` cells, but after one character at least."""
    if word.isascii():
        at = max(1, room)
        return word[:at], word[at:]
    used = 0
    for at, char in enumerate(word):
        used += cell_len(char)
        if used > room and at:
            return word[:at], word[at:]
    return word, ""


def wrap_spans(parts: Spans, width: int) -> list[Spans]:
    """Spans wrapped between words; each word keeps its tone."""
    lines: list[Spans] = [[]]
    used = 0
    for text, tone in parts:
        for n, word in enumerate(text.split(" ")):
            glue = " " if n and used else ""
            if used and used + len(glue) + cell_len(word) > width:
                lines.append([])
                used, glue = 0, ""
            for at, piece in enumerate(break_hard(glue + word, width)):
                if at:
                    lines.append([])
                    used = 0
                lines[-1].append((piece, tone))
                used += cell_len(piece)
    return lines


class Inked(Widget):
    """A widget that draws spans in the colours of the current theme."""

    lead: Lead = "axis"
    """Where its text begins: on the page's axis, with room for a mark, or at its own edge."""

    def ink_style(self, tone: str, band: str = "") -> Style:
        """`band` names the ground's colour; an unknown tone has the foreground's. Made once for each theme."""
        key = (self.app.theme, tone, band)
        style = _STYLES.get(key)
        if style is None:
            name, *marks = tone.split()
            colours = self.app.theme_variables
            colour = colours.get(f"status-{name}") or colours.get(name) or colours["foreground"]
            ground = colours.get(band or "paper") or colours["background"]
            style = Style(color=colour, bgcolor=ground, bold="b" in marks or None, italic="i" in marks or None)
            _STYLES[key] = style
        return style

    def ink_strip(self, parts: Spans, width: int, band: str = "") -> Strip:
        """A strip of exactly `width` cells. Foreign text ends here: what could steer a terminal is taken out of every
        span."""
        plain = getattr(self.app, "plain", False)
        cells: list[Segment] = []
        for text, tone in fit([(safe.printable(text[: 4 * width + 8]), tone) for text, tone in parts], width):
            if text:
                cells.append(Segment(text.translate(PLAIN) if plain else text, self.ink_style(tone, band)))
        return Strip(cells, max(0, width))

    def relayout(self) -> None:
        """Asks for another height. Textual drops such a wish while an earlier one waits, so it is said again after the
        next refresh."""
        self.refresh(layout=True)
        self.call_after_refresh(self.refresh, layout=True)

    @property
    def narrow(self) -> bool:
        """Fewer than 100 columns: what is only nice to have is left out."""
        return self.app.size.width < 100

    @property
    def wide(self) -> bool:
        """130 columns and more."""
        return self.app.size.width >= 130

    @property
    def axis(self) -> int:
        """The column on which every text starts; marks hang to its left."""
        return 4 if self.narrow else 6

    def lead_width(self) -> int:
        """Cells left of the text."""
        return {"axis": self.axis, "hang": 3, "none": 0}[self.lead]


_STYLES: dict[tuple[str, str, str], Style] = {}
