"""What frames every page: who and where above, the next step below, and what is said where the terminal is too
small."""

from __future__ import annotations

from textual.app import RenderResult
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from ... import clock, text
from ...launch.model import Launch
from .. import words
from ..ink import Spans
from ..store import Snapshot
from .lines import Line, Lines

LOOK_OF_WORD = {"GO": "pass", "GO WITH ACCEPTED RISKS": "accepted", "NO-GO": "fail"}


def verdict_spans(snap: Snapshot, short: bool) -> Spans:
    """Glyph and word of the verdict; nothing is claimed before anything was checked."""
    verdict = snap.verdict
    if not snap.seen_anything:
        return [("? not checked", "unknown")]
    look = LOOK_OF_WORD[verdict.word]
    word = "GO, risks" if short and verdict.word == "GO WITH ACCEPTED RISKS" else verdict.word
    return [(f"{words.glyph(look)[0]} {word}", f"{look} b"), (" demo" if verdict.demo else "", "ink3")]


def _sprint_gone(launch: Launch, snap: Snapshot) -> float | None:
    """The part of the sprint that is over, 0 to 1 and beyond; None without a sprint."""
    if launch.sprint is None or launch.sprint.hours <= 0:
        return None
    return (snap.now - launch.sprint.start).total_seconds() / 3600 / launch.sprint.hours


class Masthead(Lines):
    """Product and domain at the left; verdict, hours and minutes left, and the clock at the right; the sprint as the
    rule below."""

    DEFAULT_CSS = "Masthead { height: 2; }"

    def __init__(self, *, verdict: bool = True) -> None:
        super().__init__(id="masthead")
        self.verdict = verdict
        self.gone: float | None = None

    def follow(self, snap: Snapshot) -> None:
        """Draws a snapshot; the domain and the word for the time left go where there is no room."""
        launch = snap.launch
        left: Spans = [(text.shorten(launch.name, 20 if self.narrow else 32), "ink")]
        right: Spans = []
        if self.verdict:
            right += [*verdict_spans(snap, self.narrow), ("   ", "ink")]
        gone = _sprint_gone(launch, snap)
        if gone is not None and launch.sprint is not None:
            right += _sprint_spans(gone, launch.sprint.hours, not self.wide)
        if snap.verdict.minutes_left and not (self.narrow and self.verdict):
            right += [(words.minutes(snap.verdict.minutes_left), "ink"), (" of fixes", "ink3"), ("   ", "ink")]
        right += [(snap.now.strftime("%H:%M"), "ink"), (" UTC", "ink3")]
        room = self.size.width - self.axis - 3 - sum(len(part) for part, _ in right) - 2
        if len(launch.name) + 3 + len(launch.domain) <= room:
            left += [(f"   {launch.domain}", "ink3")]
        self.gone = gone
        self.show([Line(left, right), Line()])
        self.refresh()

    def render_line(self, y: int) -> Strip:
        if y == 0:
            return super().render_line(0)
        width = self.size.width
        gone = min(width, max(0, round(width * (self.gone or 0))))
        return self.ink_strip([("━" * gone, "accent"), ("─" * (width - gone), "rule")], width)


def _sprint_spans(gone: float, hours: float, short: bool) -> Spans:
    """Hours left of the sprint, in words also when it is over or has not begun."""
    left = hours * (1 - gone)
    if gone < 0:
        return [("sprint starts in ", "ink3"), (clock.span(-gone * hours * 3600), "ink"), ("   ", "ink")]
    if left <= 0:
        return [("sprint over", "ink3"), ("   ", "ink")]
    amount = f"{left:.0f} h" if left >= 1.5 else f"{left * 60:.0f} min"
    return [(amount, "ink"), (" left" if short else f" left of {hours:.0f}", "ink3"), ("   ", "ink")]


_OLD = "   the old one is in use"


class NextStep(Lines):
    """The one tinted band of a page: the next thing to do and the key that goes there; while checks run, how far they
    are.

    A file that cannot be used any more comes before any step, for as long as it stays so: what is shown rests on its
    old content.
    """

    def __init__(self) -> None:
        super().__init__([Line()], band="tint", id="next")

        self.does = "next"
        """The action that a click does."""

    def follow(self, snap: Snapshot, broken: str = "", doing: str = "", does: str = "next", key: str = "n") -> None:
        """`broken`: what is wrong with a file that was changed outside, while its old content stays in use. `doing`:
        what is being done outside the checks. `does`, `key`: the action that comes next, and its key."""
        self.does = "cancel" if snap.progress is not None else does
        if snap.progress is not None:
            progress = snap.progress
            names = [name for name in progress.doing[:3] if name in snap.roadmap.checks]
            steps = dict(progress.steps) if len(names) == 1 else {}
            doing = ", ".join(
                ": ".join(filter(None, (snap.roadmap.checks[name].title, steps.get(name)))) for name in names
            )
            left: Spans = [
                ("Checking ", "ink b"),
                (f"{progress.done} of {progress.total}", "ink b"),
                (f"   {doing} …" if doing else "", "ink2"),
            ]
            self.show([Line(left, [("esc", "accent b"), (" cancel", "ink2")], ("…", "accent b"))])
            return
        if broken:
            room = self.size.width - self.axis - 3 - len(_OLD)
            self.show([Line([(text.shorten(broken, max(room, 30)), "fail b"), (_OLD, "ink2")], [], ("✕", "fail b"))])
            return
        if doing:
            self.show([Line([(f"{doing} …", "ink b")], [], ("…", "accent b"))])
            return
        step = snap.step
        said, why = step.text, step.why
        judged = snap.verdict.finding(step.finding) if step.finding else None
        if judged is not None:
            said = f"{step.text.partition(': ')[0]}: {words.headline(judged.finding, snap.launch)}"
        room = self.size.width - self.axis - 5
        if why and len(why) + 20 <= room:
            said = text.shorten(said, room - len(why))
        told: Spans = []
        for part, tone in (("next step" if does == "next" else "repairs it", "accent"), (why, "ink2")):
            if part and len(said) + sum(len(one) for one, _ in told) + len(part) + 3 <= room + 3:
                told += [("   " if told else "", "ink"), (part, tone)]
        self.show([Line([(said, "ink b")], told, (key, "accent b"))])

    async def on_click(self) -> None:
        await self.app.run_action(f"do('{self.does}')")


class TooSmall(Widget):
    """Says what is needed; shown by the style sheet in place of everything else."""

    DEFAULT_CSS = "TooSmall { display: none; width: 1fr; height: 1fr; background: $paper; color: $ink; }"

    def render(self) -> RenderResult:
        from rich.text import Text

        width, height = self.app.size
        return Text(f"{width} x {height} is too small.\n60 x 16 is needed. ctrl+q quits.")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return container.height
