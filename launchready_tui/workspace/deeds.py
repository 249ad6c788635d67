"""What was done beside the checks, as the next step asks for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from ..findings import State
from ..launch.inventory import Inventory
from ..launch.people import People
from ..launch.plan import GO_NO_GO
from ..verdict.model import Deed, Deeds, Gap

if TYPE_CHECKING:
    from ..clock import Clock
    from ..journal import Journal
    from ..launch.decisions import Decisions
    from ..launch.model import Launch
    from ..verdict import Verdict

HOLDS = timedelta(days=30)
"""So long a test, a walk or a drill speaks for the product."""


class Source(Protocol):
    """What is read of a source."""

    clock: Clock
    journal: Journal
    folder: Path
    people: People
    inventory: Inventory
    decisions: Decisions

    @property
    def launch(self) -> Launch:
        """The launch file's content."""


def deeds_of(source: Source, verdict: Verdict) -> Deeds:
    """Read from journal, watch and decisions. Raises JournalError."""
    launch, export = source.launch, source.journal.last_export()
    watch, drill = _watched(source, verdict)
    return Deeds(
        mails=_mails(source),
        path=_path(source),
        watch=watch,
        drill=drill,
        permitted=launch.permits(launch.domain),
        gaps=gaps(source.people, source.inventory),
        signed=any(one.what == GO_NO_GO for one in source.decisions.signed),
        exported=export is not None and not export.outdated,
    )


def gaps(people: People, inventory: Inventory) -> tuple[Gap, ...]:
    """What of people and inventory has not been begun, in the order in which a person would fill it in."""
    empty = {
        "people": (people.people, "Record who takes part", "every other entry names people"),
        "systems": (
            inventory.systems,
            "Record what the business runs on",
            "a repair starts with knowing where things are",
        ),
        "access": (inventory.access, "Record who has access", "no one knows who could lock you out"),
        "backups": (inventory.backups, "Record what is backed up", "no one knows what could be lost"),
        "recovery": (inventory.recovery, "Record how each breakdown is repaired", "at night no one has time to search"),
        "contacts": (inventory.contacts, "Record who to call", "on launch day no one has time to search"),
        "plan": (inventory.plan.decider, "Name who decides on launch day", "a go needs a name"),
    }
    return tuple(Gap(table, words, why) for table, (held, words, why) in empty.items() if not held)


def _deed(there: bool, done: bool) -> Deed:
    return "done" if there and done else "open" if there else "none"


def _mails(source: Source) -> Deed:
    """Done when each mail that the product sends has a test of late."""
    from ..mail.flow.model import KIND

    launch = source.launch
    wanted = {flow.name for flow in launch.flows if flow.sent} if launch.mailboxes else set()
    if not wanted:
        return "none"
    since = source.clock.now() - HOLDS
    tried = {_mail_of(row.body) for row in source.journal.trials(KIND) if row.at > since}
    return _deed(True, wanted <= tried)


class _Tested(msgspec.Struct):
    """What is asked of a kept test: which mail it was of."""

    flow: str = ""


def _mail_of(body: str) -> str:
    """The mail that a kept test was of; empty for what this version cannot read."""
    try:
        return msgspec.json.decode(body, type=_Tested).flow
    except msgspec.MsgspecError:
        return ""


def _path(source: Source) -> Deed:
    """Done when these very steps were walked of late, whether they hold or not."""
    from ..trials import KIND, digest_of, walk_of

    steps = source.launch.recovery_path
    if not steps:
        return "none"
    rows = source.journal.trials(KIND, 1)
    try:
        walk = walk_of(rows[0].body) if rows else None
    except msgspec.MsgspecError:
        walk = None
    fresh = walk is not None and source.clock.now() - walk.started_at < HOLDS
    return _deed(True, fresh and walk is not None and walk.digest == digest_of(steps))


def _watched(source: Source, verdict: Verdict) -> tuple[Deed, Deed]:
    """A running watch, and a drill of late. A hosted monitor that was read does as well, and then a person's word on
    its drill."""
    from ..watch.targets import targets_of

    launch, now = source.launch, source.clock.now()
    uptime = verdict.standings.get("monitoring.uptime")
    hosted = bool(launch.watch.monitor) and uptime is not None and uptime.state is State.PASS and not uptime.by_word
    alive, drilled = _seen_of_the_watch(source, now)
    if hosted and not alive:
        return "none", "none"
    return _deed(bool(targets_of(launch)), alive), _deed(bool(targets_of(launch)), drilled)


def _seen_of_the_watch(source: Source, now: datetime) -> tuple[bool, bool]:
    """Whether somebody watches, and whether a drill was kept of late; neither where the watch cannot be read."""
    from ..journal import JournalError
    from ..launch.problems import NewerFile
    from ..watch import PLACE
    from ..watch.samples import WatchReader

    try:
        with WatchReader(source.folder / PLACE) as reader:
            watcher = reader.watcher()
            return watcher is not None and watcher.alive(now), bool(reader.drills(now - HOLDS))
    except (FileNotFoundError, JournalError, NewerFile, OSError):
        return False, False
