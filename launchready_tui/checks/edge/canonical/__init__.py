"""edge.canonical: one host, one scheme, one URL a page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ....failure import Failure
from ....findings import Evidence, Finding, Severity
from ....hostnames import host_of
from ....world.sights import Chain, Reply
from ...base import Say, check
from ...parse import page as html
from ...parse.addresses import normal, origin, place, scheme_of, target
from ...parse.fields import split_list, unquote
from ...paste import Platform, host_redirect, platform_of
from ...seen import ABSENT, PROVEN, chain_evidence, distinct, get_page, via_of, wall
from ..roots import Root, look, root_hosts
from .search import judge_search
from .spellings import judge_platform_name, judge_slashes

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

_WRITTEN = {"relative": "it is relative", "no-address": "it is no address"}
# A path no product has: it must come through every redirect unharmed. Fixed, so that runs compare.
DEEP = "/lr-4f1c9d27/x?y=1"
TEMPORARY = (302, 303, 307)


@check("edge.canonical")
async def canonical(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Where the four roots end, what becomes of deep links on the way, and what the pages say of their own address."""
    say = Say("edge.canonical", world.clock.now())
    # Deep links are asked of every root at once: which of them lead on is known only when they have answered.
    starts = [f"{scheme}://{host}{DEEP}" for host in root_hosts(launch) for scheme in ("http", "https")]
    (roots, gone), own, deep, second = await asyncio.gather(
        look(launch, world),
        _own_addresses(say, launch, world),
        asyncio.gather(*(world.web.follow(start) for start in starts)),
        _second(say, launch, world),
    )
    chains = dict(zip(starts, deep, strict=True))
    home = next((root.reply for root in roots if root.reply and root.host == launch.canonical_host), None)
    platform = platform_of(home)
    for host, failure in gone.items():
        yield _no_address(say, launch, host, failure)
    down = [finding for root in roots if (finding := _down(say, root, roots, launch.canonical_host))]
    for finding in distinct(down):
        yield finding
    for finding in _one_origin(say, launch, roots, platform):
        yield finding
    moved = [root for root in roots if root.reply and root.end_origin != root.origin]
    for finding in _temporary(say, launch, moved, platform):
        yield finding
    for finding in _paths(
        say, launch, [(root, chains[f"{root.scheme}://{root.host}{DEEP}"]) for root in moved], platform
    ):
        yield finding
    for finding in own:
        yield finding
    for finding in second:
        yield finding


async def _second(say: Say, launch: Launch, world: World) -> list[Finding]:
    """Second addresses of pages, and what search engines are told."""
    home = await get_page(world, f"{origin(launch.canonical)}/")
    page = home if isinstance(home, Reply) and home.status == 200 else None
    found = await asyncio.gather(
        judge_slashes(say, launch, world, platform_of(page)),
        judge_platform_name(say, launch, world, page),
        judge_search(say, launch, world),
    )
    return [finding for findings in found for finding in findings]


def _no_address(say: Say, launch: Launch, host: str, failure: Failure) -> Finding:
    if failure.kind not in ABSENT:
        return say.unknown("root-down", host, failure=failure)
    evidence = [Evidence.of("failure", str(failure))]
    if host == launch.canonical_host:
        return say.fail("root-down", host, "no-address", evidence=evidence)
    main = launch.canonical_host
    fix = say.fix("add-apex" if host == launch.domain else "add-alias", host=host, main=main)
    return say.warn("root-absent", host, evidence=evidence, remedy=fix)


def _failed_origin(root: Root) -> str:
    """The origin whose answer is missing: the last Location, or the start."""
    hops = root.chain.hops
    return origin(html.absolute(hops[-1].url, hops[-1].location)) if hops and hops[-1].location else root.origin


def _down(say: Say, root: Root, roots: list[Root], main: str) -> Finding | None:
    """Why a root does not open. `main` is the main address: without it nobody gets in at all."""
    severity = Severity.BLOCKER if root.host == main and root.scheme == "https" else None
    failure, via, evidence = root.failure, via_of(root.chain), [chain_evidence(root.chain)]
    if failure is None:
        reply = root.reply
        if reply is None or reply.status < 400:
            return None
        if root.scheme == "http" and any(r.end_origin == root.end_origin for r in roots if r.scheme == "https"):
            return None
        if wall(reply) or reply.status == 401:
            hidden = wall(reply) or Failure(kind="unavailable", detail="HTTP 401", target=reply.url)
            return say.unknown("root-down", root.host, "shut", failure=hidden, evidence=evidence, via=via)
        return say.fail(
            "root-down",
            root.host,
            "error",
            severity=severity,
            url=root.url,
            status=reply.status,
            evidence=evidence,
            via=via,
        )
    if root.scheme == "http" and (
        root.origin == _failed_origin(root) or any(r.origin == _failed_origin(root) for r in roots)
    ):
        return None  # plain http may be closed, and an https root tells its own story
    if failure.kind not in PROVEN:
        return say.unknown("root-down", root.host, failure=failure, via=via)
    return say.fail(
        "root-down", root.host, severity=severity, url=root.url, cause=failure.words, evidence=evidence, via=via
    )


