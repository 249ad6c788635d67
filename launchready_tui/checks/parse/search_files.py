"""robots.txt (RFC 9309) and sitemaps (sitemaps.org) as search engines read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Literal
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
class Mistake:
    """A line that crawlers do not understand, from 1. `key` is the directive as written, where that is not known."""

    line: int
    kind: Literal["no-colon", "no-agent", "no-slash", "no-directive"]
    key: str = ""


@dataclass(frozen=True)
class Robots:
    """What a robots.txt says. `shut` says that all crawlers are kept from everything."""

    shut: bool
    sitemaps: tuple[str, ...]
    mistakes: tuple[Mistake, ...]


def robots(text: str) -> Robots:
    """Groups of user agents with their rules; the group of `*` decides whether everything is shut."""
    agents: list[str] = []
    starting = True
    rules: list[tuple[str, str]] = []
    sitemaps: list[str] = []
    mistakes: list[Mistake] = []
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines()[:5000], 1):
        line = raw.partition("#")[0].strip()
        if not line:
            continue
        key, colon, value = line.partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            mistakes.append(Mistake(number, "no-colon"))
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
                mistakes.append(Mistake(number, "no-agent"))
            elif value and not value.startswith(("/", "*")):
                mistakes.append(Mistake(number, "no-slash"))
            if "*" in agents:
                rules.append((key, value))
        elif key not in _KNOWN:
            mistakes.append(Mistake(number, "no-directive", key))
    shut = ("disallow", "/") in rules and not any(key == "allow" and value for key, value in rules)
    return Robots(shut, tuple(sitemaps), tuple(mistakes))


Problem = Literal["", "not-a-sitemap", "not-xml", "entities", "empty"]


@dataclass(frozen=True)
class Sitemap:
    """What a sitemap lists. `index` says that its addresses are sitemaps themselves, `detail` what the XML parser
    says."""

    locations: tuple[str, ...]
    index: bool
    problem: Problem = ""
    detail: str = ""


def sitemap(raw: bytes, *, whole: bool) -> Sitemap:
    """A sitemap or an index of them. `whole` is False where only its beginning was read, which need not be well
    formed."""
    text = raw.decode("utf-8", "replace")
    head = text[:4096].lower()
    index = "<sitemapindex" in head
    locations = tuple(unescape(found) for found in _LOC.findall(text))
    if not index and "<urlset" not in head:
        return Sitemap(locations, index, "not-a-sitemap")
    if whole and (wrong := _malformed(raw)):
        return Sitemap(locations, index, *wrong)
    return Sitemap(locations, index, "" if locations else "empty")


def _malformed(raw: bytes) -> tuple[Problem, str] | None:
    parser = expat.ParserCreate()
    declared: list[str] = []
    # A sitemap needs no entities of its own; one that declares some is after something else.
    parser.EntityDeclHandler = lambda name, *_: declared.append(name)
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        return "not-xml", str(error)
    return ("entities", "") if declared else None
