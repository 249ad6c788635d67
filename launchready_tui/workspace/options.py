"""How a workspace is opened: what the command line says, the same for both doors."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .. import text

if TYPE_CHECKING:
    from ..world import Consent


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that is not in the files."""

    connect: tuple[str, ...] = ()
    """`HOST[:PORT]=ADDRESS[:PORT]`; these go before the launch file's own."""
    nameservers: tuple[str, ...] = ()
    """In place of the launch file's resolvers."""
    ca_file: Path | None = None
    now: datetime | None = None
    """A fixed time for judgements. What is run then is never kept as a real run."""
    allow: frozenset[Consent] = frozenset()
    trust: bool = False
    """Any launch file may be used, though nobody has approved it here: its permission does not count, and credentials
    go only where somebody other than the file said so."""
    trust_hash: str = ""
    """The SHA-256 of the one launch file that is approved with all it says; empty: none in this way."""
    demo: bool = False
    """The embedded marketplace: trusted, and every verdict is labelled."""
    refuse_unmapped: bool = False
    """The demo's dialer: nothing outside the connect map is reached."""
    user: str = ""
    """The id of the person at the keyboard, as decisions record it; empty: the name this computer knows them by."""
    secrets: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)
    """Credentials of the demo's own servers: name, value, host. Kept in memory, never in the keyring."""
    state_dir: Path | None = None
    """Where trust and credential indexes lie; without it as `launchready paths` shows."""

    @property
    def recorded_by(self) -> str:
        """Who writes decisions down."""
        return text.clean(self.user or os.environ.get("LAUNCHREADY_USER", "") or _login())


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "console"
