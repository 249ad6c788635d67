"""What a person reads in a mail, and how a link is shown without what could be a secret in it."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

from ...hostnames import host_of
from ...text import clean, readable
from ..auth.message import parsed_mail

MOST_PARTS = 50
LONGEST_PART = 1024 * 1024


def words_of(raw: bytes) -> str:
    """Subject, text and HTML as one line without case, to look for a text in it. Never raises."""
    message = parsed_mail(raw)
    words = [_decoded(str(message.get("subject", "")))]
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            break
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or part.get_content_disposition() == "attachment":
            continue
        content = part.get_payload(decode=True)
        octets = content[:LONGEST_PART] if isinstance(content, bytes) else b""
        try:
            text = octets.decode(str(part.get_content_charset() or "utf-8"), "replace")
        except (LookupError, ValueError):
            text = octets.decode("utf-8", "replace")
        if kind == "text/html":
            page = _Page()
            with contextlib.suppress(AssertionError, ValueError):  # at a broken declaration Python's reader gives up
                page.feed(readable(text))
                page.close()
            text = " ".join(page.words)
        words.append(text)
    return plain(" ".join(words))


def plain(text: str) -> str:
    """A text as `words_of` gives it, to be compared."""
    return clean(text).casefold()


def sent_at(raw: bytes) -> datetime | None:
    """The Date of the mail; None where it has none with a zone."""
    value = parsed_mail(raw[: 64 * 1024]).get("date", "")
    try:
        when = parsedate_to_datetime(str(value))
        return when.astimezone(UTC) if when.tzinfo else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def unsubscribes(url: str) -> bool:
    """Whether a link seems to take somebody off a list: such a link is never opened by itself."""
    return re.search(r"unsub|opt-?out|abmeld|d[eé]sinscri|desuscri|disiscri", url, re.IGNORECASE) is not None


def shown(url: str) -> str:
    """A link without what could be a secret: scheme, host, the first part of the path where it is short."""
    parts = urlsplit(url)
    first, _, rest = parts.path.lstrip("/").partition("/")
    name = first if re.fullmatch(r"[A-Za-z][A-Za-z._-]{0,30}", first) else "…" if first else ""
    return clean(f"{parts.scheme}://{host_of(url)}/{name}{'/…' if rest else ''}{'?…' if parts.query else ''}")


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (ValueError, LookupError, UnicodeError):
        return value


class _Page(HTMLParser):
    """The words of a mail's HTML; what is hidden in styles and scripts is no word."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("style", "script", "title")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "title"):
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.words.append(data.strip())
