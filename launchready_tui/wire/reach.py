"""How a run reaches out: one frozen value, handed to everything that opens sockets."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .connect import ConnectMap

Family = Literal["both", "ipv4", "ipv6"]


@dataclass(frozen=True)
class Reach:
    """How we reach out; one per run."""

    connect: ConnectMap = field(default_factory=ConnectMap)
    nameservers: tuple[str, ...] = ()
    """Resolvers, ADDRESS or ADDRESS:PORT. Empty: the machine's own."""
    ca_file: Path | None = None
    """Extra certificate authorities, PEM."""
    private: tuple[str, ...] = ()
    """Private addresses or networks that are declared, and so allowed."""
    refuse_unmapped: bool = False
    """The demo's dialer: what the connect map does not name is refused and counted."""
    family: Family = "both"
