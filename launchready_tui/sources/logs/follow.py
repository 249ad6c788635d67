"""An access log followed while it grows: requests by route in stretches of five minutes, in memory that does not grow
with it.

Like the reader of a whole log it lets no line and no path out, only counts by template. A log that was rotated is read
to its end under its new name first; one that was cut or made anew is taken up from its beginning. Where we stopped is
handed out with each batch, so that it can be kept with the counts and nothing is counted twice.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from .entry import Clock, entries
from .model import Source
from .read import MOST_LINE, open_regular
from .routes import Routes

STRETCH_S = 300
CHUNK = 64 * 1024
FIRST_BYTES = 4 * 1024 * 1024
"""Of a log that was never followed before, so much of its end is read."""
OLDEST_S = 7 * 86400
_ENVIRONMENTS = 12
_REST_S = 0.004
"""Between two chunks the thread lets go, so that whoever measures beside it is not held up."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where reading stopped: the file, known by its inode, and the byte."""

    inode: int = 0
    offset: int = 0


class Tick(msgspec.Struct, kw_only=True):
    """One route in one stretch. `at` is its beginning, Unix time."""

    at: int
    environment: str
    route: str
    n: int = 0
    errors: int = 0
    """Status 5xx, or no answer."""
    limited: int = 0
    """429."""
    gone: int = 0
    """499: the visitor left before the answer came."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What came since the last look."""

    ticks: tuple[Tick, ...] = ()
    merged: tuple[tuple[str, str, str], ...] = ()
    """(environment, old route, new route): several routes turned out to be one."""
    place: Place = Place()
    lines: int = 0
    strange: int = 0


@dataclass
class _Found:
    """What one look counts."""

    ticks: dict[tuple[int, str, str], Tick] = field(default_factory=dict)
    merged: list[tuple[str, str, str]] = field(default_factory=list)
    lines: int = 0
    strange: int = 0
    read: int = 0


class Follower:
    """Follows one log. Blocking: call it in a thread. Raises OSError where the file cannot be read."""

    def __init__(self, source: Source, place: Place | None = None) -> None:
        self.source = source
        self.place = place
        self._clock = Clock()
        self._routes: dict[str, Routes] = {}
        self._held = b""
        """The beginning of a line whose end was not written yet."""

    def look(self, now: datetime, *, most_bytes: int = 16 * 1024 * 1024) -> Batch:
        """What was written since the last look, at most so much; the rest comes with the next."""
        status = self.source.path.stat()
        found = _Found()
        place = self.place
        cut = False
        if place is None:
            place = Place(inode=status.st_ino, offset=max(0, status.st_size - FIRST_BYTES))
            cut = place.offset > 0
        elif place.inode != status.st_ino:
            # Rotated: what was written to it before that, and not read yet, lies under its new name.
            before = _renamed(self.source.path, place.inode)
            if before is not None:
                place = self._read(before, place, found, now, most_bytes)
            if before is None or found.read < most_bytes:
                place, self._held = Place(inode=status.st_ino), b""
        elif place.offset > status.st_size:
            place, self._held = Place(inode=status.st_ino), b""
        if place.inode == status.st_ino:
            place = self._read(self.source.path, place, found, now, most_bytes, cut=cut)
        self.place = place
        # A line that is not whole yet is read again after a new start: the place that is kept lies before it.
        kept = Place(inode=place.inode, offset=place.offset - len(self._held))
        return Batch(
            ticks=tuple(found.ticks.values()),
            merged=tuple(found.merged),
            place=kept,
            lines=found.lines,
            strange=found.strange,
        )

    def _read(
        self, path: Path, place: Place, found: _Found, now: datetime, most_bytes: int, *, cut: bool = False
    ) -> Place:
        """Reads on from a place; `cut`: what comes first is a part of a line. Where it stopped."""
        with open_regular(path) as stream:
            stream.seek(place.offset)
            while found.read < most_bytes and (chunk := stream.read(CHUNK)):
                found.read += len(chunk)
                place = Place(inode=place.inode, offset=place.offset + len(chunk))
                *whole, rest = (self._held + chunk).split(b"\n")
                self._held = rest[:MOST_LINE]
                for raw in whole:
                    if cut:
                        cut = False
                        continue
                    if raw.strip():
                        found.lines += 1
                        found.strange += not self._take(raw[:MOST_LINE], now, found.ticks, found.merged)
                time.sleep(_REST_S)
        return place

    def _take(
        self, raw: bytes, now: datetime, ticks: dict[tuple[int, str, str], Tick], merged: list[tuple[str, str, str]]
    ) -> bool:
        """Counts one line; False for one that is not understood."""
        understood = False
        for entry in entries(raw.decode("utf-8", "replace"), self.source.format, clock=self._clock):
            understood = True
            if entry.ours or entry.status is None or (entry.message and not entry.path):
                continue
            at = entry.at if entry.at is not None else now.timestamp()
            if not now.timestamp() - OLDEST_S <= at <= now.timestamp() + STRETCH_S:
                continue
            environment = entry.environment if entry.environment.isalnum() else self.source.environment
            if environment not in self._routes and len(self._routes) >= _ENVIRONMENTS:
                environment = self.source.environment
            routes = self._routes.setdefault(environment, Routes())
            route = routes.name(entry.method, entry.path, entry.status)
            for before, after in routes.merged:
                merged.append((environment, before, after))
                for key in [key for key in ticks if key[1:] == (environment, before)]:
                    _add(ticks, (key[0], environment, after), ticks.pop(key))
            routes.merged.clear()
            status = entry.status
            _add(
                ticks,
                (int(at) // STRETCH_S * STRETCH_S, environment, route),
                Tick(
                    at=0,
                    environment=environment,
                    route=route,
                    n=1,
                    errors=int(status >= 500 or status < 100),
                    limited=int(status == 429),
                    gone=int(status == 499),
                ),
            )
        return understood


def _renamed(path: Path, inode: int) -> Path | None:
    """The file of this inode beside the log, under a name that begins like the log's (`access.log.1`); None where it
    is packed or gone."""
    with os.scandir(path.parent) as entries:
        return next(
            (
                Path(one.path)
                for one in entries
                if one.name.startswith(path.name)
                and one.name != path.name
                and one.inode() == inode
                and one.is_file(follow_symlinks=False)
            ),
            None,
        )


def _add(ticks: dict[tuple[int, str, str], Tick], key: tuple[int, str, str], more: Tick) -> None:
    at, environment, route = key
    tick = ticks.setdefault(key, Tick(at=at, environment=environment, route=route))
    tick.n += more.n
    tick.errors += more.errors
    tick.limited += more.limited
    tick.gone += more.gone


def moment(tick: Tick) -> datetime:
    """The beginning of its stretch."""
    return datetime.fromtimestamp(tick.at, UTC)
