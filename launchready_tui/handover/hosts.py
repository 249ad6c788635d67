"""The domain map: what is known of every public name, from the launch file and from what the checks saw.

A check gives its part as evidence: the tables here say under which label, and how to read the one value out of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .. import text
from ..clock import parse_moment
from ..hostnames import host_of
from ..launch.model import Host
from .snapshot import Snapshot
from .words import day

Read = Callable[[str], str]
"""Evidence text to the value in it; empty where it is not there."""


def _line(pattern: str) -> Read:
    """What the group of the pattern holds on the first line that it fits as a whole."""
    form = re.compile(f"^{pattern}$", re.MULTILINE)

    def read(seen: str) -> str:
        found = form.search(seen)
        return "" if found is None or found[1].startswith("(") else found[1].strip()

    return read


def _clues(seen: str) -> str:
    """The companies of `Company: what points to it`, one clue a line."""
    return ", ".join(dict.fromkeys(line.partition(":")[0].strip() for line in seen.splitlines() if ":" in line))


def _addresses(seen: str) -> str:
    """The addresses that lines begin with."""
    first = (line.split()[0].rstrip(":") for line in seen.splitlines() if line.strip())
    return ", ".join(dict.fromkeys(word for word in first if _ADDRESS.match(word)))


def _chain_end(seen: str) -> str:
    """Where a redirect chain arrives, `200  https://example.com/  84 ms`; empty where it does not arrive or does not
    move."""
    hops = re.findall(r"^(\d{3})  (\S+)  ", seen, re.MULTILINE)
    return hops[-1][1] if len(hops) > 1 and hops[-1][0] == "200" else ""


def _lock(seen: str) -> str:
    """Whether the registry's status words (RFC 8056) forbid a move to another registrar."""
    status = _line("status: (.+)")(seen)
    return "" if not status else "yes" if "transfer prohibited" in status.lower() else "no"


def _nameservers(seen: str) -> str:
    return ", ".join(dict.fromkeys(re.findall(r" IN NS (\S+)$", seen, re.MULTILINE)))


def _dns_company(seen: str) -> str:
    """The company of these name servers, or their own domain where none is known."""
    from ..checks.audit.providers import dns_host
    from ..world import registrable

    servers = [name for name in _nameservers(seen).split(", ") if name]
    return dns_host(servers) or ", ".join(dict.fromkeys(registrable(name) for name in servers))


_ADDRESS = re.compile(r"[0-9a-fA-F:.]*[.:][0-9a-fA-F:.]+$")

# Column -> where it is seen: check, evidence label, how it is read. The first that gives a value counts.
HOST_EVIDENCE: dict[str, tuple[tuple[str, str, Read], ...]] = {
    "provider": (("audit.hosting", "clues", _clues),),
    "address": (
        ("audit.hosting", "addresses", _addresses),
        ("audit.one-service", "addresses", _addresses),
        ("audit.hosts", "addresses", _addresses),
    ),
    "tls": (("edge.certificates", "certificate", _line("spoken  (.+)")),),
    "tls_until": (("edge.certificates", "certificate", _line("valid  .+ to (.+)")),),
    "tls_issuer": (("edge.certificates", "certificate", _line("issuer  (.+)")),),
    "leads_to": (("edge.redirects", "chain", _chain_end),),
}
DOMAIN_EVIDENCE: dict[str, tuple[tuple[str, str, Read], ...]] = {
    "registrar": (("audit.registrar", "registration", _line("registrar: (.+)")),),
    "expires": (("audit.registrar", "registration", _line("expires: (.+)")),),
    "lock": (("audit.registrar", "registration", _lock),),
    "dns_provider": (("audit.dns-host", "dns", _dns_company),),
    "nameservers": (("audit.dns-host", "dns", _nameservers),),
}


@dataclass(frozen=True, slots=True)
class HostRow:
    """One public name; empty text is: not known."""

    host: str
    role: str
    environment: str
    purpose: str
    provider: str
    provider_by: str
    """`seen`, `inventory` where only that tells, or empty."""
    address: str
    tls: str
    """The protocol version that a browser of today is answered with."""
    tls_until: str
    tls_issuer: str
    leads_to: str
    canonical_for: str
    """Which other names of the launch lead here."""
    owner: str
    """Whose account at the provider it is, by the inventory."""


