"""How many people can repair each system, and who pays for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from ....findings import Finding, Remedy, Severity
from ....launch.inventory import System
from ...base import Say, check
from ..written import CROWN, PLACE, lines, nothing

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
        yield nothing(say, "which systems there are, and who can repair them", Severity.HIGH, _paste())
        return
    found = problems(papers, world.clock.now())
    for finding in found:
        yield finding
    if not any(one.is_open for one in found):
        yield say.passed(
            "two",
            "inventory.toml",
            f"At least two people can repair each of {len(systems)} systems, and every bill has somebody who pays it",
            evidence=[lines("can repair", (f"{one.id}: {', '.join(fixers(papers, one.id))}" for one in systems))],
        )


def problems(papers: Papers, at: datetime) -> list[Finding]:
    """Systems that too few can repair, and bills that nobody pays."""
    say = Say("handover.bus-factor", at)
    return [
        one
        for system in papers.inventory.systems
        for one in (*_hands(say, papers, system), *_bill(say, papers, system))
    ]


def fixers(papers: Papers, system: str) -> tuple[str, ...]:
    """Ids of those who have not left and whose right lets them repair it; a right that is not named counts."""
    entries = [
        one for one in papers.inventory.access if one.system == system and one.role.casefold().strip() not in LOOKERS
    ]
    return tuple(dict.fromkeys(one.person for one in entries if not papers.has_left(one.person)))


def _hands(say: Say, papers: Papers, system: System) -> Iterator[Finding]:
    listed = any(one.system == system.id for one in papers.inventory.access)
    if not listed:
        return  # said by handover.access: it is not known, so nothing can be counted
    name, crown = system.name or system.id, system.category in CROWN
    hands = fixers(papers, system.id)
    staying = tuple(who for who in hands if not papers.is_leaving(who))
    severity = Severity.HIGH if crown else Severity.MEDIUM
    remedy = Remedy(
        text="Invite a second person, let them log in once and do one small change themselves",
        paste=f'[[access]]\nsystem = "{system.id}"\nperson = "…"\nrole = "admin"\nmfa = "key"',
        where=PLACE,
    )
    if not hands:
        yield say.fail(
            "nobody", system.id, f"Nobody who is still here can repair {name}", severity=severity, remedy=remedy
        )
    elif len(hands) == 1:
        yield say.fail("one", system.id, f"Only {hands[0]} can repair {name}", severity=severity, remedy=remedy)
    elif len(staying) < 2:
        who = f"only {staying[0]} is left who" if staying else "nobody is left who"
        yield say.warn(
            "after-leaving",
            system.id,
            f"When those who are leaving have left, {who} can repair {name}",
            evidence=[lines("can repair it now", hands)],
            remedy=remedy,
        )


def _bill(say: Say, papers: Papers, system: System) -> Iterator[Finding]:
    name, payer = system.name or system.id, system.billing_owner
    if system.no_bill or (not payer and system.category == "other"):
        return
    if not payer:
        yield say.fail(
            "billing",
            system.id,
            f"Nobody is named who pays for {name}: one failed payment can switch it off",
            severity=Severity.HIGH if system.category in CROWN else Severity.MEDIUM,
            remedy=Remedy(
                text="Put the business's card on the account and name who gets the bill; if "
                "there is none, write that down",
                paste=f'billing_owner = "founder"  # or: no_bill = true   (system "{system.id}")',
                where=PLACE,
            ),
        )
        return
    remedy = Remedy(text="Change address and card of the bill, then change the entry", where=system.login_url or PLACE)
    if papers.has_left(payer):
        yield say.fail("payer-leaves", system.id, f"The bill of {name} goes to {payer}, who has left", remedy=remedy)
    elif papers.is_leaving(payer):
        yield say.warn("payer-leaves", system.id, f"The bill of {name} goes to {payer}, who is leaving", remedy=remedy)


def _paste() -> str:
    return '[[systems]]\nid = "hosting"\nname = "Hosting"\ncategory = "hosting"\nbilling_owner = "founder"'
