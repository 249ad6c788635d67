"""The team's folder: the same facts without names, contacts, hours and who pays. People are told by what they do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import msgspec

from ..findings import Evidence, Finding, Remedy
from ..launch.inventory import Inventory
from ..launch.people import People, Person
from ..verdict import Judged, Standing, Verdict

Profile = Literal["founder", "team"]
PROFILES: tuple[Profile, ...] = ("founder", "team")


def people(known: People) -> People:
    """Roles in place of names; no way to reach anybody."""
    return People(
        people=tuple(
            Person(id=one.id, name=one.role or "somebody", role=one.role, status=one.status) for one in known.people
        )
    )


def inventory(known: Inventory) -> Inventory:
    """As data for programs: systems, backups and cards stay, who holds and pays for them does not."""
    return msgspec.structs.replace(
        known,
        systems=tuple(
            msgspec.structs.replace(one, account_owner="", billing_owner="", recovery_contact="")
            for one in known.systems
        ),
        access=(),
        backups=tuple(msgspec.structs.replace(one, owner="") for one in known.backups),
        recovery=tuple(msgspec.structs.replace(one, rehearsed_by="") for one in known.recovery),
        contacts=(),
        renewals=tuple(msgspec.structs.replace(one, owner="") for one in known.renewals),
        caps=tuple(msgspec.structs.replace(one, owner="") for one in known.caps),
        plan=msgspec.structs.replace(known.plan, decider=""),
        checkpoints=tuple(msgspec.structs.replace(one, owner="") for one in known.checkpoints),
        duties=(),
    )


def hider(persons: People) -> Callable[[str], str]:
    """Puts roles in the place of ids in a text."""
    roles = {one.id: one.role or "somebody" for one in persons.people}
    if not roles:
        return lambda words: words
    longest_first = sorted(roles, key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")
    return lambda words: pattern.sub(lambda match: roles[match[0]], words)


def verdict(known: Verdict, persons: People) -> Verdict:
    """What the inventory checks found names people by id; here by role."""
    hide = hider(persons)

    def of(judged: Judged) -> Judged:
        return replace(judged, finding=_finding(judged.finding, hide))

    def standing(one: Standing) -> Standing:
        return (
            replace(one, findings=tuple(of(judged) for judged in one.findings)) if one.spec.stage == "handover" else one
        )

    return replace(
        known,
        standings={name: standing(one) for name, one in known.standings.items()},
        fixes=tuple(of(one) if one.finding.check.startswith("handover.") else one for one in known.fixes),
    )


def _finding(finding: Finding, hide: Callable[[str], str]) -> Finding:
    return msgspec.structs.replace(
        finding,
        subject=hide(finding.subject),
        summary=hide(finding.summary),
        evidence=tuple(
            Evidence(label=one.label, text=hide(one.text), source=hide(one.source), at=one.at)
            for one in finding.evidence
        ),
        remedy=finding.remedy
        and Remedy(text=hide(finding.remedy.text), paste=hide(finding.remedy.paste), where=hide(finding.remedy.where)),
    )
