"""People by type: a field that names somebody is a `PersonId`, so that what may name nobody finds all of them.

Everything that holds a person's id, in the launch file, the inventory, decisions, findings and samples, says so in its
type; whoever writes for readers who are to know no names walks the types, not the pages.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NewType, TypeVar, get_args, get_origin, get_type_hints

import msgspec

PersonId = NewType("PersonId", str)
"""Who somebody is: an id of people.toml, or what stood in its place (a role, an account's name). Empty: nobody."""

NOBODY = PersonId("")
_T = TypeVar("_T")
_Sort = Literal["person", "text", "other"]


_KNOWN: dict[type[Any], dict[str, _Sort]] = {}


def _sorts(kind: type[Any]) -> dict[str, _Sort]:
    """What each field of a struct or dataclass holds: people's ids, texts (alone or in a tuple or list), or other."""
    if kind not in _KNOWN:
        hints = get_type_hints(kind)
        _KNOWN[kind] = {name: _sort(hints[name]) for name in _names(kind)}
    return _KNOWN[kind]


def _sort(hint: Any) -> _Sort:
    if get_origin(hint) in (tuple, list):
        sorts = {_sort(one) for one in get_args(hint) if one is not Ellipsis}
        return sorts.pop() if len(sorts) == 1 else "other"
    return "person" if hint is PersonId else "text" if hint is str else "other"


def fields_of(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a struct or dataclass that name people, alone or several in a tuple or list."""
    return tuple(name for name, sort in _sorts(kind).items() if sort == "person")


def people_in(value: object) -> Iterator[PersonId]:
    """Every id in a value of structs, dataclasses, tuples, lists and mappings, as often as it stands there."""
    if _has_fields(value):
        for name, sort in _sorts(type(value)).items():
            held = getattr(value, name)
            if sort == "other":
                yield from people_in(held)
            elif sort == "person":
                yield from (PersonId(who) for who in ((held,) if isinstance(held, str) else held) if who)
    elif isinstance(value, Mapping):
        yield from people_in(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from people_in(one)


def renamed(
    value: _T,
    call: Callable[[PersonId], PersonId],
    *,
    text: Callable[[str], str] = str,
    whole: Mapping[type, Callable[[Any], Any]] | None = None,
) -> _T:
    """The same value with another name for everybody in it, and every other text of it through `text`; words of a
    fixed choice stay. `whole` are types that a function of their own changes."""
    changed: _T = _Renaming(call, text, whole or {}).of(value)
    return changed


class _Renaming:
    def __init__(
        self,
        call: Callable[[PersonId], PersonId],
        text: Callable[[str], str],
        whole: Mapping[type, Callable[[Any], Any]],
    ) -> None:
        self._call = call
        self._text = text
        self._whole = whole

    def of(self, value: Any) -> Any:
        own = self._whole.get(type(value))
        if own is not None:
            return own(value)
        if _has_fields(value):
            return self._fields(value)
        if type(value) is dict:
            return {key: self.of(one) for key, one in value.items()}
        if type(value) in (tuple, list):
            return type(value)(self.of(one) for one in value)
        return value

    def _fields(self, value: Any) -> Any:
        changed = {}
        for name, sort in _sorts(type(value)).items():
            before = getattr(value, name)
            after = self._held(before, sort)
            if after != before:
                changed[name] = after
        if not changed:
            return value
        if isinstance(value, msgspec.Struct):
            return msgspec.structs.replace(value, **changed)
        return dataclasses.replace(value, **changed)

    def _held(self, held: Any, sort: _Sort) -> Any:
        if sort == "other":
            return self.of(held)
        if not isinstance(held, str):
            return type(held)(self._held(one, sort) for one in held)
        if sort == "text":
            return self._text(held)
        return self._call(PersonId(held)) if held else held


def unnamed(value: _T) -> _T:
    """A struct without anybody: who is named is emptied, and a row that is about somebody, so that it cannot be
    without them, is left out."""
    changes: dict[str, Any] = {}
    for name, sort in _sorts(type(value)).items():
        held = getattr(value, name)
        if sort == "person":
            changes[name] = type(held)()
        elif isinstance(held, tuple):
            changes[name] = tuple(unnamed(one) if _has_fields(one) else one for one in held if not is_about(type(one)))
        elif _has_fields(held):
            changes[name] = unnamed(held)
    if not isinstance(value, msgspec.Struct):
        raise TypeError(f"{type(value).__name__} is not a struct")
    return msgspec.structs.replace(value, **changes)


def is_about(kind: type[Any]) -> bool:
    """Whether a row of this struct is about somebody: it cannot be without them, for the field has no default."""
    if not issubclass(kind, msgspec.Struct):
        return False
    named = fields_of(kind)
    return any(field.name in named and field.required for field in msgspec.structs.fields(kind))


def _has_fields(value: object) -> bool:
    return isinstance(value, msgspec.Struct) or (dataclasses.is_dataclass(value) and not isinstance(value, type))


def _names(kind: type[Any]) -> tuple[str, ...]:
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_fields__
    return tuple(field.name for field in dataclasses.fields(kind))
