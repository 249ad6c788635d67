"""Folders of a mailbox: the answers to LIST (RFC 9051 section 7.3.1), and which folder is what (RFC 6154)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Literal

import msgspec

Place = Literal["inbox", "spam", "all", "other", "never"]
"""`all` holds copies of what lies elsewhere, `never` is not looked at: sent mail, drafts, the bin."""

_LINE = re.compile(rb'\((?P<flags>[^)]*)\)\s+(?:"(?P<delimiter>(?:\\.|[^"\\])*)"|NIL)\s+(?P<name>.+)', re.DOTALL)
_SPAM = {
    "spam",
    "junk",
    "junk e-mail",
    "junk email",
    "junk-e-mail",
    "bulk mail",
    "bulk",
    "unsolicited",
    "correo no deseado",
    "spamverdacht",
    "courrier indésirable",
    "indésirables",
}
_NEVER = {"\\sent", "\\drafts", "\\trash", "\\noselect", "\\nonexistent"}


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """One folder. `name` is as the server writes it (modified UTF-7), `shown` as people read it."""

    name: str
    shown: str
    place: Place
    flags: tuple[str, ...] = ()


def folder_of(line: bytes | tuple[bytes, bytes]) -> Folder | None:
    """One answer to LIST, as imaplib gives it: a line, or a line and the literal that holds the name. None for what is
    none."""
    raw, literal = (line, None) if isinstance(line, bytes) else line
    found = _LINE.match(raw)
    if found is None:
        return None
    name = literal if literal is not None else _unquoted(found["name"].strip())
    flags = tuple(flag.decode("latin-1").lower() for flag in found["flags"].split())
    text = name.decode("utf-8", "replace")
    shown = _readable(text)
    delimiter = (found["delimiter"] or b"").replace(b"\\\\", b"\\").decode("latin-1")
    last = shown.rpartition(delimiter)[2] if delimiter else shown
    return Folder(name=text, shown=shown, place=_place(text, last, flags), flags=flags)


def in_order(folders: Iterable[Folder]) -> tuple[Folder, ...]:
    """The order in which to look: inbox, spam, the others, and last what holds copies. What is never looked at is left
    out."""
    order: dict[Place, int] = {"inbox": 0, "spam": 1, "other": 2, "all": 3}
    return tuple(sorted((one for one in folders if one.place != "never"), key=lambda one: order[one.place]))


def _place(name: str, last: str, flags: tuple[str, ...]) -> Place:
    if any(flag in _NEVER for flag in flags):
        return "never"
    if name.upper() == "INBOX":
        return "inbox"
    if "\\junk" in flags or last.lower() in _SPAM:
        return "spam"
    if "\\all" in flags or "\\archive" in flags or "\\flagged" in flags or "\\important" in flags:
        return "all"
    return "other"


def _unquoted(name: bytes) -> bytes:
    if name[:1] == b'"' and name[-1:] == b'"' and len(name) > 1:
        return re.sub(rb"\\(.)", rb"\1", name[1:-1])
    return name


def _readable(name: str) -> str:
    """Modified UTF-7 (RFC 3501 section 5.1.3) as text; left as it is where it is none."""

    def shift(mark: re.Match[str]) -> str:
        if not mark[1]:
            return "&"
        body = mark[1].replace(",", "/")
        try:
            return base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode("utf-16-be")
        except (ValueError, UnicodeDecodeError):
            return mark[0]

    return re.sub(r"&([A-Za-z0-9+,]*)-", shift, name)
