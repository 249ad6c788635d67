"""edge.redirects: chains short, permanent, ending where they should; old addresses lead to new ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....world import registrable
from ....world.sights import Chain, Reply
from ...base import Say, check
from ...parse import page as html
from ...parse.addresses import normal, origin, place, scheme_of
from ...parse.cookies import read as read_cookie
from ...paste import Paste, Platform, host_redirect, path_redirect, platform_of
from ...seen import ABSENT, PROVEN, chain_evidence, distinct, header_evidence, via_of, wall
from ..roots import root_hosts

if TYPE_CHECKING:
    from ....launch.model import Launch, Redirect, Role
    from ....world import World

# Roles whose hosts may hand people to a log-in service of somebody else.
_SIGN_ON = ("admin", "staging")
_FOLLOWED: tuple[Role, ...] = ("web", "app", "admin", "status", "staging")
WARN_HOPS = 3
"""So many from http are too many for a phone, and one less from https, where the step to https is not among them."""


@check("edge.redirects")
async def redirects(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Every host a person types, from http and from https, and every declared old address."""
    say = Say("edge.redirects", world.clock.now())
    names = tuple(dict.fromkeys((*root_hosts(launch), *(host.name for host in launch.hosts_of(*_FOLLOWED)))))
    judged, rows, apis = await asyncio.gather(
        asyncio.gather(*(judge_host(say, launch, world, name) for name in names)),
        asyncio.gather(*(_old_address(say, launch, world, row) for row in launch.redirects)),
        asyncio.gather(*(_judge_api(say, launch, world, host.name) for host in launch.hosts_of("api"))),
    )
    for api in apis:
        if api is not None:
            yield api
    for findings in judged:
        for finding in distinct(findings):
            yield finding
    for finding in distinct(rows):
        yield finding


async def judge_host(say: Say, launch: Launch, world: World, host: str) -> list[Finding]:
    """One host as people type it, from http and from https."""
    found = await world.dns.addresses(host)
    if isinstance(found, Failure):
        if found.kind in ABSENT:
            return []  # edge.canonical and audit.hosts speak of names without an address
        return [say.unknown("too-many-hops", host, failure=found)]
    plain, secure = await asyncio.gather(world.web.follow(f"http://{host}/"), world.web.follow(f"https://{host}/"))
    home = await world.web.get(launch.canonical)
    platform = platform_of(home if isinstance(home, Reply) else None)
    findings: list[Finding] = []
    for chain in (plain, secure):
        findings += await judge_chain(say, launch, world, host, chain, platform)
    findings += _first_hop(say, launch, host, plain, platform)
    findings += _other_domain(say, launch, host, secure if secure.hops else plain)
    findings += [*await _useless_hsts(say, world, host), *await _for_ever(say, world, host, plain, secure)]
    unseen = _unseen(plain, secure)
    if unseen is not None:
        evidence = [chain_evidence(secure)]
        findings.append(
            say.unknown("too-many-hops", host, "no-end", failure=unseen, evidence=evidence, via=via_of(plain, secure))
        )
    elif not any(finding.state.value in ("fail", "warn") for finding in findings):
        most = max(plain.redirects, secure.redirects)
        evidence = [chain_evidence(chain) for chain in (plain, secure) if chain.hops]
        said, via = "pass" if most else "direct", via_of(plain, secure)
        findings.append(say.passed("too-many-hops", host, said, redirects=most, evidence=evidence, via=via))
    return findings


def _unseen(plain: Chain, secure: Chain) -> Failure | None:
    """Why the end was not seen. Plain http may be closed, but where it redirects the rest must answer."""
    for chain in (secure, plain):
        dead = bool(chain.hops) and isinstance(chain.end, Failure) and chain.end.kind in ABSENT
        if isinstance(chain.end, Failure) and not dead and (chain is secure or chain.hops):
            return chain.end
    return None


