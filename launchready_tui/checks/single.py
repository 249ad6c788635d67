"""One target judged by itself, without a launch file: the same code and the same findings as the checks of a launch.

Each look makes a launch of the target alone. What belongs to a launch as a whole (which hosts there are, who may send)
is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from ..failure import Failure
from ..findings import Finding, State
from ..hostnames import comparable, host_of
from ..launch.model import Host, Launch, Role, Settings
from ..world import registrable
from ..world.sights import Chain, Reply, TlsSight
from . import base
from .base import Say
from .parse.addresses import origin, place, scheme_of
from .paste import platform_of
from .seen import chain_evidence, distinct, via_of, wall

if TYPE_CHECKING:
    from ..world import World

DOMAIN_CHECKS = ("audit.registrar", "audit.dns-host", "edge.dns-health", "audit.hosting")
"""What is asked about a domain by its name alone, as far as these checks run by themselves."""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What one target showed: the sights by their names, raw, and the findings drawn from them."""

    sights: dict[str, Any]
    findings: tuple[Finding, ...]

    @property
    def wrong(self) -> bool:
        """Whether something is broken, or could not be seen at all. One way of several may be closed."""
        sights = [one for sight in self.sights.values() for one in (sight if isinstance(sight, list) else [sight])]
        chains = [one for one in sights if isinstance(one, Chain)]
        dark = bool(chains) and all(isinstance(chain.end, Failure) for chain in chains)
        failed = any(isinstance(sight, Failure) for sight in sights)
        return dark or failed or any(finding.state is State.FAIL for finding in self.findings)


def launch_of(host: str, *, role: Role = "web", rdap: str = "", canonical: str = "") -> Launch:
    """A launch of one host. `rdap` is the base URL of the registry's service where the public list names none."""
    host = comparable(host)
    domain = registrable(host) or host
    own = {domain.partition(".")[2] or domain: rdap} if rdap else {}
    return Launch(
        name="inspect",
        domain=domain,
        canonical=canonical or f"https://{host}/",
        hosts=(Host(name=host, role=role),),
        settings=Settings(rdap=own),
    )


def url_of(target: str, scheme: str = "https") -> str:
    """A target as typed, a name or a URL, as an absolute URL. Raises ValueError for what is neither."""
    url = target if "://" in target else f"{scheme}://{target}"
    if scheme_of(url) not in ("http", "https") or not host_of(url):
        raise ValueError(f"{target!r} is not a host name or an http or https URL")
    return url if urlsplit(url).path else f"{url}/"


async def redirects(world: World, target: str) -> Looked:
    """The way from an address to its page: the rules of edge.redirects, and for a whole site those of edge.canonical.

    A name, or a site's root, is looked at by http and https alike; a page by the scheme it was given with, without one
    by both.
    """
    from .edge import redirects as check

    url = url_of(target)
    host, whole = host_of(url), urlsplit(url).path in ("", "/") and not urlsplit(url).query
    starts = (
        (url,)
        if "://" in target and not whole
        else tuple(f"{scheme}://{url.partition('://')[2]}" for scheme in ("http", "https"))
    )
    chains = await asyncio.gather(*(world.web.follow(start) for start in starts))
    say = Say("edge.redirects", world.clock.now())
    if whole and host == f"www.{registrable(host)}":
        launch = launch_of(host, canonical=_main(host, await world.web.follow(f"https://{registrable(host)}/")))
    else:
        launch = launch_of(host, canonical=_main(host, chains[-1]))
    if not whole:
        findings: list[Finding] = []
        for chain in chains:
            findings += await _page(say, launch, world, host, chain)
        return Looked(sights={"chains": list(chains)}, findings=tuple(distinct(findings)))
    findings = await check.judge_host(say, launch, world, host)
    if host.removeprefix("www.") == launch.domain:
        findings += [finding async for finding in base.load_all()["edge.canonical"](launch, world)]
    return Looked(sights={"chains": list(chains)}, findings=tuple(distinct(findings)))


def _main(host: str, chain: Chain) -> str:
    """The main address of the site that a host belongs to: where it leads, unless that is somebody else's."""
    end = chain.end
    if isinstance(end, Reply) and not chain.problem and registrable(host_of(end.url)) == registrable(host):
        return f"https://{host_of(end.url)}/" if scheme_of(end.url) == "http" else f"{origin(end.url)}/"
    return f"https://{host}/"


