"""Who can get in where, and whether they should: read from inventory.toml and people.toml."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from ....findings import Finding, Remedy, Severity
from ....launch.inventory import Access, System
from ...base import Say, check
from ..written import CROWN, PLACE, can_do_all, days_since, lines, nothing, subject

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....launch.papers import Papers
    from ....world import World

REVIEW_DAYS = 90
"""Who gets in is looked at again after so many days at the latest."""
MOST_ADMINS = 2
_PASTE = (
    '[[systems]]\nid = "registrar"\nname = "Domain registrar"\ncategory = "registrar"\n'
    'account_owner = "founder"\nbusiness_owned = "yes"\n\n'
    '[[access]]\nsystem = "registrar"\nperson = "founder"\nrole = "owner"\nmfa = "key"'
)


@check("handover.access", papers=True)
async def access(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Every system and every way in, against who still needs it."""
    papers = world.papers
    say = Say("handover.access", world.clock.now())
    if not papers.inventory.systems and not papers.inventory.access:
        yield nothing(say, "which systems there are and who gets in", Severity.BLOCKER, _PASTE)
        return
    found = problems(papers, world.clock.now())
    for finding in found:
        yield finding
    if not papers.people.people:
        yield say.unknown(
            "no-people",
            "people.toml",
            "There is no people.toml on this machine, so it cannot be seen whether somebody with access has left",
            severity=Severity.BLOCKER,
            remedy=Remedy(
                text="Name the people under people and access (key p), or confirm that everybody with access is "
                "still needed"
            ),
        )
    elif not any(one.is_open for one in found):
        ways = len(papers.inventory.access)
        yield say.passed(
            "clean",
            "inventory.toml",
            f"{len(papers.inventory.systems)} systems, {ways} ways in, each needed, owned by the business and "
            "with a second factor",
            evidence=[
                lines("access", (f"{subject(one)}: {one.role or 'right not named'}" for one in papers.inventory.access))
            ],
        )


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
            yield say.unknown(
                "no-access",
                system.id,
                f"Nobody is written down who can get into {_name(system)}",
                severity=Severity.HIGH,
                remedy=Remedy(
                    text="Open its member list and write down who is in it",
                    paste=f'[[access]]\nsystem = "{system.id}"\nperson = "founder"\nrole = "owner"\nmfa = "totp"',
                    where=PLACE,
                ),
            )
        admins = list(
            dict.fromkeys(one.person for one in entries if can_do_all(one) and not papers.has_left(one.person))
        )
        if len(admins) > MOST_ADMINS:
            yield say.warn(
                "too-many-admins",
                system.id,
                f"{len(admins)} people can do everything in {_name(system)}; two are enough",
                evidence=[lines("can do everything", admins)],
                remedy=Remedy(
                    text="Lower the right of those who do not need it, then write down what they have now", where=PLACE
                ),
            )


def _ownership(say: Say, papers: Papers, system: System) -> Iterator[Finding]:
    crown = system.category in CROWN
    owner = papers.person(system.account_owner)
    contractor = owner is not None and owner.kind == "contractor"
    if system.business_owned == "no" or (contractor and system.business_owned != "yes"):
        whose = f"belongs to {system.account_owner}" if system.account_owner else "does not belong to the business"
        kind = ", who works here for a time only" if contractor else ""
        yield say.fail(
            "not-owned",
            system.id,
            f"The account of {_name(system)} {whose}{kind}: whoever holds it can lock the business out",
            severity=Severity.BLOCKER if crown else Severity.HIGH,
            remedy=Remedy(
                text="Open an account in the business's name with its own card, have everything moved to it, then "
                "change the entry",
                where=system.login_url or PLACE,
            ),
        )
    elif system.business_owned == "unknown":
        yield say.unknown(
            "owner-unknown",
            system.id,
            f"It is not written down whether the account of {_name(system)} belongs to the business",
            severity=Severity.HIGH,
            remedy=Remedy(text="Log in, read whose name account and bill carry, and write it down", where=PLACE),
        )
    if system.account_owner and papers.has_left(system.account_owner):
        yield say.fail(
            "owner-left",
            system.id,
            f"The account of {_name(system)} is in the name of {system.account_owner}, who has left",
            severity=Severity.BLOCKER if crown else Severity.HIGH,
            remedy=Remedy(
                text="Have the account put in the name of the business, through its support if need be",
                where=system.login_url,
            ),
        )


