"""Glyphs, words and colours of the terminal's text: a state is always a glyph and a word, colour only helps."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from ...findings import State
from ...text import for_terminal
from .. import Standing

GLYPHS: dict[str, str] = {
    "pass": "●",
    "warn": "▲",
    "fail": "✕",
    "info": "·",
    "unknown": "?",
    "not-applicable": "–",
    "accepted": "◆",
    "later": "↷",
    "stale": "◌",
    "asked": "?",
    "new": "·",
}
WORDS: dict[str, str] = {
    "pass": "passes",
    "warn": "warning",
    "fail": "problem",
    "info": "info",
    "unknown": "could not check",
    "not-applicable": "does not apply",
    "accepted": "known risk",
    "later": "after launch",
    "stale": "check again",
    "asked": "for you to answer",
    "new": "not checked yet",
}
# Every glyph of ours that is not ASCII, and what stands for it under --plain: the same as in the console.
ASCII = str.maketrans("●▲✕–◆↷◌·…─→—’", "+!x-a>o.~->-'")
# 16 colours only: they follow the terminal's own theme, light or dark.
_CODES = {
    "pass": "32",
    "warn": "33",
    "fail": "31",
    "accepted": "35",
    "later": "36",
    "dim": "2",
    "bold": "1",
    "strong-fail": "1;31",
}
_CODES |= {
    "strong-pass": "1;32",
    "strong-accepted": "1;35",
    "unknown": "36",
    "stale": "36",
    "asked": "2",
    "new": "2",
    "info": "2",
}


@dataclass(frozen=True, slots=True)
class Ink:
    """How a terminal is written to. `width` cuts nothing where it is 0 (a pipe, a file)."""

    colour: bool = False
    plain: bool = False
    width: int = 0

    def paint(self, words: str, tone: str) -> str:
        """The words in a tone, where colours are wanted."""
        code = _CODES.get(tone)
        return f"\x1b[{code}m{words}\x1b[0m" if self.colour and code and words else words

    def finish(self, words: str) -> str:
        """A whole output in the characters that are wanted: under `plain` our glyphs become ASCII."""
        return words.translate(ASCII) if self.plain else words

    def glyph(self, key: str) -> str:
        """The sign of a state, coloured where the terminal has colours."""
        return self.paint(GLYPHS[key], key)

    def state(self, key: str) -> str:
        """Glyph and word."""
        return self.paint(f"{GLYPHS[key]} {WORDS[key]}", key)

    def fit(self, words: str, used: int) -> str:
        """Foreign text made safe and cut to what is left of the line after `used` columns."""
        safe = for_terminal(words)
        return safe if not self.width else cut(safe, max(8, self.width - used))


def state_key(standing: Standing) -> str:
    """How a check stands, for glyph and word: check again, a question for a person and never run go before
    `unknown`."""
    if standing.stale and standing.state is State.UNKNOWN:
        return "stale"
    if standing.state is State.UNKNOWN and not standing.spec.automated:
        return "asked"
    if standing.state is State.UNKNOWN and standing.result is None:
        return "new"
    return str(standing.state)


def columns(words: str) -> int:
    """How many columns a terminal gives the text: wide characters two, combining ones none."""
    if words.isascii():
        return len(words)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in words
    )


def cut(words: str, width: int) -> str:
    """At most `width` columns, the last an ellipsis where something was cut."""
    if columns(words) <= width:
        return words
    out, used = "", 0
    for char in words:
        size = columns(char)
        if used + size > width - 1:
            break
        out, used = out + char, used + size
    return out.rstrip() + "…"


def pad(words: str, width: int) -> str:
    """Filled with blanks to `width` columns; not cut."""
    return words + " " * max(0, width - columns(words))
