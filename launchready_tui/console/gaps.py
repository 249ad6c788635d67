"""Where a gap of the handover folder is filled: the page, and on people and access the table and the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import text
from .kinds import KIND

if TYPE_CHECKING:
    from ..handover.blocks import Block
    from ..handover.model import Gap
    from ..workspace import Workspace

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


def place_of(workspace: Workspace, gap: Gap) -> Place:
    """Where this gap is filled."""
    if gap.screen == "l":
        if gap.text.startswith("who is called"):
            return Place("people", "contacts")
        return Place("launch", form=not gap.text.startswith("when the launch sprint"))
    if gap.screen == "x":
        return Place("fixes", finding=_finding(workspace, gap.text))
    if gap.screen == "p":
        return Place("people", *_line(workspace, gap.text))
    return Place(PAGES.get(gap.screen, "overview"), check=_check(workspace, gap.text))


def _check(workspace: Workspace, words: str) -> str:
    """The check that the gap asks to answer: it quotes its title, or its line of the checklist."""
    from ..handover import signing

    quoted = words.partition("“")[2].partition("”")[0]
    by_line = {item.text: item.check for item in signing.lines()}
    return (
        next((spec.id for spec in workspace.roadmap.checks.values() if spec.title == quoted), by_line.get(quoted, ""))
        if quoted
        else ""
    )


def _finding(workspace: Workspace, words: str) -> str:
    """The problem whose sentence the gap begins to quote."""
    quoted = words.partition("“")[2].rstrip("”").rstrip("…").rstrip()
    if not quoted:
        return ""
    return next((one.id for one in workspace.verdict().fixes if text.clean(one.finding.summary).startswith(quoted)), "")


def _line(workspace: Workspace, words: str) -> tuple[str, str]:
    """The line whose name the gap speaks of, the longest name first."""
    inventory = workspace.inventory
    named: list[tuple[str, str, str]] = [(one.title or one.id, "recovery", one.id) for one in inventory.recovery]
    named += [(one.store, "backups", KIND["backups"].key(one)) for one in inventory.backups]
    for one in inventory.access:
        person, system = workspace.people.label(one.person), inventory.name_of(one.system)
        named += [
            (phrase, "access", KIND["access"].key(one)) for phrase in (f"{person} in {system}", f"{person} to {system}")
        ]
    named += [(one.name or one.id, "systems", one.id) for one in inventory.systems]
    named += [(one.name or one.id, "people", one.id) for one in workspace.people.people]
    for name, table, line in sorted(named, key=lambda one: len(one[0]), reverse=True):
        if name and text.clean(name) in words:
            return table, line
    if words.startswith("recovery steps"):
        return "recovery", ""
    return (
        ("backups", "")
        if "backup" in words
        else ("systems", "")
        if "account" in words or "gets into" in words
        else ("", "")
    )


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
                        yield Missing(words, "p")
            if not block.rows:
                yield Missing("who is called first when something breaks", "l")
