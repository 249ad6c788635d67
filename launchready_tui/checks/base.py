"""How a check is registered, and the small voice with which it speaks."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec

from ..failure import Failure
from ..findings import Evidence, Finding, Remedy, Severity, State
from ..text import clean, clean_block

if TYPE_CHECKING:
    from ..launch.model import Launch
    from ..world import World

Check = Callable[["Launch", "World"], AsyncIterator[Finding]]
REGISTRY: dict[str, Check] = {}
READS_PAPERS: set[str] = set()
"""Checks whose answer comes from people and inventory, and ends when those change."""
PACKAGES = ("audit", "edge", "email", "deploy", "performance", "monitoring", "handover")


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
    """Imports every check package and returns the registry."""
    for package in PACKAGES:
        importlib.import_module(f"{__package__}.{package}")
    return REGISTRY


STEPS: ContextVar[Callable[[str], None] | None] = ContextVar("steps", default=None)
"""Who is told, within the task of one check, how far a long look is; the run sets it."""


def step(text: str) -> None:
    """Tells how far this check is, in a few words of our own (`search 120 of 300`): shown while it runs, kept
    nowhere."""
    tell = STEPS.get()
    if tell is not None:
        tell(text)


def _clean_remedy(remedy: Remedy | None) -> Remedy | None:
    return remedy and Remedy(text=clean(remedy.text), paste=clean_block(remedy.paste), where=clean(remedy.where))


class Say:
    """Builds the findings of one check: `say.fail("too-many-hops", subject, "…")` has the rule
    `edge.redirects.too-many-hops`."""

    def __init__(self, name: str, at: datetime | None = None) -> None:
        """`at` is when the check looked: evidence that carries no time of its own, such as a failure, gets it."""
        self.check = name
        self.at = at

    def _dated(self, evidence: Evidence) -> Evidence:
        return evidence if evidence.at or self.at is None else msgspec.structs.replace(evidence, at=self.at)

    def _find(
        self,
        state: State,
        rule: str,
        subject: str,
        summary: str,
        severity: Severity,
        evidence: tuple[Evidence, ...] | list[Evidence],
        remedy: Remedy | None,
        via: str,
    ) -> Finding:
        """Subject, summary and remedy may name what the outside calls itself: they are cleaned here, as evidence is at
        its own border."""
        return Finding(
            check=self.check,
            rule=f"{self.check}.{rule}",
            subject=clean(subject),
            state=state,
            severity=severity,
            summary=clean(summary),
            evidence=tuple(map(self._dated, evidence)),
            remedy=_clean_remedy(remedy),
            via=via,
        )

    def passed(
        self,
        rule: str,
        subject: str,
        summary: str,
        *,
        evidence: tuple[Evidence, ...] | list[Evidence] = (),
        via: str = "",
    ) -> Finding:
        """It is as it should be."""
        return self._find(State.PASS, rule, subject, summary, Severity.LOW, evidence, None, via)

    def warn(
        self,
        rule: str,
        subject: str,
        summary: str,
        *,
        severity: Severity = Severity.MEDIUM,
        evidence: tuple[Evidence, ...] | list[Evidence] = (),
        remedy: Remedy,
        via: str = "",
    ) -> Finding:
        """It works, but will hurt."""
        return self._find(State.WARN, rule, subject, summary, severity, evidence, remedy, via)

    def fail(
        self,
        rule: str,
        subject: str,
        summary: str,
        *,
        severity: Severity = Severity.HIGH,
        evidence: tuple[Evidence, ...] | list[Evidence] = (),
        remedy: Remedy,
        via: str = "",
    ) -> Finding:
        """It is broken."""
        return self._find(State.FAIL, rule, subject, summary, severity, evidence, remedy, via)

    def info(
        self,
        rule: str,
        subject: str,
        summary: str,
        *,
        evidence: tuple[Evidence, ...] | list[Evidence] = (),
        remedy: Remedy | None = None,
        via: str = "",
    ) -> Finding:
        """A fact that is neither good nor bad; it does not decide the check's state."""
        return self._find(State.INFO, rule, subject, summary, Severity.LOW, evidence, remedy, via)

    def unknown(
        self,
        rule: str,
        subject: str,
        summary: str,
        *,
        failure: Failure | None = None,
        severity: Severity = Severity.HIGH,
        evidence: tuple[Evidence, ...] | list[Evidence] = (),
        remedy: Remedy | None = None,
        via: str = "",
    ) -> Finding:
        """It could not be seen: the sentence says why, never that something is missing."""
        seen = list(evidence)
        if failure is not None:
            seen.append(Evidence.of("failure", str(failure), source=failure.target))
        return self._find(State.UNKNOWN, rule, subject, summary, severity, seen, remedy, via)

    def not_applicable(self, rule: str, subject: str, summary: str) -> Finding:
        """There is nothing to judge: the sentence says why."""
        return self._find(State.NOT_APPLICABLE, rule, subject, summary, Severity.LOW, (), None, "")

    def no_permission(self, rule: str, subject: str, what: str, *, domain: str = "example.com") -> Finding:
        """A rule that goes beyond an ordinary visit and has no recorded permission: not looked at. `domain` is the one
        to record it for."""
        day = self.at.date() if self.at else date(2026, 1, 31)
        return self._find(
            State.INFO,
            rule,
            subject,
            f"Not looked at: {what} needs a recorded permission",
            Severity.LOW,
            (),
            Remedy(
                text="Record who allowed it in the launch file",
                paste=f'[permission]\nby = "founder"\non = {day}\ndomains = ["{domain}"]',
                where="launchready.toml",
            ),
            "",
        )
