"""People by systems: who has which right, how many can repair each, who pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import words
from .ink import GLYPHS, Cell, Spans, fit
from .widgets.ledger import Col, Row

if TYPE_CHECKING:
    from ..launch.inventory import Access, System
    from ..launch.people import Person
    from ..workspace import Workspace

SHORT = {
    "registrar": "name", "dns": "DNS", "hosting": "host", "cdn": "edge", "code": "code", "ci": "CI",
    "database": "data", "queue": "queue",
    "storage": "files", "secrets": "vault", "email": "mail", "sms": "sms", "payments": "pay", "app-store": "store",
    "analytics": "visits",
    "monitoring": "watch", "support": "help", "ai": "AI", "other": "other",
}  # fmt: skip
SHORT_MFA = {"none": "no", "sms": "sms", "totp": "app", "key": "key", "unknown": "?"}
FIRST = ("dns", "hosting", "database", "payments", "email", "code", "registrar")
ADMINS = ("owner", "admin")


def _columns_of(workspace: Workspace, most: int) -> list[System]:
    """The systems that the matrix has room for, the ones that stop the business first."""

    def weight(system: System) -> int:
        return FIRST.index(system.category) if system.category in FIRST else len(FIRST)

    return sorted(workspace.inventory.systems, key=weight)[:most]


def is_wrong(access: Access, person: Person | None) -> bool:
    """A right that nobody should have: of somebody who left, more than is needed, without a second factor."""
    gone = person is not None and person.status == "left"
    more = bool(access.role and access.expected_role and access.role.casefold() != access.expected_role.casefold())
    return gone or more or access.mfa == "none"


def matrix(workspace: Workspace, room: int) -> tuple[list[Col], list[Row]]:
    """People by systems in so many cells; below, how many can fix each and who pays."""
    # One cell more, for rights such as deploy, where no system is left out for it.
    size = 7 if min(9, len(workspace.inventory.systems), room // 6) <= room // 7 else 6
    systems = _columns_of(workspace, max(0, min(9, room // size)))
    cols = [
        Col("Person", 0),
        Col("role", 16, tone="ink2", above=104),
        *[Col(SHORT[one.category], size, gap=0 if n else 2) for n, one in enumerate(systems)],
    ]
    cols.append(Col("2FA", 5, right=True, tone="ink3", gap=1))
    rows = []
    for person in workspace.people.people:
        mine = [one for one in workspace.inventory.access if one.person == person.id]
        cells: list[Cell] = [person.name or person.id, person.role]
        for system in systems:
            entry = next((one for one in mine if one.system == system.id), None)
            cells.append(_right(entry, person, size - 1))
        cells.append(_factor(mine))
        wrong = [one for one in mine if is_wrong(one, person)]
        look = (
            "fail" if wrong else "na" if person.status == "left" else "warn" if person.status == "leaving" else "pass"
        )
        rows.append(Row(person.id, cells, words.glyph(look), look))
    if rows and systems:
        rows.append(Row("rule", rule=True, apart=True))
        rows.append(Row("fix", ["can fix", "", *[_fixers(workspace, one) for one in systems]], apart=True))
        rows.append(Row("pays", ["pays", "", *[_payer(one) for one in systems]], apart=True))
    return cols, rows


def _right(entry: Access | None, person: Person, size: int) -> Cell:
    if entry is None:
        return ("·", "rule")
    role = entry.role or "?"
    if is_wrong(entry, person):
        return [*_cut(role, size - 1, "fail b"), (GLYPHS["fail"], "fail")]
    return _cut(role, size, "ink" if role in ADMINS else "ink3")


def _cut(word: str, size: int, tone: str) -> Spans:
    return [(word, tone)] if len(word) <= size else fit([(word, tone)], size)


def _factor(mine: list[Access]) -> Cell:
    if not mine:
        return ("·", "rule")
    if any(one.mfa == "none" for one in mine):
        return ("no", "fail")
    if any(one.mfa == "unknown" for one in mine):
        return ("?", "unknown")
    return "yes"


def _fixers(workspace: Workspace, system: System) -> Cell:
    """How many people who are still here could repair it, by the same count as the check's."""
    from ..checks.handover.bus_factor import fixers
    from ..launch.papers import Papers

    count = len(fixers(Papers(workspace.people, workspace.inventory), system.id))
    return [(f"{count}{GLYPHS['fail']}", "fail b")] if count < 2 else str(count)


def _payer(system: System) -> Cell:
    if not system.billing_owner:
        free = system.no_bill or system.category == "other"
        return ("free" if system.no_bill else "·", "ink3") if free else [(f"none{GLYPHS['fail']}", "fail b")]
    return ("yes", "ink2")
