"""Is it written down where everything lives? The five questions that the next engineer asks first, and the usual
breakdowns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from ....findings import Finding
from ....launch.cards import SCENARIOS, scenarios_of
from ....launch.inventory import Category, Scenario
from ...base import Say, check
from ..written import lines

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....launch.papers import Papers
    from ....world import World

PLACES: dict[str, Category] = {"dns": "dns", "code": "code", "deploy": "hosting", "secrets": "secrets"}
"""What must be written down, and the kind of system that says it."""


@check("handover.documents", papers=True)
async def documents(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Each place and each breakdown, written down or not."""
    papers, say = world.papers, Say("handover.documents", world.clock.now())
    inventory = papers.inventory
    if not inventory.systems and not inventory.recovery:
        yield say.unknown("nothing", "inventory.toml")
        return
    found = [*_places(say, papers), *_back(say, papers), *_cards(say, papers)]
    for finding in found:
        yield finding
    if not any(one.is_open for one in found):
        systems = lines("systems", (f"{one.category}: {one.name or one.id}" for one in inventory.systems))
        yield say.passed("written", "inventory.toml", evidence=[systems])


def covers(papers: Papers, scenario: Scenario) -> bool:
    """Whether a recovery card for this breakdown has a first step or a command."""
    return any(
        scenario in scenarios_of(card) and (card.first_steps or card.command) for card in papers.inventory.recovery
    )


def _places(say: Say, papers: Papers) -> Iterator[Finding]:
    for place, category in PLACES.items():
        if not any(system.category == category for system in papers.inventory.systems):
            yield say.unknown("place", place, place, category=category)
    if not any(system.billing_owner for system in papers.inventory.systems):
        yield say.unknown("place", "billing", "billing")


def _back(say: Say, papers: Papers) -> Iterator[Finding]:
    card = next((one for one in papers.inventory.recovery if "release" in scenarios_of(one) and one.command), None)
    if card is None and not papers.inventory.plan.rollback:
        yield say.unknown("place", "rollback", "rollback")


def _cards(say: Say, papers: Papers) -> Iterator[Finding]:
    missing = [scenario for scenario in SCENARIOS if not covers(papers, scenario)]
    if missing:
        yield say.warn("cards", "recovery cards", evidence=[lines("without a card", missing)])
    unrehearsed = [card.id for card in papers.inventory.recovery if card.rehearsed is None]
    if unrehearsed:
        yield say.info("unrehearsed", "recovery cards", evidence=[lines("never tried", unrehearsed)])
