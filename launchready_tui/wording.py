"""Sentences as data: a template with named places, filled from values.

A place is `{name}`, `{name:form}` or `{count:one thing|# things}`. The form is one of Python's for a number
(`{seconds:.1f}`, `{users:,}`); two forms with a bar between them are singular and plural, `#` stands for the number.
A list is written `a, b and c`. There is no other logic: where a sentence needs some, it is two messages.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Mapping, Sequence

_ENDS = ("; ", ": ", ", so ", ", but ", ", depending ")
_LEAST = 12
"""Letters of a clause that say something by themselves."""

Value = str | int | float | tuple[str, ...]
"""What fills a place."""


class WordingError(Exception):
    """A template that does not read, or a place that nothing fills: a mistake of ours."""


@functools.lru_cache(maxsize=4096)
def _parts(template: str) -> tuple[tuple[str, str, str], ...]:
    """(text before, name, form) for each place; name empty for the text at the end. Raises WordingError."""
    parts = []
    try:
        for text, name, form, conversion in string.Formatter().parse(template):
            if name is None:
                parts.append((text, "", ""))
                continue
            if not name.isidentifier() or conversion:
                raise WordingError(f"{{{name}}} is not a place's name in: {template}")
            parts.append((text, name, form or ""))
    except ValueError as error:
        raise WordingError(f"{error} in: {template}") from error
    return tuple(parts)


def places(template: str) -> frozenset[str]:
    """The names of the places. Raises WordingError where the template does not read."""
    return frozenset(name for _, name, _ in _parts(template) if name)


@functools.lru_cache(maxsize=4096)
def first_clause(template: str) -> str:
    """The template up to where its first clause ends (`; `, `: `, `, so `, `, but `), for a list that has little
    room; the whole where nothing but a place or a few letters stands before that. Raises WordingError."""
    head: list[str] = []
    own = 0
    for text, name, form in _parts(template):
        at = min((found for end in _ENDS if (found := text.find(end)) >= 0 and own + found >= _LEAST), default=-1)
        head.append(_escaped(text if at < 0 else text[:at]))
        if at >= 0:
            return "".join(head)
        own += len(text)
        if name:
            head.append(f"{{{name}:{form}}}" if form else f"{{{name}}}")
    return template


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def listed(values: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(values) < 2:
        return "".join(values)
    return f"{', '.join(values[:-1])} {last} {values[-1]}"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 problem`, `3 problems`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def minutes(count: int) -> str:
    """Minutes of work as people say them: 15 min, 2 h, 1 h 30."""
    if count < 60:
        return f"{count} min"
    hours, rest = divmod(count, 60)
    return f"{hours} h {rest:02d}" if rest else f"{hours} h"


def lifetime(seconds: int) -> str:
    """How long something is kept, in whole units as people say them: 45 seconds, 1 hour, 180 days."""
    sizes = {"day": 86400, "hour": 3600, "minute": 60}
    unit = next((unit for unit, size in sizes.items() if seconds >= size), "second")
    return plural(seconds // sizes.get(unit, 1), unit)


def fill(template: str, values: Mapping[str, Value]) -> str:
    """The sentence. Values that no place asks for are ignored. Raises WordingError for a place that nothing fills."""
    out = []
    for text, name, form in _parts(template):
        out.append(text)
        if name:
            if name not in values:
                raise WordingError(f"nothing fills {{{name}}} in: {template}")
            out.append(_shown(values[name], form))
    return "".join(out)


def _shown(value: Value, form: str) -> str:
    if isinstance(value, tuple | list):
        return listed(value)
    if not form or isinstance(value, str):
        return str(value)
    one, bar, many = form.partition("|")
    if bar:
        return (one if value == 1 else many).replace("#", f"{value:,}")
    return format(value, form)
