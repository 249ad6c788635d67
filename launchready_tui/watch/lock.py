"""One watcher a workspace: a lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from ..launch.locks import Claim, NoLocks, Owner, alive, holder, try_lock
from ..launch.ours import opened

PLACE = Path(".launchready") / "watch.lock"
CLAIM = PLACE.with_name("watch.claim")
"""In the place of the lock, where the file system has none."""
_PROBED_S = 1.0
"""Whoever asks who watches holds the lock for a moment too: so long it is tried again."""


class AlreadyWatching(Exception):  # noqa: N818 - an answer, not a mistake
    """Another process watches this launch."""

    def __init__(self, pid: int, where: str = "") -> None:
        self.pid = pid
        who = f" (process {pid}{where})" if pid else ""
        super().__init__(f"this launch is already being watched{who}")


class WatchLock:
    """Held while open. `with WatchLock(folder): …` raises AlreadyWatching where another one has it, OSError where
    nothing can be locked there."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PLACE
        self._claim = Claim(folder / CLAIM)
        self._handle: int | None = None

    def __enter__(self) -> WatchLock:
        handle = opened(self._path, os.O_RDWR | os.O_CREAT)
        try:
            self._take(handle)
            os.ftruncate(handle, 0)
            os.lseek(handle, 0, os.SEEK_SET)
            os.write(handle, f"{os.getpid()}\n".encode())
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        return self

    def _take(self, handle: int) -> None:
        ends = time.monotonic() + _PROBED_S
        try:
            while not try_lock(handle):
                pid = _pid(handle)
                if pid and alive(pid):
                    raise AlreadyWatching(pid)
                if time.monotonic() > ends:
                    raise AlreadyWatching(holder(handle))
                time.sleep(0.02)
        except NoLocks:
            held = self._claim.take()
            if held is not None:
                raise _already(held) from None

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None
            self._claim.drop()


def watching(folder: Path) -> int | None:
    """The process that watches this launch: its id, 0 where it is not known, None where nobody does."""
    try:
        handle = opened(folder / PLACE, os.O_RDWR)
    except OSError:
        return None
    try:
        return None if try_lock(handle) else _pid(handle) or holder(handle)
    except NoLocks:
        held = Claim(folder / CLAIM).owner()
        return None if held is None else held.pid if held.here else 0
    finally:
        os.close(handle)


def _already(held: Owner) -> AlreadyWatching:
    return AlreadyWatching(held.pid, str(held).partition(str(held.pid))[2])


def _pid(handle: int) -> int:
    os.lseek(handle, 0, os.SEEK_SET)
    text = os.read(handle, 32).decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() else 0
