"""The front page: which address is the main one, and which of its pages a demo is likely to show."""

from __future__ import annotations

import asyncio
import contextlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ... import text
from ...failure import Failure
from ...hostnames import host_of, with_ascii_host
from ...launch.model import Page, Route
from ...launch.names import url_parts
from ...secrets import without_tokens
from ...text import readable
from .proposal import Outcome, Seen, Topic
from .words import flow_of, repeatable

if TYPE_CHECKING:
    from ...world import World
    from ...world.sights import Reply

MOST_PAGES = 8
_ASSET = re.compile(r"\.(?:pdf|png|jpe?g|svg|zip|apk|ico|css|js|xml|rss)$", re.IGNORECASE)


def _seen(topic: Topic, outcome: Outcome, said: str) -> Seen:
    return Seen(topic=topic, outcome=outcome, text=text.clean(without_tokens(said)))


async def find_canonical(domain: str, world: World) -> tuple[str, Reply | None, list[Seen]]:
    """The main address by following the apex, else www; the front page where it answered; what was seen. Never
    anything but those two."""
    www = f"www.{domain}"
    chains = await asyncio.gather(*(world.web.follow(f"https://{host}/") for host in (domain, www)))
    seen: list[Seen] = []
    ends: dict[str, Reply] = {}
    for host, chain in zip((domain, www), chains, strict=True):
        if isinstance(chain.end, Failure):
            absent = chain.end.kind in ("no-such-name", "no-address")
            seen.append(
                _seen("canonical", "not-there" if absent else "could-not-look", f"https://{host}/: {chain.end.words}")
            )
            continue
        where = host_of(chain.end.url)
        answered = (
            f"answers {chain.end.status}"
            if where == host
            else f"redirects to {chain.end.url}, which answers {chain.end.status}"
        )
        seen.append(_seen("canonical", "seen", f"https://{host}/ {answered}"))
        if where in (domain, www) and chain.end.status < 500 and not chain.problem:
            ends[host] = chain.end
    places = [host_of(ends[host].url) or host for host in (domain, www) if host in ends]
    main = places[0] if places else domain
    if len(set(places)) > 1:
        seen.append(
            _seen(
                "canonical",
                "seen",
                f"{domain} and {www} both answer without a redirect: {main} was chosen. Change `canonical` if it is "
                f"the other",
            )
        )
    page = next((end for end in ends.values() if host_of(end.url) == main and end.status == 200 and end.is_html), None)
    return f"https://{main}/", page, seen


def find_pages(
    canonical: str, front: Reply | None, hosts: frozenset[str]
) -> tuple[tuple[Page, ...], tuple[Route, ...], list[Seen]]:
    """The front page, and those it links to that speak of a business flow, one a flow; the front page as a route to
    measure."""
    if front is None:
        return (), (), [_seen("pages", "could-not-look", "The front page returned no HTML, so no links were read")]
    pages = [Page(url=canonical, name="home")]
    flows = {"marketing"}
    reader = _Links()
    # The parser gives up with an assertion on some broken declarations; the links before them are good.
    with contextlib.suppress(AssertionError, ValueError):
        reader.feed(readable(front.text))
    for link in reader.links:
        url = _inside(front.url, link, hosts)
        path = urlsplit(url).path
        flow = flow_of(path, other="all")
        if url and flow not in ("all", "admin", *flows) and repeatable(path) and len(pages) < MOST_PAGES:
            flows.add(flow)
            pages.append(Page(url=url, name=flow.replace("-", " ")))
    route = Route(name="home", url=canonical, flow="marketing", safe=True)
    return (
        tuple(pages),
        (route,),
        [_seen("pages", "seen", f"{len(pages)} pages from {len(reader.links)} links on the front page")],
    )


def _inside(base: str, link: str, hosts: frozenset[str]) -> str:
    """A link's URL without query and fragment where it is a page of ours that opens nothing; empty otherwise."""
    try:
        bare = with_ascii_host(urlsplit(urljoin(base, link))._replace(query="", fragment="").geturl())
    except ValueError:
        return ""
    parts = url_parts(bare)
    ours = parts is not None and parts.scheme == "https" and parts.hostname in hosts and parts.port is None
    return bare if ours and not _ASSET.search(bare) and without_tokens(bare) == bare else ""


class _Links(HTMLParser):
    """The link targets of a page, in order, each once."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._links: dict[str, None] = {}

    @property
    def links(self) -> list[str]:
        return list(self._links)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and len(self._links) < 500:
            target = dict(attrs).get("href")
            if target and not target.startswith(("#", "mailto:", "tel:", "javascript:")):
                self._links[target.strip()] = None
