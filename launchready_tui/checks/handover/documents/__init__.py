"""Is it written down where everything lives? The five questions that the next engineer asks first, and the usual
breakdowns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from ....findings import Finding, Remedy, Severity
from ....launch.cards import SCENARIOS, scenarios_of
from ....launch.inventory import Category, Scenario
from ...base import Say, check
from ..written import PLACE, lines, nothing

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....launch.papers import Papers
    from ....world import World

PLACES: tuple[tuple[str, str, tuple[Category, ...]], ...] = (
    ("dns", "where DNS lives", ("dns",)),
    ("code", "where the code lives", ("code",)),
    ("deploy", "where the product runs", ("hosting",)),
    ("secrets", "where keys and passwords lie", ("secrets",)),
)
"""Subject, what must be written down, and the systems that say it."""
_PASTE = '[[systems]]\nid = "dns"\nname = "DNS"\ncategory = "dns"\nprovider = "…"\nlogin_url = "https://…"'


@check("handover.documents", papers=True)
async def documents(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Each place and each breakdown, written down or not."""
    papers, say = world.papers, Say("handover.documents", world.clock.now())
    inventory = papers.inventory
    if not inventory.systems and not inventory.recovery:
        yield nothing(say, "where DNS, code and keys live, who pays, and how to go back", Severity.HIGH, _PASTE)
        return
    found = [*_places(say, papers), *_back(say, papers), *_cards(say, papers)]
    for finding in found:
        yield finding
    if not any(one.is_open for one in found):
        yield say.passed(
            "written",
            "inventory.toml",
            "It is written down where DNS, code, product and keys live, who pays, and what to do in each of "
            "nine breakdowns",
            evidence=[lines("systems", (f"{one.category}: {one.name or one.id}" for one in inventory.systems))],
        )


def covers(papers: Papers, scenario: Scenario) -> bool:
    """Whether a recovery card for this breakdown has a first step or a command."""
    return any(
        scenario in scenarios_of(card) and (card.first_steps or card.command) for card in papers.inventory.recovery
    )


def _places(say: Say, papers: Papers) -> Iterator[Finding]:
    for place, what, categories in PLACES:
        if not any(system.category in categories for system in papers.inventory.systems):
            yield say.unknown(
                "place",
                place,
                f"It is not written down {what}",
                severity=Severity.HIGH,
                remedy=Remedy(
                    text="Add the system, or confirm where else this is written down",
                    paste=f'[[systems]]\nid = "{categories[0]}"\ncategory = "{categories[0]}"\nprovider = '
                    '"…"\nlogin_url = "https://…"',
                    where=PLACE,
                ),
            )
    if not any(system.billing_owner for system in papers.inventory.systems):
        yield say.unknown(
            "place",
            "billing",
            "It is not written down who pays for anything",
            severity=Severity.HIGH,
            remedy=Remedy(text="Name who pays for each system", paste='billing_owner = "founder"', where=PLACE),
        )


def _back(say: Say, papers: Papers) -> Iterator[Finding]:
    card = next((one for one in papers.inventory.recovery if "release" in scenarios_of(one) and one.command), None)
    if card is None and not papers.inventory.plan.rollback:
        yield say.unknown(
            "place",
            "rollback",
            "It is not written down how to go back to the last good version",
            severity=Severity.HIGH,
            remedy=Remedy(
                text="Write the card for a bad release, with the command as it is typed",
                paste='[[recovery]]\nid = "release"\nscenario = "release"\ntitle = "A release broke '
                'something"\ncommand = "…"',
                where=PLACE,
            ),
        )


def _cards(say: Say, papers: Papers) -> Iterator[Finding]:
    missing = [scenario for scenario in SCENARIOS if not covers(papers, scenario)]
    if missing:
        yield say.warn(
            "cards",
            "recovery cards",
            "Some of the nine usual breakdowns have no recovery card, so somebody will have to think under stress",
            evidence=[lines("without a card", missing)],
            remedy=Remedy(
                text="Take over the cards that LaunchReady proposes, then put your own commands in",
                paste="launchready inventory --take",
                where=PLACE,
            ),
        )
    unrehearsed = [card.id for card in papers.inventory.recovery if card.rehearsed is None]
    if unrehearsed:
        yield say.info(
            "unrehearsed",
            "recovery cards",
            "Some recovery cards were never tried",
            evidence=[lines("never tried", unrehearsed)],
            remedy=Remedy(
                text="Let somebody who did not write it follow a card on staging, and note the minutes", where=PLACE
            ),
        )
