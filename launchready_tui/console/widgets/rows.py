"""What a table is made of: columns, rows with keys, and the kinds of rows that the filter knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..ink import Cell, Span


@dataclass(frozen=True, slots=True)
class Col:
    """A column; width 0 takes what is left. It shows only where the ledger is `above` to `below` cells wide."""

    title: Cell = ""
    width: int = 0
    right: bool = False
    tone: str = "ink"
    above: int = 0
    below: int = 9999
    gap: int = 2


@dataclass(frozen=True, slots=True)
class Row:
    """A line. `key` names it for good: the selection follows the key. `state` is what the filter goes by."""

    key: str
    cells: Sequence[Cell] = field(default_factory=tuple)
    mark: Span = (" ", "ink3")
    state: str = ""
    apart: bool = False
    """A line of the table that cannot be selected: a sum, a head between groups."""
    rule: bool = False
    """A hairline instead of cells, above sums."""
    across: bool = False
    """Its cells follow each other over the whole width, whatever the columns are; a last one of one character is
    repeated to the end."""
    inside: tuple[Row, ...] = ()
    """Lines that it stands for while they are not shown: find and filter look at them too."""


FILTERS: tuple[tuple[str, frozenset[str]], ...] = (
    ("all", frozenset()),
    ("open", frozenset({"fail", "warn", "unknown", "stale", "asks", "new", "checking"})),
    ("problems", frozenset({"fail"})),
    ("warnings", frozenset({"warn"})),
    ("could not check", frozenset({"unknown", "stale", "new"})),
    ("asks you", frozenset({"asks"})),
    ("passes", frozenset({"pass", "na"})),
    ("known risks, after launch", frozenset({"accepted", "later"})),
)
