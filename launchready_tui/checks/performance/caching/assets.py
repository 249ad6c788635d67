"""Which files of a page the caching rules look at, and the answers they are judged by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....failure import Failure
from ....hostnames import host_of
from ....world import registrable
from ....world.sights import Reply
from ...parse import cache_status
from ...parse import page as html
from ...parse.addresses import is_fingerprinted, scheme_of

if TYPE_CHECKING:
    from ....world import World

# Two scripts or style sheets, an image, a font say as much as forty of them.
MAX_ASSETS = 4
LOOKS = 3
_KINDS: tuple[html.RefKind, ...] = ("script", "style", "preload", "image")


@dataclass(frozen=True)
class Asset:
    """One static file: its first answer, and the later ones that show whether a shared cache kept it."""

    url: str
    first: Reply
    again: tuple[Reply, ...] = ()

    @property
    def fingerprinted(self) -> bool:
        """Whether the file's name changes with its content, by its look."""
        return is_fingerprinted(self.url)

    @property
    def looks(self) -> tuple[Reply, ...]:
        """All answers, first one first."""
        return (self.first, *self.again)

    @property
    def cached(self) -> cache_status.CacheAnswer | None:
        """What the last look that said anything said."""
        return next((found for reply in reversed(self.looks) if (found := cache_status.read(reply))), None)


def choose(document: html.Page, domain: str) -> list[str]:
    """URLs of the product's own static files on a page, one kind after the other, fingerprinted ones first."""
    own = [
        ref
        for ref in document.of(*_KINDS)
        if scheme_of(ref.url) == "https" and registrable(host_of(ref.url)) == registrable(domain)
    ]
    by_kind = {
        kind: list(dict.fromkeys(ref.url.partition("#")[0] for ref in own if ref.kind == kind)) for kind in _KINDS
    }
    for urls in by_kind.values():
        urls.sort(key=lambda url: not is_fingerprinted(url))
    rows = max((len(urls) for urls in by_kind.values()), default=0)
    in_turn = [urls[row] for row in range(rows) for urls in by_kind.values() if row < len(urls)]
    return sorted(dict.fromkeys(in_turn), key=lambda url: not is_fingerprinted(url))[:MAX_ASSETS]


Beside = Callable[[Reply], Awaitable[None]]
"""What is asked of a file as soon as its first answer is there, so that nothing waits for the later looks."""


async def fetch(world: World, url: str, beside: Beside) -> Asset | Failure:
    """One file, asked for again until a shared cache says that it has it, three times at most: one after the other, as
    visitors come."""
    first = await world.web.get(url)
    if isinstance(first, Failure):
        return first
    again, _ = await asyncio.gather(_again(world, url, first), beside(first))
    return Asset(url, first, again)


async def _again(world: World, url: str, first: Reply) -> tuple[Reply, ...]:
    replies = [first]
    while len(replies) < LOOKS and first.status == 200 and not _is_hit(replies[-1]):
        # The world remembers answers by their question, so each look needs one of its own; no cache varies by this
        # header.
        reply = await world.web.get(url, headers=(("x-launchready-look", str(len(replies) + 1)),))
        if isinstance(reply, Failure):
            break
        replies.append(reply)
        found = cache_status.read(reply)
        if found is None or found.verdict == "not-cached":
            break
    return tuple(replies[1:])


def _is_hit(reply: Reply) -> bool:
    found = cache_status.read(reply)
    return found is not None and found.verdict == "hit"


async def fetch_all(world: World, urls: list[str], beside: Beside) -> list[Asset | Failure]:
    """All files at once; the answers are in the order of `urls`."""
    return list(await asyncio.gather(*(fetch(world, url, beside) for url in urls)))
