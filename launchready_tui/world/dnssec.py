"""Whether a zone's signatures hold (RFC 4035), worked out from its DS, DNSKEY and SOA answers; the resolver's own
verdict is not asked."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..wire.reading import Heard
from .sights import DnssecState, Signing

if TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rdatatype
    import dns.rrset


def judge(zone: str, ds: Heard, keys: Heard, soa: Heard, *, at: datetime) -> Signing:
    """One zone."""
    import dns.name
    import dns.rdatatype

    name = dns.name.from_text(zone)
    above = _rrset(ds.message, name, dns.rdatatype.DS)
    below = _rrset(keys.message, name, dns.rdatatype.DNSKEY)
    shown_ds = tuple(rdata.to_text() for rdata in above or ())
    shown_keys = tuple(_shown(rdata) for rdata in below or ())

    def told(state: DnssecState, detail: str = "", expires: datetime | None = None) -> Signing:
        return Signing(
            zone=zone, state=state, ds=shown_ds, keys=shown_keys, expires=expires, detail=detail, at=at, via=soa.via
        )

    if not above:
        return told("no-ds" if below else "unsigned")
    if not below:
        return told("no-key", "the parent zone vouches for a missing key")
    if not any(_fits(name, wanted, key) for wanted in above for key in below):
        return told("mismatch", "no key of the zone matches the one in the parent zone")
    ends: list[datetime] = []
    for answer, rdtype in ((keys, dns.rdatatype.DNSKEY), (soa, dns.rdatatype.SOA)):
        state, detail, end = _holds(answer.message, name, rdtype, below, at)
        if state != "valid":
            return told(state, detail, end)
        if end is not None:
            ends.append(end)
    return told("valid", expires=min(ends, default=None))


def _rrset(
    message: dns.message.Message, name: dns.name.Name, rdtype: dns.rdatatype.RdataType
) -> dns.rrset.RRset | None:
    return next((rrset for rrset in message.answer if rrset.name == name and rrset.rdtype == rdtype), None)


def _shown(key: Any) -> str:
    import dns.dnssec

    return f"{dns.dnssec.key_id(key)} {dns.dnssec.algorithm_to_text(key.algorithm)} {key.flags}"


def _fits(zone: dns.name.Name, wanted: Any, key: Any) -> bool:
    """Whether a DS speaks of this key (RFC 4034 section 5). Digests that we cannot make never fit."""
    import dns.dnssec

    if dns.dnssec.key_id(key) != wanted.key_tag or key.algorithm != wanted.algorithm:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = dns.dnssec.make_ds(zone, key, wanted.digest_type, validating=True)
    except Exception:  # noqa: BLE001 - an unknown or broken digest: it vouches for nothing
        return False
    return bool(made.digest == wanted.digest)


def _holds(
    message: dns.message.Message,
    zone: dns.name.Name,
    rdtype: dns.rdatatype.RdataType,
    keys: dns.rrset.RRset,
    at: datetime,
) -> tuple[DnssecState, str, datetime | None]:
    """Whether a signature of one of the keys holds over the records of this type now."""
    import dns.dnssec
    import dns.exception
    import dns.rdatatype

    what = dns.rdatatype.to_text(rdtype)
    records = _rrset(message, zone, rdtype)
    signatures = next(
        (r for r in message.answer if r.name == zone and r.rdtype == dns.rdatatype.RRSIG and r.covers == rdtype),
        None,
    )
    if records is None or signatures is None:
        return "bad-signature", f"{what} is not signed", None
    rows: list[Any] = list(signatures)
    ends = max(datetime.fromtimestamp(row.expiration, UTC) for row in rows)
    if ends < at:
        return "expired", f"the signature of {what} expired {ends:%Y-%m-%d %H:%M} UTC", ends
    try:
        dns.dnssec.validate(records, signatures, {zone: keys}, now=at.timestamp())
    except dns.exception.UnsupportedAlgorithm as problem:
        return "unread", f"{what}: {problem}", ends
    except Exception as problem:  # noqa: BLE001 - whatever the verifier calls it, the signature does not hold
        return "bad-signature", f"the signature of {what} is invalid ({problem})", ends
    return "valid", "", ends
