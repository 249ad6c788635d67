"""CAA records (RFC 8659): which certificate authorities may issue for a name, and which of them issued what is in use."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RECORD = re.compile(r'\s*(\d{1,3})\s+([A-Za-z0-9]{1,60})\s+"?((?:[^"\\]|\\.)*)"?\s*\Z')
_KNOWN = frozenset({"issue", "issuewild", "issuemail", "issuevmc", "iodef", "contactemail", "contactphone"})
_CRITICAL = 128
# What stands in a certificate's issuer, and the domains by which that authority knows itself in CAA (CCADB, CAA identifiers, 2026-11).
_AUTHORITIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("let's encrypt", ("letsencrypt.org",)),
    ("google trust services", ("pki.goog",)),
    ("digicert", ("digicert.com", "digicert.ne.jp", "symantec.com", "geotrust.com", "rapidssl.com", "thawte.com", "quovadisglobal.com")),
    ("geotrust", ("digicert.com", "geotrust.com")),
    ("sectigo", ("sectigo.com", "comodoca.com", "comodo.com", "usertrust.com", "trust-provider.com")),
    ("comodo", ("sectigo.com", "comodoca.com", "comodo.com", "usertrust.com")),
    ("zerossl", ("sectigo.com", "comodoca.com", "usertrust.com")),
    ("amazon", ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")),
    ("globalsign", ("globalsign.com",)),
    ("godaddy", ("godaddy.com", "starfieldtech.com")),
    ("starfield", ("godaddy.com", "starfieldtech.com")),
    ("ssl.com", ("ssl.com",)),
    ("ssl corporation", ("ssl.com",)),
    ("entrust", ("entrust.net", "affirmtrust.com")),
    ("buypass", ("buypass.com", "buypass.no")),
    ("actalis", ("actalis.it",)),
    ("certum", ("certum.pl", "certum.eu")),
    ("microsoft", ("microsoft.com",)),
)


@dataclass(frozen=True)
class Caa:
    """All CAA records of one name. `issuers` and `wild` are domains, an empty one says "nobody"; None where that property is absent."""

    issuers: tuple[str, ...] | None
    wild: tuple[str, ...] | None
    unknown_critical: tuple[str, ...]
    broken: tuple[str, ...]

    def allows(self, names: tuple[str, ...], *, wildcard: bool = False) -> bool:
        """Whether an authority known by one of these domains may issue. Without `issue` (or `issuewild`) everybody may."""
        listed = self.wild if wildcard and self.wild is not None else self.issuers
        return listed is None or any(issuer in names for issuer in listed)

    def nobody(self, *, wildcard: bool = False) -> bool:
        """Whether no authority at all may issue."""
        listed = self.wild if wildcard and self.wild is not None else self.issuers
        return listed is not None and not any(listed)


def read(records: tuple[str, ...]) -> Caa:
    """CAA records in presentation form (`0 issue "letsencrypt.org"`)."""
    issuers: list[str] | None = None
    wild: list[str] | None = None
    critical: list[str] = []
    broken: list[str] = []
    for record in records:
        found = _RECORD.match(record)
        if found is None:
            broken.append(record)
            continue
        flags, tag, value = int(found[1]), found[2].lower(), found[3]
        name = value.partition(";")[0].strip().lower().rstrip(".")
        if tag == "issue":
            issuers = [*(issuers or []), name]
        elif tag == "issuewild":
            wild = [*(wild or []), name]
        elif tag not in _KNOWN and flags & _CRITICAL:
            critical.append(tag)
    return Caa(
        None if issuers is None else tuple(issuers),
        None if wild is None else tuple(wild),
        tuple(critical),
        tuple(broken),
    )


def authority(issuer: str) -> tuple[str, ...]:
    """The CAA domains of whoever issued a certificate, by its issuer name; empty where it is not known."""
    lower = issuer.lower().replace("\\'", "'")
    return next((names for part, names in _AUTHORITIES if part in lower), ())
