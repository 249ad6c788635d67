"""The rules of edge.canonical about search engines: robots.txt, noindex, the sitemap, and what stands at addresses
that do not exist."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding
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
# Crawlers by their product tokens, the message where they are shut out, and whether it is a failure. DuckDuckGo, Ecosia
# and Yahoo read Bing's index (as known 2026-11).
_ENGINES = {"Googlebot": ("no-google", True), "Bingbot": ("no-bing", False)}


async def judge_search(say: Say, launch: Launch, world: World) -> list[Finding]:
    """The main host, and its listed pages."""
    main = origin(launch.canonical)
    robots_reply, nowhere, pages = await asyncio.gather(
        world.web.get(f"{main}/robots.txt"), baseline.ask(world, launch.canonical_host), _pages(launch, world)
    )
    rules, finding = _robots(say, launch, robots_reply)
    maps = await _sitemap(say, launch, world, rules)
    return [finding, maps, *_nowhere(say, launch, nowhere), *_noindex(say, pages)]


async def _pages(launch: Launch, world: World) -> list[Reply]:
    main = origin(launch.canonical)
    urls = dict.fromkeys((f"{main}/", *(page.url for page in launch.pages if origin(page.url) == main)))
    replies = await asyncio.gather(*(world.web.get(url) for url in urls))
    return [reply for reply in replies if isinstance(reply, Reply) and reply.status == 200 and reply.is_html]


def _robots(say: Say, launch: Launch, reply: Reply | Failure) -> tuple[Robots | None, Finding]:
    """RFC 9309: absent is fine; an error of the server keeps crawlers out; rules that shut the home page do so for
    good."""
    host, main = launch.canonical_host, origin(launch.canonical)
    if isinstance(reply, Failure):
        return None, say.info("robots", host, "unseen", cause=reply.words)
    via = reply.via
    shown = f"GET {reply.url}  {reply.status}\n{reply.text[:600]}"
    evidence = [Evidence.of("robots.txt", shown, source=reply.url, at=reply.at)]
    if (hidden := wall(reply)) is not None:
        return None, say.unknown("robots", host, failure=hidden, via=via)
    if reply.status >= 500:
        return None, say.fail("robots", host, "error", status=reply.status, main=main, evidence=evidence, via=via)
    if reply.status != 200:
        return None, say.info("robots", host, "absent", evidence=evidence)
    if reply.is_html:
        return None, say.warn("robots", host, "page", main=main, evidence=evidence, via=via)
    rules = robots(reply.text)
    if not rules.allows("*", "/") and not any(rules.allows(engine, "/") for engine in _ENGINES):
        return rules, say.fail("robots", host, main=main, evidence=evidence, via=via)
    for engine, (message, bad) in _ENGINES.items():
        if not rules.allows(engine, "/"):
            voice = say.fail if bad else say.warn
            return rules, voice("robots", host, message, engine=engine, main=main, evidence=evidence, via=via)
    if rules.mistakes:
        first = rules.mistakes[0]
        line, key = first.line, first.key
        return rules, say.warn("robots", host, first.kind, line=line, key=key, main=main, evidence=evidence, via=via)
    return rules, say.passed("robots", host, evidence=evidence, via=via)


def _noindex(say: Say, pages: list[Reply]) -> list[Finding]:
    findings = []
    for reply in pages:
        told = unindexed(reply)
        if not told:
            continue
        written = "\n".join((f"{reply.method} {reply.url}  {reply.status}", *told))
        evidence = [Evidence.of("written", written, source=reply.url, at=reply.at)]
        at, platform = place(reply.url), platform_of(reply)
        findings.append(say.fail("noindex", at, platform=platform, evidence=evidence, via=reply.via))
    if pages and not findings:
        findings.append(say.passed("noindex", host_of(pages[0].url), via=pages[0].via))
    return findings


async def _sitemap(say: Say, launch: Launch, world: World, rules: Robots | None) -> Finding:
    """XML, each address https on the main host; five of them are opened."""
    main, host = origin(launch.canonical), launch.canonical_host
    named = [url for url in (rules.sitemaps if rules else ()) if url.startswith(("http://", "https://"))]
    url = named[0] if named else f"{main}/sitemap.xml"
    reply = await world.web.get(url)
    if isinstance(reply, Failure):
        return say.info("sitemap", host, "unseen", cause=reply.words)
    if (hidden := wall(reply)) is not None:
        return say.info("sitemap", host, "unseen", cause=hidden.words)
    if reply.status != 200 or reply.is_html:
        if not named:
            return say.info("sitemap", host, "absent")
        return _bad_map(say, launch, reply, "page" if reply.status == 200 else "missing", status=reply.status)
    if reply.body[:2] == b"\x1f\x8b":
        return say.info("sitemap", host, "packed", via=reply.via)
    told = sitemap(reply.body, whole=not reply.truncated)
    if told.index and told.locations:
        inner = await world.web.get(told.locations[0])
        if isinstance(inner, Reply) and inner.status == 200 and inner.body[:2] != b"\x1f\x8b":
            reply, told = inner, sitemap(inner.body, whole=not inner.truncated)
    if told.problem:
        return _bad_map(say, launch, reply, told.problem, detail=told.detail)
    return await _locations(say, launch, world, reply, told)


async def _locations(say: Say, launch: Launch, world: World, reply: Reply, told: Sitemap) -> Finding:
    main, host = origin(launch.canonical), launch.canonical_host
    others = [loc for loc in told.locations if origin(loc) != main]
    if others:
        return _bad_map(say, launch, reply, "other-site", others[:10], url=others[0])
    step = max(1, len(told.locations) // _SAMPLES)
    samples = told.locations[::step][:_SAMPLES]
    answers = await asyncio.gather(*(world.web.get(loc) for loc in samples))
    lines = [
        f"{answer.status if isinstance(answer, Reply) else answer.words}  {loc}"
        for loc, answer in zip(samples, answers, strict=True)
    ]
    dead = next((a for a in answers if isinstance(a, Reply) and a.status != 200 and not wall(a)), None)
    if dead is not None:
        return _bad_map(say, launch, reply, "dead", lines, url=dead.url, status=dead.status)
    shown = f"{len(told.locations)} addresses\n" + "\n".join(lines)
    evidence = [Evidence.of("sitemap", shown, source=reply.url, at=reply.at)]
    return say.passed("sitemap", host, evidence=evidence, via=reply.via)


def _bad_map(
    say: Say,
    launch: Launch,
    reply: Reply,
    message: str,
    lines: Sequence[str] = (),
    *,
    url: str = "",
    status: int = 0,
    detail: str = "",
) -> Finding:
    shown = "\n".join([f"GET {reply.url}  {reply.status}", *lines])
    evidence = [Evidence.of("sitemap", shown, source=reply.url, at=reply.at)]
    host, main, via = launch.canonical_host, origin(launch.canonical), reply.via
    return say.warn(
        "sitemap", host, message, url=url, status=status, detail=detail, main=main, evidence=evidence, via=via
    )


def _nowhere(say: Say, launch: Launch, reply: Reply | Failure) -> list[Finding]:
    """An address that cannot exist must say so: 404, or 410."""
    host = launch.canonical_host
    if isinstance(reply, Failure) or wall(reply):
        return []
    evidence, status = [header_evidence(reply, "content-type", "location")], reply.status
    if status in (404, 410):
        return [say.passed("soft-404", host, status=status, evidence=evidence, via=reply.via)]
    if not (200 <= status < 400):
        return []
    message = "warn" if status < 300 else "moved"
    return [say.warn("soft-404", host, message, status=status, evidence=evidence, via=reply.via)]
