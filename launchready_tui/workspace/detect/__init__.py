"""What `init` and the console propose for the launch file: detected from outside, or read from a recording or a
description."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ...hostnames import BadNameError, host_of, readable, to_ascii
from ...launch.model import Host, Launch
from ...launch.names import domain_problem, mend_host
from .front import find_canonical, find_pages
from .har import read_har
from .hosts import find_hosts
from .mail import find_mail
from .openapi import read_openapi
from .proposal import Proposal, Seen
from .repository import find_repository, github_name
from .routes import CannotImport, Imported

if TYPE_CHECKING:
    from ...world import World


def tidy_domain(said: str) -> str:
    """The registrable domain in what somebody typed: `https://www.Example.com/x` gives `example.com`. Raises
    ValueError."""
    from ...world.domains import registrable

    name = said.strip().lower()
    mended = mend_host(name) or name
    domain = registrable(mended)
    problem = domain_problem(domain)
    if not problem:
        return domain
    why = ""
    if host := host_of(name if "://" in name else f"//{name}"):
        try:
            to_ascii(host)
        except BadNameError as bad:
            why = f": {bad}"
    raise ValueError(f"{said.strip()!r} is not a domain{why}; allowed: {problem}")


def seed(domain: str) -> Launch:
    """The least launch of a domain, to open a world with before anything is known."""
    return Launch(name=name_of(domain), domain=domain, canonical=f"https://{domain}/")


def name_of(domain: str) -> str:
    """`demo-market.test` is Demo Market until somebody says otherwise."""
    return readable(domain.partition(".")[0]).replace("-", " ").title()


async def detect(domain: str, world: World) -> Proposal:
    """Looks at DNS, the front page and the mail records of a registrable domain, all at once; an ordinary visit,
    nothing more.

    Failed looks become `could-not-look`, never "not there". The launch is valid whatever was seen.
    """
    (hosts, host_seen), (canonical, front, main_seen), (email, mail_seen) = await asyncio.gather(
        find_hosts(domain, world), find_canonical(domain, world), find_mail(domain, world)
    )
    hosts = hosts or (Host(name=domain, role="web", purpose="public site"),)
    names = frozenset(host.name for host in hosts if host.environment == "production")
    pages, routes, page_seen = find_pages(canonical, front, names)
    launch = Launch(
        name=name_of(domain), domain=domain, canonical=canonical, hosts=hosts, pages=pages, routes=routes, email=email
    )
    return Proposal(launch=launch, seen=(*host_seen, *main_seen, *page_seen, *mail_seen))


__all__ = [
    "CannotImport",
    "Imported",
    "Proposal",
    "Seen",
    "detect",
    "find_repository",
    "github_name",
    "name_of",
    "read_har",
    "read_openapi",
    "seed",
    "tidy_domain",
]
