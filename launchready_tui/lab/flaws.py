"""The flaw table: what can be wrong in the lab, what each flaw changes, and what it hides of others.

Each flaw stands in the file of the check that must find it, `checks/STAGE/NAME/check.toml`.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable

import msgspec

from .. import roadmap
from ..findings import State


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One finding that a flaw causes, against the lab with nothing wrong."""

    rule: str
    subject: str
    state: State


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A flaw as a check's file has it."""

    id: str
    title: str
    """What is wrong, in one sentence."""
    fix: str
    """What the fix does, in one sentence."""
    changes: tuple[Change, ...]
    """The findings it causes, alone, against the all-fixed lab."""
    waits: bool = False
    """Off when the demo begins: it is there to be broken on purpose, and to hold the checks to it."""
    masks: tuple[str, ...] = ()
    """Flaws whose changes cannot be seen while this one is on."""


class Flaw(_Row, frozen=True, kw_only=True):
    """One thing that is wrong with the demo marketplace while it is switched on."""

    stage: str


class FlawTableError(Exception):
    """The package's own flaw table does not read or does not hold together."""


class UnknownFlawError(KeyError):
    """No flaw has this id."""

    def __str__(self) -> str:
        return f"no flaw is called {self.args[0]!r}; there are: {', '.join(sorted(by_id()))}"


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    flaws: tuple[_Row, ...] = ()


@functools.cache
def load() -> tuple[Flaw, ...]:
    """All flaws, in the order of the roadmap. Raises FlawTableError."""
    found: list[Flaw] = []
    try:
        for stage in roadmap.load().stages:
            for check in stage.checks:
                table = roadmap.flaws(check.id, _Table).flaws
                found += (Flaw(stage=stage.id, **msgspec.structs.asdict(row)) for row in table)
    except roadmap.SheetError as error:
        raise FlawTableError(str(error)) from error
    return verified(tuple(found))


def verified(flaws: tuple[Flaw, ...]) -> tuple[Flaw, ...]:
    """The same flaws, if they hold together. Raises FlawTableError."""
    ids = [flaw.id for flaw in flaws]
    for flaw in flaws:
        if ids.count(flaw.id) > 1:
            raise FlawTableError(f"two flaws are called {flaw.id}")
        for other in flaw.masks:
            if other not in ids or other == flaw.id:
                raise FlawTableError(f"{flaw.id} masks {other}, which is no other flaw")
        if not flaw.changes:
            raise FlawTableError(f"{flaw.id} changes nothing")
    return flaws


@functools.cache
def by_id() -> dict[str, Flaw]:
    """Those that the demo does not begin with, too; read once."""
    return {flaw.id: flaw for flaw in load()}


def every_id() -> frozenset[str]:
    """Ids in no order, those that wait included."""
    return frozenset(by_id())


def at_start() -> frozenset[str]:
    """The ids of the flaws that the demo begins with."""
    return frozenset(flaw.id for flaw in load() if not flaw.waits)


def known(ids: Iterable[str]) -> frozenset[str]:
    """These ids as a set. Raises UnknownFlawError for the first that is none."""
    chosen = frozenset(ids)
    for flaw in sorted(chosen):
        if flaw not in by_id():
            raise UnknownFlawError(flaw)
    return chosen


def expected(on: Collection[str]) -> frozenset[Change]:
    """The changes that can be seen with these flaws on: the union of what each changes, without those that are
    masked."""
    flaws = [by_id()[flaw] for flaw in known(on)]
    hidden = {other for flaw in flaws for other in flaw.masks}
    return frozenset(change for flaw in flaws if flaw.id not in hidden for change in flaw.changes)


def flaw_for(rule: str, subject: str, on: Collection[str] | None = None) -> Flaw | None:
    """The flaw that causes the finding of this rule and subject, among those that are on (None: among all).

    Several flaws can cause the same finding; one that is on and not hidden by another comes first.
    """
    among = [flaw for flaw in load() if on is None or flaw.id in on]
    hidden = {other for flaw in among for other in flaw.masks} if on is not None else set()
    found = [
        flaw for flaw in among if any(change.rule == rule and change.subject == subject for change in flaw.changes)
    ]
    return next((flaw for flaw in found if flaw.id not in hidden), found[0] if found else None)
