"""SQLite files that carry whose they are and which version: recognising one, and bringing an older one up to date."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..launch.atomic import folder_lock, write_atomically
from ..launch.ours import regular, standing
from ..launch.problems import NewerFile

BUSY_MS = 5000


class ForeignFile(Exception):  # noqa: N818
    """The file belongs to another program; nothing in it was touched."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection that any thread may use under a lock of its owner's, and that waits for other writers. Raises
    NotOurs, besides SQLite's errors."""
    look_at(path)
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    return connection


@contextlib.contextmanager
def beginning(path: Path) -> Iterator[str]:
    """Around opening a file: one process at a time begins a new one. Where the old one has no bytes, something emptied
    it: it is kept under another name, with its write-ahead log, and what is given says so. Raises OSError."""
    look_at(path)
    if _size(path):
        yield ""
        return
    with folder_lock(path.parent):
        yield _set_aside(path)


def _set_aside(path: Path) -> str:
    if _size(path) != 0:
        return ""
    # SQLite deletes the log of an empty file, and with it what may still be read from it.
    target = _free_name(path, "empty")
    for tail in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + tail).rename(target.with_name(target.name + tail))
    return (
        f"{path.name} was empty (0 bytes), so what it held is missing: it was kept as {target.name}, and a new one was "
        f"begun. Restore a copy if you have one"
    )


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def version_of(path: Path, connection: sqlite3.Connection, application_id: int, known: int) -> int:
    """The version of the file, 0 for an empty one. Raises ForeignFile, and NewerFile above `known`."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application != application_id and (application or version or tables):
        raise ForeignFile(path.name)
    if version > known:
        raise NewerFile(path.name, version, known)
    return version


def update(path: Path, connection: sqlite3.Connection, application_id: int, steps: Sequence[str]) -> None:
    """Takes the steps that the file lacks, all or none; an older file is first copied beside itself
    (`journal.v1.sqlite3`)."""
    if version_of(path, connection, application_id, len(steps)) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(path, connection, application_id, len(steps))  # another program may have been faster
        if 0 < version < len(steps):
            _copy_aside(path, version)
        for step in steps[version:]:
            for statement in _statements(step):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id={application_id}")
        connection.execute(f"PRAGMA user_version={len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def keep_out_of_git(folder: Path) -> None:
    """The folder ignores itself, whatever the user's own .gitignore says."""
    ignore = folder / ".gitignore"
    if folder.name.startswith(".") and standing(ignore) is None:
        write_atomically(ignore, "*\n")


def look_at(path: Path) -> None:
    """SQLite opens its files by their names, and follows links: so each is looked at first. Raises NotOurs."""
    for name in (path.name, *(f"{path.name}{tail}" for tail in ("-wal", "-shm", "-journal"))):
        regular(path.with_name(name))


def _copy_aside(path: Path, version: int) -> None:
    """A whole copy through SQLite's own backup, the write-ahead log included; an earlier copy is never overwritten."""
    target = _free_name(path, f"v{version}")
    with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def _free_name(path: Path, word: str) -> Path:
    """`journal.WORD.sqlite3`, or with a number where that is taken."""
    target, number = path.with_name(f"{path.stem}.{word}{path.suffix}"), 1
    while os.path.lexists(target):
        number += 1
        target = path.with_name(f"{path.stem}.{word}-{number}{path.suffix}")
    return target


def _statements(script: str) -> Iterator[str]:
    """The single statements of a script: `executescript` would commit the transaction that they must be part of."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            if statement.strip():
                yield statement
            statement = ""
    if statement.strip():
        yield statement
