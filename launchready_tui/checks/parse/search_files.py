"""robots.txt (RFC 9309) and sitemaps (sitemaps.org) as search engines read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from xml.parsers import expat

# Lines that some crawler knows (Google's open source parser and Lighthouse's list, as known 2026-11).
_KNOWN = frozenset(
    (
        "user-agent",
        "allow",
        "disallow",
        "sitemap",
        "crawl-delay",
        "host",
        "clean-param",
        "noindex",
        "request-rate",
        "visit-time",
    )
)
_LOC = re.compile(r"<(?:\w{1,20}:)?loc>\s{0,40}([^<]{1,2048}?)\s{0,40}</(?:\w{1,20}:)?loc>", re.IGNORECASE)


@dataclass(frozen=True)
class Robots:
    """What a robots.txt says. `shut` says that all crawlers are kept from everything."""

    shut: bool
    sitemaps: tuple[str, ...]
    problems: tuple[str, ...]


def robots(text: str) -> Robots:
    """Groups of user agents with their rules; the group of `*` decides whether everything is shut."""
    agents: list[str] = []
    starting = True
    rules: list[tuple[str, str]] = []
    sitemaps: list[str] = []
    problems: list[str] = []
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines()[:5000], 1):
        line = raw.partition("#")[0].strip()
        if not line:
            continue
        key, colon, value = line.partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            problems.append(f"line {number} has no colon")
            continue
        if key == "user-agent":
            agents = [value.lower()] if not starting else [*agents, value.lower()]
            starting = True
            continue
        if key == "sitemap":
            sitemaps.append(value)
            continue
        starting = False
        if key in ("allow", "disallow"):
            if not agents:
                problems.append(f"line {number} stands before any User-agent")
            elif value and not value.startswith(("/", "*")):
                problems.append(f"line {number} names a path without a slash")
            if "*" in agents:
                rules.append((key, value))
        elif key not in _KNOWN:
            problems.append(f"line {number}: {key} is no directive")
    shut = ("disallow", "/") in rules and not any(key == "allow" and value for key, value in rules)
    return Robots(shut, tuple(sitemaps), tuple(problems))


@dataclass(frozen=True)
class Sitemap:
    """What a sitemap lists. `index` says that its addresses are sitemaps themselves."""

    locations: tuple[str, ...]
    index: bool
    problem: str = ""


def sitemap(raw: bytes, *, whole: bool) -> Sitemap:
    """A sitemap or an index of them. `whole` is False where only its beginning was read, which need not be well
    formed."""
    text = raw.decode("utf-8", "replace")
    head = text[:4096].lower()
    index = "<sitemapindex" in head
    locations = tuple(unescape(found) for found in _LOC.findall(text))
    if not index and "<urlset" not in head:
        return Sitemap(locations, index, "it is no sitemap: neither urlset nor sitemapindex")
    if whole and (problem := _malformed(raw)):
        return Sitemap(locations, index, problem)
    return Sitemap(locations, index, "" if locations else "it lists nothing")


def _malformed(raw: bytes) -> str:
    parser = expat.ParserCreate()
    refused: list[str] = []
    # A sitemap needs no entities of its own; one that declares some is after something else.
    parser.EntityDeclHandler = lambda *_: refused.append("it declares entities")
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as problem:
        return f"it is no well-formed XML ({problem})"
    return refused[0] if refused else ""
