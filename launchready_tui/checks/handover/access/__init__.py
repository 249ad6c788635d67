"""Who can get in where, and whether they should: read from inventory.toml and people.toml."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from ....findings import Finding, Severity
from ....launch.inventory import Access, System
from ...base import Say, check
from ..written import CROWN, PLACE, can_do_all, lines, subject

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....launch.papers import Papers
    from ....world import World

REVIEW_DAYS = 90
"""Who gets in is looked at again after so many days at the latest."""
MOST_ADMINS = 2


@check("handover.access", papers=True)
async def access(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Every system and every way in, against who still needs it."""
    papers = world.papers
    say = Say("handover.access", world.clock.now())
    if not papers.inventory.systems and not papers.inventory.access:
        yield say.unknown("nothing", "inventory.toml")
        return
    found = problems(papers, world.clock.now())
    for finding in found:
        yield finding
    if not papers.people.people:
        yield say.unknown("no-people", "people.toml")
    elif not any(one.is_open for one in found):
        entries = papers.inventory.access
        say = say.naming(*(one.person for one in entries))
        rights = lines("access", (f"{subject(one)}: {one.role or 'right not named'}" for one in entries))
        systems = len(papers.inventory.systems)
        yield say.passed("clean", "inventory.toml", systems=systems, entries=len(entries), evidence=[rights])


def problems(papers: Papers, at: datetime) -> list[Finding]:
    """What is wrong or not known about each system and each way in, and who is leaving."""
    say = Say("handover.access", at)
    return [*_systems(say, papers), *_ways(say, papers, at.date())]


def _systems(say: Say, papers: Papers) -> Iterator[Finding]:
    for system in papers.inventory.systems:
        yield from _ownership(say, papers, system)
        yield from _recovery(say, papers, system)
        entries = [one for one in papers.inventory.access if one.system == system.id]
        if not entries:
            yield say.unknown("no-access", system.id, name=_name(system))
        admins = list(
            dict.fromkeys(one.person for one in entries if can_do_all(one) and not papers.has_left(one.person))
        )
        if len(admins) > MOST_ADMINS:
            seen = [lines("can do everything", admins)]
            yield say.naming(*admins).warn(
                "too-many-admins", system.id, name=_name(system), admins=len(admins), evidence=seen
            )


def _ownership(say: Say, papers: Papers, system: System) -> Iterator[Finding]:
    severity = Severity.BLOCKER if system.category in CROWN else Severity.HIGH
    name, owner = _name(system), system.account_owner
    say = say.naming(owner)
    person = papers.person(owner)
    contractor = person is not None and person.kind == "contractor"
    if system.business_owned == "no" or (contractor and system.business_owned != "yes"):
        whose = "contractor" if contractor else "personal" if owner else "fail"
        where = system.login_url or PLACE
        yield say.fail("not-owned", system.id, whose, severity=severity, name=name, owner=owner, where=where)
    elif system.business_owned == "unknown":
        yield say.unknown("owner-unknown", system.id, name=name)
    if owner and papers.has_left(owner):
        yield say.fail("owner-left", system.id, severity=severity, name=name, owner=owner, login=system.login_url)


def _recovery(say: Say, papers: Papers, system: System) -> Iterator[Finding]:
    who, name = system.recovery_contact, _name(system)
    say = say.naming(who)
    if who and papers.has_left(who):
        severity = Severity.BLOCKER if system.category in CROWN else Severity.HIGH
        yield say.fail("recovery-address", system.id, severity=severity, name=name, person=who)
    elif who and papers.is_leaving(who):
        yield say.warn("recovery-address", system.id, name=name, person=who)


def _ways(voice: Say, papers: Papers, today: date) -> Iterator[Finding]:
    seen: set[str] = set()
    for way in papers.inventory.access:
        if subject(way) in seen:  # the same person with a second right in the same system: shown once
            continue
        seen.add(subject(way))
        name, say = papers.inventory.name_of(way.system), voice.naming(way.person)
        if papers.has_left(way.person):
            yield say.fail("left", subject(way), person=way.person, name=name, login=_login(papers, way.system))
            continue
        if papers.is_leaving(way.person):
            until = way.remove_by.isoformat() if way.remove_by else ""
            yield say.info("leaving", subject(way), "by" if until else "info", person=way.person, name=name, day=until)
        yield from _factor(say, papers, way, name)
        yield from _right(say, papers, way, name)
        yield from _review(say, way, name, today)


def _factor(say: Say, papers: Papers, way: Access, name: str) -> Iterator[Finding]:
    system = papers.inventory.system(way.system)
    heavy = can_do_all(way) or (system is not None and system.category in CROWN)
    if way.mfa == "none":
        severity = Severity.HIGH if heavy else Severity.MEDIUM
        yield say.fail("no-mfa", subject(way), severity=severity, person=way.person, name=name)
    elif way.mfa == "unknown":
        yield say.unknown("mfa-unknown", subject(way), person=way.person, name=name)


def _right(say: Say, papers: Papers, way: Access, name: str) -> Iterator[Finding]:
    if way.shared and not way.break_glass:
        yield say.warn("shared", subject(way), name=name)
    if way.role and way.expected_role and way.role.casefold().strip() != way.expected_role.casefold().strip():
        yield say.warn(
            "too-much",
            subject(way),
            severity=Severity.MEDIUM if can_do_all(way) else Severity.LOW,
            person=way.person,
            name=name,
            role=way.role,
            needed=way.expected_role,
            login=_login(papers, way.system),
        )


def _review(say: Say, way: Access, name: str, today: date) -> Iterator[Finding]:
    person, day = way.person, today.isoformat()
    if way.reviewed is None:
        yield say.warn("review", subject(way), person=person, name=name, today=day)
    elif (today - way.reviewed).days > REVIEW_DAYS:
        seen = [lines("looked at", [way.reviewed.isoformat()])]
        yield say.warn(
            "review", subject(way), "old", person=person, name=name, today=day, days=REVIEW_DAYS, evidence=seen
        )


def _name(system: System) -> str:
    return system.name or system.id


def _login(papers: Papers, system: str) -> str:
    found = papers.inventory.system(system)
    return (found.login_url if found else "") or PLACE
