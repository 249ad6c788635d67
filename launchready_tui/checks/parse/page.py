"""What an HTML document refers to and asks for: links, loads, forms, canonical links, meta directives.

The standard library's tolerant parser reads it, so a broken page still gives what a browser would find in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal
from urllib.parse import urljoin, urlsplit

from ...text import readable

RefKind = Literal["script", "style", "frame", "object", "image", "media", "preload", "icon", "form", "link", "css"]

# Loads that may change the page if somebody on the line replaces them (mixed content: "blockable").
ACTIVE: frozenset[RefKind] = frozenset({"script", "style", "frame", "object", "preload"})
# Loads that can only change a picture or a sound ("upgradeable").
PASSIVE: frozenset[RefKind] = frozenset({"image", "media", "icon", "css"})

_CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")\s]+)", re.IGNORECASE)
_REFRESH = re.compile(r"[\d.]+\s*[;,]\s*(?:url\s*=\s*)?['\"]?(.*)", re.IGNORECASE | re.DOTALL)
_EMPTY = 80
"""A page with fewer characters than this, and a script, is a frame that the script fills."""
_HEAD_TAGS = frozenset({"html", "head", "title", "base", "link", "meta", "style", "script", "noscript", "template"})
_CARD_NAMES = re.compile(r"card.?number|cardnumber|cc.?num|cvc|cvv", re.IGNORECASE)
_MEDIA_TAGS: dict[str, tuple[str, RefKind]] = {
    "img": ("src", "image"),
    "audio": ("src", "media"),
    "video": ("src", "media"),
    "source": ("src", "media"),
    "track": ("src", "media"),
    "iframe": ("src", "frame"),
    "frame": ("src", "frame"),
    "embed": ("src", "object"),
    "object": ("data", "object"),
    "script": ("src", "script"),
    "input": ("src", "image"),
}
_LINK_RELS: dict[str, RefKind] = {
    "stylesheet": "style",
    "modulepreload": "preload",
    "preload": "preload",
    "icon": "icon",
    "apple-touch-icon": "icon",
    "manifest": "icon",
}


@dataclass(frozen=True)
class Ref:
    """One address a page names. `raw` is as written, `url` is absolute, or empty where it cannot be one."""

    kind: RefKind
    tag: str
    raw: str
    url: str
    line: int
    rel: str = ""

    @property
    def scheme(self) -> str:
        """Lower case; empty where the address cannot be made absolute."""
        return self.url.partition(":")[0].lower()


@dataclass
class Page:
    """A document as read. Lists are in document order."""

    url: str
    base: str = ""
    title: str = ""
    refs: list[Ref] = field(default_factory=list)
    canonicals: list[str] = field(default_factory=list)
    """Raw href of every rel=canonical in the head."""
    body_canonicals: list[str] = field(default_factory=list)
    """Those outside the head: search engines ignore them."""
    languages: list[str] = field(default_factory=list)
    """Absolute addresses of the page in other languages (rel=alternate with hreflang)."""
    inline: list[str] = field(default_factory=list)
    """Scripts written into the page, each cut at 64 KiB."""
    meta: dict[str, list[str]] = field(default_factory=dict)
    """Contents by lower-case meta name."""
    csp: list[str] = field(default_factory=list)
    """Policies in the head."""
    body_csp: list[str] = field(default_factory=list)
    """Those outside it: browsers ignore them (HTML standard section 4.2.5.3)."""
    refresh: str = ""
    """Target of a meta refresh, raw."""
    password_field: bool = False
    card_field: bool = False
    words: int = 0
    """Characters a reader without scripts sees, title apart."""
    language: str = ""
    """What the page says its language is, lower case."""
    said: list[str] = field(default_factory=list)
    """What a reader without scripts sees, piece by piece, blanks folded."""

    @property
    def text(self) -> str:
        """All that is seen, in one line, title apart."""
        return " ".join(self.said)

    @property
    def drawn(self) -> bool:
        """Whether only a script fills the page: hardly anything is there without one."""
        return self.words < _EMPTY and bool(self.inline or self.of("script", "preload"))

    def absolute(self, raw: str) -> str:
        """`raw` against the document's base; empty where it is no address."""
        return absolute(self.base or self.url, raw)

    def of(self, *kinds: RefKind) -> list[Ref]:
        """The references of these kinds, in document order."""
        return [ref for ref in self.refs if ref.kind in kinds]


