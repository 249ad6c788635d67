"""TOML text in one settled shape: every row of a list is a `[[table]]` of its own, one key a line; a change shows as
that change only.

tomli-w writes the strings and numbers; left alone it folds short rows into one line and long ones not, which makes
diffs jump.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import tomli_w

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def key(name: str) -> str:
    """A key, quoted where TOML asks for it."""
    return name if _BARE.fullmatch(name) else value(name)


def value(content: Any) -> str:
    """A value on one line; a table as an inline table."""
    match content:
        case dict():
            return (
                "{ " + ", ".join(f"{key(name)} = {value(item)}" for name, item in content.items()) + " }"
                if content
                else "{}"
            )
        case list() | tuple():
            return "[" + ", ".join(value(item) for item in content) + "]"
        case datetime():
            return content.isoformat().replace("+00:00", "Z")
        case _:
            return tomli_w.dumps({"x": content}).removeprefix("x = ").rstrip("\n")


def lines(row: Mapping[str, Any]) -> str:
    """`key = value` lines."""
    return "".join(f"{key(name)} = {value(item)}\n" for name, item in row.items())


def table(name: str, row: Mapping[str, Any], *, of_many: bool = False) -> str:
    """`[name]`, or `[[name]]` for a row of many, and its lines."""
    head = f"[[{key(name)}]]" if of_many else f"[{key(name)}]"
    return f"{head}\n{lines(row)}"
