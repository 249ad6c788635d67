"""All that is to fix, the most urgent first, and beside the selected one why it stands there."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal

from ...verdict import FixRow, Judged
from .. import fixlist, words
from ..ink import Spans
from ..store import Snapshot
from ..target import Target
from ..widgets.ledger import Col, Ledger
from ..widgets.lines import Line, Lines
from ..widgets.story import Story, Told, decided_lines, labelled, paste_lines, title_lines
from .page import Page


def _why_first(snap: Snapshot, row: FixRow, target: Target, width: int) -> Told:
    """Every input of a row's place, so that it can be argued with; then the fix itself. Of one finding in a row of
    several, that finding and what it has in common with the others."""
    judged = target.judged
    assert judged is not None, "a line of the fix order is about a finding"
    alone = not target.together
    look = words.look(judged.state if alone else row.state)
    head = title_lines(
        f"Why this is {'first' if row.place == 1 else f'number {row.place}'}", words.state_spans(look), width
    )
    lines = labelled("What", [(judged.finding.summary if alone else row.title, "ink")], width)
    lines += _members(snap, row, judged, alone, width)
    lines.append(Line())
    stops, may = (judged.stops, judged.blocks) if alone else (row.stops, row.blocks)
    blocks: Spans = [("no, not by itself", "ink2")]
    if stops:
        blocks = [("yes, it keeps the verdict at NO-GO", "ink")]
    elif may:
        blocks = [("it may: the verdict stays NO-GO until it is checked", "ink")]
    lines += labelled("Stops", blocks, width)
    weight = words.weight(judged if alone else row.first)
    lines += labelled("Weight", [(weight, "ink"), (" if still open at launch", "ink3")], width)
    flow = judged.rank.flow if alone and judged.rank else row.flow
    lines += labelled("Flow", [(flow, "ink"), (f", {FLOW_WHY.get(flow, 'a business flow')}", "ink3")], width)
    spec = snap.roadmap.checks[row.first.finding.check]
    usual = " as a rule, for all of them" if row.shared else f" as a rule, for all of {spec.title}"
    lines += labelled("Effort", [(words.minutes(row.effort_min), "ink"), (usual, "ink3")], width)
    lines += _others(snap, "After", row.waits_for, width) or labelled(
        "After", [("nothing has to come first", "ink2")], width
    )
    lines += _others(snap, "Opens", row.unblocks, width)
    lines.append(Line())
    lines += paste_lines(judged.finding.remedy if alone else row.remedy, width)
    lines += decided_lines(snap, snap.verdict.standings[judged.finding.check], judged, width)
    return Told((*head, *lines), len(head))


def _members(snap: Snapshot, row: FixRow, judged: Judged, alone: bool, width: int) -> list[Line]:
    """What else is in the row: in counts, since the lines themselves stand in the list."""
    if judged not in row.members:
        return labelled("Behind", [(words.row_headline(row, snap.launch), "ink")], width)
    told: list[Line] = []
    if not alone:
        count = words.plural(len(row.members), "problem")
        told += labelled("In it", [(count, "ink"), (", enter shows them", "ink3")], width)
    elif len(row.members) > 1:
        others = words.plural(len(row.members) - 1, "other")
        told += labelled("With", [(f"{others}, same fix", "ink")], width)
    if row.behind:
        hidden = words.plural(len(row.behind), "finding")
        told += labelled("Hides", [(hidden, "ink"), (" that cannot be checked until this is fixed", "ink3")], width)
    return told


def _others(snap: Snapshot, label: str, places: Sequence[int], width: int) -> list[Line]:
    """The rows at these places, a line each."""
    lines: list[Line] = []
    for row in snap.verdict.rows_at(places):
        told: Spans = [(f"{row.place}  ", "ink3"), (words.row_headline(row, snap.launch), "ink")]
        lines += labelled("" if lines else label, told, width)
    return lines


FLOW_WHY = {
    "pay": "money comes first",
    "all": "it affects every flow, so it ranks first",
    "sign-up": "no one can sign up without it",
    "log-in": "no one can log in without it",
    "book": "the sale itself",
    "search": "how people find what to buy",
    "list": "what people see first",
    "message": "how buyers and sellers talk",
    "admin": "the team's own tools",
    "marketing": "how people find you",
}


class Fixes(Page):
    """Key x."""

    AUTO_FOCUS = "#order"
    HINTS = ("run.one", "find", "list.filter")
    BINDINGS = [("right", "open(True)"), ("left", "open(False)")]  # noqa: RUF012
    HELP = (
        "Everything to fix, in the order that helps the launch most: first what blocks the verdict, then by "
        "severity, by affected business flow, and by effort. A problem that blocks another comes before it. Problems "
        "with one cause and one fix share a line: enter or right opens it, left closes it. Beside the selected line "
        "you see why it is in that place."
    )

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        with Horizontal(id="work"):
            yield Ledger(
                [
                    Col("", 2, right=True, tone="ink3"),
                    Col("Fix order", 0),
                    Col("stage", 23, tone="ink2", above=110),
                    Col("severity", 12, tone="ink2", above=66),
                    Col("flow", 9, tone="ink2", above=56),
                    Col("effort", 6, right=True),
                    Col("after", 10, tone="ink3", above=90),
                ],
                end=1,
                hold=True,
                wrap=2,
                leads=True,
                id="order",
            )
            yield Story(id="why")

    def __init__(self) -> None:
        super().__init__()
        self.opened: set[str] = set()
        """The rows that show what is in them, by id."""

    def draw(self, snap: Snapshot) -> None:
        rows = snap.verdict.rows
        left: Spans = [("Fix order", "ink b")]
        if rows:
            left_over = words.minutes(snap.verdict.minutes_left)
            told = f"{words.plural(len(rows), 'thing')} to fix, about {left_over}"
            if self.app.size.width < 100:
                told = f"{len(rows)} to fix, {left_over}"
            left.append((f"   {told}", "ink3"))
        stops = snap.verdict.blockers
        right: Spans = (
            [("✕", "fail"), (f" {stops}", "ink"), (" stop the launch" if stops != 1 else " stops the launch", "ink3")]
            if stops
            else []
        )
        self.query_one("#title", Lines).show([Line(left, right, ("x", "ink3"))])
        nothing = "Nothing left to fix" if not snap.verdict.not_run else "Run the checks (R) to see what to fix"
        self.query_one("#order", Ledger).show(fixlist.fix_lines(snap, self.opened), empty=nothing)
        self._tell(snap)

    def _tell(self, snap: Snapshot) -> None:
        story = self.query_one("#why", Story)
        if story.size.width < 12:
            return
        key, target, row = self._key(), self.target(), self._row()
        if target is None or row is None:
            story.tell(Told((), 0), "")
        else:
            story.tell(_why_first(snap, row, target, story.text_width), key)

    def _key(self) -> str:
        return self.query_one("#order", Ledger).key

    def _row(self) -> FixRow | None:
        """The row that the cursor is on, or in."""
        return self.console.snapshot.verdict.row(self._key()) if self._key() else None

    def target(self) -> Target | None:
        return fixlist.target_of(self.console.snapshot, self._key())

    def checks_here(self) -> tuple[str, ...]:
        return fixlist.checks_of(self.console.snapshot, self._key())

    def go_to(self, check: str, finding: str = "") -> None:
        row = self.console.snapshot.verdict.row(finding)
        if row is not None and row.id != finding:
            self._open(row, True)
        order = self.query_one("#order", Ledger)
        order.focus()
        self.call_after_refresh(order.select, finding)

    def _open(self, row: FixRow, is_open: bool) -> None:
        """Shows what is in a row below it, or puts it away; the cursor is then on the row itself."""
        (self.opened.add if is_open else self.opened.discard)(row.id)
        order = self.query_one("#order", Ledger)
        order.moved = True
        order.show(fixlist.fix_lines(self.console.snapshot, self.opened))
        if not is_open:
            order.select(row.id)
        self._tell(self.console.snapshot)

    def action_open(self, is_open: bool) -> None:
        """Opens the row under the cursor, or closes the one that it is in."""
        row = self._row()
        if row is not None and row.opens and (row.id in self.opened) != is_open:
            self._open(row, is_open)

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        event.stop()
        self.name_next()
        self._tell(self.console.snapshot)

    async def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        event.stop()
        row = self._row()
        if (
            row is not None
            and row.opens
            and event.key == row.id
            and (len(row.members) > 1 or row.id not in self.opened)
        ):
            self._open(row, row.id not in self.opened)
        else:
            await self.console.open_finding()
