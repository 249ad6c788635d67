"""What the checks of this stage share: words for what is written down, and where it is filled in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ...findings import Evidence, Finding, Remedy, Severity
from ...launch.inventory import Access, Category
from ..base import Say

PLACE = "people and access (key p), or inventory.toml"
LAUNCH_DAY = "launch day (key l), or inventory.toml"

ADMIN_RIGHTS = frozenset({"owner", "account owner", "admin", "administrator", "root", "superuser", "super admin"})
"""Rights that can do everything in a system, whatever the provider calls them."""

CROWN: frozenset[Category] = frozenset({"registrar", "dns", "hosting", "database", "payments", "app-store", "secrets"})
"""Who holds one of these holds the business: the name, the money, the data, the way to every phone."""


def can_do_all(access: Access) -> bool:
    """Whether this right can do everything in its system."""
    return access.role.casefold().strip() in ADMIN_RIGHTS


def subject(access: Access) -> str:
    """One way in: `hosting/helper`."""
    return f"{access.system}/{access.person}"


def nothing(say: Say, what: str, severity: Severity, paste: str, where: str = PLACE) -> Finding:
    """Nothing is written down yet: it is not known, which is not the same as wrong."""
    return say.unknown(
        "nothing",
        "inventory.toml",
        f"Nothing is written down yet: {what}",
        severity=severity,
        remedy=Remedy(
            text=f"Write it down under {where.split(',')[0]}; `launchready inventory --take` begins with what was seen",
            paste=paste,
            where="inventory.toml",
        ),
    )


def lines(label: str, rows: Iterable[str]) -> Evidence:
    """Rows of a file of ours as evidence."""
    return Evidence.of(label, "\n".join(rows), source="inventory.toml")


def days_since(then: date, today: date) -> int:
    return (today - then).days
