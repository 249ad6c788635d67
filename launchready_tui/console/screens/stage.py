"""A stage: its checks, the story of the selected one, its own panel, what it delivers and the signs that it fails."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from ... import clock
from ...findings import State
from ...roadmap.model import Stage
from ...verdict import Judged, Standing, Verdict
from ...watch.samples import Shot, View
from .. import panels, words
from ..host import Again
from ..ink import GLYPHS, Cell, Spans, width_of
from ..store import Snapshot
from ..target import Target
from ..watchtable import Sparks
from ..widgets.ledger import Col, Ledger, Row
from ..widgets.lines import Line, Lines
from ..widgets.story import Story, tell
from .page import Page

HEAD = (
    ("pass", ("pass",)),
    ("warn", ("warn",)),
    ("fail", ("fail",)),
    ("unknown", ("unknown",)),
    ("stale", ("stale",)),
    ("accepted", ("accepted",)),
    ("later", ("later",)),
    ("checking", ("checking",)),
)


def saw(snap: Snapshot, standing: Standing) -> Cell:
    """What a check saw, in one line."""
    look = snap.look(standing)
    if look == "checking":
        count = dict(snap.progress.found).get(standing.spec.id, 0) if snap.progress else 0
        return [(f"checking, {words.plural(count, 'finding')} so far" if count else "checking", "accent")]
    if look == "asks":
        return [("asks you", "ink3")]
    if look == "new":
        return [("not checked yet", "ink3")]
    found = words.shown_findings(standing)
    told = words.headline(found[0].finding, snap.launch) if found else standing.spec.goal
    if found and words.settled(found[0]) and (word := found[0].by_word) is not None:
        told = words.said_by(word, word.by)
    return f"check again; {told}" if look == "stale" else told


def _age(snap: Snapshot, standing: Standing) -> Cell:
    if snap.running(standing.spec.id):
        return [("now", "accent")]
    return clock.ago(standing.seen_at, snap.now) if standing.seen_at else ""


def check_rows(snap: Snapshot, stage: Stage) -> list[Row]:
    """One line a check. Its open count, what it saw, who owns it, when it was looked at."""
    rows = []
    for spec in stage.checks:
        standing = snap.verdict.standings[spec.id]
        look = snap.look(standing)
        count = words.open_count(standing)
        owner = snap.name(standing.owner) if standing.owner else ""
        if standing.parked:
            owner = f"waits, {standing.parked.until:%H:%M}"
        rows.append(
            Row(
                spec.id,
                [spec.title, str(count) if count else "", saw(snap, standing), owner, _age(snap, standing)],
                words.glyph(look),
                look,
            )
        )
    return rows


def lit_by(snap: Snapshot, names: tuple[str, ...]) -> list[Judged]:
    """Failing findings among these checks and rules."""
    return [
        judged
        for standing in snap.verdict.standings.values()
        for judged in standing.findings
        if judged.state is State.FAIL and (judged.finding.check in names or judged.finding.rule in names)
    ]


def delivered(snap: Snapshot, names: tuple[str, ...]) -> str:
    """The look of a deliverable: the worst of the checks and rules that fill it."""
    looks: set[str] = set()
    for standing in snap.verdict.standings.values():
        if standing.spec.id in names:
            looks.add(snap.look(standing))
        looks |= {words.look(judged.state) for judged in standing.findings if judged.finding.rule in names}
    return words.worst_look(looks)


def _outcome_lines(snap: Snapshot, stage: Stage, width: int) -> list[Line]:
    """What the stage delivers, and the signs that it fails; as many as fit, the rest counted."""
    made: list[Spans] = []
    for deliverable in stage.deliverables:
        mark, tone = words.glyph(delivered(snap, deliverable.filled_by))
        made.append([(mark, tone), (f" {deliverable.title}", "ink")])
    lit = [signal for signal in stage.signals if lit_by(snap, signal.lit_by)]
    signs: list[Spans] = [[(GLYPHS["fail"], "fail"), (f" {signal.title}", "ink")] for signal in lit]
    if not signs:
        signs = [[("none lit", "ink3")]]
    return [_fitted("Delivers  ", made, width), _fitted("Signals   ", signs, width)]


def _fitted(label: str, parts: list[Spans], width: int) -> Line:
    out: Spans = [(label, "ink3")]
    for n, part in enumerate(parts):
        left = len(parts) - n
        room = width - width_of(out) - (len(f"   {left - 1} more") if left > 1 else 0)
        if n and width_of(part) + 3 > room:
            return Line([*out, (f"   {left} more", "ink3")])
        out += [("   " if n else "", "ink"), *part]
    return Line(out)


class StagePage(Page):
    """Keys 1 to 7."""

    AUTO_FOCUS = "#checks"
    HINTS = ("run.one", "decide.confirm", "find", "list.filter")
    HELP = (
        "A stage of the roadmap: its checks on the left, details of the selected one beside them. Left and right "
        "move through the findings of a check, enter shows one in full, tab goes to the details to read on. Answer a "
        "question with y: a name and the evidence."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "finding(-1)", "previous finding", show=False, id="story.before"),
        Binding("right", "finding(1)", "next finding", show=False, id="story.after"),
    ]

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.at: dict[str, str] = {}
        """The finding shown of each check, by id: it stays when results change."""
        self.wanted: tuple[str, str] | None = None
        self.wanted_line = ""
        """A line of the panel that is gone to."""
        self.led = False
        """Find led to the panel, so that escape leads away from the page at once."""
        self.paneled: Verdict | None = None
        self.watched: Shot | None = None
        """On the stage of monitoring: the newest look at the watch, where there is one."""
        self.sparks: Sparks = {}

    @property
    def stage(self) -> Stage:
        """Its stage of the roadmap."""
        return self.console.snapshot.roadmap.stages[self.number - 1]

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        with Horizontal(id="work"):
            yield Ledger(
                [
                    Col("Checks", 18, above=60),
                    Col("Checks", 0, below=60),
                    Col("open", 4, right=True, tone="ink3", gap=1, below=60),
                    Col("What we saw", 0, tone="ink2", above=60),
                    Col("owner", 14, tone="ink3", above=96),
                    Col("seen", 6, right=True, tone="ink3", above=60),
                ],
                end=1,
                hold=True,
                wrap=2,
                id="checks",
            )
            yield Story(id="story")
        yield Ledger((), id="panel", hold=False)

    def above_next(self) -> ComposeResult:
        yield Lines(id="outcome")

    # Drawing

    def draw(self, snap: Snapshot) -> None:
        stage = self.stage
        checks = self.query_one("#checks", Ledger)
        checks.show([Row(row.key, [row.cells[0], *row.cells], row.mark, row.state) for row in check_rows(snap, stage)])
        if self.wanted is not None:
            check, finding = self.wanted
            self.wanted = None
            if finding:
                self.at[check] = finding
            checks.select(check, tell=False)
        self.query_one("#title", Lines).show([self._title(snap, stage)])
        if self.watched is not None:
            self._show(panels.watched(snap, self.watched, self.console.workspace.clock.now(), self.sparks))
        elif snap.verdict is not self.paneled:
            # Progress alone does not change what is known.
            self.paneled = snap.verdict
            self._show(panels.panel_of(snap, self.console.workspace, stage, test_key=self.console.key_of("mail.test")))
        if self.wanted_line:
            self.query_one("#panel", Ledger).select(self.wanted_line)
            self.wanted_line = ""
        width = self.app.size.width - (4 if self.app.size.width < 100 else 6) - 3
        self.query_one("#outcome", Lines).show(_outcome_lines(snap, stage, width))
        self._tell(snap)

    def _show(self, panel: panels.Panel) -> None:
        ledger = self.query_one("#panel", Ledger)
        ledger.set_cols(panel.cols)
        ledger.show(panel.rows, empty=panel.empty)

    def watch_view(self) -> View | None:
        return panels.WATCH_VIEW if self.stage.id == "monitoring" else None

    def see_watch(self, shot: Shot | None, wrong: str) -> None:
        there = shot if shot is not None and shot.snapshot.rows else None
        if there is None and self.watched is not None:
            self.paneled = None
        if there is not None or self.watched is not None:
            self.watched = there
            self.redraw()

    def _title(self, snap: Snapshot, stage: Stage) -> Line:
        looks = Counter(snap.look(snap.verdict.standings[spec.id]) for spec in stage.checks)
        right: Spans = []
        for name, of in HEAD:
            count = sum(looks[one] for one in of)
            if count:
                right += [("   " if right else "", "ink"), (GLYPHS[name], name), (f" {count}", "ink")]
        asks = looks["asks"] + looks["new"]
        if asks:
            right += [("   " if right else "", "ink"), (f"{asks} open", "ink3")]
        goal = stage.goal[:1].upper() + stage.goal[1:]
        left: Spans = [(stage.title, "ink b")]
        if self.app.size.width >= 100:
            left.append((f"   {goal}", "ink3"))
        return Line(left, right, (str(stage.number), "ink3"))

    def _tell(self, snap: Snapshot) -> None:
        self.name_next()
        target = self.target()
        story = self.query_one("#story", Story)
        if target is None or story.size.width < 12:
            return
        found = words.shown_findings(target.standing)
        at = next((n for n, judged in enumerate(found) if target.judged and judged.id == target.judged.id), 0)
        told = tell(snap, target.standing, at, story.text_width, self._hints(target), height=story.size.height)
        story.tell(told, (target.standing.spec.id, target.judged.id if target.judged else ""))

    def _hints(self, target: Target) -> Spans:
        """The keys that act on the story, as they are mapped."""
        judged, app = target.judged, self.console
        names: list[str] = []
        if target.standing.spec.automated or words.asks(target.standing):
            if judged and judged.finding.remedy and judged.is_open:
                names += ["copy.fix", "decide.accept"]
            if app.lab is not None and judged and judged.state in (State.FAIL, State.WARN):
                names = ["demo.fix", *names[:1]]
        if words.asks(target.standing):
            names = ["decide.confirm"]
        if target.standing.spec.id in ("email.flows", "email.inbox"):
            names = ["mail.test", *names[:1]]
        names.append("show.explain" if judged and judged.finding.rule in app.snapshot.roadmap.rules else "decide.note")
        short = {
            "copy.fix": "copy",
            "decide.accept": "accept",
            "demo.fix": "fix it",
            "mail.test": "test",
            "decide.confirm": "confirm",
            "show.explain": "explain",
            "decide.note": "note",
        }
        out: Spans = []
        for name in names:
            out += [("   " if out else "", "ink"), (app.key_of(name), "ink b"), (f" {short[name]}", "ink3")]
        if self.has_class("-story"):
            out += [("   ", "ink"), ("esc", "ink b"), (" list", "ink3")]
        return out

    # What the cursor stands on

    def target(self) -> Target | None:
        standing = self.console.snapshot.standing(self.query_one("#checks", Ledger).key)
        if standing is None:
            return None
        found = words.shown_findings(standing)
        if not found:
            return Target(standing)
        return Target(standing, next((one for one in found if one.id == self.at.get(standing.spec.id)), found[0]))

    def action_finding(self, step: int) -> None:
        """Left and right: the check's finding before or after, without going round."""
        target = self.target()
        if target is not None and target.judged is not None:
            self.at[target.standing.spec.id] = words.beside(target.standing, target.judged.id, step)
            self._tell(self.console.snapshot)

    def go_to(self, check: str, finding: str = "") -> None:
        self.wanted = (check, finding)
        self.remove_class("-story", "-panel")
        self.query_one("#checks", Ledger).focus()
        self.redraw()

    def panel(self) -> Widget | None:
        ledger = self.query_one("#panel", Ledger)
        self.led = False
        self.add_class("-panel")
        self.call_after_refresh(ledger.focus)
        return ledger

    def show_line(self, table: str, key: str) -> None:
        """A line of the panel, or a check."""
        if table == "panel":
            self.wanted_line = key
            self.panel()
            self.led = True
            self.redraw()
        else:
            self.go_to(key)

    def way_back(self) -> Again:
        target = self.target()
        if target is None:
            return super().way_back()
        check, finding = target.standing.spec.id, target.judged.id if target.judged else ""
        return lambda: self.go_to(check, finding)

    def leave(self) -> bool:
        led, self.led = self.led, False
        if self.has_class("-story") or self.has_class("-panel"):
            self.remove_class("-story", "-panel")
            self.query_one("#checks", Ledger).focus()
            self.call_after_refresh(self.redraw)
            return not led
        if self.focused is not self.query_one("#checks"):
            self.query_one("#checks", Ledger).focus()
            return True
        return False

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        event.stop()
        if event.ledger.id == "checks":
            self._tell(self.console.snapshot)

    async def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        event.stop()
        if event.ledger.id != "checks":
            return
        if self.app.size.width < 100:
            self.add_class("-story")
            story = self.query_one("#story", Story)
            story.focus()
            self.call_after_refresh(self.redraw)
        else:
            await self.console.open_finding()
