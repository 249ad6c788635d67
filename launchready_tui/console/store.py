"""The one store of what the console knows: an immutable snapshot that screens draw, renewed from the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ..findings import Finding
from ..launch.model import Launch
from ..roadmap.model import Roadmap, Stage
from ..verdict import Standing, Step, Verdict
from ..workspace.run import Doing, Ended, Event, Finished, Found, Started
from . import words
from .view import View, keep_view, read_view

if TYPE_CHECKING:
    from ..journal import Changes
    from ..workspace import Workspace


@dataclass(frozen=True, slots=True)
class Progress:
    """A run that is on."""

    total: int
    done: int = 0
    doing: tuple[str, ...] = ()
    """Checks that have begun and not ended."""
    steps: tuple[tuple[str, str], ...] = ()
    """How far long checks are, `search 120 of 300`, by check."""
    waiting: frozenset[str] = frozenset()
    """All checks of the run that have not ended."""
    found: tuple[tuple[str, int], ...] = ()
    """Findings so far of checks that have not ended."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a screen draws."""

    now: datetime
    launch: Launch
    roadmap: Roadmap
    verdict: Verdict
    step: Step
    demo: bool
    changes: Changes | None = None
    progress: Progress | None = None
    names: tuple[tuple[str, str], ...] = ()
    """Person ids with what people call them."""

    @property
    def seen_anything(self) -> bool:
        """Some check has a result or an answer."""
        return any(one.result is not None or one.confirmation is not None for one in self.verdict.standings.values())

    @property
    def ran_anything(self) -> bool:
        """Some check has a result."""
        return any(one.result is not None for one in self.verdict.standings.values())

    def name(self, person: str) -> str:
        """What a person is called here."""
        return dict(self.names).get(person) or person

    def standing(self, check: str) -> Standing | None:
        """None where the roadmap has no such check."""
        return self.verdict.standings.get(check)

    def stage_of(self, check: str) -> Stage | None:
        """The stage a check belongs to; None where the roadmap has none."""
        return next((stage for stage in self.roadmap.stages if stage.id == check.partition(".")[0]), None)

    def look(self, standing: Standing) -> str:
        """The name of its glyph and word: `checking` while it runs, else as `words.standing_look` says."""
        return words.standing_look(standing, self.running(standing.spec.id))

    def running(self, check: str) -> bool:
        """Whether a run in progress still waits for it."""
        return self.progress is not None and check in self.progress.waiting


@dataclass(slots=True)
class LogLine:
    """A line of the run's log."""

    at: datetime
    look: str
    text: str
    check: str = ""
    number: int = 0


@dataclass(slots=True)
class Store:
    """Holds the newest snapshot and the log; `tell` takes a run's events."""

    workspace: Workspace
    log: list[LogLine] = field(default_factory=list)
    version: int = 0
    view: View = field(init=False)
    """How the person likes the pages."""
    _snapshot: Snapshot | None = None
    _progress: Progress | None = None

    def __post_init__(self) -> None:
        self.view = read_view(self.workspace.folder)

    def turn_items(self) -> None:
        """Sprint items in place of stages on the overview, or stages again; kept for the next time. Raises CannotWrite,
        and then it holds while the console is open."""
        self.view = View(by_item=not self.view.by_item)
        keep_view(self.workspace.folder, self.view)

    @property
    def snapshot(self) -> Snapshot:
        """Read when it is first asked for after `renew`, from the journal too: not for a hot loop."""
        if self._snapshot is None:
            self._snapshot = self._read()
        return self._snapshot

    def renew(self) -> None:
        """Forgets what was read: the next snapshot reads results, decisions and people again."""
        self._snapshot = None
        self.version += 1

    def tick(self) -> bool:
        """Moves the snapshot's clock; True when a minute has passed and pages must be drawn again."""
        now, old = self.workspace.clock.now(), self.snapshot.now
        if (now.date(), now.hour, now.minute) == (old.date(), old.hour, old.minute):
            return False
        self.renew()
        return True

    def begin(self, names: Sequence[str]) -> None:
        """A run over these checks starts."""
        self._progress = Progress(len(names), waiting=frozenset(names))
        self._say("checking", f"Run started: {words.plural(len(names), 'check')}")
        self._light()

    def tell(self, event: Event) -> None:
        """Takes one event of the run."""
        progress = self._progress or Progress(0)
        if isinstance(event, Started):
            doing = (*(name for name in progress.doing if name != event.check), event.check)
            self._progress = replace(progress, doing=doing, total=event.total or progress.total)
            self._light()
        elif isinstance(event, Doing):
            steps = (*(one for one in progress.steps if one[0] != event.check), (event.check, event.text))
            self._progress = replace(progress, steps=steps)
            self._light()
        elif isinstance(event, Found):
            self._found(event.finding, progress)
        elif isinstance(event, Finished):
            name = event.result.check
            self._progress = replace(
                progress,
                done=event.done or progress.done + 1,
                total=event.total or progress.total,
                doing=tuple(one for one in progress.doing if one != name),
                steps=tuple(one for one in progress.steps if one[0] != name),
                waiting=progress.waiting - {name},
                found=tuple((one, count) for one, count in progress.found if one != name),
            )
            title = self._title(name)
            spent = event.result.duration_ms
            took = f"{spent / 1000:.1f} s" if spent >= 100 else f"{spent} ms"
            self._say(
                words.look(event.result.state), f"{title}: {words.WORDS[words.look(event.result.state)]}, {took}", name
            )
            self.renew()
        elif isinstance(event, Ended):
            self.end(event)

    def end(self, event: Ended | None = None) -> None:
        """The run is over, or broke off (no event)."""
        if self._progress is None:
            return
        done, total = self._progress.done, self._progress.total
        self._progress = None
        if event is None or event.outcome == "cancelled":
            self._say("later", f"Run cancelled: {done} of {words.plural(total, 'check')} done and saved")
        else:
            asked = (
                f", {event.counts.requests} requests, {event.counts.dns_queries} DNS queries" if event.counts else ""
            )
            self._say("pass", f"Run done: {words.plural(total, 'check')} in {event.seconds:.1f} s{asked}")
        self.renew()

    def say(self, look: str, text: str) -> None:
        """Writes into the log what the person did."""
        self._say(look, text)

    def _found(self, finding: Finding, progress: Progress) -> None:
        counts = dict(progress.found)
        counts[finding.check] = counts.get(finding.check, 0) + 1
        self._progress = replace(progress, found=tuple(counts.items()))
        self._say(words.look(finding.state), finding.summary, finding.check)
        self._light()

    def _title(self, check: str) -> str:
        spec = self.workspace.roadmap.checks.get(check)
        return spec.title if spec else check

    def _say(self, look: str, text: str, check: str = "") -> None:
        number = self.log[-1].number + 1 if self.log else 1
        self.log.append(LogLine(self.workspace.clock.now(), look, text, check, number))
        del self.log[:-2000]
        self.version += 1

    def _light(self) -> None:
        """Lays new progress over the snapshot at hand, without reading anything again."""
        if self._snapshot is not None:
            self._snapshot = replace(self._snapshot, progress=self._progress)
        self.version += 1

    def _read(self) -> Snapshot:
        workspace = self.workspace
        verdict = workspace.verdict()
        return Snapshot(
            now=workspace.clock.now(),
            launch=workspace.launch,
            roadmap=workspace.roadmap,
            verdict=verdict,
            step=workspace.next_step(verdict),
            demo=workspace.demo,
            changes=workspace.journal.changes(),
            progress=self._progress,
            names=tuple((person.id, person.name) for person in workspace.people.people if person.name),
        )
