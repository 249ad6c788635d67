"""The handover folder: how full each document is, what is missing and where it is filled, how the selected one reads,
export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget

from .. import words
from ..acts import handing, launchday
from ..gaps import gaps_of, place_of
from ..ink import Spans
from ..store import Snapshot
from ..target import Target
from ..widgets.ledger import Col, Ledger, Row
from ..widgets.lines import Line, Lines
from ..widgets.paper import lines_of
from ..widgets.story import Story, Told, title_lines
from .page import Page

if TYPE_CHECKING:
    from ...handover import Document, Exported, Gap
    from ...handover.blocks import Block

CARD = "emergency-card"


class Written(Message):
    """The folder was written."""

    bubble = False

    def __init__(self, exported: Exported, signed: bool) -> None:
        super().__init__()
        self.exported, self.signed = exported, signed


def _fullness(have: int, of: int) -> Spans:
    """A bar of what is filled, seven cells wide."""
    done = have * 7 // of if of else 0
    return [("━" * done, "pass" if have == of else "ink2"), ("━" * (7 - done), "rule")]


class HandoverPage(Page):
    """Key b."""

    AUTO_FOCUS = "#docs"
    HINTS = ("show.panel", "find")
    HELP = (
        "The handover folder: its documents, how complete each is, what is missing in the selected one, and a "
        "preview. The emergency card for the wall comes first. Enter on a document exports the folder: for the "
        "founder, or for the team without names and contacts, signed if you name a key. Enter on something missing "
        "goes to the line to fill in. m reads the document. On the checklist, y signs a line."
    )

    def __init__(self) -> None:
        super().__init__()
        self.documents: tuple[Document, ...] = ()
        self.card: tuple[Block, ...] = ()
        self.version = -1
        self.exporting = False

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        with Horizontal(id="work"):
            with Vertical(id="left"):
                yield Ledger(
                    [Col("Document", 0), Col("", 7, gap=1), Col("facts", 7, right=True, tone="ink3", gap=1)],
                    end=0,
                    hold=True,
                    id="docs",
                )
                yield Ledger(
                    [Col("Missing", 0), Col("fill in at", 10, right=True, tone="ink b")], end=0, id="gaps", wrap=2
                )
            yield Story(id="paper")

    def draw(self, snap: Snapshot) -> None:
        from ...handover import documents, emergency, folder_name, not_filled
        from ..panels import shot_of

        console = self.console
        if self.version != console.store.version:
            self.documents, self.version = documents(console.workspace, now=snap.now), console.store.version
            self.card = emergency.blocks(shot_of(snap, console.workspace))
        missing = len(not_filled(self.documents))
        gaps = len(list(gaps_of(self.card)))
        rows = [Row(CARD, ["Emergency card", "", f"{gaps} open" if gaps else "whole"], *_mark(not gaps))]
        rows += [
            Row(it.id, [it.title, _fullness(it.have, it.of), f"{it.have}/{it.of}"], *_mark(it.have == it.of))
            for it in self.documents
        ]
        self.query_one("#docs", Ledger).show(rows)
        left: Spans = [("Handover", "ink b"), (f"   {len(self.documents)} documents", "ink3")]
        if self.app.size.width >= 100:
            left.append((f", {words.plural(missing, 'fact')} missing" if missing else ", nothing missing", "ink3"))
        right: Spans = [
            ("enter", "ink b"),
            (" export   ", "ink3"),
            (f"{folder_name(snap.launch.name, snap.now)}/", "ink2"),
        ]
        if self.exporting:
            right = [("writing …", "accent")]
        self.query_one("#title", Lines).show([Line(left, right, ("b", "ink3"))])
        self._read()

    @property
    def document(self) -> Document | None:
        """The selected document; None on the emergency card."""
        key = self.query_one("#docs", Ledger).key
        return next((one for one in self.documents if one.id == key), None)

    def gaps(self) -> tuple[Gap, ...]:
        """What is missing in what is selected."""
        document = self.document
        return document.gaps if document is not None else tuple(gaps_of(self.card))

    def _read(self) -> None:
        document, gaps = self.document, self.gaps()
        rows = [Row(f"{n}", [gap.text, gap.screen], words.glyph("unknown"), "unknown") for n, gap in enumerate(gaps)]
        self.query_one("#gaps", Ledger).show(rows, empty="Nothing is missing")
        paper = self.query_one("#paper", Story)
        if paper.size.width < 16:
            return
        width = min(paper.text_width, 96)
        if document is None:
            title, told, blocks = "Emergency card", "one sheet to print", self.card
        else:
            title, told, blocks = document.title, f"{document.have} of {document.of}", document.blocks
        if document is not None and document.id == "checklist":
            told = f"{self.console.key_of('decide.confirm')} signs a line   {told}"
        head = title_lines(title, [(told, "ink3")], paper.text_width)
        paper.tell(Told((*head, *lines_of(blocks, width)), len(head)), title)

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
            self.query_one("#gaps", Ledger).reset("")
            self._read()

    async def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        event.stop()
        if event.ledger.id == "gaps":
            gaps, chosen = self.gaps(), int(event.key)
            if chosen < len(gaps):  # another document may be selected since the key was pressed
                await self._fill(gaps[chosen])
            return
        await handing.export(self.console, self)

    async def _fill(self, gap: Gap) -> None:
        """Goes to where a gap is filled."""
        from .people import PeoplePage

        console = self.console
        place = place_of(gap)
        await console.open_page(place.page)
        page = console.page
        if isinstance(page, PeoplePage) and place.table:
            page.show_kind(place.table, place.line)
        elif page is not None and (place.finding or place.check):
            page.go_to(place.check, place.finding)
        elif place.form:
            await launchday.plan(console)
        elif place.page == "launch":
            console.say("Set the sprint in launchready.toml: [sprint] start and hours")

    async def export(self) -> None:
        self.draw(self.console.snapshot)  # the form counts what is missing in the documents
        await handing.export(self.console, self)

    async def confirm(self) -> bool:
        document = self.document
        if document is None or document.id != "checklist":
            return False
        await handing.sign_a_line(self.console)
        return True

    # Exporting

    @work(thread=True, exclusive=True, exit_on_error=False, group="export", name="export")
    def write(self, wanted: handing.Wanted) -> None:
        """Writes the folder, off the loop."""
        from ...handover import ExportError, export

        workspace = self.console.workspace
        try:
            records = handing.fresh_records(workspace) if wanted.ask_dns else ()
            done = export(
                workspace,
                wanted.out,
                now=workspace.clock.now(),
                profile=wanted.profile,
                key=wanted.key,
                records=records,
                may_ask=False,
                without_comparing=wanted.without_comparing,
            )
        except ExportError as why:
            self.app.call_from_thread(self._failed, str(why))
        else:
            self.post_message(Written(done, wanted.key is not None))

    def begin(self, wanted: handing.Wanted) -> None:
        """Starts to write."""
        self.exporting = True
        self.redraw()
        self.write(wanted)

    def _failed(self, why: str) -> None:
        self.exporting = False
        self.console.say(why, wrong=True)
        self.redraw()

    def on_written(self, message: Written) -> None:
        self.exporting = False
        done = message.exported
        self.console.store.renew()
        self.console.store.say("pass", f"Handover folder written: {done.folder}")
        signed = ", signed" if message.signed else ""
        if done.uncompared:
            from ...handover import told

            self.console.store.say("unknown", told(done.uncompared))
        self.console.say(
            f"Written: {done.folder} and {done.zip.name}, {words.plural(len(done.files), 'file')}{signed}; "
            "`launchready verify` checks it"
        )
        self.redraw()


def _mark(full: bool) -> tuple[tuple[str, str], str]:
    return words.glyph("pass" if full else "none"), "pass" if full else "unknown"