async def _page(say: Say, launch: Launch, world: World, host: str, chain: Chain) -> list[Finding]:
    """One page's own chain; a passing one says so."""
    from .edge import redirects as check

    subject, via = place(chain.start), via_of(chain)
    first = await world.web.get(chain.start)
    platform = platform_of(first if isinstance(first, Reply) else None)
    findings = await check.judge_chain(say, launch, world, host, chain, platform, subject=subject)
    if any(finding.is_open for finding in findings):
        return findings
    if isinstance(chain.end, Failure):
        if not chain.hops and scheme_of(chain.start) == "http":
            return findings  # plain http may be closed
        evidence = [chain_evidence(chain)] if chain.hops else []
        unseen = say.unknown("too-many-hops", subject, "no-end", failure=chain.end, evidence=evidence, via=via)
        return [*findings, unseen]
    said, evidence = "pass" if chain.redirects else "direct", [chain_evidence(chain)]
    passed = say.passed("too-many-hops", subject, said, redirects=chain.redirects, evidence=evidence, via=via)
    return [*findings, passed]


async def headers(world: World, target: str, role: Role = "web") -> Looked:
    """The rules of edge.headers on one page, and the cookie and mixed content rules of edge.https on the same
    answer."""
    from .edge import headers as check
    from .edge.https.cookies import judge_cookies
    from .edge.https.mixed import judge_mixed

    url = url_of(target)
    host = host_of(url)
    launch = launch_of(host, role=role)
    say, pages = Say("edge.headers", world.clock.now()), Say("edge.https", world.clock.now())
    judged, chain = await asyncio.gather(check.judge_host(say, launch, world, host, role, url), world.web.follow(url))
    seen = (
        [chain.end]
        if isinstance(chain.end, Reply) and not wall(chain.end) and scheme_of(chain.end.url) == "https"
        else []
    )
    findings = [*judged, *judge_cookies(pages, seen), *await judge_mixed(pages, world, seen)]
    return Looked(sights={"chain": chain}, findings=tuple(distinct(findings)))


async def tls(world: World, host: str, port: int = 443, *, versions: bool = False, role: Role = "web") -> Looked:
    """The rules of edge.certificates on one server, at any port."""
    from .edge.certificates import judge_look
    from .edge.certificates.ciphers import judge_ciphers, judge_group, to_try
    from .edge.certificates.platform import fitted

    say = Say("edge.certificates", world.clock.now())
    host = host.lower().rstrip(".")
    sight, answers = await asyncio.gather(
        world.tls.look(host, port), world.tls.versions(host, port) if versions else _nothing()
    )
    findings = judge_look(say, host, sight, answers, world.clock.now(), role=role)
    if isinstance(sight, TlsSight):
        kinds, small = await asyncio.gather(
            world.tls.ciphers(host, port) if to_try(sight) else _nothing(),
            world.tls.small_group(host, port) if versions else _nothing(),
        )
        findings += judge_ciphers(say, sight, kinds) + judge_group(say, sight, small)
    if port == 443:
        findings = await fitted(say, world, host, findings)
    return Looked(
        sights={"sight": sight, "versions": answers} if versions else {"sight": sight},
        findings=tuple(distinct(findings)),
    )


async def _nothing() -> None:
    """No versions were asked for."""


async def domain(world: World, target: str, rdap: str = "") -> Looked:
    """Registration, name servers, the health of the zone and where the name leads."""
    name = host_of(url_of(target))
    launch = launch_of(name, rdap=rdap)
    registration, servers = await asyncio.gather(
        world.registry.domain(launch.domain), world.dns.ask(launch.domain, "NS")
    )
    known = base.load_all()
    told = await asyncio.gather(*(_all(known[check](launch, world)) for check in DOMAIN_CHECKS if check in known))
    findings = [finding for row in told for finding in row]
    return Looked(sights={"registration": registration, "servers": servers}, findings=tuple(distinct(findings)))


async def _all(coming: Any) -> list[Finding]:
    return [finding async for finding in coming]


def by_badness(findings: Iterable[Finding]) -> list[Finding]:
    """What is broken first, what passes and what is merely told last."""
    order = (State.FAIL, State.UNKNOWN, State.WARN, State.PASS, State.NOT_APPLICABLE, State.INFO)
    return sorted(findings, key=lambda finding: (order.index(finding.state), finding.severity.weight))
