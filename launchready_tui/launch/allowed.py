"""secrets.toml, in the repository: found secrets that somebody has looked at, with the reason, who, and until when.

It never holds a value. A random one is known by an HMAC with a salt of the file; of one that could be guessed there is
no trace but its place, since a hash of a weak password gives it away.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import ClassVar

import msgspec

from ..persons import PersonId
from .store import TomlFile

_KEPT = 16


class Allowed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One secret that may be passed over until a day."""

    rule: str
    path: str
    """From the root of the repository, `/` between."""
    fingerprint: str = ""
    """64 bits of HMAC-SHA-256, hex; empty for a value that could be guessed: then rule and path must do."""
    reason: str
    by: PersonId
    on: datetime
    until: datetime


class Fingerprints(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How values are known again."""

    salt: str = ""
    """Random hex digits, new for each file."""


class AllowedSecrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The whole of secrets.toml."""

    fingerprints: Fingerprints = Fingerprints()
    allowed: tuple[Allowed, ...] = ()

    def fingerprint(self, value: str) -> str:
        """What tells this value from others, and nobody what it is; empty where the file has no salt yet."""
        salt = self.fingerprints.salt
        if not salt:
            return ""
        return hmac.new(salt.encode(), value.encode(), hashlib.sha256).hexdigest()[:_KEPT]

    def entry(self, rule: str, path: str, fingerprint: str) -> Allowed | None:
        """The entry for a find, whether it still holds or not; None where nobody has decided."""
        for one in self.allowed:
            if one.rule == rule and one.path == path and (not one.fingerprint or one.fingerprint == fingerprint):
                return one
        return None


class AllowedFile(TomlFile[AllowedSecrets]):
    """secrets.toml: `load()`, `save(allowed)`."""

    NAME = "secrets.toml"
    TYPE = AllowedSecrets
    HEAD = "# Secrets that LaunchReady found and somebody has looked at. No value is kept here.\n"
    ORDER: ClassVar[dict[str, tuple[str, ...]]] = {"allowed": ("path", "rule", "fingerprint")}
