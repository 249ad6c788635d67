"""What a document is made of: a few kinds of blocks, drawn alike as Markdown, HTML and CSV."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..findings import Finding
from ..launch.inventory import Access, Backup, Recovery, System
from ..launch.people import Person
from ..roadmap.model import CheckSpec

CellKind = Literal["text", "quiet", "code", "gap", "state", "blank"]
Tone = Literal["", "pass", "warn", "fail", "info", "unknown", "na", "accepted", "later", "stale"]


About = System | Access | Backup | Recovery | Person | CheckSpec | Finding | str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text and how it is meant. A `state` has its glyph apart from its word; a `gap` says what is not
    filled."""

    text: str
    kind: CellKind = "text"
    tone: Tone = ""
    glyph: str = ""
    link: str = ""
    """An https address, or `#` and the id of a document; anything else is shown as text."""
    about: About = field(default=None, compare=False)
    """What a gap is about: the entry, check or problem that lacks it, or the table that an entry is missing from."""


BLANK = Cell("", "blank")


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head; `wide` columns take the room, `number` columns stand right, `people` columns are left out for
    the team."""

    head: str
    number: bool = False
    wide: bool = False
    people: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a document; level 2 is a part, level 3 a part of a part."""

    text: str
    level: Literal[2, 3] = 2
    tone: Tone = ""
    glyph: str = ""


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph. `lead` opens a document, `note` explains, `gap` names what is not filled."""

    text: str
    kind: Literal["plain", "lead", "note", "gap", "verdict"] = "plain"
    tone: Tone = ""
    glyph: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a caption. With `csv` it also becomes data/<csv>.csv. `empty` is said where there are no rows."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    csv: str = ""
    empty: str = "Nothing to list."


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of a name and what is known."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """A numbered or plain list."""

    items: tuple[str, ...]
    numbered: bool = True


@dataclass(frozen=True, slots=True)
class Code:
    """Text to paste, or raw evidence, kept letter by letter; `label` says what it is."""

    text: str
    label: str = ""
    paste: bool = False


Block = Heading | Para | Table | Facts | Steps | Code
