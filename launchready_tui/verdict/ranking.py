"""The fix order: what stops the launch first, then severity, business flow and effort; nothing before what it rests
on, what could not be seen below all that has a fix."""

from __future__ import annotations

from collections.abc import Mapping

from ..findings import State
from .model import Judged, Rank, Standing

# pay > sign-up and log-in > book > search and list > message > admin > marketing; what touches all ranks with the
# first.
FLOW_WEIGHT: dict[str, int] = {
    "pay": 0,
    "all": 0,
    "sign-up": 1,
    "log-in": 1,
    "book": 2,
    "search": 3,
    "list": 3,
    "message": 4,
    "admin": 5,
    "marketing": 6,
}

_Key = tuple[bool, bool, int, int, int, str, str]


def _to_fix(judged: Judged, standing: Standing) -> bool:
    """Whether it belongs into the fix order: it failed or warns, or could not be seen where no person's word can
    settle it."""
    if judged.state in (State.FAIL, State.WARN):
        return True
    spec = standing.spec
    return judged.state is State.UNKNOWN and spec.automated and not spec.word_settles(judged.finding.rule)


def fix_order(standings: Mapping[str, Standing]) -> dict[str, Rank]:
    """The rank of every finding to fix, by its id.

    A finding comes after the failing findings of the checks that its own check needs; those are lifted with it, so
    that a small prerequisite of a blocker stands right before it. What could not be seen is often seen once the rest
    is mended: it lifts nothing and is not lifted over what has a fix.
    """
    items = {
        one.id: (one, standing)
        for standing in standings.values()
        for one in standing.findings
        if _to_fix(one, standing)
    }
    by_check: dict[str, list[str]] = {}
    for finding_id in sorted(items, key=lambda one: _key(*items[one])):
        by_check.setdefault(items[finding_id][1].spec.id, []).append(finding_id)
    below = {check: _below(check, standings) for check in by_check}
    waiting: dict[str, list[str]] = {}
    for check in by_check:
        for needed in _waits_for(check, standings):
            waiting.setdefault(needed, []).append(check)

    order: list[str] = []
    placed: set[str] = set()

    def place(finding_id: str) -> None:
        if finding_id in placed:
            return
        placed.add(finding_id)
        for needed in below[items[finding_id][1].spec.id]:
            for other in by_check.get(needed, ()):
                if items[other][0].state is State.FAIL:
                    place(other)
        order.append(finding_id)

    for finding_id in sorted(items, key=lambda one: _key(*items[one])):
        place(finding_id)
    return {
        finding_id: Rank(
            place=number,
            blocks=items[finding_id][0].blocks,
            severity=items[finding_id][0].finding.severity,
            flow=items[finding_id][1].spec.flow,
            effort_min=items[finding_id][1].spec.effort_min,
            waits_for=_waits_for(items[finding_id][1].spec.id, standings),
            unblocks=tuple(waiting.get(items[finding_id][1].spec.id, ())),
        )
        for number, finding_id in enumerate(order, 1)
    }


def _key(judged: Judged, standing: Standing) -> _Key:
    spec = standing.spec
    return (
        judged.state is State.UNKNOWN,
        not judged.blocks,
        judged.finding.severity.weight,
        FLOW_WEIGHT.get(spec.flow, len(FLOW_WEIGHT)),
        spec.effort_min,
        judged.finding.rule,
        judged.finding.subject,
    )


def _stands_in_the_way(check: str, standings: Mapping[str, Standing]) -> bool:
    return check in standings and standings[check].state in (State.FAIL, State.UNKNOWN)


def _waits_for(check: str, standings: Mapping[str, Standing]) -> tuple[str, ...]:
    """The nearest checks below this one that fail or are unknown: past one that is in order, what that one needs."""
    found: list[str] = []
    seen: set[str] = set()

    def walk(name: str) -> None:
        for needed in standings[name].spec.needs if name in standings else ():
            if needed in seen:
                continue
            seen.add(needed)
            if _stands_in_the_way(needed, standings):
                found.append(needed)
            else:
                walk(needed)

    walk(check)
    return tuple(found)


def _below(check: str, standings: Mapping[str, Standing]) -> tuple[str, ...]:
    """All checks below this one that fail or are unknown, the deepest first."""
    found: list[str] = []
    seen: set[str] = {check}

    def walk(name: str) -> None:
        for needed in standings[name].spec.needs if name in standings else ():
            if needed not in seen:
                seen.add(needed)
                walk(needed)
                if _stands_in_the_way(needed, standings):
                    found.append(needed)

    walk(check)
    return tuple(found)
