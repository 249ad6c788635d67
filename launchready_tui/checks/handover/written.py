"""What the checks of this stage share: who can do what, and rows of our own files as evidence."""

from __future__ import annotations

from collections.abc import Iterable

from ...findings import Evidence
from ...launch.inventory import Access, Category

PLACE = "people and access (key p), or inventory.toml"

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


def lines(label: str, rows: Iterable[str]) -> Evidence:
    """Rows of a file of ours as evidence."""
    return Evidence.of(label, "\n".join(rows), source="inventory.toml")
