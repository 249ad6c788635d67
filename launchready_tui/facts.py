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

    @property
    def lines(self) -> tuple[str, ...]:
        """As a zone file writes them, one record a line; where there is none a line says so."""
        if not self.records:
            return (f"{self.name}. {self.type}: {self.absence}",)
        return tuple(f"{self.name}. {self.ttl} IN {self.type} {record}" for record in self.records)

    @property
    def absence(self) -> str:
        """What is not there, in words; empty where something is."""
        return "" if self.records else "no such record" if self.exists else "no such name"


class CertificateSeen(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="certificate"):
    """The certificate that a host answers a browser with, and the `protocol` spoken, `TLS 1.3`. `issuer` and
    `subject` as RFC 4514 writes a distinguished name, `CN=R11,O=Let's Encrypt,C=US`."""

    host: str
    protocol: str
    issuer: str
    subject: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime


class Addresses(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="addresses"):
    """The addresses of a host, as DNS gave them."""

    host: str
    addresses: tuple[str, ...]


class Hosting(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="hosting"):
    """Who runs a host, by every clue; the likeliest first."""

    host: str
    companies: tuple[str, ...]


class Registration(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="registration"):
    """A registrable domain at its registry (RDAP, RFC 9083). `status` are the words of RFC 8056, lower case."""

    domain: str
    registrar: str = ""
    expires: datetime | None = None
    status: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()

    @property
    def locked(self) -> bool | None:
        """Whether a move to another registrar is forbidden; None where the registry does not say."""
        return any("transfer prohibited" in word for word in self.status) if self.status else None


class NameServers(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="name-servers"):
    """Who serves a zone. `company` is the DNS host where the names give it away."""

    domain: str
    servers: tuple[str, ...]
    company: str = ""


class Headers(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="headers"):
    """Some headers of one answer, in the order of the question; a name without values was not sent."""

    method: str
    url: str
    status: int
    headers: tuple[tuple[str, tuple[str, ...]], ...]


class Files(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="files"):
    """Static files of a host that were looked at."""

    host: str
    urls: tuple[str, ...]


class Timing(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="timing"):
    """A route as it was measured, in ms. `n` requests were timed, `over` of them took longer than `target` or failed.
    `verdict` is PASS, FAIL or another word of `probe`; the interval of the p95 (95 %) is None where so few requests
    bound nothing."""

    route: str
    n: int
    over: int = 0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    p95_low: float | None = None
    p95_high: float | None = None
    target: float | None = None
    verdict: str = ""
    at: datetime | None = None


class SpfTerm(msgspec.Struct, frozen=True):
    """One line of an SPF tree. `depth` 0 is the domain itself, below it are terms; `lookups` is what the term costs
    with all below, `found` the record that it leads to, or why there is none."""

    depth: int
    text: str
    lookups: int = 0
    found: str = ""

    @property
    def line(self) -> str:
        """As a line of the tree: indented, a term with its cost before it."""
        cost = f"[{self.lookups}] " if self.depth else ""
        return f"{'  ' * self.depth}{cost}{self.text}  {self.found}".rstrip()


class SpfTree(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="spf-tree"):
    """A domain's SPF record with all that it includes (RFC 7208)."""

    domain: str
    terms: tuple[SpfTerm, ...]
    lookups: int = 0


class MailSender(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="mail-sender"):
    """Who sends for a domain: a service, or machines of its own where `service` is empty; and the DKIM selectors that
    it was judged by."""

    domain: str
    service: str = ""
    selectors: tuple[str, ...] = ()


class MailTest(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="mail-test"):
    """A test of one of the product's mails in one mailbox. `mail` is its kind, `seconds` until it arrived, `tab` where
    the provider sorts the inbox. The verdicts are the words of `receiver` (RFC 8601); where that is empty `dkim` is
    our own check of the signature. `folder` is empty where no mail was found."""

    mail: str
    mailbox: str
    folder: str = ""
    tab: str = ""
    seconds: float | None = None
    receiver: str = ""
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    at: datetime | None = None


class Step(msgspec.Struct, frozen=True):
    """One step of a walked path, in ms; `status` 0 where there was no answer."""

    name: str
    ok: bool
    status: int = 0
    ms: int = 0
    detail: str = ""


class Walked(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="walked-path"):
    """A path that was walked as a test user."""

    path: str
    steps: tuple[Step, ...]
    at: datetime | None = None


class SecretSpot(msgspec.Struct, frozen=True, kw_only=True):
    """Where a secret stands in a repository; never the value. `line` is 0 where a file has none, `commit` the first one
    that holds it, `rotate` where its owner replaces it."""

    path: str
    rule: str
    place: str
    shown: str
    confidence: str
    line: int = 0
    commit: str = ""
    at: datetime | None = None
    rotate: str = ""


class SecretsSeen(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="secrets"):
    """Secrets of one kind in one file of the repository."""

    spots: tuple[SecretSpot, ...]


Fact = (
    RedirectChain
    | DnsRecords
    | CertificateSeen
    | Addresses
    | Hosting
    | Registration
    | NameServers
    | Headers
    | Files
    | Timing
    | SpfTree
    | MailSender
    | MailTest
    | Walked
    | SecretsSeen
)
"""Every kind of fact."""
KINDS = frozenset(str(kind.__struct_config__.tag) for kind in get_args(Fact))
"""What `kind` says in a fact."""
