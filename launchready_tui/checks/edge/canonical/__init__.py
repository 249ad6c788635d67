"""edge.canonical: one host, one scheme, one URL a page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....world.sights import Chain, Reply
from ...base import Say, check
from ...parse import page as html
from ...parse.addresses import normal, origin, place, scheme_of, target
from ...parse.fields import split_list, unquote
from ...paste import Platform, host_redirect, platform_of, zone_line
from ...seen import PROVEN, chain_evidence, distinct, get_page, via_of, wall
from ..roots import Root, is_absent, look, root_hosts
from .search import judge_search
from .spellings import judge_platform_name, judge_slashes

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

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
    down = [finding for root in roots if (finding := _down(say, root, roots))]
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
    if not is_absent(failure):
        return say.unknown(
            "root-down", host, f"Whether {host} answers could not be seen: {failure.words}", failure=failure
        )
    evidence = [Evidence.of("failure", str(failure))]
    if host == launch.canonical_host:
        remedy = Remedy(
            text="Give the main address its record at the DNS host",
            paste=zone_line(host, "A", "<address of your server>"),
            where="DNS",
        )
        return say.fail(
            "root-down",
            host,
            f"{host}, the main address, has no DNS address",
            severity=Severity.HIGH,
            evidence=evidence,
            remedy=remedy,
        )
    return say.warn(
        "root-absent",
        host,
        f"{host} has no DNS address: people who type it find nothing",
        evidence=evidence,
        remedy=Remedy(
            text=f"Add {host} and let it redirect to {launch.canonical_host}",
            paste=zone_line(host, "CNAME", f"{launch.canonical_host}.")
            if host != launch.domain
            else zone_line(host, "A", "<address of your server>"),
            where="DNS",
        ),
    )


def _failed_origin(root: Root) -> str:
    """The origin whose answer is missing: the last Location, or the start."""
    hops = root.chain.hops
    return origin(html.absolute(hops[-1].url, hops[-1].location)) if hops and hops[-1].location else root.origin


def _down(say: Say, root: Root, roots: list[Root]) -> Finding | None:
    failure = root.failure
    via = via_of(root.chain)
    if failure is None:
        reply = root.reply
        if reply is None or reply.status < 400:
            return None
        if root.scheme == "http" and any(
            other.end_origin == root.end_origin for other in roots if other.scheme == "https"
        ):
            return None
        if wall(reply) or reply.status == 401:
            hidden = wall(reply) or Failure(kind="unavailable", detail="HTTP 401", target=reply.url)
            return say.unknown(
                "root-down",
                root.host,
                f"{root.host} did not show its page to a program",
                failure=hidden,
                evidence=[chain_evidence(root.chain)],
                via=via,
            )
        return say.fail(
            "root-down",
            root.host,
            f"{root.url} ends at an error page ({reply.status})",
            evidence=[chain_evidence(root.chain)],
            remedy=Remedy(text=f"Let {root.host} answer with the home page or redirect to it"),
            via=via,
        )
    if root.scheme == "http" and (
        root.origin == _failed_origin(root) or any(r.origin == _failed_origin(root) for r in roots)
    ):
        return None  # plain http may be closed, and an https root tells its own story
    if failure.kind not in PROVEN:
        return say.unknown(
            "root-down",
            root.host,
            f"Whether {root.url} answers could not be seen: {failure.words}",
            failure=failure,
            via=via,
        )
    return say.fail(
        "root-down",
        root.host,
        f"{root.url} does not open: {failure.words}",
        evidence=[chain_evidence(root.chain)],
        remedy=Remedy(text=f"People type it: give {root.host} a certificate of its own and let it answer on port 443"),
        via=via,
    )


def _one_origin(say: Say, launch: Launch, roots: list[Root], platform: Platform) -> list[Finding]:
    arrived = [root for root in roots if root.reply and 200 <= root.reply.status < 300]
    ends = list(dict.fromkeys(root.end_origin for root in arrived))
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
        odd = next((root for root in arrived if root.end_origin not in (wanted,)), arrived[-1])
        return [
            say.fail(
                "two-origins",
                launch.domain,
                f"The same site answers under {len(ends)} addresses: {', '.join(ends)}",
                evidence=[table],
                remedy=host_redirect(
                    platform,
                    f"Choose {wanted} and redirect everything else there, once and for good",
                    host_of(odd.end_origin),
                    wanted,
                    plain=scheme_of(odd.end_origin) == "http",
                ),
                via=via,
            )
        ]
    if ends[0] != wanted:
        return [
            say.warn(
                "two-origins",
                launch.domain,
                f"Everything ends at {ends[0]}, but the launch file names {wanted} as the main address",
                evidence=[table],
                remedy=Remedy(text="Make both agree", paste=f'canonical = "{ends[0]}/"', where="launchready.toml"),
                via=via,
            )
        ]
    return [say.passed("two-origins", launch.domain, f"Everything ends at {wanted}", evidence=[table], via=via)]


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
        if not bad:
            evidence = [chain_evidence(root.chain) for root in group]
            if step := next((step for root in group if (step := _step_on_site(root.chain))), ""):
                said = (
                    f"{host} redirects for good, and then for now to {step}: right where that "
                    "follows the visitor's language"
                )
                findings.append(say.info("temporary", host, said, evidence=evidence, via=via))
            else:
                findings.append(say.passed("temporary", host, f"{host} redirects for good", evidence=evidence, via=via))
            continue
        codes = sorted({status for root in bad for status in _crosses(root.chain) if status in TEMPORARY})
        said = " and ".join(map(str, codes))
        findings.append(
            say.warn(
                "temporary",
                host,
                f"{host} redirects with {said}, which says 'for now': search engines keep the old address",
                evidence=[chain_evidence(root.chain) for root in bad],
                remedy=host_redirect(
                    platform,
                    "Answer with 301 in place of it",
                    host,
                    origin(launch.canonical) if host != launch.canonical_host else f"https://{host}",
                    plain=bad[0].scheme == "http",
                ),
                via=via,
            )
        )
    return findings


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
            what = f"land on {target(at)}" if at else "stop on the way"
            to = origin(launch.canonical) if host != launch.canonical_host else f"https://{host}"
            findings.append(
                say.fail(
                    "path-lost",
                    host,
                    f"Deep links to {host} {what}: shared and advertised links die",
                    evidence=evidence,
                    remedy=host_redirect(
                        platform, "Keep path and query in the redirect", host, to, plain=root.scheme == "http"
                    ),
                    via=via,
                )
            )
        elif isinstance(unseen, Failure):
            findings.append(
                say.unknown(
                    "path-lost",
                    host,
                    f"Whether deep links to {host} live on could not be seen",
                    failure=unseen,
                    evidence=evidence,
                    via=via,
                )
            )
        else:
            findings.append(
                say.passed("path-lost", host, f"Deep links to {host} survive the redirect", evidence=evidence, via=via)
            )
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
    """What the page names as its own address, and what is wrong with the way it is written."""
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
            named.append((raw, "it is no address"))
        else:
            named.append((raw, "") if whole else (raw, "it is relative"))
    return named


def _languages(reply: Reply) -> set[str]:
    """Addresses of the page's versions in other languages (rel=alternate hreflang)."""
    return {normal(url) for url in html.read(reply.text, reply.url).languages}


