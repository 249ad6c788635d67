"""The rules of edge.canonical about search engines: robots.txt, noindex, the sitemap, and what stands at addresses
that do not exist."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....world.sights import Reply
from ...base import Say
from ...parse.addresses import origin, place
from ...parse.search_files import Robots, Sitemap, robots, sitemap
from ...paste import platform_of
from ...seen import header_evidence, wall
from .. import baseline
from ..doors import unindexed

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

_SAMPLES = 5


async def judge_search(say: Say, launch: Launch, world: World) -> list[Finding]:
    """The main host, and its listed pages."""
    main = origin(launch.canonical)
    robots_reply, nowhere, pages = await asyncio.gather(
        world.web.get(f"{main}/robots.txt"), baseline.ask(world, launch.canonical_host), _pages(launch, world)
    )
    rules, finding = _robots(say, launch, robots_reply)
    maps = await _sitemap(say, launch, world, rules)
    return [*finding, *maps, *_nowhere(say, launch, nowhere), *_noindex(say, pages)]


async def _pages(launch: Launch, world: World) -> list[Reply]:
    main = origin(launch.canonical)
    urls = dict.fromkeys((f"{main}/", *(page.url for page in launch.pages if origin(page.url) == main)))
    replies = await asyncio.gather(*(world.web.get(url) for url in urls))
    return [reply for reply in replies if isinstance(reply, Reply) and reply.status == 200 and reply.is_html]


def _robots(say: Say, launch: Launch, reply: Reply | Failure) -> tuple[Robots | None, list[Finding]]:
    """RFC 9309: absent is fine; an error of the server keeps crawlers out; `Disallow: /` for all does so for good."""
    host = launch.canonical_host
    if isinstance(reply, Failure):
        return None, [
            say.info("robots", host, f"Whether {host} lets search engines in could not be seen: {reply.words}")
        ]
    evidence = [
        Evidence.of("robots.txt", f"GET {reply.url}  {reply.status}\n{reply.text[:600]}", source=reply.url, at=reply.at)
    ]
    fix = Remedy(
        text="Let crawlers in, and keep them from what is nobody's business only",
        paste=f"User-agent: *\nDisallow: /account\nSitemap: {origin(launch.canonical)}/sitemap.xml",
        where="/robots.txt",
    )
    if (hidden := wall(reply)) is not None:
        said = f"Whether {host} lets search engines in could not be seen"
        return None, [say.unknown("robots", host, said, failure=hidden, severity=Severity.MEDIUM, via=reply.via)]
    if reply.status >= 500:
        said = (
            f"robots.txt of {host} answers {reply.status}: search engines stay away from "
            "the whole site until it is mended"
        )
        return None, [
            say.fail("robots", host, said, severity=Severity.HIGH, evidence=evidence, remedy=fix, via=reply.via)
        ]
    if reply.status != 200:
        return None, [
            say.info("robots", host, f"{host} has no robots.txt, so crawlers may read everything", evidence=evidence)
        ]
    if reply.is_html:
        said = f"robots.txt of {host} is a page (the app answers every address with its start page)"
        return None, [
            say.warn("robots", host, said, severity=Severity.LOW, evidence=evidence, remedy=fix, via=reply.via)
        ]
    rules = robots(reply.text)
    if rules.shut:
        said = f"robots.txt of {host} keeps every search engine out of the whole site"
        return rules, [
            say.fail("robots", host, said, severity=Severity.HIGH, evidence=evidence, remedy=fix, via=reply.via)
        ]
    if rules.problems:
        said = f"robots.txt of {host} has a mistake: {rules.problems[0]}"
        return rules, [
            say.warn("robots", host, said, severity=Severity.LOW, evidence=evidence, remedy=fix, via=reply.via)
        ]
    return rules, [say.passed("robots", host, f"{host} lets search engines in", evidence=evidence, via=reply.via)]


def _noindex(say: Say, pages: list[Reply]) -> list[Finding]:
    findings = []
    for reply in pages:
        told = unindexed(reply)
        if not told:
            continue
        findings.append(
            say.fail(
                "noindex",
                place(reply.url),
                f"{place(reply.url)} tells search engines to leave it out: it will not be found",
                severity=Severity.HIGH,
                evidence=[
                    Evidence.of(
                        "written",
                        "\n".join((f"{reply.method} {reply.url}  {reply.status}", *told)),
                        source=reply.url,
                        at=reply.at,
                    )
                ],
                remedy=Remedy(
                    text="Take the noindex out, in the header or in the page's head: it was meant for staging",
                    paste='<meta name="robots" content="index, follow">',
                    where=f"the page, or {platform_of(reply)}",
                ),
                via=reply.via,
            )
        )
    if pages and not findings:
        host = host_of(pages[0].url)
        findings.append(say.passed("noindex", host, f"The listed pages of {host} may be indexed", via=pages[0].via))
    return findings


async def _sitemap(say: Say, launch: Launch, world: World, rules: Robots | None) -> list[Finding]:
    """XML, each address https on the main host; five of them are opened."""
    main, host = origin(launch.canonical), launch.canonical_host
    named = [url for url in (rules.sitemaps if rules else ()) if url.startswith(("http://", "https://"))]
    url = named[0] if named else f"{main}/sitemap.xml"
    reply = await world.web.get(url)
    if isinstance(reply, Failure) or wall(reply):
        return [say.info("sitemap", host, f"The sitemap of {host} could not be read")]
    if reply.status != 200 or reply.is_html:
        if not named:
            return [say.info("sitemap", host, f"{host} has no sitemap; a small site does without")]
        return [
            _bad_map(
                say,
                launch,
                reply,
                f"robots.txt names a sitemap that answers {reply.status if reply.status != 200 else 'a page'}",
            )
        ]
    if reply.body[:2] == b"\x1f\x8b":
        return [
            say.info(
                "sitemap", host, f"The sitemap of {host} is a packed file, which is not looked into", via=reply.via
            )
        ]
    told = sitemap(reply.body, whole=not reply.truncated)
    if told.index and told.locations:
        inner = await world.web.get(told.locations[0])
        if isinstance(inner, Reply) and inner.status == 200 and inner.body[:2] != b"\x1f\x8b":
            reply, told = inner, sitemap(inner.body, whole=not inner.truncated)
    if told.problem:
        return [_bad_map(say, launch, reply, told.problem)]
    return [await _locations(say, launch, world, reply, told)]


async def _locations(say: Say, launch: Launch, world: World, reply: Reply, told: Sitemap) -> Finding:
    main, host = origin(launch.canonical), launch.canonical_host
    strangers = [loc for loc in told.locations if origin(loc) != main]
    if strangers:
        return _bad_map(say, launch, reply, f"it lists {strangers[0]}, which is not on {main}", strangers[:10])
    step = max(1, len(told.locations) // _SAMPLES)
    samples = told.locations[::step][:_SAMPLES]
    answers = await asyncio.gather(*(world.web.get(loc) for loc in samples))
    lines = [
        f"{answer.status if isinstance(answer, Reply) else answer.words}  {loc}"
        for loc, answer in zip(samples, answers, strict=True)
    ]
    dead = next((a for a in answers if isinstance(a, Reply) and a.status != 200 and not wall(a)), None)
    if dead is not None:
        return _bad_map(say, launch, reply, f"it lists {dead.url}, which answers {dead.status}", lines)
    evidence = [
        Evidence.of("sitemap", f"{len(told.locations)} addresses\n" + "\n".join(lines), source=reply.url, at=reply.at)
    ]
    return say.passed("sitemap", host, f"The sitemap of {host} lists pages that open", evidence=evidence, via=reply.via)


def _bad_map(say: Say, launch: Launch, reply: Reply, problem: str, lines: list[str] | None = None) -> Finding:
    evidence = [
        Evidence.of(
            "sitemap", "\n".join([f"GET {reply.url}  {reply.status}", *(lines or [])]), source=reply.url, at=reply.at
        )
    ]
    fix = Remedy(
        text="Make it list the pages as they are today, each under its main address",
        paste=f"<url><loc>{origin(launch.canonical)}/</loc></url>",
        where="the sitemap, where the product makes it",
    )
    said = f"The sitemap of {launch.canonical_host} misleads search engines: {problem}"
    return say.warn(
        "sitemap", launch.canonical_host, said, severity=Severity.LOW, evidence=evidence, remedy=fix, via=reply.via
    )


def _nowhere(say: Say, launch: Launch, reply: Reply | Failure) -> list[Finding]:
    """An address that cannot exist must say so: 404, or 410."""
    host = launch.canonical_host
    if isinstance(reply, Failure) or wall(reply):
        return []
    evidence = [header_evidence(reply, "content-type", "location")]
    if reply.status in (404, 410):
        said = f"{host} says 404 for addresses that do not exist"
        return [say.passed("soft-404", host, said, evidence=evidence, via=reply.via)]
    if not (200 <= reply.status < 400):
        return []
    what = "shows a page with status 200" if reply.status < 300 else f"redirects ({reply.status})"
    said = (
        f"{host} {what} for addresses that do not exist: search engines index them, and broken links are never noticed"
    )
    fix = Remedy(
        text="Answer unknown addresses with 404, and a friendly page with it",
        paste="try_files $uri $uri/index.html =404;\nerror_page 404 /404.html;",
        where="nginx; in a single-page app the server must know which addresses exist",
    )
    return [say.warn("soft-404", host, said, evidence=evidence, remedy=fix, via=reply.via)]
