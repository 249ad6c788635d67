"""The renderer of `templates/`. `@name@` is a hole for a value; the lines between `@each name@` and `@end@` are written
once for each row of a list, with the row's values before the others; those between `@if name@` and `@end@` only where
there is something.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

Values = Mapping[str, Any]
Row = dict[str, Any]

_HOLE = re.compile(r"@(\w+)@")
_BLOCK = re.compile(r"\s*@(each|if) (\w+)@\s*")
_END = "@end@"


def render(name: str, values: Values) -> str:
    """One file of `templates/`, filled. Raises KeyError for a hole that no value is for."""
    return _filled(_read(name), values)


def fill(text: str, values: Values) -> str:
    """A text without blocks, filled. What is put in is not looked at again."""
    return _HOLE.sub(lambda hole: str(values[hole[1]]), text)


@functools.cache
def text_of(name: str) -> str:
    """A file of `templates/` as it stands there."""
    return resources.files(__package__).joinpath("templates", name).read_text("utf-8")


_Part = str | tuple[str, str, "tuple[_Part, ...]"]
"""A line, or a block: its word, its name, and what is in it."""


@functools.cache
def _read(name: str) -> tuple[_Part, ...]:
    lines = iter(text_of(name).splitlines(keepends=True))
    parts = tuple(_parts(lines))
    assert next(lines, None) is None, f"{name}: an {_END} without a block"
    return parts


def _parts(lines: Iterator[str]) -> Iterator[_Part]:
    """Up to the end of the block that is open."""
    for line in lines:
        block = _BLOCK.fullmatch(line)
        if block is not None:
            yield block[1], block[2], tuple(_parts(lines))
        elif line.strip() == _END:
            return
        else:
            yield line


def _filled(parts: Sequence[_Part], values: Values) -> str:
    made = ""
    for part in parts:
        if isinstance(part, str):
            made += fill(part, values)
            continue
        word, name, inner = part
        rows: Sequence[Values] = values[name] if word == "each" else [{}] if values[name] else []
        made += "".join(_filled(inner, {**values, **row}) for row in rows)
    return made
