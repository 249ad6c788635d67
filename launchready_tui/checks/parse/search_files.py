"""robots.txt (RFC 9309) and sitemaps (sitemaps.org) as search engines read them."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from html import unescape
from typing import Literal
from urllib.parse import quote
from xml.parsers import expat

# Spellings that Google reads as the word that was meant (its open source parser, as known 2026-11). Other lines are for
# other readers (RFC 9309 section 2.2.4): Content-Signal, Crawl-delay, Clean-param.
_SPELLINGS = {
    "user-agent": ("user-agent", "useragent", "user agent"),
    "allow": ("allow",),
    "disallow": ("disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"),
    "sitemap": ("sitemap", "site-map"),
}
_MEANT = {spelling: word for word, spellings in _SPELLINGS.items() for spelling in spellings}
_MOST = 512 * 1024
"""Characters of a robots.txt that are read: crawlers read 500 KiB at least (RFC 9309 section 2.5)."""
_LONGEST = 8 * 2083
"""Google cuts longer lines."""
_AGENT = re.compile(r"[A-Za-z_-]+")
_LOC = re.compile(r"<(?:\w{1,20}:)?loc>\s{0,40}([^<]{1,2048}?)\s{0,40}</(?:\w{1,20}:)?loc>", re.IGNORECASE)


@dataclass(frozen=True)
class Mistake:
    """A line that crawlers do not understand, from 1. `key` is what is wrong in it, as written."""

    line: int
    kind: Literal["no-colon", "no-agent", "no-slash", "no-directive", "no-host"]
    key: str = ""


@dataclass(frozen=True)
class Group:
    """The rules for some crawlers: lower-case product tokens, `*` for all that have no group of their own. A rule is
    whether it allows, and its pattern, percent-encoded."""

    agents: tuple[str, ...]
    rules: tuple[tuple[bool, str], ...]


@dataclass(frozen=True)
class Robots:
    """What a robots.txt says."""

    groups: tuple[Group, ...]
    sitemaps: tuple[str, ...]
    mistakes: tuple[Mistake, ...]

    def allows(self, agent: str, target: str) -> bool:
        """Whether the crawler with this product token (`Googlebot`; `*` stands for one without a group of its own) may
        fetch this path and query, percent-encoded. All groups of a crawler count as one, the longest pattern that
        matches decides, and of two equally long ones the one that allows (RFC 9309 sections 2.2.1 and 2.2.2)."""
        for name in dict.fromkeys((agent.lower(), "*")):
            own = [group for group in self.groups if name in group.agents]
            if own:
                fit = [(_weight(pattern, target, allow), allow) for group in own for allow, pattern in group.rules]
                weight, allow = max(fit, default=(0, True))
                return allow or not weight
        return True


def _weight(pattern: str, target: str, allow: bool) -> int:
    """The octets of a pattern that matches, else 0. An allowed index.html is the folder itself, as Google has it."""
    if _matches(pattern, target):
        return len(pattern)
    folder, slash, name = pattern.rpartition("/")
    index = f"{folder}/$"
    return len(index) if allow and slash and name.startswith("index.htm") and _matches(index, target) else 0


def _matches(pattern: str, target: str) -> bool:
    """`*` is any text, `$` at the end the end (RFC 9309 section 2.2.3). Each piece is taken at its first place, so the
    time grows with the two lengths."""
    ends = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not target.startswith(first):
        return False
    at = len(first)
    if not rest:
        return not ends or at == len(target)
    *middle, last = rest
    for piece in middle:
        found = target.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    if ends:
        return target.endswith(last) and len(target) - len(last) >= at
    return target.find(last, at) >= 0


def _encoded(pattern: str) -> str:
    """Octets outside ASCII percent-encoded, and hex digits in capitals, as addresses are compared."""
    upper = re.sub(r"%[0-9a-fA-F]{2}", lambda found: found.group().upper(), pattern)
    return quote(upper, safe="".join(map(chr, range(0x21, 0x7F))))


def _split(line: str) -> tuple[str, str, bool]:
    """Key and value, and whether the colon is there: Google reads two words without one as if it were."""
    key, colon, value = line.partition(":")
    if colon:
        return key.strip(), value.strip(), True
    words = line.split()
    return (words[0], words[1], False) if len(words) == 2 else ("", "", False)


def robots(text: str) -> Robots:
    """Groups of user agents with their rules. Only allow and disallow end a row of user agents."""
    groups: list[tuple[list[str], list[tuple[bool, str]]]] = []
    sitemaps: list[str] = []
    mistakes: list[Mistake] = []
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", text[:_MOST].lstrip("\ufeff\ufffd")), 1):
        line = raw[:_LONGEST].partition("#")[0].strip()
        if not line:
            continue
        key, value, colon = _split(line)
        if not colon:
            mistakes.append(Mistake(number, "no-colon"))
        word = _MEANT.get(key.lower(), "")
        if word != key.lower() and colon and difflib.get_close_matches(key.lower()[:40], _MEANT, cutoff=0.8):
            mistakes.append(Mistake(number, "no-directive", key))
        if word == "user-agent":
            if not groups or groups[-1][1]:
                groups.append(([], []))
            named = _AGENT.match(value)
            star = value[:1] == "*" and not value[1:2].strip()
            groups[-1][0].append("*" if star else named.group().lower() if named else "")
        elif word == "sitemap":
            sitemaps.append(value)
            if value and not re.match(r"https?://", value, re.IGNORECASE):
                mistakes.append(Mistake(number, "no-host", value))
        elif word and not groups:
            mistakes.append(Mistake(number, "no-agent"))
        elif word:
            if value and not value.startswith(("/", "*")):
                mistakes.append(Mistake(number, "no-slash"))
            groups[-1][1].append((word == "allow", _encoded(value)))
    return Robots(
        tuple(Group(tuple(agents), tuple(rules)) for agents, rules in groups), tuple(sitemaps), tuple(mistakes)
    )


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
