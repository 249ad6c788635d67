"""Reading: a file as a stream of lines that are never longer than what is looked at, and the tally of what they say."""

from __future__ import annotations

import errno
import gzip
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import IO, cast

from .entry import Clock, Entry, entries
from .model import Group, Kind, Personal, PersonalKind, Reading, RouteRow, Source
from .personal import kinds, signature
from .routes import OTHER, STATIC, Routes, is_health, is_hidden

MOST_LINE = 16 * 1024
"""So much of a line is looked at; the rest is passed over without being held."""
CHUNK = 256 * 1024
MOST_GROUPS = 500
MOST_S = 600.0
MOST_UNPACKED = 2 << 30
"""A log that never ends, or a small file that unpacks to a huge one, is read so long and so far."""
_ENVIRONMENTS = 12

# What a message must hold, in lower case, to be of a kind; the first that fits counts.
_PHRASES: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (
        "exhausted",
        (
            "too many clients",
            "remaining connection slots",
            "pool exhausted",
            "queuepool limit",
            "too many connections",
            "deadlock",
        ),
    ),
    ("exhausted", ("out of memory", "oomkilled", "cannot allocate memory", "no space left", "too many open files")),
    ("time-out", ("timeout", "timed out", "etimedout", "deadline exceeded", "code=h12")),
    (
        "connection",
        ("econnrefused", "connection refused", "no live upstreams", "econnreset", "connection reset", "socket hang up"),
    ),
    (
        "connection",
        (
            "enotfound",
            "getaddrinfo",
            "name or service not known",
            "certificate has expired",
            "certificate verify failed",
        ),
    ),
    (
        "log-in",
        (
            "invalid password",
            "invalid credentials",
            "jwt expired",
            "invalid token",
            "authentication failed",
            "failed login",
        ),
    ),
)


def read(
    sources: Iterable[Source],
    *,
    since: datetime | None = None,
    most_bytes: int = 0,
    stop: Callable[[], bool] = lambda: False,
) -> Reading:
    """Reads all of them. Blocking: in a thread where a loop runs. Raises OSError for a file that cannot be read.

    `since` leaves out older entries; `most_bytes` reads only the end of a file that is larger; `stop` is asked now and
    then. What is written meanwhile is not followed. Ten minutes and 2 GiB unpacked are the end: `whole` says so.
    """
    tally = Tally(since)
    ends = time.monotonic() + MOST_S

    def over() -> bool:
        return stop() or time.monotonic() > ends

    for source in sources:
        with open_regular(source.path) as raw:
            size = os.fstat(raw.fileno()).st_size
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            # What is packed cannot be entered in the middle.
            skipped = 0 if packed or not most_bytes else max(0, size - most_bytes)
            raw.seek(skipped)
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw
            most = MOST_UNPACKED if packed else size - skipped
            tally.take(source, lines_of(stream, over, most), skipped=skipped)
            tally.whole &= not over() and not (packed and stream.tell() >= most)
    return tally.reading()


def read_lines(source: Source, lines: Iterable[bytes], *, since: datetime | None = None) -> Reading:
    """The same of lines that come from elsewhere, such as standard input."""
    tally = Tally(since)
    tally.take(source, ((line[:MOST_LINE], len(line) > MOST_LINE) for line in lines))
    return tally.reading()


