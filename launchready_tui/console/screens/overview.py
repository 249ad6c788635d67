"""Where the launch stands, and what to fix first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal

from ... import clock
from ...findings import State
from ...roadmap.model import SPRINT_ITEMS, CheckSpec
from ...verdict import Standing
from .. import fixlist, words
from ..ink import GLYPHS, Cell, Span, Spans
from ..store import Snapshot
from ..target import Target
from ..widgets.ledger import Col, Ledger, Row
from ..widgets.lines import Line, Lines
from ..widgets.masthead import verdict_spans
from .page import Page

TALLY = ("pass", "warn", "fail", "unknown", "stale", "accepted", "later", "checking", "na", "new", "asks")
QUIET = {"na": "rule", "new": "rule", "asks": "rule"}
COUNTED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("pass", ("pass",)),
    ("warn", ("warn",)),
    ("fail", ("fail",)),
    ("unknown", ("unknown", "stale")),
)


def tally(looks: Counter[str]) -> Spans:
    """One stroke a check, in the colour of its state."""
    return [("━" * looks[look], QUIET.get(look, look)) for look in TALLY if looks[look]]


def counted(looks: Counter[str], name: str, of: Sequence[str]) -> Span:
    """A count; a quiet dot for nought."""
    count = sum(looks[one] for one in of)
    return (str(count), "ink2" if name == "pass" else name) if count else ("·", "rule")


def seen(snap: Snapshot, standings: Sequence[Standing], looks: Counter[str]) -> Cell:
    """When a stage was last looked at; how far it is while it runs; what is open where it only asks."""
    running = sum(snap.running(one.spec.id) for one in standings)
    if running:
        able = sum(one.spec.automated for one in standings)
        return [(f"{able - running} of {able}", "accent")]
    times = [one.seen_at for one in standings if one.seen_at]
    if times:
        return clock.ago(max(times), snap.now)
    return f"{looks['asks']} open" if looks["asks"] and not looks["new"] else "not yet"


def _first_to_fix(snap: Snapshot, checks: Sequence[CheckSpec]) -> Cell:
    """The first fix of these checks, in few words; else their first question."""
    names = {check.id for check in checks}
    for judged in snap.verdict.fixes:
        if judged.finding.check in names:
            title = snap.roadmap.checks[judged.finding.check].title
            host = words.short_host(judged.finding.subject, snap.launch)
            return f"{title}, {host}" if len(title) + len(host) <= 24 and host != "launch" else title
    asks = next((one for one in snap.verdict.questions if one.spec.id in names), None)
    return [(asks.spec.title, "ink3")] if asks else ""


def _row_of(snap: Snapshot, key: str, title: str, checks: Sequence[CheckSpec], mark: Span) -> Row:
    """How a stage, or an item of the sprint, stands."""
    standings = [snap.verdict.standings[check.id] for check in checks]
    looks = Counter(snap.look(one) for one in standings)
    cells: list[Cell] = [title, title, _first_to_fix(snap, checks), tally(looks)]
    cells += [counted(looks, name, of) for name, of in COUNTED]
    cells.append(seen(snap, standings, looks))
    return Row(key, cells, mark)


def _stage_rows(snap: Snapshot) -> list[Row]:
    return [
        _row_of(snap, stage.id, stage.title, stage.checks, (str(stage.number), "ink3")) for stage in snap.roadmap.stages
    ]


def _item_rows(snap: Snapshot) -> list[Row]:
    """A line for each item of the sprint that has checks, marked with the worst of what they show."""
    rows = []
    for item in SPRINT_ITEMS:
        if checks := snap.roadmap.of_item(item):
            worst = words.worst_look({snap.look(snap.verdict.standings[check.id]) for check in checks})
            rows.append(_row_of(snap, item, item, checks, words.glyph(worst)))
    return rows


def _light_rows(snap: Snapshot) -> list[Row]:
    rows = []
    for light in snap.verdict.lights:
        told = (
            ("lit", "ink3") if light.lit else (("signed", "ink2") if light.state is State.ACCEPTED else ("dark", "ink"))
        )
        if not snap.seen_anything:
            told = ("unseen", "ink3")
        rows.append(Row(light.light.id, [light.light.title, told], words.glyph(words.look(light.state))))
    return rows


def title_lines(snap: Snapshot, narrow: bool) -> list[Line]:
    """The verdict in one line; the demo says what it is and which keys walk it."""
    verdict = snap.verdict
    if snap.progress is not None and not snap.ran_anything:
        done = f"{snap.progress.done} of {snap.progress.total}"
        lines = [
            Line(
                [
                    ("Checking for the first time", "ink b"),
                    (f"   {done}{'' if narrow else ': what is to fix appears as it is found'}", "ink2"),
                ],
                mark=("…", "accent b"),
            )
        ]
    elif not snap.seen_anything:
        lines = [
            Line(
                [("Not checked yet", "ink b"), ("   R runs every automated check", "ink2")],
                mark=("?", "unknown b"),
            )
        ]
    else:
        (word, tone), *rest = verdict_spans(snap, narrow)
        said = verdict.reasons[0] if verdict.reasons else "no blockers"
        left = f", {words.minutes(verdict.minutes_left)} of fixes left" if verdict.minutes_left else ""
        lines = [
            Line(
                [(word[2:], tone), *rest, (f"   {said.partition(':')[0] if narrow else said}{left}", "ink")],
                mark=(word[0], tone),
            )
        ]
    if snap.demo:
        lines.append(
            Line(
                [
                    ("A demo marketplace with flaws: ", "ink2"),
                    ("n", "ink b"),
                    (" goes to the next step, ", "ink2"),
                    ("D", "ink b"),
                    (" repairs it", "ink2"),
                    ("." if narrow else " and checks again.", "ink2"),
                ]
            )
        )
    return lines


def _stage_cols(title: str) -> list[Col]:
    return [
        Col(title, 24, above=88),
        Col(title, 0, below=88),
        Col("first to fix", 0, tone="ink2", above=88),
        Col("", 17, above=68),
        *[Col([(GLYPHS[name], name)], 2, right=True) for name, _ in COUNTED],
        Col("seen", 8, right=True, tone="ink3"),
    ]


class Overview(Page):
    """Key 0."""

    SHOW_VERDICT = False
    AUTO_FOCUS = "#fixes"
    HINTS = ("run.all", "run.stale")
    HELP = (
        "Where the launch stands: the verdict and its reasons, the eight lights of the minimum bar, the seven stages "
        "with one mark per check, and what to fix next. v groups the checks by sprint item instead of by stage. Enter "
        "opens the selected line; tab moves between lists."
    )

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        yield Lines(id="lightline")
        with Horizontal(id="standing"):
            yield Ledger(
                _stage_cols("Stages"),
                id="stages",
                end=0,
            )
            yield Ledger([Col("Minimum bar", 0), Col("", 7, right=True)], lead="hang", id="lights", cursor=False)
        yield Ledger(
            [
                Col("", 2, right=True, tone="ink3"),
                Col("Fix next", 0),
                Col("stage", 23, tone="ink2", above=130),
                Col("severity", 12, tone="ink2", above=90),
                Col("flow", 9, tone="ink2"),
                Col("effort", 6, right=True),
                Col("waits for", 18, tone="ink3", above=110),
            ],
            leads=True,
            id="fixes",
        )

    def above_next(self) -> ComposeResult:
        yield Lines(id="since")

    def draw(self, snap: Snapshot) -> None:
        narrow = self.app.size.width < 100
        self.query_one("#title", Lines).show(title_lines(snap, narrow))
        self.query_one("#lightline", Lines).show(self._light_lines(snap) if narrow else [])
        by_item = self.console.store.view.by_item
        self.set_class(by_item, "-items")
        stages = self.query_one("#stages", Ledger)
        stages.set_cols(_stage_cols("Sprint items" if by_item else "Stages"))
        stages.show(_item_rows(snap) if by_item else _stage_rows(snap))
        lights = self.query_one("#lights", Ledger)
        fragile = snap.verdict.fragile
        lights.set_cols(
            [
                Col("Minimum bar", 0),
                Col(
                    ("" if not snap.seen_anything else [("fragile", "fail")] if fragile else [("ready", "pass")]),
                    7,
                    right=True,
                ),
            ]
        )
        lights.show(_light_rows(snap))
        nothing = "Nothing left to fix"
        if snap.progress is not None:
            nothing = "The checks are running: what is to fix appears here"
        elif snap.verdict.not_run:
            nothing = f"Run the checks ({self.console.key_of('run.all')}) to see what to fix"
        self.query_one("#fixes", Ledger).show(fixlist.fix_lines(snap), empty=nothing)
        self.query_one("#since", Lines).show([self._since(snap)])

    @staticmethod
    def _light_lines(snap: Snapshot) -> list[Line]:
        lines = []
        lights = snap.verdict.lights
        for part in (lights[:4], lights[4:]):
            left: Spans = []
            for light in part:
                mark, tone = words.glyph(words.look(light.state))
                left += [(mark, tone), (f" {light.light.title}".ljust(18), "ink")]
            lines.append(Line([*left[:-1], (left[-1][0].rstrip(), "ink")]))
        return lines

    @staticmethod
    def _since(snap: Snapshot) -> Line:
        changes = snap.changes
        if changes is None or not changes.compared:
            asks = len(snap.verdict.questions)
            return (
                Line(
                    [("For you to answer  ", "ink3"), (str(asks), "ink"), (" questions that only a person can", "ink3")]
                )
                if asks
                else Line([("Changes are shown from the second run on", "ink3")] if snap.seen_anything else [])
            )
        left: Spans = [("Since the last run  ", "ink3")]
        for count, word in ((changes.new, "new"), (changes.fixed, "fixed"), (changes.unchanged, "unchanged")):
            left += [(str(count), "ink"), (f" {word}   ", "ink3")]
        asks = len(snap.verdict.questions)
        return Line(left, [(str(asks), "ink"), (" for you to answer", "ink3")] if asks else [])

    def target(self) -> Target | None:
        if isinstance(self.focused, Ledger) and self.focused.id == "stages":
            return None
        return fixlist.target_of(self.console.snapshot, self.query_one("#fixes", Ledger).key)

    def checks_here(self) -> tuple[str, ...]:
        if isinstance(self.focused, Ledger) and self.focused.id == "stages":
            return ()
        return fixlist.checks_of(self.console.snapshot, self.query_one("#fixes", Ledger).key)

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        """The band names what fits the line that the cursor stands on."""
        event.stop()
        self.name_next()

    async def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        event.stop()
        if event.ledger.id == "stages":
            # Which of the two the table shows may have changed since the key was pressed.
            stage = next((one for one in self.console.snapshot.roadmap.stages if one.id == event.key), None)
            await (self.console.open_page(f"stage{stage.number}") if stage else self._choose_check(event.key))
        elif fixlist.checks_of(self.console.snapshot, event.key):
            await self.console.open_row(event.key)
        else:
            await self.console.open_finding()

    async def _choose_check(self, item: str) -> None:
        """The checks of a sprint item, which may be on several stages; the chosen one is gone to."""
        snap, console = self.console.snapshot, self.console
        options = []
        for check in snap.roadmap.checks.values():
            if check.sprint_item == item:
                stage = snap.roadmap.stage(check.stage)
                look = snap.look(snap.verdict.standings[check.id])
                options.append((check.id, f"{stage.number}  {check.title}", words.WORDS[look]))

        async def chosen(check: str | None) -> None:
            if check:
                way_back = console.way_back()
                await console.go_to(check)
                console.came_by(way_back)

        await console.choose(item, options, chosen, wide=True)
