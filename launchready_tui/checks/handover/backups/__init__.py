"""Every data store: a copy, an owner, and a restore that was tried not long ago."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import TYPE_CHECKING

from ....findings import Finding, Remedy, Severity
from ....launch.inventory import Backup, Category
from ...base import Say, check
from ..written import PLACE, days_since, lines, nothing

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....launch.papers import Papers
    from ....world import World

WARN_DAYS = 30
FAIL_DAYS = 90
_HOLD_DATA: frozenset[Category] = frozenset({"database", "storage"})
_PASTE = (
    '[[backups]]\nstore = "database"\nwhere = "object storage at another provider"\nowner = "founder"\nevery = "1 day"'
)


@check("handover.backups", papers=True)
async def backups(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The list of stores against the systems that hold data, and the age of each restore test."""
    papers, today = world.papers, world.clock.now().date()
    say = Say("handover.backups", world.clock.now())
    kept = papers.inventory.backups
    holding = [one for one in papers.inventory.systems if one.category in _HOLD_DATA]
    if not kept and not holding:
        yield nothing(say, "which data the business cannot lose, and where its copies are", Severity.BLOCKER, _PASTE)
        return
    found = list(_without_copy(say, papers))
    for backup in kept:
        found += _copy(say, papers, backup)
        found += _restore(say, backup, today)
    for finding in found:
        yield finding
    if not any(one.is_open for one in found):
        yield say.passed(
            "restored",
            "inventory.toml",
            f"{len(kept)} data stores, each with a copy, an owner and a restore that was tried in the last "
            f"{WARN_DAYS} days",
            evidence=[lines("restored on", (f"{one.store}: {one.last_restore_test}" for one in kept))],
        )


def covered(papers: Papers, system: str) -> bool:
    """Whether a backup is written down for a system that holds data: by its id, or by its name."""
    names = {system.casefold(), papers.inventory.name_of(system).casefold()}
    return any(one.system == system or one.store.casefold() in names for one in papers.inventory.backups)


def _without_copy(say: Say, papers: Papers) -> Iterator[Finding]:
    for system in papers.inventory.systems:
        if system.category in _HOLD_DATA and not covered(papers, system.id):
            yield say.fail(
                "no-backup",
                system.id,
                f"{system.name or system.id} holds data, and no backup of it is written down",
                severity=Severity.BLOCKER,
                remedy=Remedy(
                    text="Set up a daily copy at another provider, restore it once, and write it down",
                    paste=f'[[backups]]\nstore = "{system.name or system.id}"\nsystem = "{system.id}"\nwhere = '
                    '"…"\nevery = "1 day"',
                    where=PLACE,
                ),
            )


def _copy(say: Say, papers: Papers, backup: Backup) -> Iterator[Finding]:
    if not backup.where:
        yield say.fail(
            "no-copy",
            backup.store,
            f"It is not written down where the copy of {backup.store} lies, so nobody could bring it back",
            severity=Severity.BLOCKER,
            remedy=Remedy(text="Find the copy, or make one today, and write down where it lies", where=PLACE),
        )
    if not backup.owner or papers.has_left(backup.owner):
        who = f"{backup.owner}, who looked after it, has left" if backup.owner else "nobody is named who looks after it"
        yield say.warn(
            "owner",
            backup.store,
            f"The backup of {backup.store} can stop unseen: {who}",
            remedy=Remedy(text="Name who is told when a backup fails, and who restores it", where=PLACE),
        )


def _restore(say: Say, backup: Backup, today: date) -> Iterator[Finding]:
    remedy = Remedy(
        text="Restore the newest copy into an empty place, look whether yesterday's data "
        "is in it, and write down today",
        paste=f"last_restore_test = {today.isoformat()}",
        where="this backup in inventory.toml",
    )
    if backup.last_restore_test is None:
        yield say.fail(
            "restore-never",
            backup.store,
            f"No copy of {backup.store} was ever restored: nobody knows whether it is any good",
            severity=Severity.HIGH,
            remedy=remedy,
        )
        return
    seen = [lines("restored on", [backup.last_restore_test.isoformat()])]
    age = days_since(backup.last_restore_test, today)
    if age > FAIL_DAYS:
        yield say.fail(
            "restore-old",
            backup.store,
            f"It is more than {FAIL_DAYS} days since a copy of {backup.store} was restored",
            severity=Severity.HIGH,
            evidence=seen,
            remedy=remedy,
        )
    elif age > WARN_DAYS:
        yield say.warn(
            "restore-old",
            backup.store,
            f"It is more than {WARN_DAYS} days since a copy of {backup.store} was restored",
            evidence=seen,
            remedy=remedy,
        )
