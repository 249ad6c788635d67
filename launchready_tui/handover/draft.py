"""A document in the making: it counts what is known and notes what is not while it is written."""

from __future__ import annotations

from collections.abc import Sequence

from .. import text
from .blocks import BLANK, About, Block, Cell, CellKind, Code, Column, Facts, Heading, Para, Steps, Table
from .markdown import render
from .model import Document, Gap
from .snapshot import Snapshot
from .words import column_list, moment


class Draft:
    """Collects the blocks of one document."""

    def __init__(self, snapshot: Snapshot, name: str, title: str, file: str) -> None:
        self.snapshot = snapshot
        self.id, self.title, self.file = name, title, file
        self.blocks: list[Block] = []
        self.gaps: list[Gap] = []
        self.have = 0
        self.of = 0

    def fact(
        self,
        value: str,
        missing: str,
        screen: str,
        kind: CellKind = "text",
        link: str = "",
        short: str = "",
        about: About = None,
    ) -> Cell:
        """A fact that the document should hold: its cell, or a visible gap that says what is missing and where it is
        filled.

        In a table the row already tells of what; `short` is then said in the cell. `about` is the entry, check or
        problem that lacks it, or the table that an entry is missing from.
        """
        self.of += 1
        words = text.clean(value)
        if words:
            self.have += 1
            return Cell(words, kind, link=link)
        self.gaps.append(Gap(missing, screen, about))
        return Cell(short or missing, "gap", about=about)

    def known(self, cell: Cell, missing: str, screen: str, is_known: bool, *, about: About = None) -> Cell:
        """A fact whose cell has words of its own in either case, such as the state of a check."""
        self.of += 1
        if is_known:
            self.have += 1
        else:
            self.gaps.append(Gap(missing, screen, about))
        return cell

    def heading(self, words: str) -> None:
        """A heading inside the document; a table brings its own."""
        self.blocks.append(Heading(words))

    def lead(self, words: str) -> None:
        """The paragraph under the title: what the document is for."""
        self.blocks.append(Para(words, "lead"))

    def note(self, words: str) -> None:
        """A paragraph beside the matter, set apart from what is listed."""
        self.blocks.append(Para(words, "note"))

    def facts(self, *rows: tuple[str, Cell]) -> None:
        """Pairs of a label and what is known; a row whose cell is BLANK is left out."""
        self.blocks.append(Facts(tuple(row for row in rows if row[1] is not BLANK)))

    def steps(self, *items: str, numbered: bool = True) -> None:
        """A list to be gone through, numbered unless the order does not matter."""
        self.blocks.append(Steps(tuple(items), numbered))

    def table(
        self,
        caption: str,
        columns: str | tuple[Column, ...],
        rows: Sequence[tuple[Cell, ...]],
        *,
        csv: str = "",
        empty: str = "Nothing to list.",
    ) -> None:
        """A table; `columns` may be heads between bars: `+` gives room, `#` sets numbers right, `@` names people."""
        heads, shown = self.snapshot.shown(columns if isinstance(columns, tuple) else column_list(columns), tuple(rows))
        self.blocks.append(Table(caption, heads, shown, csv, empty))

    def pastes(self, title: str, *checks: str) -> None:
        """The exact lines that mend what these checks found, once each."""
        seen: set[str] = set()
        for one in self.snapshot.open_findings(*checks):
            remedy = one.finding.remedy
            if remedy is None or not remedy.paste or remedy.paste in seen:
                continue
            if not seen:
                self.heading(title)
            seen.add(remedy.paste)
            where = f" ({text.clean(remedy.where)})" if remedy.where else ""
            self.blocks.append(Code(text.clean_block(remedy.paste), f"{text.clean(remedy.text)}{where}", paste=True))

    def finish(self) -> Document:
        """The document, with its Markdown."""
        shot = self.snapshot
        blocks = tuple(self.blocks)
        foot = f"{text.clean(shot.launch.name)}, {self.title.lower()}, made by LaunchReady on {moment(shot.made_at)}. "
        foot += f"{self.have} of {self.of} facts known."
        return Document(
            self.id,
            self.title,
            self.file,
            self.have,
            self.of,
            tuple(dict.fromkeys(self.gaps)),
            blocks,
            render(self.title, shot.banners, blocks, foot),
        )


def plain(value: str) -> Cell:
    """Foreign or own text as a cell; nothing is a blank."""
    words = text.clean(value)
    return Cell(words) if words else BLANK


def code(value: str) -> Cell:
    """A name or value to read letter by letter."""
    words = text.clean(value)
    return Cell(words, "code") if words else BLANK
