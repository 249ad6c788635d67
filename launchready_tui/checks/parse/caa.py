"""CAA records (RFC 8659): which certificate authorities may issue for a name, and which of them issued what is in
use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_RECORD = re.compile(r'\s*(\d{1,3})\s+([A-Za-z0-9]{1,60})\s+"?((?:[^"\\]|\\.)*)"?\s*\Z')
_KNOWN = frozenset({"issue", "issuewild", "issuemail", "issuevmc", "iodef", "contactemail", "contactphone"})
_CRITICAL = 128
_ISSUING = frozenset({"issue", "issuewild", "issuemail", "issuevmc"})
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*\.?")
_PARAMETER = re.compile(r"\s*([A-Za-z0-9]+)\s*=\s*([\x21-\x3a\x3c-\x7e]*)\s*")
_MAILBOX = re.compile(r"[^@\s]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]{2,}")
# RFC 8657 section 4: methods of ACME's registry (IANA, ACME Validation Methods, known 2026-11), or an authority's own,
# named ca-…
_METHODS = frozenset(
    {
        "http-01",
        "dns-01",
        "tls-alpn-01",
        "email-reply-00",
        "tkauth-01",
        "onion-csr-01",
        "bp-nodeid-00",
        "dns-account-01",
    }
)
# What stands in a certificate's issuer, and the domains by which that authority knows itself in CAA (CCADB, CAA
# identifiers, 2026-11).
_AUTHORITIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("let's encrypt", ("letsencrypt.org",)),
    ("google trust services", ("pki.goog",)),
    (
        "digicert",
        (
            "digicert.com",
            "digicert.ne.jp",
            "symantec.com",
            "geotrust.com",
            "rapidssl.com",
            "thawte.com",
            "quovadisglobal.com",
        ),
    ),
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
    """All CAA records of one name. `issuers` and `wild` are domains, an empty one says "nobody"; None where that
    property is absent."""

    issuers: tuple[str, ...] | None
    wild: tuple[str, ...] | None
    unknown_critical: tuple[str, ...]
    broken: tuple[str, ...]
    """Records that are none."""
    problems: tuple[str, ...] = ()
    """Records whose flags or value authorities do not understand, each with what is wrong."""

    def allows(self, names: tuple[str, ...], *, wildcard: bool = False) -> bool:
        """Whether an authority known by one of these domains may issue. Without `issue` (or `issuewild`) everybody
        may."""
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
    problems: list[str] = []
    for record in records:
        found = _RECORD.match(record)
        if found is None:
            broken.append(record)
            continue
        flags, tag, value = int(found[1]), found[2].lower(), found[3]
        if wrong := _problem(flags, tag, value):
            problems.append(f'{flags} {tag} "{value}": {wrong}')
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
        tuple(problems),
    )


def _problem(flags: int, tag: str, value: str) -> str:
    """What is wrong with a record that reads as one; empty where nothing is. An unknown property is not judged."""
    if flags not in (0, _CRITICAL):
        return f"the flags must be 0 or {_CRITICAL}: all other bits are reserved"
    if tag in _ISSUING:
        domain, *rest = value.split(";")
        if domain.strip() and not _DOMAIN.fullmatch(domain.strip()):
            return "the authority must be a domain name"
        return next((wrong for part in rest if part.strip() and (wrong := _parameter(part))), "")
    if tag == "iodef":
        try:
            parts = urlsplit(value)
            good = (
                bool(parts.hostname)
                if parts.scheme in ("http", "https")
                else parts.scheme == "mailto" and _MAILBOX.match(parts.path)
            )
        except ValueError:
            good = False
        return "" if good else "reports must go to a mailto: or https: address"
    if tag == "contactemail":
        return "" if _MAILBOX.fullmatch(value.strip()) else "not a mail address"
    if tag == "contactphone":
        return "" if _PHONE.fullmatch(value.strip()) else "not a telephone number"
    return ""


def _parameter(part: str) -> str:
    found = _PARAMETER.fullmatch(part)
    if not found:
        return f"{part.strip()} is not name=value"
    if found[1].lower() == "validationmethods":
        strange = [
            method
            for method in found[2].split(",")
            if method not in _METHODS and not re.fullmatch(r"ca-[A-Za-z0-9-]+", method)
        ]
        return f"{strange[0]} is not a known validation method" if strange else ""
    return ""


def authority(issuer: str) -> tuple[str, ...]:
    """The CAA domains of whoever issued a certificate, by its issuer name; empty where it is not known."""
    lower = issuer.lower().replace("\\'", "'")
    return next((names for part, names in _AUTHORITIES if part in lower), ())
