"""The documentation of every key of the launch file, read from the docstrings under the fields, so that there is one
place to write it."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import msgspec
from msgspec import inspect as kinds

from . import model, render, strict


class KeyDoc(msgspec.Struct, frozen=True, kw_only=True):
    """One key. `path` is `domain`, `permission.by` or `hosts[].role`; `table` is `` or `permission` or `hosts`."""

    path: str
    table: str
    name: str
    allowed: str
    """What may stand there, in words."""
    required: bool
    default: str
    """As TOML; empty where it is required or there is none."""
    text: str
    """What it means: one or two sentences."""


@functools.cache
def reference() -> tuple[KeyDoc, ...]:
    """Every key, in the order of the file, tables after the plain keys' own order."""
    texts = _docstrings()
    info = kinds.type_info(model.Launch)
    assert isinstance(info, kinds.StructType)
    return tuple(_of(info, "", "", texts))


def document(path: str) -> KeyDoc | None:
    """The documentation of one key, whatever row is meant: `hosts[2].role` gives that of `hosts[].role`."""
    plain = re.sub(r"\[\d+\]", "[]", path)
    return next((key for key in reference() if key.path == plain), None)


def table_text(table: str) -> str:
    """What a table as a whole is for; empty where the reference says nothing of it."""
    return next((key.text for key in reference() if not key.table and key.name == table), "")


def _of(info: kinds.StructType, base: str, table: str, texts: dict[tuple[str, str], str]) -> list[KeyDoc]:
    found: list[KeyDoc] = []
    for field in info.fields:
        kind, many = _struct_in(field.type)
        default = "" if field.required else _default(field)
        found.append(
            KeyDoc(
                path=f"{base}{field.encode_name}",
                table=table,
                name=field.encode_name,
                allowed=strict.words_of(field.type, field.encode_name),
                required=field.required,
                default=default,
                text=texts.get((info.cls.__name__, field.name), ""),
            )
        )
        if kind is not None:
            found += _of(kind, f"{base}{field.encode_name}{'[]' if many else ''}.", field.encode_name, texts)
    return found


def _struct_in(kind: kinds.Type) -> tuple[kinds.StructType | None, bool]:
    if isinstance(kind, kinds.UnionType):
        kind = next(one for one in kind.types if not isinstance(one, kinds.NoneType))
    if isinstance(kind, kinds.VarTupleType) and isinstance(kind.item_type, kinds.StructType):
        return kind.item_type, True
    return (kind, False) if isinstance(kind, kinds.StructType) else (None, False)


def _default(field: kinds.Field) -> str:
    value = field.default if field.default is not msgspec.NODEFAULT else None
    if field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    return "" if value is None or isinstance(value, msgspec.Struct) else render.value(value)


def _docstrings() -> dict[tuple[str, str], str]:
    """(class, field) to the text below the field. Python itself forgets such texts; the source has them."""
    tree = ast.parse(Path(model.__file__).read_text("utf-8"))
    found: dict[tuple[str, str], str] = {}
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        for field, below in zip(node.body, node.body[1:], strict=False):
            match field, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                    found[node.name, name] = " ".join(text.split())
    return found
