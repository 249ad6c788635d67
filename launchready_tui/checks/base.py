"""How a check is registered, and the small voice with which it speaks."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec

from ..failure import Failure
from ..findings import Evidence, Finding, Remedy, Severity, State
from ..persons import PersonId
from ..roadmap import load as load_roadmap
from ..roadmap import sheet_of
from ..text import clean, clean_block
from ..wording import Value, fill, first_clause

if TYPE_CHECKING:
    from ..launch.model import Launch
    from ..roadmap.sheet import Message, Sheet
    from ..world import World
    from .paste import Paste

Check = Callable[["Launch", "World"], AsyncIterator[Finding]]
REGISTRY: dict[str, Check] = {}
READS_PAPERS: set[str] = set()
"""Checks whose answer comes from people and inventory, and ends when those change."""


def check(name: str, *, papers: bool = False) -> Callable[[Check], Check]:
    """Registers a check under its roadmap id. A second one of the same name is a mistake and raises ValueError.

    `papers`: its answer comes from people and inventory, and is out of date as soon as those change.
    """

    def register(function: Check) -> Check:
        if name in REGISTRY:
            raise ValueError(f"two checks are called {name}")
        REGISTRY[name] = function
        if papers:
            READS_PAPERS.add(name)
        return function

    return register


def load_all() -> dict[str, Check]:
    """Imports every check folder that has code and returns the registry."""
    for check in load_roadmap().checks.values():
        if check.automated:
            importlib.import_module(f"{__package__}.{check.id.replace('-', '_')}")
    return REGISTRY


STEPS: ContextVar[Callable[[str], None] | None] = ContextVar("steps", default=None)
"""Who is told, within the task of one check, how far a long look is; the run sets it."""


def step(text: str) -> None:
    """Tells how far this check is, in a few words of our own (`search 120 of 300`): shown while it runs, kept
    nowhere."""
    tell = STEPS.get()
    if tell is not None:
        tell(text)


class UnknownMessageError(Exception):
    """A check said a message, or named a fix, that its check.toml does not have: a mistake of ours."""


_USUAL = {State.FAIL: Severity.HIGH, State.WARN: Severity.MEDIUM, State.UNKNOWN: Severity.HIGH}
"""How bad a state is where its message says nothing of it."""


class Say:
    """Builds the findings of one check from the messages of its rules, which stand in its check.toml.

    `say.fail("too-many-hops", host, redirects=4)` is the message `fail` of the rule `too-many-hops`, its place
    `{redirects}` filled with 4; a third argument names another message than the state's own. `{subject}` is always
    there. Where there is a failure, `{cause}` is its words, and the value `failure` its kind, for programs. The
    message's fix is filled from the same values, unless a remedy
    is given. What comes from outside is cleaned here, as evidence is at its own border.
    """

    def __init__(
        self, name: str, at: datetime | None = None, *, people: Sequence[PersonId] = (), sheet: Sheet | None = None
    ) -> None:
        """`at` is when the check looked: evidence that carries no time of its own, such as a failure, gets it.
        `sheet` in place of the check's own, for those who speak about a check from outside it."""
        self.check = name
        self.at = at
        self._sheet = sheet_of(name) if sheet is None else sheet
        self._people = tuple(dict.fromkeys(who for who in people if who))

    def naming(self, *people: PersonId) -> Say:
        """The same voice for findings that may name these people: in the sentence, the subject, evidence or a fix.
        The folder that names nobody hides them by this, and by nothing else."""
        return Say(self.check, self.at, people=(*self._people, *people), sheet=self._sheet)

    def fix(self, name: str, instead: Paste | None = None, /, **values: Value) -> Remedy:
        """A fix of the sheet, filled. `instead` is what `paste` makes for the platform in use: its text to paste and
        its place count in place of the sheet's own.

        Raises UnknownMessageError, WordingError.
        """
        return self._fix(name, values, instead)

    def _fix(self, name: str, values: Mapping[str, Value], instead: Paste | None = None) -> Remedy:
        found = self._sheet.fixes.get(name)
        if found is None:
            raise UnknownMessageError(f"{self.check} has no fix {name!r}")
        return Remedy(
            text=clean(fill(found.text, values)),
            paste=clean_block(instead.text if instead else fill(found.paste, values)),
            where=clean(instead.where if instead else fill(found.where, values)),
            fix=name,
            values={place: _clean_value(value) for place, value in values.items()},
        )

    def words(self, rule: str, message: str, /, **values: Value) -> str:
        """A message of a rule, filled, for a sentence that is part of another. Raises UnknownMessageError,
        WordingError."""
        return clean(fill(self._message(rule, message).text, values))

    def _message(self, rule: str, message: str) -> Message:
        found = self._sheet.message(rule, message)
        if found is None:
            raise UnknownMessageError(f"{self.check}.{rule} has no message {message!r}")
        return found

    def _find(
        self,
        state: State,
        rule: str,
        subject: str,
        message: str,
        severity: Severity | None,
        evidence: Sequence[Evidence],
        remedy: Remedy | None,
        via: str,
        failure: Failure | None,
        values: dict[str, Value],
    ) -> Finding:
        subject = clean(subject)
        values = {name: _clean_value(value) for name, value in values.items()}
        if failure is not None:
            values.setdefault("cause", clean(failure.words))
            values.setdefault("failure", failure.kind)
        filling = {"subject": subject, **values}
        said = self._message(rule, message)
        if remedy is None and said.fix:
            remedy = self._fix(said.fix, filling)
        seen = list(evidence)
        if failure is not None:
            seen.append(Evidence.of("failure", str(failure), source=failure.target))
        return Finding(
            check=self.check,
            rule=f"{self.check}.{rule}",
            subject=subject,
            state=state,
            severity=severity or said.severity or _USUAL.get(state, Severity.LOW),
            summary=fill(said.text, filling),
            brief=fill(first_clause(said.text), filling),
            evidence=tuple(map(self._dated, seen)),
            remedy=_clean_remedy(remedy),
            via=via,
            message=message,
            values=values,
            people=self._people,
        )

    def _dated(self, evidence: Evidence) -> Evidence:
        return evidence if evidence.at or self.at is None else msgspec.structs.replace(evidence, at=self.at)

    def passed(
        self,
        rule: str,
        subject: str,
        message: str = "pass",
        *,
        evidence: Sequence[Evidence] = (),
        via: str = "",
        **values: Value,
    ) -> Finding:
        """It is as it should be."""
        return self._find(State.PASS, rule, subject, message, None, evidence, None, via, None, values)

    def warn(
        self,
        rule: str,
        subject: str,
        message: str = "warn",
        *,
        severity: Severity | None = None,
        evidence: Sequence[Evidence] = (),
        failure: Failure | None = None,
        remedy: Remedy | None = None,
        via: str = "",
        **values: Value,
    ) -> Finding:
        """It works, but will hurt."""
        return self._find(State.WARN, rule, subject, message, severity, evidence, remedy, via, failure, values)

    def fail(
        self,
        rule: str,
        subject: str,
        message: str = "fail",
        *,
        severity: Severity | None = None,
        evidence: Sequence[Evidence] = (),
        failure: Failure | None = None,
        remedy: Remedy | None = None,
        via: str = "",
        **values: Value,
    ) -> Finding:
        """It is broken."""
        return self._find(State.FAIL, rule, subject, message, severity, evidence, remedy, via, failure, values)

    def info(
        self,
        rule: str,
        subject: str,
        message: str = "info",
        *,
        evidence: Sequence[Evidence] = (),
        failure: Failure | None = None,
        remedy: Remedy | None = None,
        via: str = "",
        **values: Value,
    ) -> Finding:
        """A fact that is neither good nor bad; it does not decide the check's state."""
        return self._find(State.INFO, rule, subject, message, None, evidence, remedy, via, failure, values)

    def unknown(
        self,
        rule: str,
        subject: str,
        message: str = "unknown",
        *,
        severity: Severity | None = None,
        evidence: Sequence[Evidence] = (),
        failure: Failure | None = None,
        remedy: Remedy | None = None,
        via: str = "",
        **values: Value,
    ) -> Finding:
        """It could not be seen: the sentence says why, never that something is missing."""
        return self._find(State.UNKNOWN, rule, subject, message, severity, evidence, remedy, via, failure, values)

    def not_applicable(self, rule: str, subject: str, message: str = "not-applicable", **values: Value) -> Finding:
        """There is nothing to judge: the sentence says why."""
        return self._find(State.NOT_APPLICABLE, rule, subject, message, None, (), None, "", None, values)

    def no_permission(self, rule: str, subject: str, *, domain: str = "example.com", **values: Value) -> Finding:
        """A rule that goes beyond an ordinary visit and has no recorded permission: not looked at. `domain` is the
        one to record it for."""
        day = self.at.date() if self.at else date(2026, 1, 31)
        remedy = self.fix("permission", day=str(day), domain=domain)
        return self._find(State.INFO, rule, subject, "no-permission", None, (), remedy, "", None, values)


def _clean_remedy(remedy: Remedy | None) -> Remedy | None:
    return remedy and msgspec.structs.replace(
        remedy, text=clean(remedy.text), paste=clean_block(remedy.paste), where=clean(remedy.where)
    )


def _clean_value(value: Value) -> Value:
    if isinstance(value, str):
        return clean(value)
    return tuple(map(clean, value)) if isinstance(value, tuple | list) else value
