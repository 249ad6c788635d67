"""Which deploy is live: the newest that was marked, or seen as a version that changed."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ..journal import JournalError
from ..launch.problems import NewerFile
from ..watch import PLACE

if TYPE_CHECKING:
    from ..watch.samples import Mark

KEPT = timedelta(days=31)
"""Answers hold for 30 days at most, so an older deploy ends none."""


def name_of(mark: Mark) -> str:
    """What answers and words keep of the deploy that they belong to: when it went live (UTC), and the commit."""
    return f"{mark.at:%Y-%m-%dT%H:%M:%SZ} {mark.sha[:12]}".rstrip()


class LastDeploy:
    """The newest deploy to production. Read again only once the watch's files are other ones: a verdict is asked for
    often."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PLACE
        self._seen: tuple[tuple[int, int], ...] = ()
        self._marks: tuple[Mark, ...] = ()

    def at(self, now: datetime) -> Mark | None:
        """The one that was live at a time; None where none is marked, or where the watch cannot be read."""
        seen = tuple(_state(self._path.with_name(self._path.name + tail)) for tail in ("", "-wal"))
        if seen != self._seen:
            self._seen, self._marks = seen, self._read(now)
        return next((one for one in reversed(self._marks) if one.at <= now), None)

    def _read(self, now: datetime) -> tuple[Mark, ...]:
        if not self._path.exists():
            return ()
        from ..watch.samples import WatchReader

        try:
            with WatchReader(self._path) as reader:
                marks = reader.marks(now - KEPT)
        except (JournalError, NewerFile, OSError):
            return ()  # monitoring.deploys tells of a watch that cannot be read
        return tuple(one for one in marks if one.kind != "failed" and one.env == "production")


def _state(file: Path) -> tuple[int, int]:
    with contextlib.suppress(OSError):
        found = file.stat()
        return found.st_mtime_ns, found.st_size
    return 0, 0
