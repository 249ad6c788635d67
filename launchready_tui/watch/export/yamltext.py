"""YAML as configuration files want it: mappings and lists in blocks, strings quoted unless they are plainly words.

Only the part of YAML 1.2 that 1.1 reads the same way is written; double-quoted strings are JSON's with the characters
escaped that YAML does not allow (YAML 1.2.2 section 5.1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]

_WORD = re.compile(r"[A-Za-z/_][A-Za-z0-9_./-]*")
_DURATION = re.compile(r"[0-9]+(?:ms|s|m|h|d)")
_NOT_TEXT = frozenset(("true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"))


def dump(value: Value, *, head: str = "") -> str:
    """A whole document. `head` becomes comment lines above it."""
    comment = "".join(f"# {line}".rstrip() + "\n" for line in head.splitlines())
    return comment + "\n".join(_block(value, 0)) + "\n"


def _scalar(value: str | float | bool | None) -> str:
    """One value on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    if _DURATION.fullmatch(value) or (_WORD.fullmatch(value) and value.lower() not in _NOT_TEXT):
        return value
    # Rules are full of double quotes: single ones around them keep them readable, and know no escapes.
    single = value.isprintable() and "'" not in value and ('"' in value or "\\" in value)
    return f"'{value}'" if single else quoted(value)


def quoted(text: str) -> str:
    """A double-quoted string."""
    return "".join(char if char.isprintable() else _escape(char) for char in json.dumps(text, ensure_ascii=False))


def _escape(char: str) -> str:
    number = ord(char)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _block(value: Value, depth: int) -> list[str]:
    pad = "  " * depth
    if isinstance(value, Mapping) and value:
        return [line for key, inner in value.items() for line in _entry(f"{pad}{_scalar(key)}:", inner, depth)]
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        lines: list[str] = []
        for item in value:
            inner = _block(item, depth + 1)
            # The first line of what is inside stands behind the dash.
            lines += [f"{pad}- {inner[0].lstrip()}", *inner[1:]]
        return lines
    return [pad + _flat(value)]


def _entry(key: str, value: Value, depth: int) -> list[str]:
    if isinstance(value, str) and _is_text(value):
        pad = "  " * (depth + 1)
        return [f"{key} |-", *(f"{pad}{line}" for line in value.splitlines())]
    if isinstance(value, Mapping | Sequence) and not isinstance(value, str) and value:
        return [key, *_block(value, depth + 1)]
    return [f"{key} {_flat(value)}"]


def _is_text(value: str) -> bool:
    """Whether it may stand as lines of their own: printable, not indented, no blanks at the ends, none of them
    empty."""
    lines = value.split("\n")
    return (
        len(lines) > 1
        and not value.startswith(" ")
        and all(line and line.isprintable() and line == line.rstrip() for line in lines)
    )


def _flat(value: Value) -> str:
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, str) or not isinstance(value, Sequence):
        return _scalar(value)
    return "[]"
