"""audit.broken-links: the pages of the demo and of the advertisements stand, and so does everything of our own that they link to."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit

from ...failure import Failure
from ...findings import Evidence, Finding, Remedy, Severity
from ...world.sights import Chain, Reply
from ..base import Say, check
from ..parse import page as html
from ..parse.addresses import host_of, normal, place
from ..seen import ABSENT, PROVEN, chain_evidence, distinct, via_of, wall
from .dated import dated
from .hosts_of import declared, is_own

if TYPE_CHECKING:
    from ...launch.model import Launch
    from ...world import World

say = Say("audit.broken-links")

CRAWL = 40
"""Requests for links in one run; the pages themselves come on top."""
# Asking for these does something, if only to a visitor who is logged in.
_ACTS = re.compile(r"/(?:log-?out|sign-?out|unsubscribe|delete|remove|cancel|destroy)\b", re.IGNORECASE)
_ASSETS: frozenset[html.RefKind] = frozenset({"script", "style", "image", "media", "preload", "icon", "css"})
_HEAVY: frozenset[html.RefKind] = frozenset({"image", "media"})
_PAGES: frozenset[html.RefKind] = frozenset({"link", "frame", "object"})


class _Link:
    """One address that pages link to."""

    def __init__(self, ref: html.Ref) -> None:
        self.url = urldefrag(ref.url).url
        self.kind = ref.kind
        self.places: list[str] = []

    @property
    def evidence(self) -> Evidence:
        return Evidence.of("linked from", "\n".join(dict.fromkeys(self.places)))


class _Page:
    """One page of the launch file as it was found."""

    def __init__(self, url: str, chain: Chain) -> None:
        self.url, self.chain = url, chain
        self.reply = chain.end if isinstance(chain.end, Reply) else None
        self.document = (
            html.read(self.reply.text, self.reply.url) if self.reply and self.reply.is_html and self.reply.status == 200 else None
        )


@check("audit.broken-links")
@dated
async def broken_links(launch: Launch, world: World) -> AsyncGenerator[Finding, None]:
    """The named pages (the main address where none is named), then their links to own hosts, nearest first, within the limit."""
    urls = tuple(dict.fromkeys(page.url for page in launch.pages)) or (launch.canonical,)
    pages = [_Page(url, chain) for url, chain in zip(urls, await asyncio.gather(*(world.web.follow(url) for url in urls)), strict=True)]
    links, plain = _links(launch, pages)
    asked = list(links.values())[:CRAWL]
    answers = await asyncio.gather(*(_ask(world, link) for link in asked))
    findings = [found for link, answer in zip(asked, answers, strict=True) if (found := _link(launch, link, answer)) is not None]
    if not launch.pages:
        findings.append(_unnamed(launch))
    if len(links) > CRAWL:
        rest = list(links.values())[CRAWL:]
        words = f"{len(rest)} more links of these pages were not followed: the limit is {CRAWL}"
        findings.append(say.info("unfollowed", launch.domain, words, evidence=[Evidence.of("links", "\n".join(link.url for link in rest))]))
    findings += [_insecure(link) for link in plain.values()]
    broken = {where for link, answer in zip(asked, answers, strict=True) if _is_broken(answer) for where in link.places}
    for page in pages:
        findings.append(_page(launch, page, len(asked), page.url in broken))
    for finding in distinct(findings):
        yield finding


def _unnamed(launch: Launch) -> Finding:
    table = f'[[pages]]\nurl = "{launch.canonical}"\nuse = "demo"'
    words = "The launch file names no page that the demo shows or an advertisement leads to: only the start page was looked at"
    return say.info("unnamed", launch.domain, words, remedy=Remedy(text="Name these pages", paste=table, where="launchready.toml"))


def _links(launch: Launch, pages: list[_Page]) -> tuple[dict[str, _Link], dict[str, _Link]]:
    """Own links to follow, page by page in turn, and own links that are still http."""
    follow: dict[str, _Link] = {}
    plain: dict[str, _Link] = {}
    lists = [[ref for ref in page.document.refs if _wanted(launch, ref)] if page.document else [] for page in pages]
    named = {normal(page.url) for page in pages} | {normal(page.reply.url) for page in pages if page.reply}
    # In turn, so that one page full of links does not use up the limit of all.
    for depth in range(max((len(refs) for refs in lists), default=0)):
        for page, refs in zip(pages, lists, strict=True):
            if depth >= len(refs):
                continue
            ref = refs[depth]
            if ref.kind in _PAGES and ref.scheme == "http":
                plain.setdefault(place(ref.url), _Link(ref)).places.append(page.url)
            if normal(ref.url) not in named:
                follow.setdefault(normal(ref.url), _Link(ref)).places.append(page.url)
    return follow, plain


def _wanted(launch: Launch, ref: html.Ref) -> bool:
    own = ref.scheme in ("http", "https") and is_own(launch, host_of(ref.url))
    return own and ref.kind in _ASSETS | _PAGES and not _ACTS.search(urlsplit(ref.url).path)


async def _ask(world: World, link: _Link) -> Chain | Reply | Failure:
    """HEAD where only being there counts; servers that know no HEAD, or answer it otherwise, are asked again as a browser would."""
    if link.kind in _HEAVY:
        head = await world.web.get(link.url, method="HEAD", crawl=True)
        if isinstance(head, Reply) and 200 <= head.status < 300:
            return head
    return await world.web.follow(link.url, crawl=True)


def _end(answer: Chain | Reply | Failure) -> Reply | Failure:
    return answer.end if isinstance(answer, Chain) else answer


def _is_broken(answer: Chain | Reply | Failure) -> bool:
    end = _end(answer)
    if isinstance(answer, Chain) and answer.problem in ("loop", "too-many", "bad-location", "private-target"):
        return True
    if isinstance(end, Failure):
        return end.kind in PROVEN
    if end.header("cf-mitigated"):
        return False  # a wall for programs, whatever its status
    # 401 and 403 are doors, 429 and 405 are manners: the address is there.
    return end.status in (404, 410) or end.status >= 500


def _link(launch: Launch, link: _Link, answer: Chain | Reply | Failure) -> Finding | None:
    end, subject = _end(answer), place(link.url)
    if isinstance(end, Failure) and end.kind in ABSENT and host_of(link.url) in declared(launch):
        return None  # one cause, one finding: audit.hosts speaks of declared hosts without an address
    evidence = [link.evidence, *([chain_evidence(answer)] if isinstance(answer, Chain) else [])]
    if _is_broken(answer):
        what = _what(answer)
        page = link.kind in _PAGES or link.kind in ("script", "style")
        return say.fail(
            "broken",
            subject,
            f"{subject} is broken ({what}), and {_pages(link)} it",
            severity=Severity.HIGH if page else Severity.MEDIUM,
            evidence=evidence,
            remedy=Remedy(
                text="Bring it back, take the link out, or redirect the old address to where it moved",
                paste=f"location = {urlsplit(link.url).path or '/'} {{ return 301 <where it moved>; }}" if page else "",
                where="nginx" if page else "",
            ),
            via=via_of(end),
        )
    if isinstance(end, Failure) and end.kind != "limit":
        words = f"Whether {subject} is there could not be seen: {end.words}"
        return say.unknown("broken", subject, words, failure=end, severity=Severity.MEDIUM, evidence=evidence)
    return None


def _pages(link: _Link) -> str:
    places = list(dict.fromkeys(link.places))
    return f"{place(places[0])} links to" if len(places) == 1 else f"{len(places)} pages link to"


def _what(answer: Chain | Reply | Failure) -> str:
    end = _end(answer)
    if isinstance(answer, Chain) and answer.problem:
        return {"loop": "it redirects in a circle", "too-many": "it redirects without end"}.get(answer.problem, "it redirects to nowhere")
    return end.words if isinstance(end, Failure) else f"status {end.status}"


def _insecure(link: _Link) -> Finding:
    subject = place(link.url)
    return say.warn(
        "insecure-link",
        subject,
        f"A page links to {subject} over http: the click goes unprotected",
        severity=Severity.LOW,
        evidence=[link.evidence, Evidence.of("link", link.url)],
        remedy=Remedy(text="Write the link with https", paste="https" + link.url.removeprefix("http"), where="the page"),
    )


def _page(launch: Launch, page: _Page, asked: int, broken: bool) -> Finding:
    subject, end = place(page.url), page.chain.end
    evidence, via = [chain_evidence(page.chain)], via_of(end)
    use = next((one.use for one in launch.pages if one.url == page.url), "demo")
    shown = "an advertisement leads to it" if use == "advertisement" else "the demo shows it"
    if _is_broken(page.chain) or (isinstance(end, Reply) and end.status in (400, 401, 402, 405)):
        words = f"{subject} does not open ({_what(page.chain)}), and {shown}"
        remedy = Remedy(
            text="Bring the page back, or change its address in the launch file and in the advertisement",
            paste=f"curl -i '{page.url}'",
            where="a terminal",
        )
        return say.fail("page", subject, words, evidence=evidence, remedy=remedy, via=via)
    stopped = end if isinstance(end, Failure) else wall(end)
    if stopped is not None:
        words = f"Whether {subject} opens could not be seen: {stopped.words}"
        return say.unknown("page", subject, words, failure=stopped, evidence=evidence, via=via)
    if broken:
        return say.info("page", subject, f"{subject} opens, with broken links on it", evidence=evidence, via=via)
    links = f", and so do the {asked} addresses these pages link to" if asked else ""
    return say.passed("page", subject, f"{subject} opens{links}", evidence=evidence, via=via)
