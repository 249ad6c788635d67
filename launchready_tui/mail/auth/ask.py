"""How this room asks the DNS, and which names may be asked for at all."""

from __future__ import annotations

import re
from typing import Protocol

from ...failure import Failure
from ...world.sights import DnsAnswer

_LONGEST = 253
_NUMBER = re.compile(r"\d+")


class Ask(Protocol):
    """Anything that answers DNS questions as `world.dns` does: NXDOMAIN and NODATA are answers, a Failure is
    neither."""

    async def ask(self, name: str, rdtype: str) -> DnsAnswer | Failure:
        """One question; `rdtype` in capitals."""


def is_name(name: str) -> bool:
    """Whether DNS can carry this name: labels of 1 to 63 octets, 253 in all (RFC 1035 section 2.3.4). One dot at its
    end is borne."""
    bare = name.removesuffix(".")
    return 0 < len(bare.encode("utf-8", "replace")) <= _LONGEST and all(
        0 < len(label.encode()) <= 63 for label in bare.split(".")
    )


def is_domain(name: str) -> bool:
    """A name that mail can come from: a DNS name of at least two labels, the last one no number, not an address
    literal."""
    bare = name.removesuffix(".")
    return is_name(name) and "." in bare and not bare.startswith("[") and not _NUMBER.fullmatch(bare.rpartition(".")[2])


def escaped(name: str) -> str:
    """A name made of foreign text in the presentation form that resolvers read: what has a meaning there is escaped
    (RFC 1035 5.1)."""
    return "".join(
        f"\\{char}" if char in '\\"();@$' else f"\\{ord(char):03d}" if char <= " " or char == "\x7f" else char
        for char in name
    )
