"""The pages of the demo and of the advertisements and what they link to, fetched once a run: several checks read
them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit

from ...failure import Failure
from ...hostnames import host_of
from ...world.sights import Chain, Reply
from ..parse import page as html
from ..parse.addresses import normal, place
from .hosts_of import is_own

if TYPE_CHECKING:
    from ...launch.model import Launch
    from ...world import World

CRAWL = 40
"""Requests for links in one run; the pages themselves come on top."""
# Asking for these does something, if only to a visitor who is logged in.
_ACTS = re.compile(r"/(?:log-?out|sign-?out|unsubscribe|delete|remove|cancel|destroy)\b", re.IGNORECASE)
_ASSETS: frozenset[html.RefKind] = frozenset({"script", "style", "image", "media", "preload", "icon", "css"})
_HEAVY: frozenset[html.RefKind] = frozenset({"image", "media"})
PAGES: frozenset[html.RefKind] = frozenset({"link", "frame", "object"})
Answer = Chain | Reply | Failure


@dataclass
class Link:
    """One address that pages link to, and the pages that do."""

    url: str
    kind: html.RefKind
    places: list[str] = field(default_factory=list)


def around(text: str, start: int, end: int) -> str:
    """A place in a text with whole words before and after it."""
    before, after = text[max(0, start - 40) : start], text[end : end + 40]
    before = before.partition(" ")[2] if start > 40 else before
    after = after.rpartition(" ")[0] if end + 40 < len(text) else after
    return f"… {before}{text[start:end]}{after} …"


class Page:
    """One page as it was found. `document` is None where it is no page of 200."""

    def __init__(self, url: str, chain: Chain) -> None:
        self.url, self.chain = url, chain
        self.reply = chain.end if isinstance(chain.end, Reply) else None
        self.document = (
            html.read(self.reply.text, self.reply.url)
            if self.reply and self.reply.is_html and self.reply.status == 200
            else None
        )


@dataclass(frozen=True)
class Crawl:
    """The named pages, all their links to own hosts, and the answers of the first of them."""

    pages: list[Page]
    links: dict[str, Link]
    plain: dict[str, Link]
    """Own links that are still http."""
    asked: list[Link]
    answers: list[Answer]

    def documents(self) -> list[tuple[Reply, html.Page]]:
        """Every page that was read, the named ones first, each once."""
        found = {
            normal(page.reply.url): (page.reply, page.document) for page in self.pages if page.reply and page.document
        }
        for link, answer in zip(self.asked, self.answers, strict=True):
            end = answer.end if isinstance(answer, Chain) else answer
            if (
                link.kind in PAGES
                and isinstance(end, Reply)
                and end.status == 200
                and end.is_html
                and normal(end.url) not in found
            ):
                found[normal(end.url)] = (end, html.read(end.text, end.url))
        return list(found.values())


async def crawl(launch: Launch, world: World) -> Crawl:
    """The named pages (the main address where none is named), then their links to own hosts, nearest first, within the
    limit.

    The world remembers each answer, so a second asker costs no request.
    """
    urls = tuple(dict.fromkeys(page.url for page in launch.pages)) or (launch.canonical,)
    pages = [
        Page(url, chain)
        for url, chain in zip(urls, await asyncio.gather(*(world.web.follow(url) for url in urls)), strict=True)
    ]
    links, plain = _links(launch, pages)
    asked = list(links.values())[:CRAWL]
    answers = await asyncio.gather(*(_ask(world, link) for link in asked))
    return Crawl(pages, links, plain, asked, list(answers))


def _links(launch: Launch, pages: list[Page]) -> tuple[dict[str, Link], dict[str, Link]]:
    """Own links to follow, page by page in turn, and own links that are still http."""
    follow: dict[str, Link] = {}
    plain: dict[str, Link] = {}
    lists = [[ref for ref in page.document.refs if _wanted(launch, ref)] if page.document else [] for page in pages]
    named = {normal(page.url) for page in pages} | {normal(page.reply.url) for page in pages if page.reply}
    # In turn, so that one page full of links does not use up the limit of all.
    for depth in range(max((len(refs) for refs in lists), default=0)):
        for page, refs in zip(pages, lists, strict=True):
            if depth >= len(refs):
                continue
            ref = refs[depth]
            if ref.kind in PAGES and ref.scheme == "http":
                plain.setdefault(place(ref.url), _link(ref)).places.append(page.url)
            if normal(ref.url) not in named:
                follow.setdefault(normal(ref.url), _link(ref)).places.append(page.url)
    return follow, plain


def _link(ref: html.Ref) -> Link:
    return Link(urldefrag(ref.url).url, ref.kind)


def _wanted(launch: Launch, ref: html.Ref) -> bool:
    own = ref.scheme in ("http", "https") and is_own(launch, host_of(ref.url))
    return own and ref.kind in _ASSETS | PAGES and not _ACTS.search(urlsplit(ref.url).path)


async def _ask(world: World, link: Link) -> Answer:
    """HEAD where only being there counts; servers that know no HEAD, or answer it otherwise, are asked again as a
    browser would."""
    if link.kind in _HEAVY:
        head = await world.web.get(link.url, method="HEAD", crawl=True)
        if isinstance(head, Reply) and 200 <= head.status < 300:
            return head
    return await world.web.follow(link.url, crawl=True)
