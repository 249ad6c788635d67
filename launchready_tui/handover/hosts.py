"""The domain map: what is known of every public name, from the launch file and from what the checks saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from .. import text
from ..facts import Addresses, CertificateSeen, Hosting, NameServers, RedirectChain, Registration
from ..hostnames import host_of
from ..launch.model import Host
from .snapshot import Snapshot
from .words import day

_F = TypeVar("_F")


def _facts(shot: Snapshot, check: str, subject: str, kind: type[_F]) -> Iterator[_F]:
    """What a check saw of a subject, of one kind, in the order of its findings."""
    for one in shot.standing(check).findings:
        if one.finding.subject == subject:
            yield from (fact for fact in one.finding.facts if isinstance(fact, kind))


def _first(shot: Snapshot, check: str, subject: str, kind: type[_F]) -> _F | None:
    return next(_facts(shot, check, subject, kind), None)


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
    ends = {host.name: _end(shot, host.name) for host in shot.launch.hosts}
    for host in shot.launch.hosts:
        led_here = [name for name, end in ends.items() if host_of(end) == host.name != name]
        leads_to = "" if host_of(ends[host.name]) == host.name else ends[host.name]
        hosting = _first(shot, "audit.hosting", host.name, Hosting)
        seen = ", ".join(hosting.companies) if hosting else ""
        provider = seen or _only_hosting(shot, host)
        certificate = _first(shot, "edge.certificates", host.name, CertificateSeen)
        rows.append(
            HostRow(
                host=text.clean(host.name),
                role=host.role,
                environment=host.environment,
                purpose=text.clean(host.purpose),
                provider=provider,
                provider_by="seen" if seen else "inventory" if provider else "",
                address=", ".join(_addresses(shot, host.name)),
                tls=certificate.protocol if certificate else "",
                tls_until=day(certificate.not_after.date()) if certificate else "",
                tls_issuer=certificate.issuer if certificate else "",
                leads_to="is the main address" if host.name == shot.launch.canonical_host else leads_to,
                canonical_for=", ".join(text.clean(name) for name in led_here),
                owner=_owner(shot, provider),
            )
        )
    return tuple(rows)


def _addresses(shot: Snapshot, host: str) -> tuple[str, ...]:
    """The addresses of a host, by the first check that saw any."""
    for check in ("audit.hosting", "audit.one-service", "audit.hosts"):
        found = _first(shot, check, host, Addresses)
        if found is not None and found.addresses:
            return found.addresses
    return ()


def _end(shot: Snapshot, host: str) -> str:
    """Where a host leads, as a URL; empty where it does not move or does not arrive."""
    for chain in _facts(shot, "edge.redirects", host, RedirectChain):
        if len(chain.hops) > 1 and not chain.problem and chain.hops[-1].status == 200:
            return chain.hops[-1].url
    return ""


def domain_rows(shot: Snapshot) -> tuple[DomainRow, ...]:
    """The launch's own domain, and each one that a check speaks of."""
    spoken = [one.finding.subject for one in shot.standing("audit.registrar").findings]
    known = [name for name in spoken if "." in name and "/" not in name and " " not in name]
    return tuple(_domain(shot, domain) for domain in dict.fromkeys([shot.launch.domain, *known]))


def _domain(shot: Snapshot, domain: str) -> DomainRow:
    registration = _first(shot, "audit.registrar", domain, Registration)
    dns = _first(shot, "audit.dns-host", domain, NameServers)
    locked = registration.locked if registration else None
    return DomainRow(
        domain=text.clean(domain),
        registrar=registration.registrar if registration else "",
        expires=day(registration.expires.date()) if registration and registration.expires else "",
        lock="" if locked is None else "yes" if locked else "no",
        dns_provider=dns.company if dns else "",
        nameservers=", ".join(dns.servers) if dns else "",
    )


def seen_expiry(shot: Snapshot, domain: str) -> datetime | None:
    """When the registration ends, as the registry told it; None where it did not."""
    found = _first(shot, "audit.registrar", domain, Registration)
    return found.expires if found else None


def seen_certificate_end(shot: Snapshot, host: str) -> datetime | None:
    """When the certificate of a host ends, as it was seen; None where none was."""
    found = _first(shot, "edge.certificates", host, CertificateSeen)
    return found.not_after if found else None


def has_tls(shot: Snapshot, host: str) -> bool:
    """Whether a certificate is expected on a name: not on one that only carries mail."""
    found = shot.launch.host(host)
    return found is None or found.role != "mail"


def _only_hosting(shot: Snapshot, host: Host) -> str:
    """What nothing outside tells, the inventory may: where one hosting account is all there is, the product runs
    there."""
    hosting = [system for system in shot.inventory.systems if system.category == "hosting"]
    if len(hosting) != 1 or host.role == "mail":
        return ""
    return text.clean(hosting[0].provider or hosting[0].name)


def _owner(shot: Snapshot, provider: str) -> str:
    """Whose account it is, where the inventory knows the provider."""
    seen = provider.casefold()
    owners = [
        system.account_owner
        for system in shot.inventory.systems
        if system.account_owner and any(name and name.casefold() in seen for name in (system.provider, system.name))
    ]
    return ", ".join(shot.person(owner) for owner in dict.fromkeys(owners))
