"""Why the journal could not be read or written, in plain words."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import Literal

from ..launch.locks import has_none

JournalProblem = Literal["full", "read-only", "no-access", "no-locks", "busy", "broken", "foreign", "failed"]

_WORDS: dict[JournalProblem, str] = {
    "full": "the disk is full. Everything shown as saved is saved. Free some space and run it again",
    "read-only": "its folder is not writable; LaunchReady needs its own folder, .launchready, next to the launch file",
    "no-access": "it cannot be opened: check the permissions of the file and its folder",
    "no-locks": "its file system has no file locks, which SQLite needs: move the launch folder to a local disk",
    "busy": "another program is using it: wait until it is done, then try again",
    "broken": "it is damaged and was left unchanged: move it away to start a new one, or restore a copy",
    "foreign": "this file is not a LaunchReady journal and was left unchanged",
    "failed": "reading or writing it failed",
}


class JournalError(Exception):
    """The journal cannot be used now. `problem` is what code decides on; the text is for people."""

    def __init__(self, path: Path, problem: JournalProblem, detail: str = "") -> None:
        self.path, self.problem, self.detail = path, problem, detail
        tail = f" ({detail})" if detail else ""
        super().__init__(f"The journal {path}: {_WORDS[problem]}{tail}")


_BY_CODE: dict[int, JournalProblem] = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_CANTOPEN: "no-access",
    sqlite3.SQLITE_PERM: "no-access",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_CORRUPT: "broken",
    sqlite3.SQLITE_NOTADB: "foreign",
}
_BY_ERRNO: dict[int, JournalProblem] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "read-only",
    errno.EACCES: "read-only",
    errno.EPERM: "read-only",
    errno.ENOTDIR: "no-access",
    errno.EEXIST: "no-access",
    errno.EISDIR: "no-access",
}


def from_sqlite(path: Path, error: sqlite3.Error) -> JournalError:
    """SQLite's result code in our words (https://sqlite.org/rescode.html; the low byte is the primary code)."""
    code = getattr(error, "sqlite_errorcode", None)
    problem: JournalProblem = _BY_CODE.get(code & 0xFF, "failed") if code is not None else "failed"
    if code is not None and code & 0xFF == sqlite3.SQLITE_IOERR and _no_room(path):
        problem = "full"
    elif problem in ("busy", "failed") and has_none(path.parent):
        problem = "no-locks"  # SQLite calls ENOLCK busy
    return JournalError(path, problem, str(error) if problem in ("failed", "broken") else "")


def from_os(path: Path, error: OSError) -> JournalError:
    """An operating system's refusal in our words."""
    problem = _BY_ERRNO.get(error.errno or 0, "failed")
    return JournalError(path, problem, error.strerror or "" if problem == "failed" else "")


def _no_room(path: Path) -> bool:
    """A write that failed for lack of room may come as a bare I/O error (the shared-memory file of WAL does)."""
    import shutil

    try:
        return shutil.disk_usage(path.parent).free < 64 * 1024
    except OSError:
        return False
