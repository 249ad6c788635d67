"""Launch day as it stands: the timeline with the state of its checks, who does what, what was said, and the log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from .. import text
from ..clock import stamp
from ..findings import State, worst
from ..launch.atomic import write_atomically
from ..launch.decisions import SignOff
from ..launch.inventory import Contact, Duty
from ..launch.plan import GO_NO_GO, MESSAGES, Moment, fill, go_no_go_at, moments
from ..launch.records import Happened, day_log
from ..persons import PersonId
from ..verdict import Standing, Verdict
from .emergency import rollback
from .snapshot import Snapshot

if TYPE_CHECKING:
    from ..workspace import Workspace

Phase = Literal["past", "now", "ahead", "open"]
"""`now`: the newest checkpoint whose time has come. `open`: no launch moment is written down."""
_LONG_AGO = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Stop:
    """A checkpoint as it stands."""

    moment: Moment
    phase: Phase
    state: State
    """The worst of its checks now; UNKNOWN where one has no fresh answer."""
    standings: tuple[Standing, ...]
    done: Happened | None
    """The line of the log that says that somebody has gone through it."""

    @property
    def counts(self) -> dict[State, int]:
        """How many of its checks stand how."""
        found: dict[State, int] = {}
        for one in self.standings:
            found[one.state] = found.get(one.state, 0) + 1
        return found


@dataclass(frozen=True, slots=True)
class Day:
    """The whole of launch day for one moment."""

    at: datetime
    launch_at: datetime | None
    stops: tuple[Stop, ...]
    decider: str
    go_no_go_at: datetime | None
    said: SignOff | None
    """The newest go or no-go."""
    verdict: Verdict
    ladder: tuple[Contact, ...]
    duties: tuple[Duty, ...]
    kill_switch: str
    rollback: str
    messages: tuple[tuple[str, str], ...]
    log: tuple[Happened, ...]

    @property
    def until_launch(self) -> timedelta | None:
        """Time until the doors open; negative after that."""
        return self.launch_at - self.at if self.launch_at else None

    @property
    def current(self) -> Stop | None:
        """The checkpoint of now; the first one ahead before any has come."""
        return next((one for one in self.stops if one.phase == "now"), self.stops[0] if self.stops else None)

    @property
    def waits_for_word(self) -> bool:
        """The time to say go or no-go has come, and nobody has since the plan was made for this moment."""
        return self.go_no_go_at is not None and self.at >= self.go_no_go_at and self.said is None


def day(source: Workspace, *, now: datetime) -> Day:
    """Launch day now. Read again after every change: it holds nothing back, so a restart in the middle loses
    nothing."""
    shot = Snapshot.of(source, now)
    plan = shot.inventory.plan
    log = day_log(source.folder).read()
    signed = [one for one in sorted(shot.signed, key=lambda one: one.on) if one.what == GO_NO_GO]
    # A word for another launch moment, weeks ago, says nothing about this one.
    said = next(
        (one for one in reversed(signed) if plan.launch_at is None or one.on > plan.launch_at - _LONG_AGO), None
    )
    return Day(
        at=now,
        launch_at=plan.launch_at,
        stops=tuple(_stops(shot, log, now)),
        decider=plan.decider,
        go_no_go_at=go_no_go_at(shot.inventory),
        said=said,
        verdict=shot.verdict,
        ladder=tuple(sorted(shot.inventory.contacts, key=lambda one: (one.order, one.person))),
        duties=shot.inventory.duties,
        kill_switch=text.clean_block(plan.kill_switch),
        rollback=rollback(shot),
        messages=tuple((title, fill(words, support=shot.launch.email.support)) for title, words in MESSAGES),
        log=log,
    )


def _stops(shot: Snapshot, log: tuple[Happened, ...], now: datetime) -> Iterable[Stop]:
    timeline = moments(shot.inventory)
    come = [one for one in timeline if one.at is not None and one.at <= now]
    current = come[-1] if come else None
    for one in timeline:
        phase: Phase = "open" if one.at is None else "now" if one is current else "past" if one in come else "ahead"
        standings = tuple(shot.standing(check) for check in expand(shot, one.checkpoint.checks))
        state = worst([standing.state for standing in standings]) if standings else State.NOT_APPLICABLE
        done = next((line for line in reversed(log) if line.kind == "checkpoint" and line.checkpoint == one.key), None)
        yield Stop(one, phase, state, standings, done)


def expand(shot: Snapshot, names: Iterable[str]) -> tuple[str, ...]:
    """Checks by id, and stages as all their checks; a name that is neither is passed over."""
    found: dict[str, None] = {}
    for name in names:
        if name in shot.roadmap.checks:
            found[name] = None
        else:
            found.update(
                dict.fromkeys(spec.id for stage in shot.roadmap.stages if stage.id == name for spec in stage.checks)
            )
    return tuple(found)


def note(
    source: Workspace, words: str, *, by: str, now: datetime, kind: str = "note", checkpoint: str = ""
) -> Happened:
    """Appends a line to the log; on the disk when this returns. Raises ValueError for an empty one, CannotWrite."""
    if not words.strip():
        raise ValueError("A log entry needs text")
    line = Happened(at=now, text=source.hide(words.strip()), by=PersonId(by), kind=kind, checkpoint=checkpoint)
    day_log(source.folder).append(line)
    return line


def log_as_markdown(lines: Iterable[Happened]) -> str:
    """The log as a table, oldest first."""
    rows = ["| time | who | what |", "|---|---|---|"]
    for line in lines:
        mark = f"**{text.for_markdown(line.kind)}** " if line.kind != "note" else ""
        where = f" ({text.for_markdown(line.checkpoint)})" if line.checkpoint else ""
        rows.append(
            f"| {stamp(line.at)} | {text.for_markdown(line.by)} | {mark}{text.for_markdown(line.text)}{where} |"
        )
    return "# What happened on launch day\n\n" + "\n".join(rows) + "\n"


def export_log(source: Workspace, path: str) -> None:
    """Writes the log as Markdown, whole or not at all. Raises CannotWrite."""
    from pathlib import Path

    write_atomically(Path(path), log_as_markdown(day_log(source.folder).read()))
