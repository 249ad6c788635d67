"""The handover folder: how full each document is, what is missing and where it is filled, and how the selected one reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget

from .. import words
from ..ink import Spans
from ..store import Snapshot
from ..target import Target
from ..widgets.ledger import Col, Ledger, Row
from ..widgets.lines import Line, Lines
from ..widgets.paper import lines_of
from ..widgets.story import Story, Told, title_lines
from .page import Page

if TYPE_CHECKING:
    from ...handover import Document, Exported

# Where a gap is filled: the bundle names a page by its key.
PAGES = {"l": "launch", "p": "people", "x": "fixes", "k": "credentials", **{str(n): f"stage{n}" for n in range(1, 8)}}


class Written(Message):
    """The folder was written."""

    bubble = False

    def __init__(self, exported: Exported) -> None:
        super().__init__()
        self.exported = exported


def fullness(have: int, of: int, width: int = 7) -> Spans:
    """A bar of what is filled."""
    done = have * width // of if of else 0
    return [("━" * done, "pass" if have == of else "ink2"), ("━" * (width - done), "rule")]


class HandoverPage(Page):
    """Key b."""

    TITLE_KEY = "b"
    AUTO_FOCUS = "#docs"
    HINTS = ("show.panel", "list.find")
    HELP = (
        "The handover folder: its documents with how many of their facts are known, what is missing in the selected "
        "one, and how it reads. Enter on a "
        "document exports the folder; enter on something missing goes to the place where it is filled. m reads the document."
    )

    def __init__(self) -> None:
        super().__init__()
        self.documents: tuple[Document, ...] = ()
        self.version = -1
        self.exporting = False

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        with Horizontal(id="work"):
            with Vertical(id="left"):
                yield Ledger(
                    [Col("Document", 0), Col("", 7, gap=1), Col("facts", 7, right=True, tone="ink3", gap=1)], end=0, hold=True, id="docs"
                )
                yield Ledger([Col("Missing", 0), Col("fill in at", 10, right=True, tone="ink b")], end=0, id="gaps", wrap=2)
            yield Story(id="paper")

    def draw(self, snap: Snapshot) -> None:
        from ...handover import documents, folder_name

        console = self.console
        if self.version != console.store.version:
            self.documents, self.version = documents(console.workspace, now=snap.now), console.store.version
        have, of = sum(one.have for one in self.documents), sum(one.of for one in self.documents)
        rows = []
        for one in self.documents:
            full = one.have == one.of
            rows.append(
                Row(
                    one.id,
                    [one.title, fullness(one.have, one.of), f"{one.have}/{one.of}"],
                    words.glyph("pass" if full else "none"),
                    "pass" if full else "unknown",
                )
            )
        self.query_one("#docs", Ledger).show(rows)
        left: Spans = [("Handover", "ink b"), (f"   {len(self.documents)} documents", "ink3")]
        if self.app.size.width >= 100:
            left.append((f", {have} of {of} facts", "ink3"))
        right: Spans = [("enter", "ink b"), (" export   ", "ink3"), (f"{folder_name(snap.launch.name, snap.now)}/", "ink2")]
        if self.exporting:
            right = [("writing …", "accent")]
        self.query_one("#title", Lines).show([Line(left, right, ("b", "ink3"))])
        self._read(snap)

    def _document(self) -> Document | None:
        key = self.query_one("#docs", Ledger).key
        return next((one for one in self.documents if one.id == key), None)

    def _read(self, snap: Snapshot) -> None:
        document = self._document()
        if document is None:
            return
        gaps = [Row(f"{n}", [gap.text, gap.screen], words.glyph("unknown"), "unknown") for n, gap in enumerate(document.gaps)]
        self.query_one("#gaps", Ledger).show(gaps, empty="Nothing is missing here")
        paper = self.query_one("#paper", Story)
        if paper.size.width < 16:
            return
        width = min(paper.text_width, 96)
        head = title_lines(document.title, [(f"{document.have} of {document.of}", "ink3")], paper.text_width)
        paper.tell(Told((*head, *lines_of(document.blocks, width)), len(head)), document.id)

    def target(self) -> Target | None:
        standing = self.console.snapshot.standing("handover.documents")
        return Target(standing) if standing else None

    def panel(self) -> Widget | None:
        self.add_class("-paper")
        paper = self.query_one("#paper", Story)
        self.call_after_refresh(paper.focus)
        self.call_after_refresh(self.redraw)
        return paper

    def leave(self) -> bool:
        docs = self.query_one("#docs", Ledger)
        if self.has_class("-paper") or self.focused is not docs:
            self.remove_class("-paper")
            self.call_after_refresh(docs.focus)
            return True
        return False

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        event.stop()
        if event.ledger.id == "docs":
            self._read(self.console.snapshot)

    async def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        event.stop()
        if event.ledger.id == "gaps":
            document = self._document()
            if document is not None:
                await self._fill(document.gaps[int(event.key)].screen)
            return
        await self._ask()

    async def _fill(self, screen: str) -> None:
        """Goes to where a gap is filled."""
        await self.console.open_page(PAGES.get(screen, "overview"))

    async def _ask(self) -> None:
        from .dialog import Question

        out = self.console.out
        missing = sum(len(one.gaps) for one in self.documents)

        def answered(yes: bool | None) -> None:
            if yes:
                self.exporting = True
                self.redraw()
                self.write(out)

        lines = [
            f"A folder and a zip of it are written into {out}.",
            f"{words.plural(missing, 'fact')} will stand in it as not filled." if missing else "Nothing is missing in it.",
            "It names people and how to reach them: hand it only to those who run the product.",
        ]
        await self.app.push_screen(Question("Export the handover folder?", lines, "export"), answered)

    @work(thread=True, exclusive=True, exit_on_error=False, group="export", name="export")
    def write(self, out: Path) -> None:
        """Writes the folder, off the loop."""
        from ...handover import ExportError, export

        workspace = self.console.workspace
        try:
            done = export(workspace, out, now=workspace.clock.now())
        except ExportError as why:
            self.app.call_from_thread(self._failed, str(why))
        else:
            self.post_message(Written(done))

    def _failed(self, why: str) -> None:
        self.exporting = False
        self.console.say(why, wrong=True)
        self.redraw()

    def on_written(self, message: Written) -> None:
        self.exporting = False
        done = message.exported
        self.console.store.renew()
        self.console.store.say("pass", f"Handover folder written: {done.folder}")
        self.console.say(
            f"Written: {done.folder} and {done.zip.name}, {words.plural(len(done.files), 'file')}; `launchready verify` proves it whole"
        )
        self.redraw()
