"""What the business runs on: inventory.toml, committed. Systems, who gets in, backups, recovery cards, the launch-day contact plan.

No secret and no person's contact is kept here: people are ids of people.toml, credentials are names of where they lie.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

import msgspec

from .store import TomlFile

Category = Literal[
    "registrar",
    "dns",
    "hosting",
    "cdn",
    "code",
    "ci",
    "database",
    "queue",
    "storage",
    "secrets",
    "email",
    "sms",
    "payments",
    "app-store",
    "analytics",
    "monitoring",
    "support",
    "ai",
    "other",
]
Mfa = Literal["none", "sms", "totp", "key", "unknown"]
Answer = Literal["yes", "no", "unknown"]


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A row of the inventory. Days are calendar days; empty text and None mean: not filled in."""


class System(_Row, frozen=True, kw_only=True):
    """A service, provider or account the product needs."""

    id: str
    name: str = ""
    category: Category = "other"
    provider: str = ""
    account_owner: str = ""
    """Whose account it legally is: the business, or a person id."""
    business_owned: Answer = "unknown"
    billing_owner: str = ""
    """Person id of whoever pays."""
    login_url: str = ""
    renewal: date | None = None
    """The day it renews or ends."""
    note: str = ""


class Access(_Row, frozen=True, kw_only=True):
    """One person's way into one system."""

    system: str
    person: str
    role: str = ""
    expected_role: str = ""
    """The least that is needed."""
    mfa: Mfa = "unknown"
    shared: bool = False
    """Several people use the same log-in."""
    break_glass: bool = False
    """Sealed, for emergencies."""
    credential: str = ""
    """Where the secret lies (the item's NAME in a password manager), never the secret."""
    reviewed: date | None = None


class Backup(_Row, frozen=True, kw_only=True):
    """A critical data store and how it comes back."""

    store: str
    where: str = ""
    owner: str = ""
    every: str = ""
    """How often, such as `1 day`."""
    last_restore_test: date | None = None
    rpo: str = ""
    """How much data may be lost, as a length of time."""
    rto: str = ""
    """How long it may take to be back."""


class Recovery(_Row, frozen=True, kw_only=True):
    """A recovery card: what to do when one thing breaks."""

    id: str
    title: str
    symptom: str = ""
    first_steps: str = ""
    command: str = ""
    verify: str = ""
    escalate: str = ""
    rehearsed: date | None = None
    rehearsed_by: str = ""
    minutes: int | None = None
    """How long the rehearsal took."""


class Contact(_Row, frozen=True, kw_only=True):
    """One rung of the launch-day ladder."""

    order: int
    person: str
    when: str = ""
    channel: str = ""
    escalate_after_min: int = 15


class Inventory(_Row, frozen=True, kw_only=True):
    """The whole of inventory.toml."""

    systems: tuple[System, ...] = ()
    access: tuple[Access, ...] = ()
    backups: tuple[Backup, ...] = ()
    recovery: tuple[Recovery, ...] = ()
    contacts: tuple[Contact, ...] = ()


class InventoryFile(TomlFile[Inventory]):
    """inventory.toml: `load()`, `save(inventory)`."""

    NAME: ClassVar[str] = "inventory.toml"
    TYPE: ClassVar[type[Inventory]] = Inventory
    SCHEMA: ClassVar[int] = 1
    HEAD: ClassVar[str] = "# What this business runs on and who gets in. The console writes this file; no secrets, people by id.\n"
    ORDER: ClassVar[dict[str, tuple[str, ...]]] = {
        "systems": ("id",),
        "access": ("system", "person", "role"),
        "backups": ("store", "where"),
        "recovery": ("id",),
        "contacts": ("order", "person"),
    }
    UNIQUE: ClassVar[dict[str, str]] = {"systems": "id", "recovery": "id"}
