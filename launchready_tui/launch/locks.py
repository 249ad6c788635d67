"""Locks between processes of ours: `flock` where the file system has it, else a file that only one can create, with who
created it. Nobody waits for ever, and who waits in vain is told for whom."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import tempfile
import time
from pathlib import Path

import msgspec

from .ours import opened

WAIT_S = 10.0
_STEP_S = 0.02
_TAKEN = frozenset((errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK))
"""EACCES and EDEADLK are Windows' words for it."""


class NoLocks(OSError):  # noqa: N818 - what the file system lacks
    """The file system has no locks (ENOLCK, EOPNOTSUPP and their like)."""


def try_lock(handle: int) -> bool:
    """Takes the lock of an open file, or says that somebody else has it; it ends with the handle. Raises NoLocks."""
    try:
        import fcntl
    except ImportError:
        return _try_bytes(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as why:
        if why.errno in _TAKEN:
            return False
        raise NoLocks(why.errno, why.strerror) from why
    return True


def _try_bytes(handle: int) -> bool:
    """Windows locks bytes: one far behind the text, so that the text can be read."""
    import msvcrt
    from typing import Any

    windows: Any = msvcrt
    os.lseek(handle, 1 << 20, os.SEEK_SET)
    try:
        windows.locking(handle, windows.LK_NBLCK, 1)
    except OSError as why:
        if why.errno in _TAKEN:
            return False
        raise NoLocks(why.errno, why.strerror) from why
    finally:
        os.lseek(handle, 0, os.SEEK_SET)
    return True


def has_none(folder: Path) -> bool:
    """Whether the file system of this folder surely lacks the record locks that SQLite needs (fcntl(2)). Tried on a
    file of its own: closing any handle of a database ends the locks that SQLite holds on it."""
    try:
        import fcntl
    except ImportError:
        return False
    with contextlib.suppress(OSError), tempfile.TemporaryFile(dir=folder) as tried:
        try:
            fcntl.lockf(tried, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as why:
            return why.errno not in _TAKEN
    return False


def holder(handle: int) -> int:
    """The process that holds the lock of this open file, as Linux tells it; 0 where it is not known."""
    found = os.fstat(handle)
    place = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    with contextlib.suppress(OSError):
        for line in Path("/proc/locks").read_text("ascii").splitlines():
            # `7: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF`; those that wait have an arrow (proc_locks(5)).
            parts = line.split()
            if len(parts) > 5 and parts[1] == "FLOCK" and parts[5] == place and parts[4].isdecimal():
                return int(parts[4])
    return 0


class Owner(msgspec.Struct, frozen=True):
    """Who created a claim. A number of a process comes again: with the start of its machine and its own it does not."""

    pid: int
    host: str
    boot: str
    started: str

    @classmethod
    def me(cls) -> Owner:
        """This process."""
        return cls(os.getpid(), socket.gethostname(), _boot(), _started(os.getpid()))

    @property
    def here(self) -> bool:
        """Whether it is a process of this machine, so that its number means something."""
        return self.host == socket.gethostname()

    @property
    def over(self) -> bool:
        """Whether it has surely ended. Of another machine nothing is sure."""
        if not self.here:
            return False
        return self.boot != _boot() or not alive(self.pid) or self.started != _started(self.pid)

    def __str__(self) -> str:
        return f"process {self.pid}" + ("" if self.here else f" on {self.host}")


class Claim:
    """A file that only one can create, for file systems without locks. One that its owner left behind is taken over."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def owner(self) -> Owner | None:
        """Who holds it; None where nobody does. Half written it is somebody's for two seconds."""
        try:
            found = msgspec.json.decode(self.path.read_bytes(), type=Owner)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError):
            return Owner(0, socket.gethostname(), "", "") if self._young() else None
        return None if found.over else found

    def take(self) -> Owner | None:
        """Takes it, and gives None; else who has it. Raises OSError."""
        held = self.owner()
        if held is not None:
            return held
        me = Owner.me()
        # What was left behind is moved aside first: of two that find it, one moves it.
        aside = self.path.with_name(f"{self.path.name}.{me.pid}.left")
        with contextlib.suppress(FileNotFoundError):
            self.path.rename(aside)
            aside.unlink()
        try:
            handle = opened(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            return self.owner() or Owner(0, socket.gethostname(), "", "")
        with os.fdopen(handle, "wb") as stream:
            stream.write(msgspec.json.encode(me))
        return None

    def drop(self) -> None:
        """Gives it back, where it is still ours."""
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            if msgspec.json.decode(self.path.read_bytes(), type=Owner) == Owner.me():
                self.path.unlink()

    def _young(self) -> bool:
        with contextlib.suppress(OSError):
            return time.time() - self.path.stat().st_mtime < 2
        return False


def alive(pid: int) -> bool:
    """Whether there is such a process, ours or not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def wait_for(handle: int, claim: Path, *, most_s: float) -> Claim | None:
    """Waits for the lock of an open file, at most `most_s`; where there are no locks, for the claim, which the caller
    drops. Raises TimeoutError with who holds it, and OSError where neither can be had."""
    ends = time.monotonic() + most_s
    file = Claim(claim)
    while True:
        try:
            if try_lock(handle):
                return None
            pid = holder(handle)
            who = f"process {pid}" if pid else "another process"
        except NoLocks:
            held = file.take()
            if held is None:
                return file
            who = str(held) if held.pid else "another process"
        if time.monotonic() > ends:
            raise TimeoutError(errno.ETIMEDOUT, f"{who} has held its lock for {most_s:g} s: wait for it or end it")
        time.sleep(_STEP_S)


def _boot() -> str:
    """Which start of this machine: Linux says it, elsewhere a process number must do."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return ""


def _started(pid: int) -> str:
    """When a process began, in the kernel's ticks; empty where it is not known (proc_pid_stat(5), field 22)."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[19]
    return ""
