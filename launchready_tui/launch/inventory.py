"""What the business runs on: inventory.toml, committed. Systems, who gets in, backups, recovery cards, the launch-day
contact plan.

No secret and no person's contact is kept here: people are ids of people.toml, credentials are names of where they lie.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal

import msgspec

from ..persons import NOBODY, PersonId
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
Scenario = Literal["", "release", "data", "dns", "certificate", "mail", "payments", "provider", "leak", "account"]
"""What broke, as recovery cards are told apart; a card of another kind has none."""
RenewalKind = Literal["contract", "app-store", "certificate", "domain", "secret", "review", "other"]


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A row of the inventory. Days are calendar days; empty text and None mean: not filled in."""


class System(_Row, frozen=True, kw_only=True):
    """A service, provider or account the product needs."""

    id: str
    name: str = ""
    category: Category = "other"
    provider: str = ""
    account_owner: PersonId = NOBODY
    """Whose account it legally is: the business, or a person id."""
    business_owned: Answer = "unknown"
    billing_owner: PersonId = NOBODY
    """Person id of whoever pays."""
    no_bill: bool = False
    """It costs nothing, so nobody has to pay."""
    recovery_contact: PersonId = NOBODY
    """Person id behind the address or telephone that a lost log-in is reset through."""
    login_url: str = ""
    renewal: date | None = None
    """The day it renews or ends."""
    support: str = ""
    """How its support is reached: an address, and the plan that is paid for."""
    note: str = ""


class Access(_Row, frozen=True, kw_only=True):
    """One person's way into one system."""

    system: str
    person: PersonId
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
    """The day somebody last looked whether it is still needed."""
    remove_by: date | None = None
    """The day it ends, where that is settled."""


class Backup(_Row, frozen=True, kw_only=True):
    """A critical data store and how it comes back."""

    store: str
    system: str = ""
    """The system id that holds the data, where the store is not called like it."""
    where: str = ""
    owner: PersonId = NOBODY
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
    scenario: Scenario = ""
    """Which of the nine usual breakdowns it is for."""
    symptom: str = ""
    detect: str = ""
    """The alert or the place that shows it first."""
    first_steps: str = ""
    command: str = ""
    verify: str = ""
    checks: tuple[str, ...] = ()
    """Checks of the roadmap that show whether it worked; the console can run them."""
    escalate: str = ""
    rehearsed: date | None = None
    rehearsed_by: PersonId = NOBODY
    minutes: int | None = None
    """How long the rehearsal took."""


class Contact(_Row, frozen=True, kw_only=True):
    """One rung of the launch-day ladder."""

    order: int
    person: PersonId
    when: str = ""
    channel: str = ""
    escalate_after_min: int = 15


class Renewal(_Row, frozen=True, kw_only=True):
    """Something that ends on a day and belongs to no system: a contract, a developer account, a key to be changed."""

    subject: str
    kind: RenewalKind = "contract"
    on: date
    owner: PersonId = NOBODY
    auto: bool = False
    """It renews by itself."""
    note: str = ""


class Cap(_Row, frozen=True, kw_only=True):
    """Where a bill that grows with use stops, or who hears of it."""

    system: str
    limit: str = ""
    """How much at most, such as `200 EUR a month`."""
    hard: bool = False
    """It stops there: the provider then refuses more."""
    alert_at: str = ""
    """When somebody is told, such as `50, 80 and 100 %`."""
    owner: PersonId = NOBODY
    """Person id of who is told and can act."""
    where: str = ""
    """Where in the provider's pages it is set."""
    seen: date | None = None
    """The day somebody last looked whether it still stands."""


class Plan(_Row, frozen=True, kw_only=True):
    """Launch day as a whole. Moments carry their zone; people are ids."""

    launch_at: datetime | None = None
    """When the doors open: T."""
    decider: PersonId = NOBODY
    """Who says go or no-go."""
    go_no_go_at: datetime | None = None
    """When it is said; without it, one hour before the launch."""
    kill_switch: str = ""
    """How the product is closed at once: where, which switch, what users then see."""
    rollback: str = ""
    """How the last good version comes back; without it, the recovery card for a bad release says so."""
    watch_until: date | None = None
    """The last day on which the team watches more closely than usual."""


class Checkpoint(_Row, frozen=True, kw_only=True):
    """A moment of launch day at which somebody looks. Where none is written down the usual seven stand."""

    offset_min: int
    """Minutes after the launch; before it, negative: -60 is one hour before."""
    title: str
    what: str = ""
    checks: tuple[str, ...] = ()
    """Checks and stages to run then."""
    owner: PersonId = NOBODY


class Duty(_Row, frozen=True, kw_only=True):
    """Who does what on launch day; one person may have two duties."""

    duty: Literal["commander", "operations", "messages", "support", "scribe"]
    person: PersonId
    deputy: PersonId = NOBODY


class Inventory(_Row, frozen=True, kw_only=True):
    """The whole of inventory.toml."""

    systems: tuple[System, ...] = ()
    access: tuple[Access, ...] = ()
    backups: tuple[Backup, ...] = ()
    recovery: tuple[Recovery, ...] = ()
    contacts: tuple[Contact, ...] = ()
    renewals: tuple[Renewal, ...] = ()
    caps: tuple[Cap, ...] = ()
    plan: Plan = Plan()
    checkpoints: tuple[Checkpoint, ...] = ()
    duties: tuple[Duty, ...] = ()

    def system(self, system: str) -> System | None:
        """None where no system with this id is written down."""
        return next((one for one in self.systems if one.id == system), None)

    def name_of(self, system: str) -> str:
        """What people call the system with this id; the id where it has no name or is not written down."""
        found = self.system(system)
        return found.name if found and found.name else system


class InventoryFile(TomlFile[Inventory]):
    """inventory.toml: `load()`, `save(inventory)`."""

    NAME: ClassVar[str] = "inventory.toml"
    TYPE: ClassVar[type[Inventory]] = Inventory
    SCHEMA: ClassVar[int] = 1
    HEAD: ClassVar[str] = (
        "# The systems of this business and who has access. The console writes this file; no secrets, people by id.\n"
    )
    ORDER: ClassVar[dict[str, tuple[str, ...]]] = {
        "systems": ("id",),
        "access": ("system", "person", "role"),
        "backups": ("store", "where"),
        "recovery": ("id",),
        "contacts": ("order", "person"),
        "renewals": ("on", "subject"),
        "caps": ("system", "limit"),
        "checkpoints": ("offset_min", "title"),
        "duties": ("duty", "person"),
    }
    UNIQUE: ClassVar[dict[str, str]] = {"systems": "id", "recovery": "id"}
