"""Where a gap of the handover folder is filled: the page, and on people and access the table and the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..findings import Finding
from ..launch.inventory import Access, Backup, Recovery, System
from ..launch.people import Person
from ..roadmap.model import CheckSpec
from .kinds import KIND

if TYPE_CHECKING:
    from ..handover.blocks import Block
    from ..handover.model import Gap

PAGES = {"l": "launch", "p": "people", "x": "fixes", "k": "credentials", **{str(n): f"stage{n}" for n in range(1, 8)}}
"""The bundle names a page by its key."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page; `table` and `line` on people and access; `form` opens launch day's plan; `finding` in the fix order;
    `check` on a stage."""

    page: str
    table: str = ""
    line: str = ""
    form: bool = False
    finding: str = ""
    check: str = ""


_TABLES: dict[type, str] = {
    System: "systems",
    Access: "access",
    Backup: "backups",
    Recovery: "recovery",
    Person: "people",
}


def place_of(gap: Gap) -> Place:
    """Where this gap is filled."""
    about = gap.about
    if isinstance(about, CheckSpec):
        return Place(PAGES.get(gap.screen, "overview"), check=about.id)
    if isinstance(about, Finding):
        return Place("fixes", finding=about.id)
    if isinstance(about, str) and about in KIND:
        return Place("people", about)
    if about is not None and not isinstance(about, str):
        table = _TABLES[type(about)]
        return Place("people", table, KIND[table].key(about))
    page = PAGES.get(gap.screen, "overview")
    return Place(page, form=page == "launch" and about != "sprint")


def gaps_of(blocks: Iterable[Block]) -> Iterator[Gap]:
    """The gaps of a page that is no document and counts none, such as the emergency card."""
    from ..handover.blocks import Para, Table
    from ..handover.model import Gap as Missing

    seen: set[str] = set()
    for block in blocks:
        if isinstance(block, Para) and block.kind == "gap":
            yield Missing(block.text, "l")
        if isinstance(block, Table):
            for row in block.rows:
                for cell in row:
                    words = (
                        f"{cell.text} of {row[1].text or row[0].text}"
                        if row[1].kind != "gap"
                        else f"{row[0].text}: {cell.text}"
                    )
                    if cell.kind == "gap" and words not in seen:
                        seen.add(words)
                        yield Missing(words, "p", cell.about)
            if not block.rows:
                yield Missing("who to call first when something breaks", "l", "contacts")
