"""One finding in full: all evidence, sources and times, the rule, and everything decided about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from textual.app import ComposeResult

from ...findings import State
from .. import words
from ..ink import Spans
from ..store import Snapshot
from ..target import Target
from ..widgets.lines import Line, Lines
from ..widgets.story import Story, tell
from .page import Page


class FindingPage(Page):
    """Opened with enter; left and right walk through the check's findings."""

    AUTO_FOCUS = "#story"
    HINTS = ("copy.fix", "copy.evidence", "copy.save", "back")
    HELP = (
        "One finding in full, with all evidence. Left and right move through the findings of its check; escape goes "
        "back."
    )
    BINDINGS = [("left", "finding(-1)"), ("right", "finding(1)")]  # noqa: RUF012

    def __init__(self, check: str, finding: str) -> None:
        super().__init__()
        self.check, self.finding = check, finding

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        yield Story(id="story")

    def target(self) -> Target | None:
        standing = self.console.snapshot.standing(self.check)
        if standing is None:
            return None
        found = words.shown_findings(standing)
        return Target(standing, next((one for one in found if one.id == self.finding), found[0] if found else None))

    def lay_again(self) -> Callable[[], Awaitable[None]] | None:
        return partial(self.console.lay, "finding", self.check, self.finding)

    def draw(self, snap: Snapshot) -> None:
        target = self.target()
        if target is None:
            return
        stage = snap.stage_of(self.check)
        number = str(stage.number) if stage else ""
        left: Spans = [(stage.title if stage else "", "ink b"), (f"   {target.standing.spec.title}", "ink3")]
        rank = target.judged.rank if target.judged else None
        right: Spans = (
            [(f"number {rank.place}", "ink2"), (f" of {len(snap.verdict.rows)} to fix", "ink3")] if rank else []
        )
        self.query_one("#title", Lines).show([Line(left, right, (number, "ink3"))])
        story = self.query_one("#story", Story)
        found = words.shown_findings(target.standing)
        at = next((n for n, one in enumerate(found) if target.judged and one.id == target.judged.id), 0)
        width = min(story.text_width, 110)
        story.tell(
            tell(snap, target.standing, at, width, self._keys(), full=True),
            target.judged.id if target.judged else self.check,
        )

    def _keys(self) -> Spans:
        app = self.console
        out: Spans = []
        target = self.target()
        judged = target.judged if target else None
        open_ = bool(judged and judged.is_open and judged.finding.state in (State.FAIL, State.WARN, State.UNKNOWN))
        row = app.snapshot.verdict.row(judged.id) if judged else None
        in_demo = app.lab is not None and judged is not None and judged.state in (State.FAIL, State.WARN)
        for name, label, fits in (
            ("demo.fix", "fix it", in_demo),
            ("demo.fix-row", "fix all of it", in_demo and row is not None and len(row.members) > 1),
            ("copy.fix", "copy fix", bool(judged and judged.finding.remedy and (judged.is_open or judged.decision))),
            ("decide.accept", "accept", open_),
            ("show.explain", "explain", bool(judged and judged.finding.rule in app.snapshot.roadmap.rules)),
            ("show.history", "history", True),
        ):
            if not fits:
                continue
            out += [("   " if out else "", "ink"), (app.key_of(name), "ink b"), (f" {label}", "ink3")]
        return out

    def action_finding(self, step: int) -> None:
        """Left and right: the check's finding before or after, without going round."""
        target = self.target()
        if target is not None and target.judged is not None:
            self.finding = words.beside(target.standing, target.judged.id, step)
            self.redraw()
