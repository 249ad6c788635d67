"""How many people can repair each system, and who pays for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from ....findings import Finding, Severity
from ....launch.inventory import System
from ....persons import PersonId
from ...base import Say, check
from ..written import CROWN, PLACE, lines

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....launch.papers import Papers
    from ....world import World

LOOKERS = frozenset({"none", "reader", "read", "read only", "read-only", "view", "viewer", "guest", "billing"})
"""Rights that let somebody in and repair nothing."""


@check("handover.bus-factor", papers=True)
async def bus_factor(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """System by system: two who can repair it today, and still two when those who are leaving have left."""
    papers, say = world.papers, Say("handover.bus-factor", world.clock.now())
    systems = papers.inventory.systems
    if not systems:
        yield say.unknown("nothing", "inventory.toml")
        return
    found = problems(papers, world.clock.now())
    for finding in found:
        yield finding
    if not any(one.is_open for one in found):
        hands = lines("can repair", (f"{one.id}: {', '.join(fixers(papers, one.id))}" for one in systems))
        say = say.naming(*(who for one in systems for who in fixers(papers, one.id)))
        yield say.passed("two", "inventory.toml", systems=len(systems), evidence=[hands])


def problems(papers: Papers, at: datetime) -> list[Finding]:
    """Systems that too few can repair, and bills that nobody pays."""
    say = Say("handover.bus-factor", at)
    return [
        one
        for system in papers.inventory.systems
        for one in (*_hands(say, papers, system), *_bill(say, papers, system))
    ]


def fixers(papers: Papers, system: str) -> tuple[PersonId, ...]:
    """Ids of those who have not left and whose right lets them repair it; a right that is not named counts."""
    entries = [
        one for one in papers.inventory.access if one.system == system and one.role.casefold().strip() not in LOOKERS
    ]
    return tuple(dict.fromkeys(one.person for one in entries if not papers.has_left(one.person)))


def _hands(say: Say, papers: Papers, system: System) -> Iterator[Finding]:
    listed = any(one.system == system.id for one in papers.inventory.access)
    if not listed:
        return  # said by handover.access: it is not known, so nothing can be counted
    name, severity = system.name or system.id, Severity.HIGH if system.category in CROWN else Severity.MEDIUM
    hands = fixers(papers, system.id)
    say = say.naming(*hands)
    staying = tuple(who for who in hands if not papers.is_leaving(who))
    if not hands:
        yield say.fail("nobody", system.id, severity=severity, name=name)
    elif len(hands) == 1:
        yield say.fail("one", system.id, severity=severity, name=name, person=hands[0])
    elif len(staying) < 2:
        left, seen = "".join(staying), [lines("can repair it now", hands)]
        yield say.warn("after-leaving", system.id, "warn" if left else "none", name=name, person=left, evidence=seen)


def _bill(say: Say, papers: Papers, system: System) -> Iterator[Finding]:
    name, payer = system.name or system.id, system.billing_owner
    say = say.naming(payer)
    if system.no_bill or (not payer and system.category == "other"):
        return
    if not payer:
        severity = Severity.HIGH if system.category in CROWN else Severity.MEDIUM
        yield say.fail("billing", system.id, severity=severity, name=name)
        return
    where = system.login_url or PLACE
    if papers.has_left(payer):
        yield say.fail("payer-leaves", system.id, name=name, person=payer, where=where)
    elif papers.is_leaving(payer):
        yield say.warn("payer-leaves", system.id, name=name, person=payer, where=where)
