"""Which hosts and domains of a launch the checks of this stage look at."""

from __future__ import annotations

from ...hostnames import host_of
from ...launch.model import Launch, Role
from ...world import registrable

WEB_ROLES: tuple[Role, ...] = ("web", "app", "api", "admin", "status", "staging")


def plain(name: str) -> str:
    """A host name as look-ups compare it."""
    return name.strip().rstrip(".").lower()


def declared(launch: Launch) -> tuple[str, ...]:
    """Every host the launch file names: the domain, the main address, the hosts, in this order, once each."""
    return tuple(
        dict.fromkeys((plain(launch.domain), launch.canonical_host, *(plain(host.name) for host in launch.hosts)))
    )


def web_hosts(launch: Launch) -> tuple[str, ...]:
    """The declared hosts that answer to browsers or the app."""
    named = {plain(host.name): host.role for host in launch.hosts}
    return tuple(name for name in declared(launch) if named.get(name, "web") in WEB_ROLES)


def domains(launch: Launch) -> tuple[str, ...]:
    """Every registrable domain of the launch: of its hosts, and of its old addresses."""
    old = (host_of(redirect.from_) for redirect in launch.redirects)
    return tuple(dict.fromkeys(registrable(name) for name in (*declared(launch), *old) if name))


def is_own(launch: Launch, host: str) -> bool:
    """Whether a host is declared or lies under a registrable domain of the launch's hosts."""
    return plain(host) in declared(launch) or registrable(host) in {registrable(name) for name in declared(launch)}
