"""What the rules of the launch file share: how they read its raw tables, and how they say what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Say = Callable[..., None]
"""(key, what was found, what is allowed, the nearest that is), as `validate.problems_of` collects it."""


class Found(str):
    """What was found, already in words; any other value is shown as it is."""

    __slots__ = ()


def rows(data: dict[str, Any], table: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row of a list of tables with its key, `hosts[2]`, counted from 1. What is no table is passed over: the types
    are judged elsewhere."""
    listed = data.get(table)
    for number, row in enumerate(listed if isinstance(listed, list) else (), 1):
        if isinstance(row, dict):
            yield f"{table}[{number}]", row
