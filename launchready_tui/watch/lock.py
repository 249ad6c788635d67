"""One watcher a workspace: a lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

PLACE = Path(".launchready") / "watch.lock"


class AlreadyWatching(Exception):  # noqa: N818 - an answer, not a mistake
    """Another process watches this launch."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        who = f" (process {pid})" if pid else ""
        super().__init__(f"this launch is already being watched{who}")


class WatchLock:
    """Held while open. `with WatchLock(folder): …` raises AlreadyWatching where another one has it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PLACE
        self._handle: int | None = None

    def __enter__(self) -> WatchLock:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            _take(handle)
        except OSError:
            pid = _pid(handle)
            os.close(handle)
            raise AlreadyWatching(pid) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0) if hasattr(os, "pwrite") else os.write(
            handle, f"{os.getpid()}\n".encode()
        )
        self._handle = handle
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None


def watching(folder: Path) -> int | None:
    """The process that watches this launch: its id, 0 where it is not known, None where nobody does."""
    try:
        handle = os.open(folder / PLACE, os.O_RDWR)
    except OSError:
        return None
    try:
        _take(handle)
    except OSError:
        return _pid(handle)
    finally:
        os.close(handle)
    return None


def _pid(handle: int) -> int:
    os.lseek(handle, 0, os.SEEK_SET)
    text = os.read(handle, 32).decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() else 0


def _take(handle: int) -> None:
    """Raises OSError where somebody else holds it."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        locking: Any = msvcrt
        os.lseek(
            handle, 1 << 20, os.SEEK_SET
        )  # Windows locks bytes: one far behind the text, so that the text can be read
        locking.locking(handle, locking.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
        return
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
