"""Signatures of people: the go or no-go of the launch, and the lines of the handover checklist."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ..launch.decisions import SignOff
from ..launch.plan import GO_NO_GO
from ..persons import PersonId
from .pages.checklist import ITEMS, Item

if TYPE_CHECKING:
    from ..workspace import Workspace


class NotSigned(ValueError):  # noqa: N818 - read aloud it is a sentence
    """A signature that cannot stand, in plain words."""


def lines() -> tuple[Item, ...]:
    """What can be signed beside the launch itself."""
    return ITEMS


def sign(
    desk: Workspace,
    what: str,
    answer: Literal["go", "no-go", "signed"],
    by: str,
    *,
    recorded_by: str,
    now: datetime,
    note: str = "",
) -> SignOff:
    """Puts a name under it. Raises NotSigned.

    Go is said by the person named in the plan; against a NO-GO of the checks only with a reason, and the verdict
    stands beside it.
    """
    if not by.strip():
        raise NotSigned("Say who signs")
    person = desk.people.find(by)
    if person is None:
        known = ", ".join(one.id for one in desk.people.people)
        raise NotSigned(
            f"No one is called {by}. {f'Known: {known}' if known else 'people.toml is still empty: add people (p)'}"
        )
    if person.status == "left":
        raise NotSigned(f"{by} has left")
    if what == GO_NO_GO:
        decider = desk.inventory.plan.decider
        if answer not in ("go", "no-go"):
            raise NotSigned("Answer go or no-go")
        if not decider:
            raise NotSigned(
                "No one is named to decide. Set [plan] decider in inventory.toml, or name them on the launch-day "
                "page (l)"
            )
        if by != decider:
            raise NotSigned(f"The plan names {decider} to decide, so {by} cannot")
        verdict = desk.verdict()
        if answer == "go" and verdict.word == "NO-GO" and not note.strip():
            raise NotSigned(
                f"The verdict is NO-GO ({'; '.join(verdict.reasons)}). To go anyway, give a reason (--note)"
            )
        note = "; ".join(part for part in (note.strip(), f"verdict then: {verdict.label}") if part)
    elif what not in {one.id for one in ITEMS}:
        raise NotSigned(f"Unknown line {what}. Lines are {', '.join(one.id for one in ITEMS)}")
    elif answer != "signed":
        raise NotSigned("A checklist line takes no go or no-go")
    made = SignOff(
        what=what, answer=answer, by=PersonId(by), recorded_by=PersonId(recorded_by), on=now, note=note.strip()
    )
    desk.keep_signature(made, f"{answer}: {what}")
    return made