class NotRegular(OSError):  # noqa: N818 - what is there in place of a log
    """A pipe, a device or a folder stands where a log should be: it may never end."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "it is not a regular file", str(path))

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


def open_regular(path: Path) -> BufferedReader:
    """A log for reading; never waits for a writer. Raises NotRegular, and OSError."""
    unhindered = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(path, os.O_RDONLY | unhindered)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise NotRegular(path)
    return os.fdopen(handle, "rb")


def lines_of(
    stream: IO[bytes], stop: Callable[[], bool] = lambda: False, most: int | None = None
) -> Iterator[tuple[bytes, bool]]:
    """(line, whether it was cut), of at most so many bytes. Holds one chunk and one line at most, whatever the lines
    are like."""
    held = b""
    long = False
    left = most
    while not stop() and left != 0 and (chunk := stream.read(CHUNK if left is None else min(CHUNK, left))):
        left = None if left is None else left - len(chunk)
        *whole, last = chunk.split(b"\n")
        for piece in whole:
            if held or long:
                line, cut = held + piece[: MOST_LINE - len(held)], long or len(held) + len(piece) > MOST_LINE
                held, long = b"", False
            else:
                line, cut = piece[:MOST_LINE], len(piece) > MOST_LINE
            yield line, cut
        long = long or len(held) + len(last) > MOST_LINE
        held += last[: MOST_LINE - len(held)]
    if held:
        yield held, long


class _Counter:
    """One route. A list of times would grow; buckets of 6 % do not."""

    __slots__ = ("buckets", "errors", "gone", "limited", "n", "other", "refused", "timed")

    def __init__(self) -> None:
        self.n = self.errors = self.refused = self.limited = self.other = self.gone = self.timed = 0
        self.buckets: dict[int, int] = {}

    def take(self, status: int, ms: float | None) -> None:
        self.n += 1
        if status >= 500 or status < 100:
            self.errors += 1
        elif status == 499:
            self.gone += 1
        elif status in (401, 403):
            self.refused += 1
        elif status == 429:
            self.limited += 1
        elif status >= 400:
            self.other += 1
        if ms is not None:
            self.timed += 1
            place = _bucket(ms)
            self.buckets[place] = self.buckets.get(place, 0) + 1

    def add(self, other: _Counter) -> None:
        for name in ("n", "errors", "refused", "limited", "other", "gone", "timed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for place, count in other.buckets.items():
            self.buckets[place] = self.buckets.get(place, 0) + count

    def at(self, share: float) -> float | None:
        """Nearest rank."""
        left = max(1, -(-self.timed * round(share * 1000) // 1000))
        for place in sorted(self.buckets):
            left -= self.buckets[place]
            if left <= 0:
                return _from_bucket(place)
        return None


def _bucket(ms: float) -> int:
    tenths = int(ms * 10)
    bits = max(0, tenths.bit_length() - 5)
    return bits * 32 + (tenths >> bits)


def _from_bucket(place: int) -> float:
    bits, top = divmod(place, 32)
    return ((top << bits) + (1 << bits) / 2) / 10 if bits else top / 10


class _Grouped:
    __slots__ = ("count", "first", "last")

    def __init__(self) -> None:
        self.count = 0
        self.first: float | None = None
        self.last: float | None = None


class Tally:
    """What lines say, in memory that does not grow with them."""

    def __init__(self, since: datetime | None = None) -> None:
        self._since = since.timestamp() if since else None
        self.whole = True
        self._clock = Clock()
        self._routes: dict[str, Routes] = {}
        self._counters: dict[str, dict[str, _Counter]] = {}
        self._groups: dict[tuple[Kind, str, str], _Grouped] = {}
        self._personal: dict[PersonalKind, list[object]] = {}
        self._files: list[str] = []
        self._first: float | None = None
        self._last: float | None = None
        self._newest: float | None = None
        self._lines = self._strange = self._cut = self._skipped = 0
        self._access = self._app = self._with_id = self._timed = self._levelled = self._noise = self._ours = 0

    def take(self, source: Source, lines: Iterable[tuple[bytes, bool]], *, skipped: int = 0) -> None:
        """All lines of one log. Where its beginning was passed over, the first line is a part of one and does not
        count."""
        name = source.path.name or str(source.path)
        self._files.append(name)
        self._skipped += skipped
        old = False
        for number, (raw, cut) in enumerate(lines, 1):
            if not raw.strip() or (skipped and number == 1):
                continue
            line = raw.decode("utf-8", "replace")
            understood = False
            for entry in entries(line, source.format, clock=self._clock):
                understood = True
                if entry.at is not None:
                    self._newest = max(entry.at, self._newest or entry.at)
                old = entry.at is not None and self._since is not None and entry.at < self._since
                if not old:
                    self._entry(source, entry)
            if not understood and source.format == "auto" and line[:1] in " \t" and self._lines:
                understood = True  # it continues the line before, as a stack trace does
                if old:
                    continue
            elif understood and old:
                continue
            self._lines += 1
            self._cut += cut
            self._strange += not understood
            for kind in kinds(line, raw):
                self._personal.setdefault(kind, [0, number, name])[0] += 1  # type: ignore[operator]

    def _entry(self, source: Source, entry: Entry) -> None:
        if entry.ours:
            self._ours += 1
            return
        if entry.at is not None:
            self._first = entry.at if self._first is None or entry.at < self._first else self._first
            self._last = entry.at if self._last is None or entry.at > self._last else self._last
        self._with_id += entry.has_id
        environment = entry.environment if entry.environment.isalnum() else source.environment
        if environment not in self._routes:
            if len(self._routes) >= _ENVIRONMENTS:
                environment = source.environment
            self._routes.setdefault(environment, Routes())
            self._counters.setdefault(environment, {})
        status = entry.status
        if status is None or (entry.message and not entry.path):
            self._app += 1
            self._levelled += bool(entry.level)
            self._noise += entry.quiet
            self._failed(environment, entry)
            return
        self._access += 1
        self._timed += entry.ms is not None
        self._noise += is_health(entry.path)
        routes, counters = self._routes[environment], self._counters[environment]
        route = routes.name(entry.method, entry.path, status)
        for before, now in routes.merged:
            if before in counters:
                counters.setdefault(now, _Counter()).add(counters.pop(before))
        routes.merged.clear()
        counters.setdefault(route, _Counter()).take(status, entry.ms)
        if status in (504, 408):
            self._group("time-out", f"status {status} {route}", environment, entry.at)
        elif status >= 500 or status < 100:
            self._group(
                "server-error",
                f"status {status} {route}" if status > 0 else f"no answer {route}",
                environment,
                entry.at,
            )
        elif status == 499:
            self._group("gave-up", f"status {status} {route}", environment, entry.at)
        elif status in (401, 403) and route != STATIC and not is_hidden(entry.path):
            self._group("log-in", f"status {status} {route}", environment, entry.at)
        elif entry.bad:
            self._failed(environment, entry)

    def _failed(self, environment: str, entry: Entry) -> None:
        """What an application says went wrong; a warning only where it names a failure we know."""
        lower = entry.message[:2000].lower()
        kind = next((kind for kind, phrases in _PHRASES if any(phrase in lower for phrase in phrases)), None)
        if entry.quiet or (not entry.bad and (kind is None or entry.level not in ("warn", ""))):
            return
        self._group(kind or "error", signature(entry.message) or "(no message)", environment, entry.at)

    def _group(self, kind: Kind, what: str, environment: str, at: float | None) -> None:
        key = (kind, what, environment)
        if key not in self._groups and len(self._groups) >= MOST_GROUPS:
            key = (kind, OTHER, environment)
        group = self._groups.setdefault(key, _Grouped())
        group.count += 1
        if at is not None:
            group.first = at if group.first is None or at < group.first else group.first
            group.last = at if group.last is None or at > group.last else group.last

    def reading(self) -> Reading:
        """What was counted so far."""
        rows = [
            RouteRow(
                environment=environment,
                route=route,
                n=one.n,
                errors=one.errors,
                refused=one.refused,
                limited=one.limited,
                other_4xx=one.other,
                gone=one.gone,
                timed=one.timed,
                p50=one.at(0.5),
                p95=one.at(0.95),
            )
            for environment, counters in self._counters.items()
            for route, one in counters.items()
        ]
        groups = [
            Group(
                kind=kind,
                signature=what,
                environment=environment,
                count=one.count,
                first=_moment(one.first),
                last=_moment(one.last),
            )
            for (kind, what, environment), one in self._groups.items()
        ]
        return Reading(
            files=tuple(self._files),
            lines=self._lines,
            strange=self._strange,
            cut=self._cut,
            skipped=self._skipped,
            whole=self.whole,
            access=self._access,
            app=self._app,
            with_id=self._with_id,
            timed=self._timed,
            levelled=self._levelled,
            ours=self._ours,
            noise=self._noise,
            since=_moment(self._first),
            until=_moment(self._last),
            newest=_moment(self._newest),
            routes=tuple(sorted(rows, key=lambda one: (-one.errors, -one.n, one.environment, one.route))),
            groups=tuple(sorted(groups, key=lambda one: (-one.count, one.kind, one.signature))),
            personal=tuple(
                Personal(kind=kind, count=cast("int", seen[0]), line=cast("int", seen[1]), file=cast("str", seen[2]))
                for kind, seen in sorted(self._personal.items())
            ),
        )


def _moment(at: float | None) -> datetime | None:
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC)
    except (OverflowError, OSError, ValueError):
        return None
