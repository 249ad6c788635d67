"""Stage 7: what inventory and people show: access, bus factor, contacts, backups, documents, and whether it could be
rebuilt."""

from . import access, backups, bus_factor, contacts, documents, recovery, reproducible

__all__ = ["access", "backups", "bus_factor", "contacts", "documents", "recovery", "reproducible"]