async def judge_chain(
    say: Say, launch: Launch, world: World, host: str, chain: Chain, platform: Platform, *, subject: str = ""
) -> list[Finding]:
    """What is wrong with one chain on its way. `subject` is the page that it starts at, where that is not the host's
    home."""
    shown = subject or host
    findings: list[Finding] = []
    evidence = [chain_evidence(chain)]
    via = via_of(chain)
    shortest = _direct(say, launch, host, platform, plain=scheme_of(chain.start) == "http")
    if subject and isinstance(chain.end, Reply) and not chain.problem:
        rule = path_redirect(platform, chain.start, chain.end.url)
        shortest = say.fix("one-step", rule, start=chain.start, to=chain.end.url)
    elif subject:
        shortest = say.fix("one-step-or-none", start=subject)
    main = shown == launch.canonical_host
    if chain.problem == "loop":
        findings.append(await _loop(say, world, shown, chain, evidence, via, main))
    elif chain.problem == "too-many" or chain.redirects >= WARN_HOPS - (scheme_of(chain.start) == "https"):
        voice = say.fail if chain.problem == "too-many" or chain.redirects > WARN_HOPS else say.warn
        findings.append(
            voice("too-many-hops", shown, redirects=chain.redirects, evidence=evidence, remedy=shortest, via=via)
        )
    elif chain.problem in ("bad-location", "private-target"):
        findings.append(_bad_location(say, shown, chain, evidence, shortest, via, main))
    elif chain.problem == "other-scheme":
        findings.append(_other_scheme(say, shown, chain, evidence, shortest, via))
    urls = [hop.url for hop in chain.hops]
    if any(scheme_of(one) == "https" and scheme_of(two) == "http" for one, two in pairwise(urls)):
        findings.append(
            say.fail(
                "downgrade",
                shown,
                evidence=evidence,
                remedy=say.fix("only-https", Paste(shortest.paste, shortest.where), start=chain.start),
                via=via,
            )
        )
    if any(hop.kind in ("meta", "refresh") for hop in chain.hops):
        findings.append(say.warn("meta-refresh", shown, evidence=evidence, remedy=shortest, via=via))
    if isinstance(chain.end, Failure) and chain.hops and chain.end.kind in ABSENT:
        dead = host_of(chain.hops[-1].location) or shown
        findings.append(
            say.fail("dead-end", shown, dead=dead, severity=_heavy(main), evidence=evidence, remedy=shortest, via=via)
        )
    return findings


def _direct(say: Say, launch: Launch, host: str, platform: Platform, *, plain: bool) -> Remedy:
    main = origin(launch.canonical)
    own = host == launch.canonical_host or host not in root_hosts(launch)
    to = f"https://{host}" if plain else main
    if not plain and own:
        return say.fix("answer", host=host)
    start = f"{'http' if plain else 'https'}://{host}"
    return say.fix("one-step", host_redirect(platform, host, to, plain=plain), start=start, to=to)


def _heavy(main: bool) -> Severity:
    """What keeps people out of the main address keeps them out of the product."""
    return Severity.BLOCKER if main else Severity.HIGH


async def _loop(
    say: Say, world: World, host: str, chain: Chain, evidence: list[Evidence], via: str, main: bool
) -> Finding:
    if await _cookies_break(world, chain.start):
        return say.warn("needs-cookie", host, evidence=evidence, via=via)
    both = {scheme_of(hop.url) for hop in chain.hops} == {"http", "https"}
    return say.fail(
        "loop",
        host,
        severity=_heavy(main),
        evidence=evidence,
        remedy=say.fix("flexible" if both else "circle", start=chain.start),
        via=via,
    )


async def _cookies_break(world: World, start: str) -> bool:
    """Follows once more, giving back the cookies that were set, as a browser does."""
    jar: dict[tuple[str, str], str] = {}
    visited: set[tuple[str, str]] = set()
    url = start
    for _ in range(10):
        own = "; ".join(f"{name}={value}" for (host, name), value in jar.items() if host == host_of(url))
        if (url, own) in visited:
            return False
        visited.add((url, own))
        reply = await world.web.get(url, headers=(("cookie", own),) if own else ())
        if not isinstance(reply, Reply):
            return False
        location = reply.header("location")
        if not 300 <= reply.status < 400 or location is None:
            return reply.status < 400
        for value in reply.all("set-cookie"):
            cookie = read_cookie(value)
            if cookie:
                jar[host_of(url), cookie.name] = cookie.value
        url = html.absolute(url, location)
        if not url.startswith(("http://", "https://")):
            return False
    return False


def _bad_location(
    say: Say, host: str, chain: Chain, evidence: list[Evidence], fix: Remedy, via: str, main: bool
) -> Finding:
    said = "private" if chain.problem == "private-target" else "fail"
    return say.fail("bad-location", host, said, severity=_heavy(main), evidence=evidence, remedy=fix, via=via)


def _other_scheme(say: Say, host: str, chain: Chain, evidence: list[Evidence], fix: Remedy, via: str) -> Finding:
    location = (chain.hops[-1].location if chain.hops else "").strip().lower()
    if location.startswith(("mailto:", "tel:", "javascript:", "data:", "file:")):
        return say.fail("bad-location", host, "no-page", evidence=evidence, remedy=fix, via=via)
    return say.info("bad-location", host, "app", evidence=evidence, via=via)


def _first_hop(say: Say, launch: Launch, host: str, chain: Chain, platform: Platform) -> list[Finding]:
    """From http://H the first step must be https://H, so that the browser can learn that H is always https."""
    if not chain.hops or chain.hops[0].kind != "location":
        return []
    first = html.absolute(chain.hops[0].url, chain.hops[0].location)
    via = via_of(chain)
    rule = host_redirect(platform, host, f"https://{host}", plain=True)
    fix, evidence = say.fix("https-first", rule, host=host), [chain_evidence(chain)]
    if scheme_of(first) == "http":
        return [say.fail("first-hop", host, evidence=evidence, remedy=fix, via=via)]
    if scheme_of(first) != "https" or host_of(first) == host:
        return []
    declared = launch.host(host)
    if declared and declared.role in _SIGN_ON and registrable(host_of(first)) != registrable(launch.domain):
        return []
    return [say.warn("off-host", host, other=host_of(first), evidence=evidence, remedy=fix, via=via)]


