"""Proposed recovery cards: the nine usual breakdowns (`cards.toml`), with the providers and commands of this launch in
them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import get_args

import msgspec

from .inventory import Inventory, Recovery, Scenario

SCENARIOS: tuple[Scenario, ...] = tuple(one for one in get_args(Scenario) if one)
"""The nine, in the order in which they are read."""


_SPOKEN: dict[Scenario, tuple[str, ...]] = {
    "release": ("deploy", "release", "rollback", "roll back", "version"),
    "data": ("migration", "restore", "database", "data", "backup"),
    "dns": ("dns", "domain"),
    "certificate": ("certificate", "tls", "ssl"),
    "mail": ("mail",),
    "payments": ("pay", "checkout", "webhook"),
    "provider": ("provider", "outage", "hosting"),
    "leak": ("secret", "key", "leak"),
    "account": ("account", "takeover", "admin", "lockout"),
}
"""Words of a card's id or title that show what it is for, where it does not say so itself."""


def scenarios_of(card: Recovery) -> frozenset[Scenario]:
    """The breakdowns that a card speaks of: the one it names, else those its id and title do."""
    if card.scenario:
        return frozenset((card.scenario,))
    spoken = f"{card.id} {card.title}".casefold()
    return frozenset(scenario for scenario, words in _SPOKEN.items() if any(word in spoken for word in words))


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One breakdown, before anything is known of the launch."""

    scenario: Scenario
    title: str
    symptom: str
    detect: str
    steps: tuple[str, ...]
    command: str
    verify: str
    checks: tuple[str, ...]
    escalate: str


class Platform(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a provider calls the way back, by breakdown, and where it says that it is down."""

    names: tuple[str, ...]
    login: str = ""
    status: str = ""
    release: str = ""
    data: str = ""
    certificate: str = ""
    payments: str = ""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    cards: tuple[Card, ...]
    platforms: tuple[Platform, ...]


@functools.cache
def table() -> _Table:
    """The data file, read once."""
    import tomllib

    return msgspec.convert(tomllib.loads((resources.files(__package__) / "cards.toml").read_text("utf-8")), _Table)


@dataclass(frozen=True, slots=True)
class Running:
    """What a launch runs on, by provider name; empty where it is not known."""

    domain: str
    site: str
    registrar: str = ""
    dns: str = ""
    hosting: tuple[str, ...] = ()
    database: str = ""
    mail: str = ""
    payments: str = ""

    def with_inventory(self, inventory: Inventory) -> Running:
        """The same, with what is written down filling what was not seen, and before it."""

        def named(*categories: str) -> tuple[str, ...]:
            rows = [one.provider or one.name for one in inventory.systems if one.category in categories]
            return tuple(dict.fromkeys(row for row in rows if row))

        def first(*categories: str) -> str:
            return next(iter(named(*categories)), "")

        return Running(
            domain=self.domain,
            site=self.site,
            registrar=first("registrar") or self.registrar,
            dns=first("dns") or self.dns,
            hosting=tuple(dict.fromkeys((*named("hosting"), *self.hosting, *named("cdn")))),
            database=first("database") or self.database,
            mail=first("email") or self.mail,
            payments=first("payments") or self.payments,
        )


def platform(name: str) -> Platform | None:
    """What is known of a provider, by its name; a longer name that holds a known one counts (`Supabase Postgres`)."""
    wanted = name.casefold().strip()
    if not wanted:
        return None
    rows = table().platforms
    exact = next((row for row in rows if any(wanted == known.casefold() for known in row.names)), None)
    return exact or next(
        (
            row
            for row in rows
            if any(re.search(rf"\b{re.escape(known.casefold())}(?!\w)", wanted) for known in row.names)
        ),
        None,
    )


def login_page(name: str) -> str:
    """Where somebody logs in at a provider; empty where that is not known."""
    found = platform(name)
    return found.login if found else ""


def status_page(name: str) -> str:
    """Where a provider says that it is down; empty where that is not known."""
    found = platform(name)
    return found.status if found else ""


def propose(running: Running, scenarios: Iterable[Scenario] = SCENARIOS) -> tuple[Recovery, ...]:
    """A card for each breakdown, in the order of the table. Nothing in it was rehearsed, and it says so by leaving
    that empty."""
    wanted = set(scenarios)
    return tuple(_fill(card, running) for card in table().cards if card.scenario in wanted)


def missing(running: Running, inventory: Inventory) -> tuple[Recovery, ...]:
    """Proposals for the breakdowns that no card of the inventory is for."""
    has = frozenset[Scenario]().union(*(scenarios_of(card) for card in inventory.recovery))
    taken = {card.id for card in inventory.recovery}
    made = propose(running.with_inventory(inventory), [one for one in SCENARIOS if one not in has])
    return tuple(msgspec.structs.replace(card, id=f"{card.id}-card") if card.id in taken else card for card in made)


def _fill(card: Card, running: Running) -> Recovery:
    words = {
        "domain": running.domain,
        "site": running.site,
        "hosting": running.hosting[0] if running.hosting else "the hosting provider",
        "dns": running.dns or "the DNS provider",
        "database": running.database or "the database provider",
        "mail": running.mail or "the mail service",
        "payments": running.payments or "the payment service",
        "registrar": running.registrar or "the registrar",
    }

    def told(text: str) -> str:
        # Not str.format: a command may hold braces of its own.
        for name, value in words.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    steps = [told(step) for step in card.steps]
    pages = _status_pages(card.scenario, running)
    if pages:
        steps.insert(1, "Status pages: " + ", ".join(pages) + ".")
    return Recovery(
        id=card.scenario,
        scenario=card.scenario,
        title=told(card.title),
        symptom=told(card.symptom),
        detect=told(card.detect),
        first_steps="\n".join(steps),
        command=_command(card, running) or told(card.command),
        verify=told(card.verify),
        checks=card.checks,
        escalate=told(card.escalate),
    )


def _providers(scenario: Scenario, running: Running) -> tuple[str, ...]:
    """Whose way back counts for a breakdown, the first that knows one."""
    return {
        "release": running.hosting,
        "certificate": running.hosting,
        "data": (running.database, *running.hosting),
        "payments": (running.payments,),
        "mail": (running.mail,),
        "provider": (*running.hosting, running.database, running.dns, running.payments, running.mail),
    }.get(scenario, ())


def _command(card: Card, running: Running) -> str:
    known = (platform(name) for name in _providers(card.scenario, running))
    return next((words for one in known if one and (words := getattr(one, card.scenario, ""))), "")


def _status_pages(scenario: Scenario, running: Running) -> list[str]:
    if scenario not in ("provider", "payments", "mail"):
        return []
    return list(dict.fromkeys(page for name in _providers(scenario, running) if (page := status_page(name))))
