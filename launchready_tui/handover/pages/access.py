"""08-access: the systems, who gets in, and what is wrong with that."""

from __future__ import annotations

from ...findings import State
from ...launch.inventory import Access, Cap, System
from ...launch.papers import Papers
from ...launch.people import Person
from ..blocks import BLANK, Cell
from ..draft import Draft, plain
from ..model import Document
from ..snapshot import Snapshot
from ..words import CATEGORIES, MFA, NO, PERSON_STATUS, SEVERITIES, YES, day, state_cell


def write(shot: Snapshot) -> Document:
    """Systems, accounts and who gets in, and what should change; founder and team see other columns."""
    draft = Draft(shot, "access", "Access inventory", "08-access.md")
    inventory = shot.inventory
    draft.lead(
        "Which systems the product needs, who owns the accounts, who pays, and who has access. Keys are listed by "
        "where they are stored, never shown."
    )
    draft.table(
        "What to change",
        "+what|state|severity|+how",
        points(shot),
        csv="access-points",
        empty="The entries so far show nothing to change.",
    )
    draft.table(
        "Systems",
        "system|kind|provider|@account owner|business owns it|@pays the bill|renews|log-in",
        [_system(draft, system) for system in inventory.systems],
        csv="systems",
        empty="No systems have been entered yet.",
    )
    draft.table(
        "Spending limits",
        "bill|limit|when it is reached|alert at|@who is alerted|+set where|checked",
        [_cap(draft, cap) for cap in inventory.caps],
        csv="spend-limits",
        empty="No spending limits have been recorded.",
    )
    ways = [_access(draft, entry) for entry in inventory.access]
    if shot.profile == "founder":
        draft.table(
            "Who has access",
            "system|person|role|role needed|second factor|kind of log-in|key stored in|reviewed|ends",
            ways,
            csv="access",
            empty="No access has been entered yet.",
        )
    if not inventory.systems:
        for kind in ("registrar", "dns", "hosting", "code", "database", "payments", "email"):
            draft.fact("", f"{CATEGORIES[kind]} account", "p", about="systems")
    for system in inventory.systems:
        if not any(entry.system == system.id for entry in inventory.access):
            draft.fact("", f"who has access to {_name(system)}", "p", about=system)
    people = [_person(draft, one) for one in shot.people.people]
    if shot.profile == "founder":
        draft.table("People", "person|role|kind|state", people, empty="No people have been entered on this machine.")
    else:
        draft.note("Who has access and who pays is in the founder's folder, which is confidential.")
    return draft.finish()


def _person(draft: Draft, one: Person) -> tuple[Cell, ...]:
    name = draft.snapshot.person(one.id)
    role = draft.fact(one.role, f"role of {name}", "p", short="role", about=one)
    return plain(name), role, plain(one.kind), plain(PERSON_STATUS[one.status])


def _system(draft: Draft, system: System) -> tuple[Cell, ...]:
    name, shot = _name(system), draft.snapshot
    owned = {"yes": YES, "no": NO}.get(system.business_owned)
    return (
        plain(name),
        plain(CATEGORIES[system.category]),
        draft.fact(system.provider, f"provider of {name}", "p", short="provider", about=system),
        draft.fact(
            shot.person(system.account_owner),
            f"account owner of {name}",
            "p",
            short="account owner",
            about=system,
        ),
        draft.known(
            owned or Cell("yes or no", "gap"), f"whether the business owns {name}", "p", owned is not None, about=system
        ),
        draft.fact(
            "nothing to pay" if system.no_bill else shot.person(system.billing_owner),
            f"who pays for {name}",
            "p",
            short="who pays",
            about=system,
        ),
        plain(day(system.renewal)) if system.renewal else BLANK,
        draft.fact(
            system.login_url, f"log-in address of {name}", "p", link=system.login_url, short="address", about=system
        ),
    )


def _cap(draft: Draft, cap: Cap) -> tuple[Cell, ...]:
    shot = draft.snapshot
    name = _system_name(shot, cap.system)
    return (
        plain(name),
        draft.fact(cap.limit, f"spending limit of {name}", "p", short="limit", about="systems"),
        plain("service stops" if cap.hard else "billing goes on"),
        plain(cap.alert_at)
        if cap.hard
        else draft.fact(
            cap.alert_at, f"at which amount {name} alerts someone", "p", short="alert amount", about="systems"
        ),
        draft.fact(
            shot.person(cap.owner),
            f"who is alerted about the bill for {name}",
            "p",
            short="who is alerted",
            about="systems",
        ),
        plain(cap.where),
        draft.fact(
            day(cap.seen) if cap.seen else "",
            f"when the limit of {name} was last checked",
            "p",
            short="day",
            about="systems",
        ),
    )


def _access(draft: Draft, entry: Access) -> tuple[Cell, ...]:
    shot = draft.snapshot
    person, system = shot.person(entry.person), _system_name(shot, entry.system)
    kind = [word for word, on in (("shared", entry.shared), ("emergency only", entry.break_glass)) if on]
    return (
        plain(system),
        plain(person),
        draft.fact(entry.role, f"role of {person} in {system}", "p", short="role", about=entry),
        plain(entry.expected_role),
        draft.fact(MFA[entry.mfa], f"second factor of {person} in {system}", "p", short="second factor", about=entry),
        plain(", ".join(kind) or "personal"),
        plain(entry.credential),
        draft.fact(
            day(entry.reviewed) if entry.reviewed else "",
            f"when the access of {person} to {system} was reviewed",
            "p",
            short="day",
            about=entry,
        ),
        plain(day(entry.remove_by)) if entry.remove_by else BLANK,
    )


def points(shot: Snapshot) -> list[tuple[Cell, ...]]:
    """What is wrong with the access as it is filled in, the heaviest first."""
    from ...checks.handover import access, bus_factor

    papers = Papers(shot.people, shot.inventory)
    found = [*access.problems(papers, shot.made_at), *bus_factor.problems(papers, shot.made_at)]
    worst_first = sorted(
        (one for one in found if one.is_open), key=lambda one: (one.state is State.UNKNOWN, one.severity.weight)
    )
    return [
        (
            plain(one.summary),
            state_cell(one.state),
            plain(SEVERITIES[one.severity]),
            plain(one.remedy.text if one.remedy else ""),
        )
        for one in worst_first
    ]


def _name(system: System) -> str:
    return system.name or system.id


def _system_name(shot: Snapshot, system: str) -> str:
    return next((_name(one) for one in shot.inventory.systems if one.id == system), system)
