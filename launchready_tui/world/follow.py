"""Follows redirects by hand, as a browser would go, and says what ended the way."""

from __future__ import annotations

import re
from html import unescape
from typing import Protocol
from urllib.parse import urldefrag, urlsplit

from ..failure import Failure
from ..hostnames import host_of
from .sights import Chain, ChainProblem, Hop, Reply
from .urls import locate, resolve

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PATIENCE_S = 30.0
"""A page that moves on by itself after longer than this is a page to read, not a redirect."""
_NOWHERE = frozenset({"mailto", "tel", "sms", "javascript", "data", "file", "ftp", "about", "blob", "ws", "wss"})
"""Schemes that a Location of a web page cannot sensibly have; others may open an app."""
_HEAD = 64 * 1024
_TAG = 2048
_METAS = 20
_SKIPPED = {"<!--": "-->", "<noscript": "</noscript", "<script": "</script"}
_SKIP = re.compile("|".join(_SKIPPED))
_ATTRIBUTE = re.compile(r"([a-zA-Z-]{1,40})\s{0,20}=\s{0,20}(\"[^\">]*\"|'[^'>]*'|[^\s\"'>]+)")
_REFRESH = re.compile(
    r"(?P<delay>\d{0,9}(?:\.\d{0,9})?)\s*[;,\s]\s*(?:url\s*=\s*)?(?P<url>.+)", re.IGNORECASE | re.DOTALL
)


class Asks(Protocol):
    """What asks for one page; redirects are not followed."""

    async def get(self, url: str, *, address: str = "", crawl: bool = False) -> Reply | Failure:
        """`address` fixes where the socket goes; `crawl` counts it to the crawl's own limit."""


class _Step:
    """Where a reply leads: a hop's kind and raw value, the next URL, or what is wrong with it."""

    def __init__(self, kind: str, raw: str, url: str = "", problem: ChainProblem = "", detail: str = "") -> None:
        self.kind, self.raw, self.url, self.problem, self.detail = kind, raw, url, problem, detail


async def follow(web: Asks, url: str, *, limit: int, address: str, crawl: bool) -> Chain:
    """See Web.follow. `address` holds for the first host only."""
    hops: list[Hop] = []
    seen: set[str] = set()
    here, first_host = url, ""

    def ended(end: Reply | Failure, problem: ChainProblem = "", detail: str = "") -> Chain:
        return Chain(start=url, hops=tuple(hops), end=end, problem=problem, detail=detail)

    while True:
        host = host_of(here) if hops else ""
        reply = await web.get(here, address=address if not hops or host == first_host else "", crawl=crawl)
        if isinstance(reply, Failure):
            if hops and reply.kind == "blocked-address":
                return ended(reply, "private-target", reply.detail)
            return ended(reply)
        first_host = first_host or host_of(reply.url)
        seen.add(reply.url)
        step = next_step(reply)
        if step is None:
            hops.append(_hop(reply, "end", ""))
            return ended(reply)
        hops.append(_hop(reply, step.kind, step.raw))
        if step.problem:
            return ended(reply, step.problem, step.detail)
        if step.url in seen:
            return ended(reply, "loop", f"back to {step.url}")
        if len(hops) > limit:
            return ended(reply, "too-many", f"more than {limit} redirects")
        here = step.url


def _hop(reply: Reply, kind: str, raw: str) -> Hop:
    assert kind in ("location", "meta", "refresh", "end")
    return Hop(url=reply.url, status=reply.status, location=raw, kind=kind, total_ms=reply.phases.total)  # type: ignore[arg-type]


def next_step(reply: Reply) -> _Step | None:
    """Where this reply sends its reader; None where it is the end."""
    if reply.status in REDIRECTS:
        return _location(reply)
    if not 200 <= reply.status < 300:
        return None
    header = reply.header("refresh")
    if header is not None:
        step = _refreshed(reply, "refresh", header)
        if step is not None:
            return step
    if reply.is_html and b"refresh" in reply.body[:_HEAD].lower():
        for content in meta_refreshes(reply.text[:_HEAD]):
            step = _refreshed(reply, "meta", content)
            if step is not None:
                return step
    return None


def _location(reply: Reply) -> _Step:
    values = reply.all("location")
    if not values:
        return _Step("location", "", problem="bad-location", detail="a redirect without Location")
    if len(set(values)) > 1:
        return _Step("location", ", ".join(values), problem="bad-location", detail="several different Location headers")
    if not values[0].strip():
        return _Step("location", values[0], problem="bad-location", detail="an empty Location")
    return _aim(reply, "location", values[0])


def _refreshed(reply: Reply, kind: str, content: str) -> _Step | None:
    found = _REFRESH.fullmatch(content[:_TAG].strip())
    if found is None or float(f"0{found['delay']}") > _PATIENCE_S:
        return None
    raw = found["url"].strip("'\" ")
    step = _aim(reply, kind, raw)
    # A page that reloads itself is no redirect.
    return None if not raw or step.url == reply.url else step


def _aim(reply: Reply, kind: str, raw: str) -> _Step:
    try:
        target = resolve(reply.url, raw)
        scheme = urlsplit(target).scheme
    except ValueError as problem:
        return _Step(kind, raw, problem="bad-location", detail=f"not a URL: {problem}")
    if scheme not in ("http", "https"):
        if scheme in _NOWHERE:
            return _Step(kind, raw, problem="bad-location", detail=f"leads to {scheme}:")
        return _Step(kind, raw, problem="other-scheme", detail=f"leads to {scheme}:")
    located = locate(urldefrag(target).url)
    if isinstance(located, Failure):
        return _Step(kind, raw, problem="bad-location", detail=located.detail)
    return _Step(kind, raw, located.url)


def meta_refreshes(html: str) -> list[str]:
    """The `content` of each meta refresh that a browser with scripts would obey. Takes time in proportion to the text,
    whatever it is."""
    found: list[str] = []
    text = _without(html)
    lower = text.lower()
    at = lower.find("<meta")
    while at >= 0 and len(found) < _METAS:
        values = {name.lower(): value.strip("\"'") for name, value in _ATTRIBUTE.findall(text, at + 5, at + 5 + _TAG)}
        if values.get("http-equiv", "").strip().lower() == "refresh":
            found.append(unescape(values.get("content", "")))
        at = lower.find("<meta", at + 5)
    return found


def _without(html: str) -> str:
    """The text without comments, scripts and what only browsers without scripts read."""
    lower, at = html.lower(), 0
    kept: list[str] = []
    while (start := _SKIP.search(lower, at)) is not None:
        kept.append(html[at : start.start()])
        end = _SKIPPED[start.group()]
        stop = lower.find(end, start.end())
        if stop < 0:
            return "".join(kept)
        at = stop + len(end)
    kept.append(html[at:])
    return "".join(kept)
