"""What earlier runs of a check said, the newest first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from textual.app import ComposeResult

from ... import clock
from .. import words
from ..ink import Cell
from ..store import Snapshot
from ..target import Target
from ..widgets.ledger import Col, Ledger, Row
from ..widgets.lines import Line, Lines
from .page import Page


class History(Page):
    """Opened with h."""

    AUTO_FOCUS = "#runs"
    HINTS = ("find", "list.filter", "back")
    HELP = (
        "Every saved result of one check, newest first: its state, its open findings, and how long it took. Escape "
        "goes back."
    )

    def __init__(self, check: str) -> None:
        super().__init__()
        self.check = check

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        yield Ledger(
            [
                Col("Run (UTC)", 20),
                Col("ago", 7, right=True, tone="ink3", above=70),
                Col("state", 16, tone="ink2", gap=3),
                Col("open", 4, right=True),
                Col("took", 7, right=True, tone="ink3", above=90),
                Col("worst found", 0, tone="ink2", gap=3),
            ],
            id="runs",
            empty="This check has not run yet: press r to run it",
        )

    def target(self) -> Target | None:
        standing = self.console.snapshot.standing(self.check)
        return Target(standing) if standing else None

    def lay_again(self) -> Callable[[], Awaitable[None]] | None:
        return partial(self.console.lay, "history", self.check)

    def draw(self, snap: Snapshot) -> None:
        spec = snap.roadmap.checks[self.check]
        stage = snap.stage_of(self.check)
        kept = self.console.workspace.journal.history(self.check)
        rows = []
        for run, result in kept:
            found = sorted((one for one in result.findings if one.is_open), key=lambda one: one.severity.weight)
            look = words.look(result.state)
            told: Cell = words.headline(found[0], snap.launch) if found else ("nothing open", "ink3")
            cells: list[Cell] = [
                f"{result.started_at:%Y-%m-%d %H:%M:%S}",
                clock.ago(result.started_at, snap.now),
                words.WORDS[look],
                str(len(found)) if found else ("·", "rule"),
                f"{result.duration_ms / 1000:.2f} s",
                told,
            ]
            rows.append(Row(f"{run}-{result.started_at.timestamp()}", cells, words.glyph(look), look))
        self.query_one("#runs", Ledger).show(rows)
        title = [("History", "ink b"), (f"   {spec.title}", "ink3")]
        self.query_one("#title", Lines).show(
            [
                Line(
                    title,
                    [(words.plural(len(kept), "answer"), "ink2"), (" kept", "ink3")],
                    (str(stage.number) if stage else "", "ink3"),
                )
            ]
        )
