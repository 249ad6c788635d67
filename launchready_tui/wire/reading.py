"""What a DNS answer says of its question: records, no such record, no such name, or nothing one may build on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..failure import Failure

if TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rrset

Status = Literal["ok", "nodata", "nxdomain"]


@dataclass(frozen=True)
class Heard:
    """An answer as it came. `server` is ADDRESS:PORT as asked, before the connect map."""

    message: dns.message.Message
    server: str
    via: str
    tcp: bool
    ms: float


@dataclass(frozen=True)
class Reading:
    """What an answer says. `canonical` is the name at the end of the aliases, `referral` the servers it points to
    instead."""

    status: Status
    canonical: str
    rrset: dns.rrset.RRset | None
    ttl: int
    referral: tuple[str, ...] = ()


def complaint(heard: Heard) -> Failure | None:
    """The failure behind an answer's code; None for an answer that says something (NOERROR, NXDOMAIN)."""
    import dns.rcode

    code = heard.message.rcode()
    if code in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return None
    words = [dns.rcode.to_text(code), *(option.to_text() for option in heard.message.extended_errors())]
    detail = " ".join(words)
    if code == dns.rcode.SERVFAIL:
        return Failure(kind="servfail", detail=detail, target=heard.server)
    if code == dns.rcode.REFUSED:
        return Failure(kind="refused", detail=detail, target=heard.server)
    return Failure(kind="protocol", detail=detail, target=heard.server)


def not_recursing(heard: Heard) -> Failure | None:
    """A server that only points elsewhere has not looked: its empty answer must never read as "there is no record"."""
    import dns.flags
    import dns.rcode
    import dns.rdatatype

    message = heard.message
    if message.answer or message.rcode() == dns.rcode.NXDOMAIN or message.flags & (dns.flags.AA | dns.flags.RA):
        return None
    if any(rrset.rdtype == dns.rdatatype.SOA for rrset in message.authority):
        return None
    return Failure(kind="refused", detail="this server does not resolve names for others", target=heard.server)


def read(heard: Heard) -> Reading | Failure:
    """What an answer says: records at the end of its aliases, no such record, no such name, or an answer at odds with
    itself."""
    import dns.exception
    import dns.message
    import dns.rcode
    import dns.rdatatype

    message = heard.message
    try:
        assert isinstance(message, dns.message.QueryMessage)
        chain = message.resolve_chaining()
    except (dns.exception.DNSException, AssertionError) as problem:
        return Failure(
            kind="protocol", detail=f"an inconsistent answer ({type(problem).__name__})", target=heard.server
        )
    canonical = plain_name(chain.canonical_name)
    if message.rcode() == dns.rcode.NXDOMAIN:
        return Reading("nxdomain", canonical, None, _ttl(chain))
    if chain.answer is not None:
        return Reading("ok", canonical, chain.answer, _ttl(chain))
    soa = any(rrset.rdtype == dns.rdatatype.SOA for rrset in message.authority)
    referral = (
        ()
        if soa
        else tuple(
            plain_name(rdata.target)
            for rrset in message.authority
            if rrset.rdtype == dns.rdatatype.NS
            for rdata in rrset
        )
    )
    return Reading("nodata", canonical, None, _ttl(chain), referral)


def _ttl(chain: dns.message.ChainingResult) -> int:
    # dnspython starts at the greatest value and only lowers it: nothing seen means nothing known.
    return 0 if chain.minimum_ttl > 0x7FFFFFF0 else int(chain.minimum_ttl)


def plain_name(name: dns.name.Name) -> str:
    """Lower case, without the last dot; the root is `.`."""
    text = name.to_text(omit_final_dot=True).lower()
    return text or "."


def join_addresses(
    host: str, four: tuple[str, tuple[str, ...]] | Failure, six: tuple[str, tuple[str, ...]] | Failure
) -> tuple[str, ...] | Failure:
    """The addresses of both answers, IPv4 first. One failed half is borne when the other has an address."""
    halves = (four, six)
    found = tuple(address for half in halves if not isinstance(half, Failure) for address in half[1])
    if found:
        return found
    statuses = [half[0] for half in halves if not isinstance(half, Failure)]
    if "nxdomain" in statuses and "nodata" not in statuses:
        return Failure(kind="no-such-name", target=host)
    failed = next((half for half in halves if isinstance(half, Failure)), None)
    if failed is not None:
        return Failure(kind=failed.kind, detail=failed.detail or failed.target, target=host)
    return Failure(kind="no-address", target=host)
