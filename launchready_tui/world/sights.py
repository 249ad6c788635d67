"""What the observers see, raw: cleaned only when it becomes Evidence. Times are UTC, lengths of time milliseconds,
sizes bytes."""

from __future__ import annotations

import codecs
import re
from datetime import datetime
from typing import Literal

import msgspec

from ..failure import Failure

_CHARSET = re.compile(r"""charset\s{0,9}=\s{0,9}["']?([A-Za-z0-9._:+-]{1,40})""", re.IGNORECASE)
# Codecs of Python that no page is written in: some take quadratic time, some complain on foreign octets.
_NOT_FOR_PAGES = frozenset(
    {"idna", "punycode", "unicode_escape", "raw-unicode-escape", "raw_unicode_escape", "unicode-escape", "undefined"}
)

DnsStatus = Literal["ok", "nodata", "nxdomain"]


class DnsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to one question. `nodata` and `nxdomain` are answers, not failures.

    `records` are in presentation form with absolute names, lower case, without the last dot (`10 mail.example.com`);
    TXT records stand in `texts` as well, their strings joined (RFC 7208 section 3.3), decoded as UTF-8 or Latin-1.
    """

    name: str
    rdtype: str
    status: DnsStatus
    records: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    ttl: int = 0
    canonical: str = ""
    """The name after following CNAMEs; equal to `name` where there is none."""
    server: str = ""
    """ADDRESS:PORT that answered."""
    authoritative: bool = False
    authenticated: bool = False
    referral: tuple[str, ...] = ()
    """Name servers a directly asked server points to instead of answering: it does not hold the zone."""
    duration_ms: float = 0
    at: datetime
    via: str = ""

    @property
    def found(self) -> bool:
        """Whether it holds records."""
        return self.status == "ok" and bool(self.records)


class ZoneCopy(msgspec.Struct, frozen=True, kw_only=True):
    """What a name server answered to the question for a whole zone (AXFR, RFC 5936). Only the first messages are
    read."""

    zone: str
    server: str
    given: bool
    """Whether it gave records away."""
    records: int = 0
    names: tuple[str, ...] = ()
    """Names seen in what was read, in order; values are not kept."""
    at: datetime
    via: str = ""


DnssecState = Literal["unsigned", "no-ds", "valid", "no-key", "mismatch", "bad-signature", "expired", "unread"]


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """How a zone is signed (RFC 4035), judged here and not by the resolver.

    `unsigned`: neither DS nor DNSKEY. `no-ds`: signed, but the zone above does not say so. `no-key`: a DS and no
    DNSKEY. `mismatch`: no DNSKEY fits a DS. `bad-signature`, `expired`: the signature over keys or SOA does not hold.
    `unread`: an algorithm we cannot verify.
    """

    zone: str
    state: DnssecState
    ds: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """`tag algorithm flags` of each DNSKEY."""
    expires: datetime | None = None
    detail: str = ""
    at: datetime
    via: str = ""


class Phases(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of one exchange went, in ms; None where a phase did not happen (a reused connection, plain
    http)."""

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None
    transfer: float | None = None
    total: float = 0


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP answer; redirects are not followed. Header names are lower case, order and repeats kept, values decoded
    as Latin-1."""

    url: str
    method: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    """The decoded body up to the cap."""
    truncated: bool = False
    wire_bytes: int = 0
    """Body bytes as they came over the wire, up to the cap."""
    http_version: str = "HTTP/1.1"
    address: str = ""
    phases: Phases = Phases()
    reused: bool = False
    at: datetime
    via: str = ""

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for key, value in self.headers if key == name), None)

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a header, as sent."""
        return tuple(value for key, value in self.headers if key == name)

    @property
    def content_type(self) -> str:
        """The media type alone, lower case."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def is_html(self) -> bool:
        """By its type alone: the body is not looked at."""
        return self.content_type in ("text/html", "application/xhtml+xml")

    @property
    def text(self) -> str:
        """The body as text: the declared charset, else UTF-8, wrong octets replaced."""
        found = _CHARSET.search(self.header("content-type") or "")
        try:
            codec = codecs.lookup(found[1]).name if found else "utf-8"
            return self.body.decode("utf-8" if codec in _NOT_FOR_PAGES else codec, "replace")
        except (LookupError, ValueError):
            return self.body.decode("utf-8", "replace")


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a redirect chain."""

    url: str
    status: int
    location: str
    """The Location value as sent, raw; empty on the last hop."""
    kind: Literal["location", "meta", "refresh", "end"] = "location"
    total_ms: float = 0


