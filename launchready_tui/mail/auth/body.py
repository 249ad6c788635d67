"""What a mail contains: its parts, encoded words, and HTML, each read in a time that grows with its length, however
broken or hostile they are."""

from __future__ import annotations

import email.errors
import email.parser
import email.policy
import html
import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message
from typing import NamedTuple

MOST_PARTS = 200
DEEPEST = 30
"""Parts in parts beyond this are not read: no mailbox shows them either."""
_LONGEST_HEAD = 64 * 1024
_BLANK = re.compile(rb"(?:\A|\r?\n)\r?\n")
_ATTRIBUTE = re.compile(
    r"[\s/=]*(?:([^\s/>=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"'][^\s>]*)))?)?",
)
_NAME = re.compile(r"[A-Za-z][^\s/>]*")
_RAW = frozenset({"script", "style", "title", "textarea", "xmp", "noembed", "noframes"})
"""Elements whose content holds no tags (HTML standard, section 13.2.5)."""


class Body(NamedTuple):
    """All plain text and all HTML of a mail, attachments left out; `deep`: some parts lie too deep in each other to be
    read."""

    text: str
    markup: str
    deep: bool


class Piece(NamedTuple):
    """A piece of HTML: a tag that begins (`start`) or ends (`end`) by its name, or a `text`, which stands in `name`; a
    text is `raw` inside a script, a style or the like."""

    kind: str
    name: str
    attributes: dict[str, str]


def decoded(value: str) -> str:
    """A header's value with its encoded words read (RFC 2047); as it stands where one is broken."""
    text = re.sub(r"\r?\n[ \t]+", " ", value).strip()
    try:
        return str(make_header(decode_header(text)))
    except (ValueError, LookupError, email.errors.HeaderParseError):
        return text


def header_of(raw: bytes) -> Message:
    """The header alone, 64 KB of it at most."""
    found = _BLANK.search(raw)
    head = raw[: found.start() if found else len(raw)][:_LONGEST_HEAD]
    return email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(head)


def read(raw: bytes) -> Body:
    """The parts of a mail (RFC 2046), 200 at most, not more than 30 deep. Never raises."""
    text: list[str] = []
    markup: list[str] = []
    waiting, seen, deep = [(raw, 0)], 0, False
    while waiting and seen < MOST_PARTS:
        piece, depth = waiting.pop()
        seen += 1
        part, found = header_of(piece), _BLANK.search(piece)
        content = piece[found.end() :] if found else b""
        kind = part.get_content_type()
        boundary = str(part.get_boundary("")) if kind.startswith("multipart/") else ""
        if kind == "message/rfc822" or boundary:
            deep = deep or depth >= DEEPEST
            if depth < DEEPEST:
                inner = _split(content, boundary) if boundary else [content]
                waiting += [(one, depth + 1) for one in reversed(inner)]
        elif kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment":
            part.set_payload(content.decode("ascii", "surrogateescape"))
            (text if kind == "text/plain" else markup).append(_words(part))
    return Body("\n".join(text), "\n".join(markup), deep)


def _split(content: bytes, boundary: str) -> list[bytes]:
    """The parts between the delimiter lines, up to the closing one: what stands before and after is no part."""
    mark = re.escape(boundary.encode("utf-8", "surrogateescape"))
    found: list[bytes] = []
    begun = -1
    for line in re.finditer(rb"(?m)^--" + mark + rb"(--)?[ \t]*(?:\r?\n|\Z)", content):
        if begun >= 0:
            found.append(content[begun : line.start()])
        begun = line.end()
        if line[1] or len(found) >= MOST_PARTS:
            return found
    return [*found, content[begun:]] if begun >= 0 else found


def _words(part: Message) -> str:
    raw = part.get_payload(decode=True)
    octets = raw if isinstance(raw, bytes) else b""
    try:
        return octets.decode(str(part.get_content_charset() or "utf-8"), "replace")
    except (LookupError, ValueError):
        return octets.decode("utf-8", "replace")


def pieces(markup: str) -> Iterator[Piece]:
    """Tags and text of HTML in their order, in one pass: what is begun and never ended ends the reading."""
    at, end = 0, len(markup)
    while at < end:
        begun = markup.find("<", at)
        if begun != at:
            yield Piece("text", _plain(markup[at : begun if begun >= 0 else end]), {})
        if begun < 0:
            return
        closing = markup.startswith("/", begun + 1)
        named = _NAME.match(markup, begun + 1 + closing)
        if named is None:
            if not closing and not markup.startswith(("!", "?"), begun + 1):
                yield Piece("text", "<", {})
                at = begun + 1
                continue
            stop = "-->" if markup.startswith("!--", begun + 1) else ">"
            until = markup.find(stop, begun + 2)
            if until < 0:
                return
            at = until + len(stop)
            continue
        attributes, at = _attributes(markup, named.end())
        if at < 0:
            return
        name = named[0].lower()
        yield Piece("end" if closing else "start", name, attributes)
        if not closing and name in _RAW:
            last = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(markup, at)
            yield Piece("raw", _plain(markup[at : last.start() if last else end]), {})
            if last is None:
                return
            at = last.start()


def _attributes(markup: str, at: int) -> tuple[dict[str, str], int]:
    """The attributes of a tag, each name's first, and where the tag ends; -1 where it never does."""
    found: dict[str, str] = {}
    while True:
        one = _ATTRIBUTE.match(markup, at)
        if one is None or one.end() >= len(markup):
            return found, -1
        if one[1]:
            found.setdefault(one[1].lower(), _plain(one[2] or one[3] or one[4] or ""))
        at = one.end()
        if markup[at] == ">":
            return found, at + 1


def _plain(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # a character reference of thousands of digits
        return text
