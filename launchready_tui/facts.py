"""What was seen, as data: one type a kind of sight. Programs read these; the evidence beside them is for people.

A finding carries the facts it was judged from. They are kept in the journal and stand in the JSON report, each with
its `kind`. `VERSION` goes up when a kind changes its meaning or its fields: results that were kept with another one
are checked again. All text in them is foreign and is cleaned when the finding is made. Times are UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import get_args

import msgspec

VERSION = 1


class Hop(msgspec.Struct, frozen=True):
    """One answer on the way. `kind` says how it leads on where that is not by Location; `ms` is its whole time."""

    status: int
    url: str
    ms: int
    kind: str = ""

    @property
    def permanent(self) -> bool:
        """Whether browsers and search engines keep the new address (RFC 9110 sections 15.4.2 and 15.4.9)."""
        return self.status in (301, 308)

    @property
    def moves(self) -> bool:
        """Whether it leads on."""
        return 300 <= self.status < 400 or bool(self.kind)


class RedirectChain(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="redirect-chain"):
    """One address and every answer on its way. `problem` is what ended it (`loop`, `timeout`...); empty where it
    arrives."""

    start: str
    hops: tuple[Hop, ...]
    problem: str = ""

    @property
    def redirects(self) -> int:
        """How many answers lead on."""
        return sum(hop.moves for hop in self.hops)


class DnsRecords(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="dns-records"):
    """The answer to one DNS question; `records` as a zone file writes their data. `exists` is false for NXDOMAIN."""

    name: str
    type: str
    records: tuple[str, ...]
    exists: bool = True
    ttl: int = 0
    server: str = ""


class CertificateSeen(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="certificate"):
    """The certificate that a host answers a browser with. `protocol` as OpenSSL names it, `TLSv1.3`."""

    host: str
    protocol: str
    issuer: str
    subject: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime


Fact = RedirectChain | DnsRecords | CertificateSeen
"""Every kind of fact."""
KINDS = frozenset(str(kind.__struct_config__.tag) for kind in get_args(Fact))
"""What `kind` says in a fact."""
