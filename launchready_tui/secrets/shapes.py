"""The shapes alone, for whoever hides secrets in texts (logs, output of tools) without scanning for reports."""

from __future__ import annotations

import functools
import re

import msgspec

from .model import compiled, load


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """One secret shape: where none of `keywords` occurs the pattern need not be tried. `group` is the part to hide."""

    id: str
    title: str
    keywords: tuple[str, ...]
    fold: bool
    pattern: re.Pattern[str]
    group: int


@functools.cache
def shapes() -> tuple[Shape, ...]:
    """The shapes of what must never be shown, surest first. Public keys are not among them."""
    rules = [rule for rule in load() if rule.exposure != "public"]
    order = {"high": 0, "medium": 1, "low": 2}
    return tuple(
        Shape(
            id=rule.id,
            title=rule.title,
            keywords=rule.keywords,
            fold=rule.fold,
            pattern=compiled(rule),
            group=rule.group,
        )
        for rule in sorted(rules, key=lambda rule: order[rule.confidence])
    )
