"""Laid over any page: words, and what contains them, as they are typed. Enter goes there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from .. import search
from ..ink import Cell, Spans
from ..search import Thing
from ..widgets.form import SafeInput
from ..widgets.ledger import Col, Ledger, Row
from .dialog import Sheet

EMPTY = "Type words from a problem, check, rule, host, person or system"


class Find(Sheet[Thing]):
    """Gives the thing that was chosen, or nothing on escape."""

    AUTO_FOCUS: ClassVar[str | None] = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    def __init__(self, things: Sequence[Thing]) -> None:
        super().__init__("Find", (), (("enter", "go there"), ("↑ ↓", "choose"), ("esc", "close")))
        self.things = tuple(things)
        self.hits = search.Hits((), 0)

    def middle(self) -> ComposeResult:
        yield SafeInput(id="words", select_on_focus=False)
        yield Ledger(self._cols(), lead="hang", end=0, hold=True, empty=EMPTY, id="hits")

    def _cols(self) -> list[Col]:
        count = len(self.hits.things)
        more = f", the closest {count} shown" if self.hits.total > count else ""
        title: Spans = [("Found", "ink3"), (f"  {self.hits.total}{more}" if self.hits.total else "", "ink2")]
        return [Col(title, 0), Col("", 18, tone="ink2"), Col("where", 22, tone="ink2", above=90), Col("", 1, below=90)]

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.hits = search.find(self.things, event.value)
        ledger = self.query_one("#hits", Ledger)
        # Other words: the nearest is chosen anew.
        ledger.reset("")
        ledger.set_cols(self._cols())
        ledger.show(
            [self._row(n, thing, event.value) for n, thing in enumerate(self.hits.things)],
            empty="Nothing contains these words" if event.value.strip() else EMPTY,
        )

    def _row(self, n: int, thing: Thing, asked: str) -> Row:
        snap = self.console.snapshot
        name: Spans = [(search.named(thing, snap), "ink")]
        if said := search.told(thing, asked):
            name += [("  ", "ink"), (said, "ink3")]
        stage = snap.roadmap.stages[thing.stage - 1] if thing.stage else None
        where = f"{stage.number} {stage.title}" if stage else "People and access" if thing.kind == "line" else ""
        number: Cell = (str(thing.stage) if thing.stage else "", "ink3")
        return Row(str(n), [name, thing.what, where, number], thing.mark)

    # Keys of the list, while the words have the focus

    def action_move(self, step: int) -> None:
        """Up and down: a row on, while the line keeps the focus."""
        self.query_one("#hits", Ledger).action_move(step)

    def action_page(self, step: int) -> None:
        """Page up and page down: as far as one sees, while the line keeps the focus."""
        self.query_one("#hits", Ledger).action_page(step)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one("#hits", Ledger).action_choose()

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        event.stop()

    def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        event.stop()
        chosen = int(event.key)
        if chosen < len(self.hits.things):  # fewer may be found since the key was pressed
            self.dismiss(self.hits.things[chosen])

    def on_key(self, event: events.Key) -> None:
        """What is typed while the list has the focus, after a click, goes to the words."""
        words = self.query_one("#words", Input)
        if self.focused is not words and event.is_printable and event.character:
            event.stop()
            words.focus()
            words.insert_text_at_cursor(event.character)
