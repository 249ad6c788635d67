"""monitoring.spend: what costs by use has a limit, somebody who is told before it is reached, and a place where it was
set."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding
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
        yield say.unknown("nothing", "inventory.toml")
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
        limits = Evidence.of("limits", "\n".join(rows), source="inventory.toml")
        yield say.passed("no-limit", "inventory.toml", bills=len(caps), evidence=[limits])


def _without(say: Say, metered: list[System], limited: set[str]) -> Iterator[Finding]:
    for system in metered:
        if system.id not in limited:
            yield say.warn("no-limit", system.id, name=system.name or system.id)


def _cap(say: Say, papers: Papers, cap: Cap, today: date) -> Iterator[Finding]:
    name = papers.inventory.name_of(cap.system)
    say = say.naming(cap.owner)
    if not cap.owner or papers.has_left(cap.owner):
        yield say.warn("owner", cap.system, "left" if cap.owner else "warn", name=name, owner=cap.owner)
    if not cap.hard and not cap.alert_at:
        yield say.warn("no-alert", cap.system, name=name)
    if cap.seen is None or (today - cap.seen).days > OLD_DAYS:
        when = f"last on {cap.seen.isoformat()}" if cap.seen else "never since it was written down"
        evidence = [Evidence.of("looked at", when, source="inventory.toml")]
        yield say.warn("old", cap.system, name=name, days=OLD_DAYS, today=today.isoformat(), evidence=evidence)
