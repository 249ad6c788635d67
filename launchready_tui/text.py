"""Foreign text made safe: cleaned once where it becomes text for people, escaped by each sink for itself.

Cleaning removes what a terminal, a browser or a reader's eye could be steered by: C0 and C1 control characters, ESC,
bidirectional overrides and isolates, zero-width and other format characters. It never shortens; a sink that has little
room cuts for itself.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any

# Categories that never reach a person: control, format (bidi, zero width, tags), surrogate, private use, unassigned
# are kept out.
_DROP = {"Cc", "Cf", "Cs", "Co", "Cn"}
_LINE_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_MOST_BEGUN = 1000
_BLANKS = re.compile(r"[ \t\u00a0]+")


def _text_of(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _strip(value: str) -> str:
    if value.isascii() and value.isprintable():
        return value
    out: list[str] = []
    for char in value:
        if char == "\t":
            out.append(" ")
        elif unicodedata.category(char) in _DROP:
            out.append("\ufffd" if char == "\x1b" or "\x80" <= char <= "\x9f" else "")
        else:
            out.append(char)
    return "".join(out)


def printable(value: str) -> str:
    """The same text without what could steer a terminal or an eye; blanks are kept as they are, tabs and line breaks
    become one blank."""
    if value.isascii() and value.isprintable():
        return value
    return _strip(_LINE_BREAKS.sub(" ", value))


def clean(value: str | bytes) -> str:
    """Foreign text as one safe line: line breaks become spaces, runs of blanks one blank."""
    one_line = _LINE_BREAKS.sub(" ", _text_of(value))
    return _BLANKS.sub(" ", _strip(one_line)).strip()


def clean_block(value: str | bytes) -> str:
    """Foreign text with its lines kept, each made safe."""
    lines = [_strip(line).rstrip() for line in _LINE_BREAKS.split(_text_of(value))]
    return "\n".join(lines).strip("\n")


def readable(markup: str) -> str:
    """HTML as far as the parser of Python reads it in a time that grows with its length: up to where a thousand tags
    begin and none ends. Beyond that its time grows with the square: 100 KB take minutes (CVE-2025-6069)."""
    end = 0
    for piece in markup.split(">"):
        if piece.count("<") > _MOST_BEGUN:
            return markup[:end]
        end += len(piece) + 1
    return markup


def whole(value: str) -> int | None:
    """A whole number as protocols write it: ASCII digits and nothing else; None for all else. Of one with more than 18
    digits the first 18 count: it is far too large either way, and Python reads 4300 at most."""
    return int(value[:18]) if value.isascii() and value.isdigit() else None


def json_of(raw: str | bytes) -> Any:
    """Foreign JSON (RFC 8259) as Python has it; None for what is none, however deep or broken, and for `null`."""
    import msgspec

    try:
        return msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf") if isinstance(raw, bytes) else raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def shorten(value: str, size: int) -> str:
    """At most `size` characters, the last one an ellipsis where something was cut."""
    return value if len(value) <= size else value[: max(0, size - 1)].rstrip() + "…"


def for_html(value: str) -> str:
    """Text and attribute values in HTML."""
    return html.escape(clean_block(value), quote=True)


# Marks that start something anywhere; `&` because an entity would be decoded, `@`, `://` and `www.` because GitHub
# links them.
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>|~&@]|:(?=//)|(?<=www)\.|#(?=#*$)", re.IGNORECASE)
# Marks that mean something only where a block begins: heading, list, rule, underline of a heading, numbered list,
# definition.
_MARKDOWN_START = re.compile(r"^(?=[#+\-=:])|^(\d+)(?=[.)](?:\s|$))")


def for_markdown(value: str) -> str:
    """Text inside a Markdown paragraph, list item or table cell: one line that renders as exactly this text, no link,
    no tag."""
    line = _MARKDOWN.sub(lambda mark: "\\" + mark.group(), clean(value))
    return _MARKDOWN_START.sub(lambda start: (start.group(1) or "") + "\\", line)


def span_for_markdown(value: str) -> str:
    """A code span that its content cannot close, also inside a table cell."""
    body = clean(value)
    if not body:
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", body)), default=0))
    pad = " " if body[0] == "`" or body[-1] == "`" else ""
    return f"{fence}{pad}{body}{pad}{fence}".replace("|", "\\|")


def code_for_markdown(value: str) -> str:
    """A fenced block that its content cannot close."""
    body = clean_block(value)
    runs = re.findall(r"`+", body)
    fence = "`" * max(3, 1 + max((len(run) for run in runs), default=0))
    return f"{fence}\n{body}\n{fence}"


_MODELINE = re.compile(r"(?i)\b(vim?|ex)([<=>]?[0-9]*):|-\*-")


def for_comment(value: str) -> str:
    """Text within a `#` comment of any file format: one line, and no order to vim or Emacs. It never begins the
    comment: Docker reads `# syntax=` there, editors `# yaml-language-server:`, linters their own words."""
    return _MODELINE.sub(lambda found: f"{found[1]}{found[2]} :" if found[1] else "- * -", clean(value))


def for_csv(value: str) -> str:
    """A cell that no spreadsheet takes for a formula (a leading = + - @ TAB CR gets an apostrophe); quoting is the csv
    module's."""
    body = clean_block(value)
    return "'" + body if body[:1] in ("=", "+", "-", "@", "\t", "\r") or value[:1] in ("\t", "\r") else body


def for_terminal(value: str) -> str:
    """Text printed to a terminal: one line, no control characters."""
    return clean(value)


def for_ics(value: str) -> str:
    """TEXT value of RFC 5545 section 3.3.11."""
    body = clean_block(value)
    return body.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def for_zone(value: str | bytes) -> str:
    """A character-string of a zone file (RFC 1035 section 5.1): quoted, split at 255 octets, non-printing octets as
    \\DDD."""
    raw = value.encode() if isinstance(value, str) else value
    parts = [raw[at : at + 255] for at in range(0, len(raw), 255)] or [b""]
    return " ".join('"' + "".join(_zone_octet(octet) for octet in part) + '"' for part in parts)


def _zone_octet(octet: int) -> str:
    if octet in (0x22, 0x5C):
        return "\\" + chr(octet)
    return chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03d}"


def for_xml(value: str) -> str:
    """Text and attribute values in XML 1.0: escaped, and without characters XML cannot hold."""
    return html.escape(clean_block(value), quote=True)
