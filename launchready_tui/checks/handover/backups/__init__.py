"""Every data store: a copy, an owner, and a restore that was tried not long ago."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import TYPE_CHECKING

from ....findings import Finding
from ....launch.inventory import Backup, Category
from ...base import Say, check
from ..written import lines

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....launch.papers import Papers
    from ....world import World

WARN_DAYS = 30
FAIL_DAYS = 90
_HOLD_DATA: frozenset[Category] = frozenset({"database", "storage"})


@check("handover.backups", papers=True)
async def backups(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The list of stores against the systems that hold data, and the age of each restore test."""
    papers, today = world.papers, world.clock.now().date()
    say = Say("handover.backups", world.clock.now())
    kept = papers.inventory.backups
    holding = [one for one in papers.inventory.systems if one.category in _HOLD_DATA]
    if not kept and not holding:
        yield say.unknown("nothing", "inventory.toml")
        return
    found = list(_without_copy(say, papers))
    for backup in kept:
        found += _copy(say, papers, backup)
        found += _restore(say, backup, today)
    for finding in found:
        yield finding
    if not any(one.is_open for one in found):
        tried = lines("restored on", (f"{one.store}: {one.last_restore_test}" for one in kept))
        yield say.passed("restored", "inventory.toml", stores=len(kept), days=WARN_DAYS, evidence=[tried])


def covered(papers: Papers, system: str) -> bool:
    """Whether a backup is written down for a system that holds data: by its id, or by its name."""
    names = {system.casefold(), papers.inventory.name_of(system).casefold()}
    return any(one.system == system or one.store.casefold() in names for one in papers.inventory.backups)


def _without_copy(say: Say, papers: Papers) -> Iterator[Finding]:
    for system in papers.inventory.systems:
        if system.category in _HOLD_DATA and not covered(papers, system.id):
            yield say.fail("no-backup", system.id, name=system.name or system.id)


def _copy(say: Say, papers: Papers, backup: Backup) -> Iterator[Finding]:
    say = say.naming(backup.owner)
    if not backup.where:
        yield say.fail("no-copy", backup.store)
    if not backup.owner or papers.has_left(backup.owner):
        yield say.warn("owner", backup.store, "left" if backup.owner else "warn", owner=backup.owner)


def _restore(say: Say, backup: Backup, today: date) -> Iterator[Finding]:
    if backup.last_restore_test is None:
        yield say.fail("restore-never", backup.store, today=today.isoformat())
        return
    age = (today - backup.last_restore_test).days
    if age > WARN_DAYS:
        voice, limit = (say.fail, FAIL_DAYS) if age > FAIL_DAYS else (say.warn, WARN_DAYS)
        seen = [lines("restored on", [backup.last_restore_test.isoformat()])]
        yield voice("restore-old", backup.store, days=limit, today=today.isoformat(), evidence=seen)