def _judge_named(
    say: Say, launch: Launch, url: str, reply: Reply, named: list[tuple[str, str]], looks: list[Reply]
) -> Finding:
    subject = place(url)
    via = via_of(reply)
    lines = [name + (f"  ({problem})" if problem else "") for name, problem in named]
    evidence = [Evidence.of("rel=canonical", "\n".join(lines) or "none", source=reply.url, at=reply.at)]
    fix = Remedy(
        text="Let each page name itself, with the whole main address",
        paste=f'<link rel="canonical" href="{origin(launch.canonical)}{urlsplit(url).path or "/"}">',
        where="the page's head",
    )
    if not named:
        said = "The page does not name its own address; the redirects decide alone"
        return say.info("rel-canonical", subject, said, evidence=evidence, remedy=fix, via=via)
    problem = next((problem for _, problem in named if problem), "")
    severity = Severity.HIGH
    name = named[0][0]
    if len(named) > 1:
        said = f"The page names {len(named)} main addresses, so search engines believe none"
    elif problem:
        said, severity = (
            f"The page names its own address in a way search engines may not follow: {problem}",
            Severity.MEDIUM,
        )
    elif scheme_of(name) != "https":
        said = f"The page names a plain http address as its own: {name}"
    elif origin(name) != origin(launch.canonical):
        said = f"The page names another site as its own address: {origin(name)}"
    elif normal(name) != normal(url) and normal(name) in _languages(reply):
        said = f"The page names its version in another language as its own address: {name}"
    elif urlsplit(name).path in ("", "/") and urlsplit(url).path not in ("", "/"):
        said = "The page names the home page as its own address, so search engines drop it"
    else:
        bad = next((look for look in looks if look.status != 200 and not wall(look)), None)
        if bad is not None:
            return say.warn(
                "rel-canonical",
                subject,
                f"The address that the page names as its own answers {bad.status}",
                evidence=[*evidence, Evidence.of("answer", f"{bad.status}  {bad.url}", source=bad.url, at=bad.at)],
                remedy=fix,
                via=via,
            )
        return say.passed(
            "rel-canonical", subject, "The page names the main address as its own", evidence=evidence, via=via
        )
    return say.fail("rel-canonical", subject, said, severity=severity, evidence=evidence, remedy=fix, via=via)
