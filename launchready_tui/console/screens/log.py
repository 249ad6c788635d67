"""What the runs of this session did, line by line, the newest below."""

from __future__ import annotations

from textual.app import ComposeResult

from .. import words
from ..store import Snapshot
from ..widgets.ledger import Col, Ledger, Row
from ..widgets.lines import Line, Lines
from .page import Page


class Log(Page):
    """Key g."""

    AUTO_FOCUS = "#lines"
    HINTS = ("run.all", "find", "list.filter")
    HELP = (
        "Everything that the runs of this session reported, with the time. "
        "/ finds words, here and everywhere, f shows one kind of line."
    )

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        yield Ledger(
            [Col("UTC", 8, tone="ink3"), Col("check", 18, tone="ink2", above=70), Col("", 0)],
            id="lines",
            empty="Start a run (R) to see here what it does, line by line",
        )

    def draw(self, snap: Snapshot) -> None:
        log = self.console.store.log
        ledger = self.query_one("#lines", Ledger)
        rows = []
        for line in log:
            spec = snap.roadmap.checks.get(line.check)
            rows.append(
                Row(
                    f"{line.number}",
                    [f"{line.at:%H:%M:%S}", spec.title if spec else "", line.text],
                    words.glyph(line.look),
                    line.look,
                )
            )
        at_end = ledger.index is None or not ledger.rows or ledger.key == ledger.rows[-1].key
        ledger.show(rows)
        if at_end and rows:
            ledger.select(rows[-1].key, tell=False)
        title = [("Log", "ink b"), ("   what the runs of this session did", "ink3")]
        self.query_one("#title", Lines).show([Line(title, [(words.plural(len(log), "line"), "ink2")], ("g", "ink3"))])
