"""Credentials: where they come from, whom they may be shown to, and how they are kept out of everything that is
written."""

from __future__ import annotations

from .redact import Redactor
from .secret import Secret
from .store import Entry, Vault, VaultError, VaultStatus, variable

__all__ = ["Entry", "Redactor", "Secret", "Vault", "VaultError", "VaultStatus", "variable"]
