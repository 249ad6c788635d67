"""What Gmail, Yahoo and Outlook ask of senders, with the state of each point: for the panel of stage 3 and the
handover folder."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import msgspec

from ..findings import State, worst
from .model import Standing

Reach = Literal["", "all", "bulk"]
_GOODNESS = (State.PASS, State.NOT_APPLICABLE, State.ACCEPTED, State.LATER, State.WARN, State.UNKNOWN, State.FAIL)


class Requirement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One point; the fields are explained in the data file."""

    id: str
    text: str
    gmail: Reach = ""
    yahoo: Reach = ""
    outlook: Reach = ""
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    seen: str = ""

    @property
    def asked_by(self) -> str:
        """Who asks for it, in words: `Gmail and Yahoo from everyone`, `Outlook from bulk senders`."""
        groups = []
        for reach, of in (("all", "from everyone"), ("bulk", "from bulk senders")):
            names = [
                name
                for name, wants in (("Gmail", self.gmail), ("Yahoo", self.yahoo), ("Outlook", self.outlook))
                if wants == reach
            ]
            if names:
                listed = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
                groups.append(f"{listed} {of}")
        return "; ".join(groups)


@dataclass(frozen=True, slots=True)
class Met:
    """How one requirement stands. `why` is the sentence of the finding that decides, or what has to be looked at
    elsewhere."""

    requirement: Requirement
    state: State
    why: str = ""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    requirement: tuple[Requirement, ...]


@functools.cache
def requirements() -> tuple[Requirement, ...]:
    """The data file, read once."""
    import tomllib

    return msgspec.convert(
        tomllib.loads((resources.files(__package__) / "mailboxes.toml").read_text("utf-8")), _Table
    ).requirement


def mailboxes(standings: Mapping[str, Standing]) -> tuple[Met, ...]:
    """Every requirement with its state now."""
    return tuple(_met(one, standings) for one in requirements())


def _met(requirement: Requirement, standings: Mapping[str, Standing]) -> Met:
    if requirement.seen:
        return Met(requirement, State.UNKNOWN, requirement.seen)
    if requirement.any_of:
        states = {name: _state((name,), standings) for name in requirement.any_of}
        best = min(states, key=lambda name: _GOODNESS.index(states[name][0]))
        return Met(requirement, *states[best])
    return Met(requirement, *_state(requirement.all_of, standings))


def _state(names: tuple[str, ...], standings: Mapping[str, Standing]) -> tuple[State, str]:
    """The worst of these checks and rules, and why. A rule without a finding is neither good nor bad; its check must
    be fresh to count."""
    found: list[tuple[State, str]] = []
    for name in names:
        check = ".".join(name.split(".")[:2])
        standing = standings.get(check)
        if standing is None or standing.stale or (standing.result is None and standing.confirmation is None):
            found.append((State.UNKNOWN, ""))
            continue
        if name == check:
            first = next((one.finding.summary for one in standing.findings if one.state is standing.state), "")
            found.append((standing.state, first))
            continue
        found += [
            (one.state, one.finding.summary)
            for one in standing.findings
            if one.finding.rule == name and one.state is not State.INFO
        ]
    if not found and all(_answered(name, standings) for name in names):
        return State.PASS, "confirmed by a person"
    state = worst([one for one, _ in found])
    return state, next((why for one, why in found if one is state), "")


def _answered(name: str, standings: Mapping[str, Standing]) -> bool:
    """Whether a person answered for the check of this rule, and that stands."""
    standing = standings.get(".".join(name.split(".")[:2]))
    return (
        standing is not None
        and standing.confirmation is not None
        and standing.state is State.PASS
        and not standing.stale
    )
