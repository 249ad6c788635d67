"""The technical side: what the rule is called, what it tests, why the line is drawn there, where it comes from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from textual.app import ComposeResult

from .. import words
from ..store import Snapshot
from ..target import Target
from ..widgets.lines import Line, Lines
from ..widgets.story import Story, Told, labelled, title_lines
from .page import Page


def explained(snap: Snapshot, target: Target, width: int, name: str = "") -> Told:
    """A rule and its check in the field's own words, with sources. `name` is a rule that nothing was found by."""
    spec = target.standing.spec
    rule = snap.roadmap.rules.get(target.judged.finding.rule if target.judged else name)
    lines: list[Line] = []
    if rule is not None:
        head = title_lines(rule.term, [], width)
        lines += labelled("Tests", [(rule.explain, "ink")], width)
        lines += labelled("Source", [(rule.source, "ink")], width)
        lines += labelled("Rule", [(rule.id, "ink2")], width)
        lines += [Line(), Line([("Its check", "ink3")])]
    else:
        head = title_lines(spec.title, [], width)
    lines += labelled("Check", [(spec.title, "ink b"), (f"  {spec.id}", "ink3")], width)
    lines += labelled("Goal", [(spec.goal, "ink")], width)
    lines += labelled("Why", [(spec.why, "ink")], width)
    lines += labelled("How", [(spec.verify, "ink")], width)
    lines += labelled("By", [(", ".join(words.HOW[how].removeprefix("by ") for how in spec.how), "ink2")], width)
    keeps = {"24h": "24 hours", "30d": "30 days", "commit": "until the next commit", "deploy": "until the next deploy"}[
        spec.shelf_life
    ]
    lines += labelled("Keeps", [(keeps, "ink2")], width)
    lines += labelled("Worst", [(words.SEVERITIES[spec.severity], "ink2"), (f", flow {spec.flow}", "ink3")], width)
    others = [
        snap.roadmap.rules[name]
        for name in snap.roadmap.rules
        if name.startswith(spec.id + ".") and (rule is None or name != rule.id)
    ]
    if others:
        lines += [Line(), Line([("Its other rules" if rule else "Its rules", "ink3")])]
        for other in others:
            name = other.id.rpartition(".")[2]
            lines += [Line([(name, "ink2"), (f"  {other.term}", "ink")])]
    return Told((*head, *lines), len(head))


class Explain(Page):
    """Opened with e, and by find."""

    AUTO_FOCUS = "#story"
    HINTS = ("back",)
    HELP = (
        "The technical term for a rule, what it tests, why the limit is where it is, and the source to look up. "
        "Escape goes back."
    )

    def __init__(self, target: Target, rule: str = "") -> None:
        """`rule` where nothing was found by it."""
        super().__init__()
        self.at, self.rule = target, rule

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        yield Story(id="story")

    def target(self) -> Target | None:
        return self.at

    def lay_again(self) -> Callable[[], Awaitable[None]] | None:
        return partial(self.console.lay, "explain", self.at, self.rule)

    def draw(self, snap: Snapshot) -> None:
        stage = snap.stage_of(self.at.standing.spec.id)
        left = [("Explained", "ink b"), (f"   {self.at.standing.spec.title}", "ink3")]
        self.query_one("#title", Lines).show([Line(left, [], (str(stage.number) if stage else "", "ink3"))])
        story = self.query_one("#story", Story)
        story.tell(explained(snap, self.at, min(story.text_width, 100), self.rule), (self.at, self.rule))