@dataclass(frozen=True, slots=True)
class DomainRow:
    """One registrable domain."""

    domain: str
    registrar: str
    expires: str
    lock: str
    dns_provider: str
    nameservers: str


def host_rows(shot: Snapshot) -> tuple[HostRow, ...]:
    """Every declared host, in the launch file's order."""
    rows = []
    told = {
        host.name: {column: _seen(shot, host.name, places) for column, places in HOST_EVIDENCE.items()}
        for host in shot.launch.hosts
    }
    ends = {name: host_of(seen["leads_to"]) for name, seen in told.items()}
    for host in shot.launch.hosts:
        seen = told[host.name]
        led_here = [name for name, end in ends.items() if end == host.name != name]
        if host.name == shot.launch.canonical_host:
            seen["leads_to"] = "is the main address"
        elif host_of(seen["leads_to"]) == host.name:
            seen["leads_to"] = ""
        provider = seen["provider"] or _only_hosting(shot, host)
        rows.append(
            HostRow(
                host=text.clean(host.name),
                role=host.role,
                environment=host.environment,
                purpose=text.clean(host.purpose),
                provider=provider,
                provider_by="seen" if seen["provider"] else "inventory" if provider else "",
                address=seen["address"],
                tls=seen["tls"],
                tls_until=_as_day(seen["tls_until"]),
                tls_issuer=seen["tls_issuer"],
                leads_to=seen["leads_to"],
                canonical_for=", ".join(text.clean(name) for name in led_here),
                owner=_owner(shot, provider),
            )
        )
    return tuple(rows)


def domain_rows(shot: Snapshot) -> tuple[DomainRow, ...]:
    """The launch's own domain, and each one that a check speaks of."""
    spoken = [one.finding.subject for one in shot.standing("audit.registrar").findings]
    domains = dict.fromkeys(
        [shot.launch.domain, *(name for name in spoken if "." in name and "/" not in name and " " not in name)]
    )
    rows = []
    for domain in domains:
        seen = {column: _seen(shot, domain, places) for column, places in DOMAIN_EVIDENCE.items()}
        seen["expires"] = _as_day(seen["expires"])
        rows.append(DomainRow(domain=text.clean(domain), **seen))
    return tuple(rows)


def seen_expiry(shot: Snapshot, domain: str) -> str:
    """When the registration ends, as the registry told it; empty where it did not."""
    return _seen(shot, domain, DOMAIN_EVIDENCE["expires"])


def seen_certificate_end(shot: Snapshot, host: str) -> str:
    """When the certificate of a host ends, as it was seen; empty where none was."""
    return _seen(shot, host, HOST_EVIDENCE["tls_until"])


def has_tls(shot: Snapshot, host: str) -> bool:
    """Whether a certificate is expected on a name: not on one that only carries mail."""
    found = shot.launch.host(host)
    return found is None or found.role != "mail"


def _seen(shot: Snapshot, subject: str, places: tuple[tuple[str, str, Read], ...]) -> str:
    for check, label, read in places:
        for seen in shot.evidence(check, subject, label):
            value = read(seen)
            if value:
                return value
    return ""


def _only_hosting(shot: Snapshot, host: Host) -> str:
    """What nothing outside tells, the inventory may: where one hosting account is all there is, the product runs
    there."""
    hosting = [system for system in shot.inventory.systems if system.category == "hosting"]
    if len(hosting) != 1 or host.role == "mail":
        return ""
    return text.clean(hosting[0].provider or hosting[0].name)


def _as_day(value: str) -> str:
    """A moment as a day; anything else as it is."""
    try:
        return day(parse_moment(value.removesuffix(" UTC")).date()) if value else ""
    except ValueError:
        return value


def _owner(shot: Snapshot, provider: str) -> str:
    """Whose account it is, where the inventory knows the provider."""
    seen = provider.casefold()
    owners = [
        system.account_owner
        for system in shot.inventory.systems
        if system.account_owner and any(name and name.casefold() in seen for name in (system.provider, system.name))
    ]
    return ", ".join(shot.person(owner) for owner in dict.fromkeys(owners))
