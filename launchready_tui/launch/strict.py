"""Strict reading of TOML into msgspec types with every error at once: msgspec itself stops at the first and names no
key nearby."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

import msgspec
from msgspec import inspect as kinds

from .. import text
from .problems import FileProblems, Problem

MOST_BYTES = 1024 * 1024
_AT = re.compile(r"\s*\(at line (\d+), column (\d+)\)$")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def parse_toml(raw: bytes, file: str) -> dict[str, Any]:
    """The tables of a TOML file. Raises FileProblems with line and column of the first syntax error."""
    if len(raw) > MOST_BYTES:
        raise FileProblems([Problem(file=file, found=f"{len(raw)} bytes", allowed=f"at most {MOST_BYTES} bytes")])
    try:
        source = raw.decode("utf-8-sig")
    except UnicodeDecodeError as why:
        before = raw[: why.start]
        line, column = before.count(b"\n") + 1, why.start - (before.rfind(b"\n") + 1) + 1
        found = f"byte 0x{raw[why.start]:02x} at line {line}, column {column}"
        raise FileProblems([Problem(file=file, key=f"line {line}", found=found, allowed="text in UTF-8")]) from None
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as why:
        raise FileProblems([_syntax_problem(str(why), source, file)]) from None
    except RecursionError:
        raise FileProblems([Problem(file=file, found="brackets nested too deep", allowed="TOML")]) from None


def _syntax_problem(said: str, source: str, file: str) -> Problem:
    lines = source.split("\n")
    at = _AT.search(said)
    line, column = (int(at[1]), int(at[2])) if at else (len(lines), len(lines[-1]) + 1)
    what = _AT.sub("", said).removesuffix(" (at end of document)")
    content = text.shorten(text.clean(lines[line - 1]), 60) if line <= len(lines) else ""
    found = f"`{content}`" if content else "the end of the line"
    return Problem(
        file=file, key=f"line {line}, column {column}", found=found, allowed=f"TOML ({what[:1].lower()}{what[1:]})"
    )


def shown(value: object) -> str:
    """A value as a person would name it: kind and, where short, itself."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            plain = text.clean(value)
            hidden = "" if plain == value else " (with invisible characters)"
            return f'"{text.shorten(plain, 60)}"{hidden}' if value else "empty text"
        case datetime():
            return f"the moment {value.isoformat()}"
        case date():
            return f"the day {value.isoformat()}"
        case time():
            return f"the time {value.isoformat()}"
        case dict():
            return "a table"
        case list():
            return "an empty list" if not value else "a list"
        case _:
            return type(value).__name__


def nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate that was probably meant; empty where none is close. Case, dashes and underscores do not count."""
    plain = {_plain(candidate): candidate for candidate in candidates}
    match = difflib.get_close_matches(_plain(word), plain, n=1, cutoff=0.6)
    return plain[match[0]] if match else ""


def _plain(word: str) -> str:
    return re.sub(r"[-_ .]", "", word).lower()


def joined(base: str, key: str) -> str:
    """`hosts[2]` and `role` give `hosts[2].role`; a key that TOML would quote is quoted."""
    name = key if _BARE.fullmatch(key) else f'"{text.shorten(text.clean(key), 60)}"'
    return f"{base}.{name}" if base else name


def listed(words: Iterable[str]) -> str:
    """`a, b or c`."""
    *first, last = list(words) or ["nothing"]
    return f"{', '.join(first)} or {last}" if first else last


def problems_of(data: Mapping[str, Any], wanted: type[Any], file: str) -> list[Problem]:
    """Everything in `data` that does not fit the struct `wanted`, in file order. Empty means that `msgspec.convert`
    will take it."""
    info = _layout(wanted)
    found: list[Problem] = []
    top = [field.encode_name for field in info.fields]
    _struct(data, info, "", file, found, top)
    return found


_LAYOUTS: dict[type[Any], kinds.StructType] = {}


def _layout(wanted: type[Any]) -> kinds.StructType:
    """What a struct is made of, worked out once."""
    if wanted not in _LAYOUTS:
        info = kinds.type_info(wanted)
        assert isinstance(info, kinds.StructType)
        _LAYOUTS[wanted] = info
    return _LAYOUTS[wanted]


def _struct(
    data: Mapping[str, Any], info: kinds.StructType, base: str, file: str, found: list[Problem], top: list[str]
) -> None:
    fields = {field.encode_name: field for field in info.fields}
    meant: set[str] = set()
    for key, value in data.items():
        field = fields.get(key)
        if field is not None:
            _value(value, field.type, joined(base, key), file, found, top)
            continue
        near = nearest(key, fields)
        meant.add(near)
        allowed = "one of " + ", ".join(fields)
        if not near and base and key in top:
            allowed += f" (`{key}` belongs at the top of the file, before the first [table])"
        found.append(Problem(file=file, key=joined(base, key), found="an unknown key", allowed=allowed, nearest=near))
    for name, field in fields.items():
        # A required key that was only misspelt is one mistake, not two.
        if field.required and name not in data and name not in meant:
            found.append(
                Problem(
                    file=file,
                    key=joined(base, name),
                    found="nothing",
                    allowed=f"{words_of(field.type, joined(base, name))} (this key is required)",
                )
            )


def _value(value: object, kind: kinds.Type, key: str, file: str, found: list[Problem], top: list[str]) -> None:
    if isinstance(kind, kinds.UnionType):
        # Only "this or nothing" occurs, and TOML has no nothing.
        kind = next(one for one in kind.types if not isinstance(one, kinds.NoneType))
    if isinstance(kind, kinds.StructType) and isinstance(value, dict):
        _struct(value, kind, key, file, found, top)
    elif isinstance(kind, kinds.VarTupleType) and isinstance(value, list):
        for index, item in enumerate(value, 1):
            _value(item, kind.item_type, f"{key}[{index}]", file, found, top)
    elif isinstance(kind, kinds.DictType) and isinstance(value, dict):
        for name, item in value.items():
            _value(item, kind.value_type, joined(key, name), file, found, top)
    elif isinstance(kind, kinds.LiteralType):
        if value not in kind.values or not isinstance(value, str):
            near = nearest(value, [str(one) for one in kind.values]) if isinstance(value, str) else ""
            found.append(Problem(file=file, key=key, found=shown(value), allowed=words_of(kind), nearest=near))
    elif not _fits(value, kind):
        allowed = words_of(kind, key)
        near = ""
        if isinstance(value, str) and type(kind) in _WORDS:
            near = _unquoted(value, kind)
            allowed += ", without quotes"
        found.append(Problem(file=file, key=key, found=shown(value), allowed=allowed, nearest=near))


_TESTS: dict[type[kinds.Type], Callable[[Any], bool]] = {
    kinds.StrType: lambda value: isinstance(value, str),
    kinds.BoolType: lambda value: isinstance(value, bool),
    kinds.IntType: lambda value: isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63,
    kinds.FloatType: lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    ),
    kinds.DateTimeType: lambda value: isinstance(value, datetime) and value.tzinfo is not None,
    kinds.DateType: lambda value: isinstance(value, date) and not isinstance(value, datetime),
}
_WORDS: dict[type[kinds.Type], str] = {
    kinds.StrType: "text in quotes",
    kinds.BoolType: "true or false",
    kinds.IntType: "a whole number",
    kinds.FloatType: "a number",
    kinds.DateTimeType: "a moment with its zone, such as 2026-11-24T09:00:00Z",
    kinds.DateType: "a day, such as 2026-11-24",
}


def _fits(value: object, kind: kinds.Type) -> bool:
    test = _TESTS.get(type(kind))
    return test is not None and test(value)


def words_of(kind: kinds.Type, key: str = "") -> str:
    """What a type allows, in words."""
    match kind:
        case kinds.UnionType():
            return words_of(next(one for one in kind.types if not isinstance(one, kinds.NoneType)), key)
        case kinds.LiteralType():
            return listed(str(value) for value in kind.values)
        case kinds.StructType():
            return f"a table, written [{key}]" if key and "[" not in key else "a table"
        case kinds.VarTupleType(item_type=kinds.StructType()):
            return f"tables, each written [[{key}]]" if key else "tables"
        case kinds.VarTupleType():
            return f"a list of {words_of(kind.item_type)}"
        case kinds.DictType():
            return f"a table of {words_of(kind.value_type)}"
        case _:
            return _WORDS.get(type(kind), type(kind).__name__)


def _unquoted(value: str, kind: kinds.Type) -> str:
    """The bare value, where taking the quotes away would make it right."""
    try:
        bare = tomllib.loads(f"x = {value.strip()}")["x"]
    except (tomllib.TOMLDecodeError, KeyError, RecursionError):
        return ""
    return value.strip() if _fits(bare, kind) else ""


def duplicates(rows: object, table: str, key: str, file: str) -> list[Problem]:
    """A problem for every row of a list of tables whose `key` already stood in an earlier row."""
    seen: dict[object, int] = {}
    found: list[Problem] = []
    for index, row in enumerate(rows if isinstance(rows, list) else [], 1):
        value = row.get(key) if isinstance(row, dict) else None
        if not isinstance(value, str):
            continue
        first = seen.setdefault(value.lower(), index)
        if first != index:
            allowed = f"each {key} once (first in {table}[{first}])"
            found.append(
                Problem(file=file, key=f"{table}[{index}].{key}", found=f"{shown(value)} again", allowed=allowed)
            )
    return found


def to_table(entry: msgspec.Struct) -> dict[str, Any]:
    """A struct as TOML can hold it: keys as in the file, values equal to their default and None left out, in the order
    of the fields."""
    table: dict[str, Any] = {}
    for field in msgspec.structs.fields(entry):
        value = getattr(entry, field.name)
        default = field.default if field.default is not msgspec.NODEFAULT else None
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        if value is None or (not field.required and value == default):
            continue
        table[field.encode_name] = _plain_value(value)
    return table


def _plain_value(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return to_table(value)
    if isinstance(value, tuple | list):
        return [_plain_value(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain_value(item) for key, item in value.items()}
    return value
