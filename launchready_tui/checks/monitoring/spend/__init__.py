"""monitoring.spend: what costs by use has a limit, somebody who is told before it is reached, and a place where it was
set."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding, Remedy, Severity
from ....launch.inventory import Cap, Category, System
from ...base import Say, check

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....launch.papers import Papers
    from ....world import World

OLD_DAYS = 90
METERED: frozenset[Category] = frozenset(
    {"hosting", "cdn", "database", "storage", "queue", "email", "sms", "ai", "other"}
)
"""What a flood of visitors, bots or text messages makes dearer. `other` counts only where a limit is written down."""
_WHERE = "people and access (key p), or inventory.toml"


@check("monitoring.spend", papers=True)
async def spend(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The systems that cost by use against the limits written down."""
    papers, today = world.papers, world.clock.now().date()
    say = Say("monitoring.spend", world.clock.now())
    caps = papers.inventory.caps
    metered = [
        one
        for one in papers.inventory.systems
        if one.category in METERED and one.category != "other" and not one.no_bill
    ]
    if not caps and not metered:
        yield say.unknown(
            "nothing",
            "inventory.toml",
            "Nothing is written down yet: which bills grow with use, and where they stop",
            remedy=Remedy(
                text="Go through the providers that bill by use, set a limit and an alarm in each, and write it down",
                paste=_row("hosting"),
                where=_WHERE,
            ),
        )
        return
    found = list(_without(say, metered, {one.system for one in caps if one.limit}))
    for cap in caps:
        found += _cap(say, papers, cap, today)
    for finding in found:
        yield finding
    if not any(one.is_open for one in found):
        rows = (
            f"{papers.inventory.name_of(one.system)}: {one.limit}, "
            f"{'stops there' if one.hard else 'told at ' + one.alert_at}"
            for one in caps
        )
        words = f"{len(caps)} bills that grow with use have a limit, and somebody who is told before"
        yield say.passed(
            "no-limit",
            "inventory.toml",
            words,
            evidence=[Evidence.of("limits", "\n".join(rows), source="inventory.toml")],
        )


def _row(system: str) -> str:
    rest = (
        'limit = "200 EUR a month"\nalert_at = "50, 80 and 100 %"\nowner = "founder"\nwhere = "billing page, Budgets"'
    )
    return f'[[caps]]\nsystem = "{system}"\n{rest}'


def _without(say: Say, metered: list[System], limited: set[str]) -> Iterator[Finding]:
    for system in metered:
        if system.id in limited:
            continue
        yield say.warn(
            "no-limit",
            system.id,
            f"{system.name or system.id} costs by use, and no limit is written down: an attack or an "
            "advertisement can run up any bill",
            severity=Severity.HIGH,
            remedy=Remedy(
                text="Set a limit or at least an alarm in its billing page, and write down where",
                paste=_row(system.id),
                where=_WHERE,
            ),
        )


def _cap(say: Say, papers: Papers, cap: Cap, today: date) -> Iterator[Finding]:
    name = papers.inventory.name_of(cap.system)
    if not cap.owner or papers.has_left(cap.owner):
        who = f"{cap.owner}, who is told, has left" if cap.owner else "nobody is named who is told"
        fix = Remedy(text="Name who is told and can act", paste='owner = "founder"', where=_WHERE)
        yield say.warn(
            "owner", cap.system, f"The bill of {name} can grow unseen: {who}", severity=Severity.HIGH, remedy=fix
        )
    if not cap.hard and not cap.alert_at:
        fix = Remedy(
            text="Let the provider mail its owner at half, at four fifths and at all of it",
            paste='alert_at = "50, 80 and 100 %"',
            where=_WHERE,
        )
        yield say.warn(
            "no-alert", cap.system, f"The limit of {name} neither stops anything nor tells anybody", remedy=fix
        )
    if cap.seen is None or (today - cap.seen).days > OLD_DAYS:
        when = f"last on {cap.seen.isoformat()}" if cap.seen else "never since it was written down"
        fix = Remedy(
            text="Open its billing page, look whether the limit still stands, and write down today",
            paste=f"seen = {today.isoformat()}",
            where=_WHERE,
        )
        evidence = [Evidence.of("looked at", when, source="inventory.toml")]
        words = f"Nobody has looked for {OLD_DAYS} days whether the limit of {name} still stands"
        yield say.warn("old", cap.system, words, severity=Severity.LOW, evidence=evidence, remedy=fix)