def _recovery(say: Say, papers: Papers, system: System) -> Iterator[Finding]:
    who = system.recovery_contact
    remedy = Remedy(
        text="Set the recovery address and telephone to ones that the business holds, then change the entry",
        where=PLACE,
    )
    if who and papers.has_left(who):
        yield say.fail(
            "recovery-address",
            system.id,
            f"A lost log-in to {_name(system)} is reset through {who}, who has left and could take the account",
            severity=Severity.BLOCKER if system.category in CROWN else Severity.HIGH,
            remedy=remedy,
        )
    elif who and papers.is_leaving(who):
        yield say.warn(
            "recovery-address",
            system.id,
            f"A lost log-in to {_name(system)} is reset through {who}, who is leaving",
            remedy=remedy,
        )


def _ways(say: Say, papers: Papers, today: date) -> Iterator[Finding]:
    seen: set[str] = set()
    for way in papers.inventory.access:
        if subject(way) in seen:  # the same person with a second right in the same system: told once
            continue
        seen.add(subject(way))
        if papers.has_left(way.person):
            yield say.fail(
                "left",
                subject(way),
                f"{way.person} has left and can still get into {papers.inventory.name_of(way.system)}",
                severity=Severity.BLOCKER,
                remedy=Remedy(
                    text="Remove the member there, end its sessions, change every key it "
                    "could read, then delete this line",
                    where=_login(papers, way.system),
                ),
            )
            continue
        if papers.is_leaving(way.person):
            until = f" on {way.remove_by.isoformat()}" if way.remove_by else ""
            yield say.info(
                "leaving",
                subject(way),
                f"{way.person} is leaving: the access to {papers.inventory.name_of(way.system)} must end{until}",
                remedy=Remedy(text=f"See what else breaks: launchready without {way.person}"),
            )
        yield from _factor(say, papers, way)
        yield from _right(say, papers, way)
        yield from _review(say, papers, way, today)


def _factor(say: Say, papers: Papers, way: Access) -> Iterator[Finding]:
    name = papers.inventory.name_of(way.system)
    system = papers.inventory.system(way.system)
    heavy = can_do_all(way) or (system is not None and system.category in CROWN)
    if way.mfa == "none":
        yield say.fail(
            "no-mfa",
            subject(way),
            f"{way.person} gets into {name} with a password alone",
            severity=Severity.HIGH if heavy else Severity.MEDIUM,
            remedy=Remedy(
                text="Switch on a second factor, best a key or an app, and keep its recovery codes in the team's vault"
            ),
        )
    elif way.mfa == "unknown":
        yield say.unknown(
            "mfa-unknown",
            subject(way),
            f"It is not written down whether {way.person} has a second factor at {name}",
            severity=Severity.MEDIUM,
            remedy=Remedy(text="Ask, or look at its member list, and write it down", where=PLACE),
        )


def _right(say: Say, papers: Papers, way: Access) -> Iterator[Finding]:
    name = papers.inventory.name_of(way.system)
    if way.shared and not way.break_glass:
        yield say.warn(
            "shared",
            subject(way),
            f"A log-in to {name} is used by several people, so nobody knows who did what and nobody can leave",
            remedy=Remedy(
                text="Give everybody a log-in of their own, then change the shared password; or seal it for emergencies"
            ),
        )
    if way.role and way.expected_role and way.role.casefold().strip() != way.expected_role.casefold().strip():
        yield say.warn(
            "too-much",
            subject(way),
            f"{way.person} has the right “{way.role}” in {name} and needs “{way.expected_role}”",
            severity=Severity.MEDIUM if can_do_all(way) else Severity.LOW,
            remedy=Remedy(
                text="Change the right there, then write down what it is now", where=_login(papers, way.system)
            ),
        )


def _review(say: Say, papers: Papers, way: Access, today: date) -> Iterator[Finding]:
    name = papers.inventory.name_of(way.system)
    remedy = Remedy(
        text="Ask whether it is still needed, then write down today",
        paste=f"reviewed = {today.isoformat()}",
        where="this line of access in inventory.toml",
    )
    if way.reviewed is None:
        yield say.warn(
            "review",
            subject(way),
            f"Nobody has looked yet whether {way.person} still needs to get into {name}",
            severity=Severity.LOW,
            remedy=remedy,
        )
    elif days_since(way.reviewed, today) > REVIEW_DAYS:
        yield say.warn(
            "review",
            subject(way),
            f"It is more than {REVIEW_DAYS} days since somebody looked whether {way.person} "
            f"still needs to get into {name}",
            evidence=[lines("looked at", [way.reviewed.isoformat()])],
            remedy=remedy,
        )


def _name(system: System) -> str:
    return system.name or system.id


def _login(papers: Papers, system: str) -> str:
    found = papers.inventory.system(system)
    return (found.login_url if found else "") or PLACE