def absolute(base: str, raw: str) -> str:
    """An absolute URL, or an empty text where `raw` cannot be joined or has no host where it needs one."""
    try:
        joined = urljoin(base, raw.strip())
        parts = urlsplit(joined)
        _ = parts.port
    except ValueError:
        return ""
    if parts.scheme in ("http", "https", "ws", "wss") and not parts.hostname:
        return ""
    return joined


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page(url=url)
        self._in_head = True
        self._inside = ""

    def _add(self, kind: RefKind, tag: str, raw: str, rel: str = "") -> None:
        if raw.strip():
            self.page.refs.append(Ref(kind, tag, raw.strip(), self.page.absolute(raw), self.getpos()[0], rel))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, str] = {}
        for name, value in attrs:
            given.setdefault(name, value or "")
        if tag not in _HEAD_TAGS:
            self._in_head = False
        self._inside = tag if tag in ("title", "style", "script") else ""
        for css in _CSS_URL.findall(given.get("style", "")):
            self._add("css", tag, css)
        if tag == "html":
            self.page.language = given.get("lang", "").strip().lower()
        if tag == "base" and not self.page.base and given.get("href"):
            self.page.base = absolute(self.page.url, given["href"])
        elif tag == "link":
            self._link(given)
        elif tag == "meta":
            self._meta(given)
        elif tag in ("a", "area"):
            self._add("link", tag, given.get("href", ""), given.get("rel", "").lower())
        elif tag == "form":
            self._add("form", tag, given.get("action", ""))
        elif tag in ("input", "button") and given.get("formaction"):
            self._add("form", tag, given["formaction"])
        if tag in _MEDIA_TAGS and (tag != "input" or given.get("type", "").lower() == "image"):
            name, kind = _MEDIA_TAGS[tag]
            self._add(kind, tag, given.get(name, ""))
        if tag in ("img", "source"):
            for candidate in re.split(r",\s+", given.get("srcset", "")):
                self._add("image", tag, candidate.split()[0] if candidate.split() else "")
        if tag == "video":
            self._add("image", tag, given.get("poster", ""))
        if tag == "input":
            self.page.password_field |= given.get("type", "").lower() == "password"
            self.page.card_field |= given.get("autocomplete", "").lower().startswith("cc-") or bool(
                _CARD_NAMES.search(given.get("name", "") + " " + given.get("id", ""))
            )

    def _link(self, given: dict[str, str]) -> None:
        rels = given.get("rel", "").lower().split()
        href = given.get("href", "")
        if "canonical" in rels:
            (self.page.canonicals if self._in_head else self.page.body_canonicals).append(href.strip())
        if "alternate" in rels and given.get("hreflang") and (url := self.page.absolute(href)):
            self.page.languages.append(url)
        for rel in rels:
            kind = _LINK_RELS.get(rel)
            if kind is None or (rel == "stylesheet" and "alternate" in rels):
                continue
            if rel == "preload" and given.get("as", "").lower() in ("image", "audio", "video"):
                kind = "image"
            self._add(kind, "link", href, rel)
            break

    def _meta(self, given: dict[str, str]) -> None:
        content = given.get("content", "")
        match given.get("http-equiv", "").strip().lower():
            case "content-security-policy":
                (self.page.csp if self._in_head else self.page.body_csp).append(content)
            case "refresh":
                found = _REFRESH.match(content.strip())
                target = found[1] if found else ""
                self.page.refresh = (
                    self.page.refresh or (target[:-1] if target.endswith(("'", '"')) else target).rstrip()
                )
        name = (given.get("name") or given.get("property") or "").strip().lower()
        if name:
            self.page.meta.setdefault(name, []).append(content)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""
        if tag == "head":
            self._in_head = False

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.page.title += data
        elif self._inside == "style":
            for css in _CSS_URL.findall(data):
                self._add("css", "style", css)
        elif self._inside == "script":
            self.page.inline.append(data[:65536])
        elif not self._inside and (seen := " ".join(data.split())):
            self.page.words += len(data.strip())
            self.page.said.append(seen)


def read(text: str, url: str) -> Page:
    """Reads a document that came from `url`. Never raises: what cannot be parsed is left out."""
    reader = _Reader(url)
    try:
        reader.feed(readable(text))
        reader.close()
    except (AssertionError, ValueError):  # html.parser on malformed declarations (cpython issue 77057)
        return reader.page
    return reader.page