def _other_domain(say: Say, launch: Launch, host: str, chain: Chain) -> list[Finding]:
    """A host of the product that sends its visitors to somebody else's domain."""
    declared = launch.host(host)
    if declared is not None and declared.role not in ("web", "app"):
        return []  # status pages and team log-ins may live at a service
    known = {registrable(launch.domain), *(registrable(one.name) for one in launch.hosts)}
    strangers = [hop.url for hop in chain.hops if registrable(host_of(hop.url)) not in known]
    if not strangers:
        return []
    other, evidence = host_of(strangers[0]), [chain_evidence(chain)]
    return [say.warn("other-domain", host, domain=launch.domain, other=other, evidence=evidence, via=via_of(chain))]


async def _useless_hsts(say: Say, world: World, host: str) -> list[Finding]:
    """RFC 6797 section 8.1: browsers ignore the header over plain http, and it must not be sent there (section 7.2)."""
    reply = await world.web.get(f"http://{host}/")
    if isinstance(reply, Failure) or not reply.all("strict-transport-security"):
        return []
    return [
        say.warn("useless-hsts", host, evidence=[header_evidence(reply, "strict-transport-security")], via=reply.via)
    ]


async def _for_ever(say: Say, world: World, host: str, *chains: Chain) -> list[Finding]:
    """RFC 9111 section 4.2.2: without a rule browsers may keep a permanent redirect as long as they like."""
    for chain in chains:
        first = chain.hops[0] if chain.hops else None
        if first is None or first.kind != "location" or first.status not in (301, 308):
            continue
        reply = await world.web.get(first.url)
        if isinstance(reply, Reply) and not reply.all("cache-control") and reply.header("expires") is None:
            evidence = [header_evidence(reply, "location", "cache-control")]
            return [say.info("no-cache-rule", host, evidence=evidence, via=reply.via)]
    return []


async def _judge_api(say: Say, launch: Launch, world: World, host: str) -> Finding | None:
    """RFC 9110 section 15.4: clients turn a POST into a GET on 301 and 302; an API should answer where it is asked."""
    routes = [r.url for r in launch.routes if host_of(r.url) == host and r.safe and r.method == "GET" and not r.login]
    urls = [f"https://{host}/", *routes]
    replies = await asyncio.gather(*(world.web.get(url) for url in dict.fromkeys(urls) if scheme_of(url) == "https"))
    seen = [reply for reply in replies if isinstance(reply, Reply) and not wall(reply)]
    moved = next((reply for reply in seen if reply.status in (301, 302, 303)), None)
    if moved is not None:
        to = html.absolute(moved.url, moved.header("location") or "")
        evidence = [header_evidence(moved, "location")]
        at, status = place(moved.url), moved.status
        return say.warn("api-moves", host, at=at, status=status, to=to, evidence=evidence, via=moved.via)
    if not seen:
        return None
    return say.passed("api-moves", host, via=seen[0].via)


async def _old_address(say: Say, launch: Launch, world: World, row: Redirect) -> Finding:
    chain = await world.web.follow(row.from_)
    subject = place(row.from_)
    evidence = [
        chain_evidence(chain),
        Evidence(label="expected", text=f"one 301 or 308 to {row.to}", source="launchready.toml"),
    ]
    via = via_of(chain)
    first = chain.hops[0] if chain.hops else None
    end = chain.end
    if isinstance(end, Failure) and end.kind not in PROVEN:
        return say.unknown("old-address", subject, failure=end, evidence=evidence, via=via)
    if isinstance(end, Reply) and (hidden := wall(end)):
        return say.unknown("old-address", subject, "shut", failure=hidden, via=via)
    if isinstance(end, Failure):
        said = "fail"
    elif chain.problem:
        said = "no-end"
    elif chain.redirects == 0:
        said = "not-redirected"
    elif chain.redirects > 1:
        said = "several"
    elif first is not None and first.status not in (301, 308):
        said = "temporary"
    elif normal(end.url) != normal(row.to):
        said = "elsewhere"
    elif end.status != 200:
        said = "error"
    else:
        return say.passed("old-address", subject, to=row.to, evidence=evidence, via=via)
    home = await world.web.get(launch.canonical)
    rule = path_redirect(platform_of(home if isinstance(home, Reply) else None), row.from_, row.to)
    return say.fail(
        "old-address",
        subject,
        said,
        cause=end.words if isinstance(end, Failure) else "",
        status=end.status if isinstance(end, Reply) and said != "temporary" else first.status if first else 0,
        redirects=chain.redirects,
        end=end.url if isinstance(end, Reply) else "",
        to=row.to,
        evidence=evidence,
        remedy=say.fix("one-step", rule, start=row.from_, to=row.to),
        via=via,
    )
