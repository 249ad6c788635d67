"""Files that we write into are ours: reached from a handle of their folder without following a link, regular, of this
user. A folder that came from somebody else may hold anything under the names that we use."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

FOLDER = ".launchready"
"""What this machine keeps of a launch, below the launch's folder."""
_OWN = (FOLDER, ".github")
"""Folders that we make in somebody's: they, and what lies below them, are not reached through a link."""
_HANDLES = os.open in os.supports_dir_fd
_CLOSED = getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class NotOurs(OSError):  # noqa: N818 - read aloud it is a sentence
    """Something else is there under the name of a file of ours. Nothing was written."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(errno.ELOOP, f"{path.name} {what}", str(path))

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


def opened(path: Path, flags: int, mode: int = 0o600) -> int:
    """A handle for writing, as `os.open` gives it; O_CREAT makes the launch's own folders too. Raises NotOurs, and
    OSError."""
    with held(path.parent, make=bool(flags & os.O_CREAT) and bool(set(_OWN) & set(path.parts))) as place:
        name = path if place is None else path.name
        # Without O_NONBLOCK a pipe would wait for its reader; what is there is not cut before it is known to be ours.
        careful = flags & ~os.O_TRUNC | _CLOSED | _NO_LINK | getattr(os, "O_NONBLOCK", 0)
        try:
            handle = os.open(name, careful, mode, dir_fd=place)
        except OSError:
            if not flags & os.O_EXCL:
                standing(path, place)
            raise
        try:
            _judge(path, os.fstat(handle), writes=True)
            if flags & os.O_TRUNC:
                os.ftruncate(handle, 0)
        except BaseException:
            os.close(handle)
            raise
        return handle


def standing(path: Path, place: int | None = None, *, writes: bool = False) -> os.stat_result | None:
    """What is there; None for nothing. Raises NotOurs where it is no regular file; where we would write into it and not
    replace it, also where it is somebody else's."""
    try:
        found = os.stat(path if place is None else path.name, dir_fd=place, follow_symlinks=False)
    except FileNotFoundError:
        return None
    _judge(path, found, writes=writes)
    return found


def regular(path: Path) -> Path:
    """The path of a file that another library opens, such as SQLite, after a look at it and its folder. Raises
    NotOurs, and OSError."""
    with held(path.parent) as place:
        standing(path, place, writes=True)
    return path


def make_folder(folder: Path) -> None:
    """Makes it, with those above it; `.launchready` for this user alone. Raises NotOurs, and OSError."""
    with held(folder, make=True):
        return


@contextlib.contextmanager
def held(folder: Path, *, make: bool = False) -> Iterator[int | None]:
    """A handle of the folder, so that nobody can put another in its place meanwhile; None where the system has none
    (Windows). Raises NotOurs, and OSError."""
    own = max((len(folder.parts) - folder.parts[::-1].index(name) for name in _OWN if name in folder.parts), default=0)
    above = Path(*folder.parts[: own - 1]) if own else folder
    if make:
        (above if _HANDLES else folder).mkdir(parents=True, exist_ok=True)
    if not _HANDLES:
        yield None
        return
    handle = os.open(above, os.O_RDONLY | os.O_DIRECTORY | _CLOSED)
    try:
        for number in range(own, len(folder.parts) + 1) if own else ():
            below = _below(handle, Path(*folder.parts[:number]), make)
            os.close(handle)
            handle = below
        yield handle
    finally:
        os.close(handle)


def _below(handle: int, folder: Path, make: bool) -> int:
    """A handle of a folder in the one that is held."""
    private = folder.name == FOLDER
    if make:
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder.name, 0o700 if private else 0o777, dir_fd=handle)
    found = os.stat(folder.name, dir_fd=handle, follow_symlinks=False)
    if not stat.S_ISDIR(found.st_mode):
        raise NotOurs(folder, _kind(found))
    below = os.open(folder.name, os.O_RDONLY | os.O_DIRECTORY | _CLOSED | _NO_LINK, dir_fd=handle)
    try:
        if private:
            _tighten(folder, below)
    except BaseException:
        os.close(below)
        raise
    return below


def _tighten(folder: Path, handle: int) -> None:
    """Takes the rights of others away. A file system without rights keeps its own."""
    found = os.fstat(handle)
    if not _is_mine(found):
        raise NotOurs(folder, "belongs to another user")
    if found.st_mode & 0o077:
        try:
            os.fchmod(handle, 0o700)
        except OSError:
            if found.st_mode & 0o022:
                raise NotOurs(folder, "can be written by others, and that cannot be changed") from None


def _judge(path: Path, found: os.stat_result, *, writes: bool) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise NotOurs(path, _kind(found))
    if writes and not _is_mine(found):
        raise NotOurs(path, "belongs to another user")


def _is_mine(found: os.stat_result) -> bool:
    """The superuser may write anybody's files, as in a container."""
    return os.name == "nt" or os.geteuid() in (0, found.st_uid)


def _kind(found: os.stat_result) -> str:
    if stat.S_ISLNK(found.st_mode):
        return "is a symbolic link, and none is followed"
    return "is a folder" if stat.S_ISDIR(found.st_mode) else "is not a regular file"
