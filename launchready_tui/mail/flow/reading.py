"""What a person reads in a mail, and how a link is shown without what could be a secret in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from ...hostnames import host_of
from ...text import clean
from ..auth import body


def words_of(raw: bytes) -> str:
    """Subject, text and HTML as one line without case, to look for a text in it. Never raises."""
    mail = body.read(raw)
    words = (one.name.strip() for one in body.pieces(mail.markup) if one.kind == "text")
    subject = body.decoded(str(body.header_of(raw).get("subject", "")))
    return plain(" ".join((subject, mail.text, *words)))


def plain(text: str) -> str:
    """A text as `words_of` gives it, to be compared."""
    return clean(text).casefold()


def sent_at(raw: bytes) -> datetime | None:
    """The Date of the mail; None where it has none with a zone."""
    value = body.header_of(raw).get("date", "")
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
