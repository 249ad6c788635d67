"""Why the watch's store could not be read or written, in plain words."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ...journal.errors import JournalError, JournalProblem, from_os, from_sqlite

_WORDS: dict[JournalProblem, str] = {
    "full": "the disk is full: the watch continues, but nothing is saved until there is space",
    "read-only": "its folder is not writable",
    "no-access": "it cannot be opened: check the permissions of the file and its folder",
    "no-locks": "its file system has no file locks, which SQLite needs: move the launch folder to a local disk",
    "busy": "another program is using it: wait until it is done, then try again",
    "broken": "it is damaged and was left unchanged: move it away to start a new one",
    "foreign": "this file is not a LaunchReady watch and was left unchanged",
    "failed": "reading or writing it failed",
}


class StoreError(JournalError):
    """The store of the watch cannot be used now. `problem` is what code decides on; the text is for people."""

    def __init__(self, path: Path, problem: JournalProblem, detail: str = "") -> None:
        super().__init__(path, problem, detail)
        tail = f" ({detail})" if detail else ""
        self.args = (f"Watch data {path}: {_WORDS[problem]}{tail}",)


def store_error(path: Path, error: sqlite3.Error | OSError) -> StoreError:
    """SQLite's or the system's refusal in our words."""
    found = from_sqlite(path, error) if isinstance(error, sqlite3.Error) else from_os(path, error)
    return StoreError(path, found.problem, found.detail)
