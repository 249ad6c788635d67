"""The domain map: what is known of every public name, from the launch file and from what the checks saw.

A check gives its part as evidence: the tables here say under which label, and how to read the one value out of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .. import text
from ..clock import parse_moment
from .snapshot import Snapshot
from .words import day

Read = Callable[[str], str]
"""Evidence text to the value in it; empty where it is not there."""


def _whole(seen: str) -> str:
    return ", ".join(line.strip() for line in seen.splitlines() if line.strip())


def _line(key: str, pattern: str = "(.+)") -> Read:
    """The value of the first line `key  value`."""
    form = re.compile(rf"^{key}  {pattern}$", re.MULTILINE)

    def read(seen: str) -> str:
        found = form.search(seen)
        return found[1] if found else ""

    return read


def _chain_end(seen: str) -> str:
    """Where a redirect chain arrives, `200  https://example.com/  84 ms`; empty where it does not arrive or does not move."""
    hops = re.findall(r"^(\d{3})  (\S+)  ", seen, re.MULTILINE)
    return hops[-1][1] if len(hops) > 1 and hops[-1][0] == "200" else ""


# Column -> where it is seen: check, evidence label, how it is read. The first that gives a value counts.
HOST_EVIDENCE: dict[str, tuple[tuple[str, str, Read], ...]] = {
    "provider": (("audit.hosting", "provider", _whole),),
    "address": (("audit.hosting", "addresses", _whole), ("audit.one-service", "addresses", _whole)),
    "tls_until": (("edge.certificates", "certificate", _line("valid", ".+ to (.+)")),),
    "tls_issuer": (("edge.certificates", "certificate", _line("issuer")),),
    "leads_to": (("edge.redirects", "chain", _chain_end),),
}
DOMAIN_EVIDENCE: dict[str, tuple[tuple[str, str, Read], ...]] = {
    "registrar": (("audit.registrar", "registrar", _whole),),
    "expires": (("audit.registrar", "expires", _whole),),
    "lock": (("audit.registrar", "lock", _whole),),
    "dns_provider": (("audit.dns-host", "provider", _whole),),
    "nameservers": (("audit.dns-host", "name servers", _whole),),
}


@dataclass(frozen=True, slots=True)
class HostRow:
    """One public name; empty text is: not known."""

    host: str
    role: str
    environment: str
    purpose: str
    provider: str
    address: str
    tls_until: str
    tls_issuer: str
    leads_to: str
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
    for host in shot.launch.hosts:
        seen = {column: _seen(shot, host.name, places) for column, places in HOST_EVIDENCE.items()}
        if host.name == shot.launch.canonical_host:
            seen["leads_to"] = "is the main address"
        rows.append(
            HostRow(
                host=text.clean(host.name),
                role=host.role,
                environment=host.environment,
                purpose=text.clean(host.purpose),
                provider=seen["provider"],
                address=seen["address"],
                tls_until=_as_day(seen["tls_until"]),
                tls_issuer=seen["tls_issuer"],
                leads_to=seen["leads_to"],
                owner=_owner(shot, seen["provider"]),
            )
        )
    return tuple(rows)


def domain_rows(shot: Snapshot) -> tuple[DomainRow, ...]:
    """The launch's own domain, and each one that a check speaks of."""
    spoken = [one.finding.subject for one in shot.standing("audit.registrar").findings]
    domains = dict.fromkeys([shot.launch.domain, *(name for name in spoken if "." in name and "/" not in name and " " not in name)])
    rows = []
    for domain in domains:
        seen = {column: _seen(shot, domain, places) for column, places in DOMAIN_EVIDENCE.items()}
        seen["expires"] = _as_day(seen["expires"])
        rows.append(DomainRow(domain=text.clean(domain), **seen))
    return tuple(rows)


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
