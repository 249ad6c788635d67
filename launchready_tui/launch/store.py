"""A TOML file that the console owns: read strictly, written whole, atomically, in a stable order, never over somebody
else's change."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from . import render, strict
from .atomic import folder_lock, write_atomically
from .ours import standing
from .problems import ChangedUnderneath, FileProblems, NewerFile, Problem

Content = TypeVar("Content", bound=msgspec.Struct)


class TomlFile(Generic[Content]):
    """One such file. Remembers the hash of what it read: `save` refuses with ChangedUnderneath when the file is no
    longer that."""

    NAME: ClassVar[str]
    TYPE: ClassVar[type[Any]]
    SCHEMA: ClassVar[int] = 1
    MODE: ClassVar[int] = 0o644
    HEAD: ClassVar[str] = ""
    ORDER: ClassVar[dict[str, tuple[str, ...]]] = {}
    UNIQUE: ClassVar[dict[str, str]] = {}

    def __init__(self, path: Path) -> None:
        """`path` is the file, or the folder it lies in."""
        self.path = path / self.NAME if path.is_dir() else path
        self.loaded = ""
        """SHA-256 of the bytes last read or written; empty where there was no file."""

    def load(self) -> Content:
        """The content; empty where there is no file. Raises FileProblems (everything wrong at once) and NewerFile."""
        raw = self._bytes()
        content = self._decode(raw) if raw is not None else self.TYPE()
        self.loaded = _hash(raw)
        return content  # type: ignore[no-any-return]

    def changed(self) -> bool:
        """Whether the file on disk is no longer the one last read or written."""
        return _hash(self._bytes()) != self.loaded

    def save(self, content: Content) -> None:
        """Writes all of it. Raises ChangedUnderneath, FileProblems where it could not be read back, and OSError in
        plain words."""
        try:
            raw = self.render(content).encode()
        except UnicodeEncodeError as why:
            bad = f"the character U+{ord(why.object[why.start]):04X}"
            raise FileProblems(
                [Problem(file=self.path.name, found=bad, allowed="text that is valid in UTF-8")]
            ) from None
        self._decode(raw)
        with folder_lock(self.path.parent):
            if self.changed():
                raise ChangedUnderneath(self.path.name)
            write_atomically(self.path, raw, mode=self.MODE)
        self.loaded = _hash(raw)

    @classmethod
    def render(cls, content: Content) -> str:
        """The file's text: entries sorted, so that a change shows as that change only."""
        parts = [f"{cls.HEAD}schema = {cls.SCHEMA}\n"]
        for field in msgspec.structs.fields(cls.TYPE):
            held = getattr(content, field.name)
            if isinstance(held, msgspec.Struct):
                row = strict.to_table(held)
                parts += [render.table(field.name, row)] if row else []
                continue
            rows = [strict.to_table(entry) for entry in held]
            keys = cls.ORDER.get(field.name, ())
            parts += [render.table(field.name, row, of_many=True) for row in _sorted(rows, keys)]
        return "\n".join(parts)

    def _bytes(self) -> bytes | None:
        try:
            standing(self.path)  # a pipe would never end
            return self.path.read_bytes()
        except FileNotFoundError:
            return None

    def _decode(self, raw: bytes) -> Any:
        name = self.path.name
        data = strict.parse_toml(raw, name)
        schema = data.pop("schema", None)
        if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
            raise FileProblems(
                [Problem(file=name, key="schema", found=strict.shown(schema), allowed=f"the number {self.SCHEMA}")]
            )
        if schema > self.SCHEMA:
            raise NewerFile(name, schema, self.SCHEMA)
        problems = strict.problems_of(data, self.TYPE, name)
        for table, key in self.UNIQUE.items():
            problems += strict.duplicates(data.get(table), table, key, name)
        if problems:
            raise FileProblems(problems)
        return msgspec.convert(data, self.TYPE)


def _hash(raw: bytes | None) -> str:
    return "" if raw is None else hashlib.sha256(raw).hexdigest()


def _sorted(rows: list[dict[str, Any]], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """By the keys, then by all the rest: the same entries always give the same text."""
    return sorted(rows, key=lambda row: ([_sortable(row.get(key)) for key in keys], render.lines(row)))


def _sortable(value: object) -> tuple[int, float, str]:
    """Missing first, numbers by size, all else by its text: values of one key always compare."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, value.isoformat() if hasattr(value, "isoformat") else str(value))


__all__ = ["ChangedUnderneath", "FileProblems", "NewerFile", "TomlFile"]