def _one_origin(say: Say, launch: Launch, roots: list[Root], platform: Platform) -> list[Finding]:
    arrived = [root for root in roots if root.reply and 200 <= root.reply.status < 300]
    ends = tuple(dict.fromkeys(root.end_origin for root in arrived))
    if not ends:
        return []
    via = via_of(*(root.chain for root in arrived))
    wanted = origin(launch.canonical)
    table = Evidence.of(
        "roots",
        "\n".join(f"{root.url}  ends at  {root.reply.url}  {root.reply.status}" for root in arrived if root.reply),
        source="the four roots",
        at=arrived[0].reply.at if arrived[0].reply else None,
    )
    if len(ends) > 1:
        odd = next(end for end in ends if end != wanted)
        rule = host_redirect(platform, host_of(odd), wanted, plain=scheme_of(odd) == "http")
        fix = say.fix("one-origin", rule, odd=odd, wanted=wanted)
        return [say.fail("two-origins", launch.domain, ends=ends, evidence=[table], remedy=fix, via=via)]
    if ends[0] != wanted:
        return [say.warn("two-origins", launch.domain, end=ends[0], wanted=wanted, evidence=[table], via=via)]
    return [say.passed("two-origins", launch.domain, wanted=wanted, evidence=[table], via=via)]


def _by_host(roots: list[Root]) -> dict[str, list[Root]]:
    found: dict[str, list[Root]] = {}
    for root in roots:
        found.setdefault(root.host, []).append(root)
    return found


def _crosses(chain: Chain) -> list[int]:
    """Status codes of the hops that lead to another origin."""
    urls = [hop.url for hop in chain.hops]
    pairs = zip(chain.hops, urls[1:], strict=False)
    return [hop.status for hop, after in pairs if hop.kind == "location" and origin(hop.url) != origin(after)]


def _step_on_site(chain: Chain) -> str:
    """Where a temporary redirect leads that stays on its site; empty where there is none."""
    pairs = zip(chain.hops, (hop.url for hop in chain.hops[1:]), strict=False)
    on_site = (after for hop, after in pairs if hop.status in TEMPORARY and origin(hop.url) == origin(after))
    return next((target(after) for after in on_site), "")


def _temporary(say: Say, launch: Launch, moved: list[Root], platform: Platform) -> list[Finding]:
    findings = []
    for host, group in _by_host(moved).items():
        bad = [root for root in group if any(status in TEMPORARY for status in _crosses(root.chain))]
        via = via_of(*(root.chain for root in group))
        evidence = [chain_evidence(root.chain) for root in bad or group]
        if bad:
            codes = sorted({status for root in bad for status in _crosses(root.chain) if status in TEMPORARY})
            rule = host_redirect(platform, host, _goal(launch, host), plain=bad[0].scheme == "http")
            fix, shown = say.fix("permanent", rule, host=host), tuple(map(str, codes))
            findings.append(say.warn("temporary", host, codes=shown, evidence=evidence, remedy=fix, via=via))
        elif step := next((step for root in group if (step := _step_on_site(root.chain))), ""):
            findings.append(say.info("temporary", host, step=step, evidence=evidence, via=via))
        else:
            findings.append(say.passed("temporary", host, evidence=evidence, via=via))
    return findings


def _goal(launch: Launch, host: str) -> str:
    """The origin to which a host must lead."""
    return origin(launch.canonical) if host != launch.canonical_host else f"https://{host}"


def _arrival(chain: Chain, end: str) -> str:
    """The first URL of the chain on the origin where the root ended; empty where it never gets there."""
    urls = [hop.url for hop in chain.hops]
    return next((url for url in urls if origin(url) == end), "")


