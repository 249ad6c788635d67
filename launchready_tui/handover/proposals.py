"""What the inventory could begin with: the systems that the checks have seen, and a recovery card for each usual
breakdown.

Nothing of it is taken by itself: who owns an account and who pays cannot be seen from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec

from ..launch.cards import login_page, missing
from ..launch.inventory import Category, Inventory, Recovery, Renewal, System
from .hosts import domain_rows, host_rows, seen_expiry
from .mail import receiver, senders
from .running import running
from .snapshot import Snapshot

if TYPE_CHECKING:
    from ..workspace import Workspace


@dataclass(frozen=True, slots=True)
class Proposal:
    """One line that could be taken into the inventory, and what it was seen by."""

    item: System | Recovery | Renewal
    why: str

    @property
    def title(self) -> str:
        """What the line is about: a renewal's subject, a card's title, anything else's name."""
        return (
            self.item.subject
            if isinstance(self.item, Renewal)
            else self.item.title
            if isinstance(self.item, Recovery)
            else self.item.name
        )


def proposals(source: Workspace, *, now: datetime | None = None) -> tuple[Proposal, ...]:
    """Systems that were seen and are not written down, then cards for breakdowns that have none."""
    shot = Snapshot.of(source, now or source.clock.now())
    systems = [one for one in _systems(shot) if not _known(shot.inventory, one.item)]
    with_seen = msgspec.structs.replace(
        shot.inventory, systems=(*shot.inventory.systems, *(one.item for one in systems))
    )
    cards = [
        Proposal(card, "one of the nine usual breakdowns, not covered by any card")
        for card in missing(running(shot), with_seen)
    ]
    return (*(Proposal(one.item, one.why) for one in systems), *cards)


def take(inventory: Inventory, taken: Iterable[Proposal]) -> Inventory:
    """The inventory with these lines in it. An id that is used already gets a number."""
    systems, cards, renewals = list(inventory.systems), list(inventory.recovery), list(inventory.renewals)
    for one in taken:
        match one.item:
            case System():
                systems.append(msgspec.structs.replace(one.item, id=_free(one.item.id, {row.id for row in systems})))
            case Recovery():
                cards.append(msgspec.structs.replace(one.item, id=_free(one.item.id, {row.id for row in cards})))
            case Renewal():
                renewals.append(one.item)
    return msgspec.structs.replace(inventory, systems=tuple(systems), recovery=tuple(cards), renewals=tuple(renewals))


@dataclass(frozen=True, slots=True)
class _Seen:
    item: System
    why: str


def _systems(shot: Snapshot) -> list[_Seen]:
    found: list[_Seen] = []

    def add(category: Category, provider: str, name: str, why: str, renewal: date | None = None) -> None:
        if provider and not any(one.item.category == category and one.item.provider == provider for one in found):
            system = System(
                id=_slug(f"{category} {provider}" if category in ("hosting", "cdn", "email") else category),
                name=name,
                category=category,
                provider=provider,
                login_url=login_page(provider),
                renewal=renewal,
            )
            found.append(_Seen(system, why))

    for domain in domain_rows(shot):
        ends = seen_expiry(shot, domain.domain)
        add(
            "registrar",
            domain.registrar,
            f"Registrar of {domain.domain}",
            f"{domain.domain} is registered there",
            ends.date() if ends else None,
        )
        add("dns", domain.dns_provider, f"DNS of {domain.domain}", f"its name servers answer for {domain.domain}")
    for row in host_rows(shot):
        for provider in filter(None, (part.strip() for part in row.provider.split(","))):
            category: Category = "cdn" if _is_edge(provider) else "hosting"
            add(category, provider, provider, f"{row.host} is served there")
    receives = receiver(shot)
    if receives and "." not in receives:
        add("email", receives, f"Mailboxes at {receives}", f"mail to {shot.launch.domain} is received there")
    for sender in senders(shot):
        add("email", sender, f"Mail sent by {sender}", "named in the launch file or in SPF")
    return found


def _is_edge(provider: str) -> bool:
    from ..checks.audit.providers import table

    return any(row.name == provider and row.kind == "cdn" for row in table().hosting)


def _known(inventory: Inventory, item: System) -> bool:
    """Whether a system of this kind with this provider, or one of this kind that names none, is written down."""
    wanted = item.provider.casefold()
    rows = [one for one in inventory.systems if one.category == item.category]
    single = item.category in ("registrar", "dns", "code")
    return any(single or not one.provider or wanted in (one.provider.casefold(), one.name.casefold()) for one in rows)


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:32].strip("-") or "system"


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else next(f"{name}-{n}" for n in range(2, 10_000) if f"{name}-{n}" not in taken)
