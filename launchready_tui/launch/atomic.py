"""Files are replaced whole or not at all: a kill, a full disk or a lost race leaves the old file as it was."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from .locks import WAIT_S, wait_for
from .ours import held, make_folder, standing

_LEFT_S = 600
"""No write takes so long: a temporary file older than this was left by one that was killed."""
_CLAIM = ".launchready.claim"
_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "this user has no permission to write there",
    errno.EPERM: "this user has no permission to write there",
    errno.ENOENT: "the folder does not exist",
    errno.ENOTDIR: "its folder is not a folder",
    errno.EISDIR: "a folder with that name exists",
    errno.EIO: "the disk reports an error",
}


class CannotWrite(OSError):  # noqa: N818 - read aloud it is a sentence
    """A file could not be written, in plain words. What was there before is still there, whole."""

    def __init__(self, path: Path, why: OSError) -> None:
        super().__init__(why.errno, _WORDS.get(why.errno or 0, why.strerror or str(why)), str(path))
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} could not be written: {self.strerror}. Nothing was changed."


def write_atomically(path: Path, text: str | bytes, *, mode: int = 0o644) -> None:
    """Puts `text` (UTF-8, line ends as given) in the place of `path`: temporary file beside it, fsync, rename, fsync
    of the folder.

    A private `mode` (no bits for group and others) is set exactly; otherwise an existing file keeps its own mode and a
    new one gets `mode` less the umask. What is no regular file, a symbolic link too, stays. Raises CannotWrite.
    """
    raw = text.encode() if isinstance(text, str) else text
    try:
        with held(path.parent) as place:
            final = _final_mode(standing(path, place), mode)
            temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
            names = (temporary, path) if place is None else (Path(temporary.name), Path(path.name))
            # The umask must not widen or narrow a private file, and a kill here must not leave its content readable.
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
            handle = os.open(names[0], flags, 0o600, dir_fd=place)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(raw)
                    stream.flush()
                    os.fsync(stream.fileno())
                os.chmod(names[0], final, dir_fd=place)
                os.replace(*names, src_dir_fd=place, dst_dir_fd=place)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(names[0], dir_fd=place)
                raise
            if place is not None:
                # Makes the rename itself lasting. Some file systems cannot; the file is whole either way.
                with contextlib.suppress(OSError):
                    os.fsync(place)
    except OSError as why:
        raise CannotWrite(path, why) from why
    _clear(path)


def _clear(target: Path) -> None:
    """Takes away what a killed write of this file left beside it. One that is young may be somebody's at work."""
    left = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{12}}\.tmp")
    with contextlib.suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            if left.fullmatch(entry.name) and time.time() - entry.stat(follow_symlinks=False).st_mtime > _LEFT_S:
                Path(entry.path).unlink()


def make_private(folder: Path) -> None:
    """Makes a folder only this user may enter, with those above it. Raises CannotWrite."""
    try:
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        make_folder(folder)
    except OSError as why:
        raise CannotWrite(folder, why) from why


def write_once(path: Path, text: str | bytes, *, mode: int = 0o644) -> None:
    """Like `write_atomically`, for a file that must not be there yet: raises FileExistsError and touches nothing where
    it is."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, "exists and is not overwritten", str(path))
    raw = text.encode() if isinstance(text, str) else text
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.new")
    try:
        write_atomically(temporary, raw, mode=mode)
    except CannotWrite as why:
        raise CannotWrite(path, why) from why
    try:
        # A link, unlike a rename, fails where somebody else was faster.
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _final_mode(there: os.stat_result | None, mode: int) -> int:
    if mode & 0o077 == 0:
        return mode
    return mode & ~_umask() if there is None else there.st_mode & 0o7777


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Holds off other LaunchReady processes between a look at a file and its replacement. Raises CannotWrite, also
    where another process has held it for ten seconds."""
    if os.name == "nt":  # a folder cannot be opened there: os.replace alone must do
        yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as why:
        raise CannotWrite(folder, why) from why
    claim = None
    try:
        try:
            claim = wait_for(handle, folder / _CLAIM, most_s=WAIT_S)
        except OSError as why:
            raise CannotWrite(folder, why) from why
        yield
    finally:
        if claim is not None:
            claim.drop()
        os.close(handle)
