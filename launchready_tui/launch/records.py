"""What happened and must not be lost: lines appended to a file of this machine, each on the disk before it counts.

One JSON document a line. A line that a power cut tore is passed over when it is the last, and so is its half; every
whole one is read.
"""

from __future__ import annotations

import errno
import os
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from ..persons import PersonId
from .atomic import CannotWrite, folder_lock, make_private
from .ours import FOLDER, opened

Line = TypeVar("Line", bound=msgspec.Struct)


class Records(Generic[Line]):
    """An append-only file of lines of one type, such as the log of launch day."""

    def __init__(self, path: Path, kind: type[Line]) -> None:
        self.path = path
        self._kind = kind
        self._reads = msgspec.json.Decoder(kind)

    def append(self, line: Line) -> None:
        """When this returns the line is on the disk. Raises CannotWrite; what was there stays."""
        make_private(self.path.parent)
        with folder_lock(self.path.parent):
            try:
                self._append(msgspec.json.encode(line) + b"\n")
            except OSError as why:
                raise CannotWrite(self.path, why) from why

    def _append(self, raw: bytes) -> None:
        handle = opened(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            size = os.fstat(handle).st_size
            # A torn last line must not swallow this one.
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            written = os.write(handle, b"\n" + raw if torn else raw)
            if written < len(raw):
                os.ftruncate(handle, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(handle)
        finally:
            os.close(handle)

    def read(self) -> tuple[Line, ...]:
        """All whole lines, oldest first; nothing where there is no file. A line that is not of this type is passed
        over."""
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return ()
        lines = []
        for one in raw.split(b"\n"):
            if not one.strip():
                continue
            try:
                lines.append(self._reads.decode(one))
            except msgspec.MsgspecError:
                continue
        return tuple(lines)


class _Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line; moments are aware, UTC. Unknown keys of a newer version are passed over."""


class Happened(_Kept, frozen=True, kw_only=True):
    """A line of launch day's log."""

    at: datetime
    text: str
    by: PersonId
    kind: str = "note"
    """`note`, `message` (sent to users), `go`, `no-go`, `checkpoint`."""
    checkpoint: str = ""


class HandedOver(_Kept, frozen=True, kw_only=True):
    """A handover folder that was written, and whether it was whole when read back."""

    at: datetime
    folder: str
    sums: str
    """SHA-256 of its SHA256SUMS: which folder it is, whatever it is called later."""
    whole: bool
    demo: bool = False


class Compared(_Kept, frozen=True, kw_only=True):
    """A handover folder that was held against what is seen now."""

    at: datetime
    sums: str
    bundle: str
    made_at: datetime
    whole: bool
    same: int
    changed: tuple[str, ...] = ()
    """What changed, a sentence each."""
    unseen: tuple[str, ...] = ()
    demo: bool = False


RECORDS = ("launch-day.jsonl", "handed-over.jsonl", "compared.jsonl")
"""Every file of this kind, in that folder."""
DRAFTS = Path(FOLDER) / "drafts.json"
"""What was typed into forms and not saved, from the launch's folder."""
VIEW = Path(FOLDER) / "view.json"
"""How the person likes the console's pages, from the launch's folder."""
KEPT_LOGS = Path(FOLDER) / "certificate-logs.json"
"""What the public certificate logs said last, from the launch's folder."""


def day_log(folder: Path) -> Records[Happened]:
    """Launch day's log of the launch in this folder."""
    return Records(folder / FOLDER / "launch-day.jsonl", Happened)


def handed_over(folder: Path) -> Records[HandedOver]:
    """The handover folders that were written from here."""
    return Records(folder / FOLDER / "handed-over.jsonl", HandedOver)


def compared(folder: Path) -> Records[Compared]:
    """The comparisons that were made here."""
    return Records(folder / FOLDER / "compared.jsonl", Compared)
