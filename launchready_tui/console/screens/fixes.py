"""All that is to fix, the most urgent first, and beside the selected one why it stands there."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal

from ...verdict import Judged
from .. import words
from ..ink import Spans
from ..store import Snapshot
from ..target import Target
from ..widgets.ledger import Col, Ledger, Row
from ..widgets.lines import Line, Lines
from ..widgets.story import Story, Told, decided_lines, labelled, paste_lines, title_lines
from .overview import severity_of, waits_for
from .page import Page


def rows_of(snap: Snapshot) -> list[Row]:
    """One line a fix, with the inputs of its place."""
    rows = []
    for judged in snap.verdict.fixes:
        finding, rank = judged.finding, judged.rank
        stage = snap.stage_of(finding.check)
        severity = severity_of(judged)
        rows.append(
            Row(
                judged.id,
                [
                    str(rank.place) if rank else "",
                    words.headline(finding, snap.launch),
                    stage.title if stage else "",
                    severity,
                    rank.flow if rank else "",
                    words.minutes(rank.effort_min) if rank else "",
                    waits_for(snap, judged),
                ],
                words.glyph(words.look(judged.state)),
                words.look(judged.state),
            )
        )
    return rows


def _why_first(snap: Snapshot, judged: Judged, width: int) -> Told:
    """Every input of a fix's place, so that it can be argued with; then the fix itself."""
    rank = judged.rank
    finding = judged.finding
    if rank is None:
        return Told((), 0)
    right = words.state_spans(words.look(judged.state))
    head = title_lines(f"Why this is {'first' if rank.place == 1 else f'number {rank.place}'}", right, width)
    spec = snap.roadmap.checks[finding.check]
    lines = labelled("What", [(finding.summary, "ink")], width)
    lines.append(Line())
    blocks: Spans = [("no, not by itself", "ink2")]
    if judged.stops:
        blocks = [("yes, it keeps the word at NO-GO", "ink")]
    elif judged.blocks:
        blocks = [("it may: it could not be seen, and NO-GO stays until it is", "ink")]
    lines += labelled("Stops", blocks, width)
    lines += labelled("Weight", [(words.weight(judged), "ink"), (" if it stands at launch", "ink3")], width)
    lines += labelled(
        "Flow", [(rank.flow, "ink"), (f", {FLOW_WHY.get(rank.flow, 'a flow of the business')}", "ink3")], width
    )
    lines += labelled(
        "Effort", [(words.minutes(rank.effort_min), "ink"), (f" as a rule, for all of {spec.title}", "ink3")], width
    )
    titles = [row.title for row in snap.verdict.rows_at(rank.waits_for)]
    lines += labelled(
        "After",
        [(", ".join(titles), "ink"), (" must pass first", "ink3")]
        if titles
        else [("nothing has to come first", "ink2")],
        width,
    )
    opens = [row.title for row in snap.verdict.rows_at(rank.unblocks)]
    if opens:
        lines += labelled("Opens", [(", ".join(opens), "ink"), (" can then be fixed too", "ink3")], width)
    lines.append(Line())
    lines += paste_lines(judged, width)
    lines += decided_lines(snap, snap.verdict.standings[finding.check], judged, width)
    return Told((*head, *lines), len(head))


FLOW_WHY = {
    "pay": "money comes first",
    "all": "it touches every flow, so it ranks with the first",
    "sign-up": "nobody joins without it",
    "log-in": "nobody gets in without it",
    "book": "the sale itself",
    "search": "how people find something to buy",
    "list": "what people see first",
    "message": "how buyer and seller talk",
    "admin": "the team's own tools",
    "marketing": "how people find you",
}


class Fixes(Page):
    """Key x."""

    AUTO_FOCUS = "#order"
    HINTS = ("run.one", "list.find", "list.filter")
    HELP = (
        "Everything that is to fix, in the order that helps the launch most: what stops it first, then by severity, by "
        "the business flow it "
        "touches, and by effort; what must pass before comes before. Beside the selected line stands every input "
        "of its place."
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
                    Col("waits for", 18, tone="ink3", above=130),
                ],
                end=1,
                hold=True,
                wrap=2,
                leads=True,
                id="order",
            )
            yield Story(id="why")

    def draw(self, snap: Snapshot) -> None:
        fixes = snap.verdict.fixes
        left: Spans = [("Fix order", "ink b")]
        if fixes:
            left_over = words.minutes(snap.verdict.minutes_left)
            told = f"{words.plural(len(fixes), 'thing')} to fix, {left_over} by the usual effort"
            if self.app.size.width < 100:
                told = f"{len(fixes)} to fix, {left_over}"
            left.append((f"   {told}", "ink3"))
        stops = snap.verdict.blockers
        right: Spans = (
            [("✕", "fail"), (f" {stops}", "ink"), (" stop the launch" if stops != 1 else " stops the launch", "ink3")]
            if stops
            else []
        )
        self.query_one("#title", Lines).show([Line(left, right, ("x", "ink3"))])
        nothing = (
            "Nothing is left to fix"
            if not snap.verdict.not_run
            else "What is to fix stands here once the checks have run (R)"
        )
        self.query_one("#order", Ledger).show(rows_of(snap), empty=nothing)
        self._tell(snap)

    def _tell(self, snap: Snapshot) -> None:
        story = self.query_one("#why", Story)
        judged = self._judged()
        if story.size.width < 12:
            return
        if judged is None:
            story.tell(Told((), 0), "")
        else:
            story.tell(_why_first(snap, judged, story.text_width), judged.id)

    def _judged(self) -> Judged | None:
        key = self.query_one("#order", Ledger).key
        return self.console.snapshot.verdict.finding(key) if key else None

    def target(self) -> Target | None:
        judged = self._judged()
        standing = self.console.snapshot.standing(judged.finding.check) if judged else None
        return Target(standing, judged) if standing else None

    def go_to(self, check: str, finding: str = "") -> None:
        order = self.query_one("#order", Ledger)
        order.focus()
        self.call_after_refresh(order.select, finding)

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        event.stop()
        self._tell(self.console.snapshot)

    async def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        event.stop()
        await self.console.open_finding()