ChainProblem = Literal["", "loop", "too-many", "bad-location", "private-target", "other-scheme"]


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """A URL followed to its end by hand: every answer on the way, and what ended it."""

    start: str
    hops: tuple[Hop, ...]
    """All answers, the last one included when it came."""
    end: Reply | Failure
    problem: ChainProblem = ""
    detail: str = ""

    @property
    def redirects(self) -> int:
        """Hops that led on, of any kind."""
        return sum(hop.kind != "end" for hop in self.hops)


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What a certificate says of itself."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    """DNS names and addresses of the SAN extension."""
    not_before: datetime
    not_after: datetime
    serial: str
    key: Literal["rsa", "ec", "ed25519", "other"]
    key_bits: int
    signature_hash: str
    self_signed: bool
    ca_issuers: tuple[str, ...] = ()
    """AIA caIssuers URLs."""
    ocsp: tuple[str, ...] = ()
    scts: int = 0
    must_staple: bool = False
    usages: tuple[str, ...] = ()
    """What it may be used for (extended key usage): `serverAuth`, `clientAuth`, else the dotted number; empty where it
    does not say."""
    sha256: str = ""
    key_sha256: str = ""
    """Of the public key with its algorithm (SubjectPublicKeyInfo), as TLSA records of selector 1 have it."""


class TlsSight(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a TLS server: the verdict of a verified handshake and, in any case, the chain it sent."""

    host: str
    port: int
    address: str
    verified: bool
    verify_code: int = 0
    """OpenSSL's X509_V_ERR code: 0 fine, 10 expired, 9 not yet valid, 62 host mismatch, 64 IP mismatch, 18 and 19
    self-signed, 20 and 21 issuer unknown."""
    verify_message: str = ""
    chain: tuple[Certificate, ...]
    blamed: Certificate | None = None
    """Which of the chain is out of its dates, where `verify_code` is 9 or 10; None where it is none that was sent."""
    missing: tuple[Certificate, ...] = ()
    """What was not sent: fetched where the chain says (AIA caIssuers); with it the chain leads to a trusted root."""
    unfetched: str = ""
    """Why what lies above the chain could not be fetched; empty where it was, or where the chain names no place."""
    version: str = ""
    """TLSv1.2, TLSv1.3."""
    cipher: str = ""
    alpn: str = ""
    duration_ms: float = 0
    at: datetime
    via: str = ""

    @property
    def leaf(self) -> Certificate:
        """The server's own certificate; raises IndexError where it sent none."""
        return self.chain[0]

    @property
    def path(self) -> tuple[Certificate, ...]:
        """The leaf and, of what was sent, each certificate that issued the one before."""
        found = [self.leaf]
        while (
            above := next((o for o in self.chain if o.subject == found[-1].issuer and o not in found), None)
        ) is not None:
            found.append(above)
        return tuple(found)


CipherKind = Literal["forward", "cbc", "static", "dhe"]
"""What a client offers with TLS 1.2: ECDHE with AEAD (and all of TLS 1.3), ECDHE with CBC, RSA key transport, DHE."""
VersionAnswer = Literal["accepted", "refused", "could-not-test"]


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What RDAP says of a domain (RFC 9083)."""

    domain: str
    registered: bool
    registrar: str = ""
    expires: datetime | None = None
    created: datetime | None = None
    statuses: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()
    signed: bool | None = None
    source: str = ""
    at: datetime
    via: str = ""


class SmtpSight(msgspec.Struct, frozen=True, kw_only=True):
    """How a mail server greets (RFC 5321): no mail is sent."""

    host: str
    port: int
    address: str = ""
    code: int = 0
    """Of the greeting: 220 fine, 421 and 554 turned away."""
    banner: str = ""
    """The greeting's words, raw."""
    capabilities: tuple[str, ...] = ()
    """EHLO keywords with their parameters, as sent, upper-case keyword first (`STARTTLS`, `SIZE 10240000`)."""
    starttls: bool = False
    duration_ms: float = 0
    at: datetime
    via: str = ""
