"""What people decided: decisions.toml, committed with the launch, people named by id only. Written by the console,
whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal

import msgspec

from ..persons import PersonId
from ..roadmap.model import Answer
from ..roadmap.model import load as roadmap
from .problems import FileProblems, Problem
from .store import TomlFile


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One entry; times are aware, UTC."""


class Confirmation(_Entry, frozen=True, kw_only=True):
    """A person's word on a check: it holds, it does not, or there is nothing to hold."""

    check: str
    answer: Answer = "yes"
    by: PersonId
    """Who confirms: a person id or a role."""
    recorded_by: PersonId
    """Who wrote it down."""
    on: datetime
    until: datetime
    evidence: str
    """What shows it; for "does not apply" the reason."""
    commit: str = ""
    """The repository's commit when it was said; empty where unknown."""
    deploy: str = ""
    """The deploy in production when it was said; empty where unknown."""


class Acceptance(_Entry, frozen=True, kw_only=True):
    """A known risk, taken on by somebody until a day: this problem, in the state and severity that it had."""

    rule: str
    subject: str
    state: Literal["", "fail", "warn", "unknown"] = ""
    severity: Literal["", "blocker", "high", "medium", "low"] = ""
    """Empty where an older version wrote the entry: then it holds whatever the problem has become."""
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


DATED = ("confirmations", "accepted", "later", "signed")
"""The tables whose `on` says when somebody decided."""


class DecisionsFile(TomlFile[Decisions]):
    """decisions.toml: `load()`, `load_at(now)`, `save(decisions)`."""

    def load_at(self, now: datetime) -> Decisions:
        """As `load`, and no decision may be of a later time than `now`, an hour of clocks that differ apart; nor may
        anybody say that what every launch needs does not apply. Raises FileProblems, with the line of each."""
        content = self.load()
        latest = now + timedelta(hours=1)
        lines = (self._bytes() or b"").decode("utf-8", "replace").splitlines()
        checks = roadmap().checks
        problems = [
            Problem(
                file=self.path.name,
                key=f"confirmations[{number}].answer",
                found=f"{entry.answer} for {entry.check}, which every launch needs",
                allowed="yes or no",
                line=_line_of(lines, "confirmations", number, "answer"),
            )
            for number, entry in enumerate(content.confirmations, 1)
            if entry.answer == "does-not-apply" and entry.check in checks and not checks[entry.check].may_not_apply
        ]
        problems += [
            Problem(
                file=self.path.name,
                key=f"{table}[{number}].on",
                found=f"{entry.on:%Y-%m-%d %H:%M}",
                allowed=f"a time in the past; it is now {now:%Y-%m-%d %H:%M} UTC",
                line=_line_of(lines, table, number, "on"),
            )
            for table in DATED
            for number, entry in enumerate(getattr(content, table), 1)
            if _aware(entry.on) > latest
        ]
        if problems:
            raise FileProblems(problems)
        return content

    NAME: ClassVar[str] = "decisions.toml"
    TYPE: ClassVar[type[Decisions]] = Decisions
    SCHEMA: ClassVar[int] = 1
    HEAD: ClassVar[str] = (
        "# Decisions about this launch, written by the console. Commit this file so that "
        "everyone sees the same verdict.\n"
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


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _line_of(lines: list[str], table: str, number: int, key: str) -> int:
    """The line of a key in the table's entry of this number, from 1; 0 where it cannot be found."""
    seen, inside = 0, False
    for at, line in enumerate(lines, 1):
        if line.strip().startswith("[["):
            seen += line.strip() == f"[[{table}]]"
            inside = line.strip() == f"[[{table}]]" and seen == number
        elif seen == number and inside and line.partition("=")[0].strip() == key:
            return at
    return 0