def _paths(say: Say, launch: Launch, pairs: list[tuple[Root, Chain]], platform: Platform) -> list[Finding]:
    findings = []
    for host in dict.fromkeys(root.host for root, _ in pairs):
        group = [(root, chain) for root, chain in pairs if root.host == host]
        evidence = [chain_evidence(chain) for _, chain in group]
        via = via_of(*(chain for _, chain in group))
        arrivals = [(root, chain, _arrival(chain, root.end_origin)) for root, chain in group]
        unseen = next((chain.end for _, chain, at in arrivals if not at and isinstance(chain.end, Failure)), None)
        lost = [
            (root, at)
            for root, chain, at in arrivals
            if (target(at) != DEEP if at else not isinstance(chain.end, Failure))
        ]
        if lost:
            root, at = lost[0]
            rule = host_redirect(platform, host, _goal(launch, host), plain=root.scheme == "http")
            fix, message = say.fix("keep-path", rule, host=host), "fail" if at else "stopped"
            end = target(at) if at else ""
            findings.append(say.fail("path-lost", host, message, end=end, evidence=evidence, remedy=fix, via=via))
        elif isinstance(unseen, Failure):
            findings.append(say.unknown("path-lost", host, failure=unseen, evidence=evidence, via=via))
        else:
            findings.append(say.passed("path-lost", host, evidence=evidence, via=via))
    return findings


async def _own_addresses(say: Say, launch: Launch, world: World) -> list[Finding]:
    main = origin(launch.canonical)
    urls = [main + "/", *(page.url for page in launch.pages if origin(page.url) == main)]
    by_place = {place(url): url for url in reversed(urls)}
    wanted = [url for url in dict.fromkeys(urls) if by_place[place(url)] == url]
    judged = await asyncio.gather(*(_own_address(say, launch, world, url) for url in wanted))
    return [finding for finding in judged if finding is not None]


async def _own_address(say: Say, launch: Launch, world: World, url: str) -> Finding | None:
    reply = await get_page(world, url)
    if not isinstance(reply, Reply) or reply.status != 200 or not reply.is_html:
        return None  # the other checks say why it does not open; without a page there is nothing to read
    named = _named(reply)
    targets = [name for name, problem in named if not problem]
    looks = await asyncio.gather(
        *(world.web.get(name) for name in dict.fromkeys(targets) if normal(name) != normal(url))
    )
    return _judge_named(say, launch, url, reply, named, [look for look in looks if isinstance(look, Reply)])


def _named(reply: Reply) -> list[tuple[str, str]]:
    """What the page names as its own address, and `relative` or `no-address` where it is written so."""
    document = html.read(reply.text, reply.url)
    raws = list(document.canonicals)
    for value in reply.all("link"):
        for part in split_list(value):
            address, _, params = part.partition(">")
            rels = [
                unquote(param.partition("=")[2].strip())
                for param in params.split(";")
                if param.strip().lower().startswith("rel")
            ]
            if "canonical" in " ".join(rels).lower().split():
                raws.append(address.strip().removeprefix("<"))
    named = []
    for raw in dict.fromkeys(raws):
        whole = raw.lower().startswith(("http://", "https://"))
        if not raw or not (origin(raw) if whole else html.absolute(reply.url, raw)):
            named.append((raw, "no-address"))
        else:
            named.append((raw, "" if whole else "relative"))
    return named


def _languages(reply: Reply) -> set[str]:
    """Addresses of the page's versions in other languages (rel=alternate hreflang)."""
    return {normal(url) for url in html.read(reply.text, reply.url).languages}


def _judge_named(
    say: Say, launch: Launch, url: str, reply: Reply, named: list[tuple[str, str]], looks: list[Reply]
) -> Finding:
    subject, via = place(url), via_of(reply)
    lines = [name + (f"  ({_WRITTEN[problem]})" if problem else "") for name, problem in named]
    evidence = [Evidence.of("rel=canonical", "\n".join(lines) or "none", source=reply.url, at=reply.at)]
    fix = say.fix("name-itself", own=f"{origin(launch.canonical)}{urlsplit(url).path or '/'}")
    if not named:
        return say.info("rel-canonical", subject, evidence=evidence, remedy=fix, via=via)
    problem = next((problem for _, problem in named if problem), "")
    name = named[0][0]
    if len(named) > 1:
        message = "several"
    elif problem:
        message = problem
    elif scheme_of(name) != "https":
        message = "plain-http"
    elif origin(name) != origin(launch.canonical):
        message = "other-site"
    elif normal(name) != normal(url) and normal(name) in _languages(reply):
        message = "language"
    elif urlsplit(name).path in ("", "/") and urlsplit(url).path not in ("", "/"):
        message = "home"
    elif bad := next((look for look in looks if look.status != 200 and not wall(look)), None):
        evidence.append(Evidence.of("answer", f"{bad.status}  {bad.url}", source=bad.url, at=bad.at))
        return say.warn("rel-canonical", subject, status=bad.status, evidence=evidence, remedy=fix, via=via)
    else:
        return say.passed("rel-canonical", subject, evidence=evidence, via=via)
    count = len(named)
    return say.fail("rel-canonical", subject, message, count=count, name=name, evidence=evidence, remedy=fix, via=via)
