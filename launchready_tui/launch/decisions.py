"""What people decided: decisions.toml, committed with the launch, people named by id only. Written by the console,
whole."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from ..persons import PersonId
from .store import TomlFile


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One entry; times are aware, UTC."""


class Confirmation(_Entry, frozen=True, kw_only=True):
    """A person says that a check holds."""

    check: str
    by: PersonId
    """Who confirms: a person id or a role."""
    recorded_by: PersonId
    """Who wrote it down."""
    on: datetime
    until: datetime
    evidence: str


class Acceptance(_Entry, frozen=True, kw_only=True):
    """A known risk, taken on by somebody until a day."""

    rule: str
    subject: str
    by: PersonId
    recorded_by: PersonId
    reason: str
    on: datetime
    until: datetime


class PutOff(_Entry, frozen=True, kw_only=True):
    """Left for after the launch. Never valid for a blocker."""

    rule: str
    subject: str
    by: PersonId
    recorded_by: PersonId
    reason: str
    on: datetime


class Owner(_Entry, frozen=True, kw_only=True):
    """Who takes care: of a whole check, or of one finding (rule and subject)."""

    check: str = ""
    rule: str = ""
    subject: str = ""
    person: PersonId


class Note(_Entry, frozen=True, kw_only=True):
    """A remark on a check or on one finding."""

    check: str = ""
    rule: str = ""
    subject: str = ""
    text: str
    by: PersonId
    on: datetime


class Parked(_Entry, frozen=True, kw_only=True):
    """Waits for somebody, and comes back by itself at `until`."""

    check: str = ""
    rule: str = ""
    subject: str = ""
    waiting_for: PersonId
    until: datetime
    by: PersonId
    on: datetime


class SignOff(_Entry, frozen=True, kw_only=True):
    """Somebody put their name to it: the go or no-go, or one line of the handover checklist."""

    what: str
    """`go-no-go`, or the id of a checklist line."""
    answer: Literal["go", "no-go", "signed"]
    by: PersonId
    recorded_by: PersonId
    on: datetime
    note: str = ""


class Decisions(_Entry, frozen=True, kw_only=True):
    """The whole of decisions.toml."""

    confirmations: tuple[Confirmation, ...] = ()
    accepted: tuple[Acceptance, ...] = ()
    later: tuple[PutOff, ...] = ()
    owners: tuple[Owner, ...] = ()
    notes: tuple[Note, ...] = ()
    parked: tuple[Parked, ...] = ()
    signed: tuple[SignOff, ...] = ()


class DecisionsFile(TomlFile[Decisions]):
    """decisions.toml: `load()`, `save(decisions)`."""

    NAME: ClassVar[str] = "decisions.toml"
    TYPE: ClassVar[type[Decisions]] = Decisions
    SCHEMA: ClassVar[int] = 1
    HEAD: ClassVar[str] = (
        "# What was decided about this launch, written by the console. Commit it: "
        "everybody then sees the same verdict.\n"
    )
    ORDER: ClassVar[dict[str, tuple[str, ...]]] = {
        "confirmations": ("check", "on", "by"),
        "accepted": ("rule", "subject", "on"),
        "later": ("rule", "subject", "on"),
        "owners": ("check", "rule", "subject", "person"),
        "notes": ("check", "rule", "subject", "on", "by", "text"),
        "parked": ("check", "rule", "subject", "until"),
        "signed": ("what", "on", "by"),
    }
