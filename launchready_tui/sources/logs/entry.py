"""One line of a log as an entry: combined and common format with what people append to it, JSON of the usual loggers,
and plain text.

Field names: nginx and Apache log modules, Caddy, pino-http, lograge, Elastic Common Schema, Vercel log drains (their
documentation, seen 2026-11). A line whose closing quote is missing is read all the same: servers cut long ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from ...text import whole
from .model import Format

_STAMP = re.compile(r"\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] ")
_REQUEST = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)" (\d{3}) (?:\d+|-)')
_QUOTED_TWO = re.compile(r' "[^"\\]*(?:\\.[^"\\]*)*" "[^"\\]*(?:\\.[^"\\]*)*"?')
_ID = re.compile(r"(?i)\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16,32})\b")
_OURS = "LaunchReady/"
"""How the agent of every request of ours begins."""
_NAMED_ID = re.compile(
    r"(?i)(?:request|req|trace|correlation)[-_]?id[\"']?\s*[=:]\s*[\"']?[\w-]{6,}|\brid=[\w-]{6,}|\[[0-9a-f-]{32,36}\]"
)
_TOOK = re.compile(r"(?:\b(?:rt|request_time|duration|took)[=:]\"?|(?<=[\s\"]))(\d{1,4}\.\d{3,6})\b")
_LEVEL = re.compile(r"\b(FATAL|CRITICAL|ERROR|SEVERE|WARN(?:ING)?|INFO|NOTICE|DEBUG|TRACE)\b|(?i:\blevel=(\w+))")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_COMPOSE = re.compile(r"^[\w.-]+ +\| ")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_MONTHS = {
    "Jan": 1,
    "Feb": 2,
    "Mar": 3,
    "Apr": 4,
    "May": 5,
    "Jun": 6,
    "Jul": 7,
    "Aug": 8,
    "Sep": 9,
    "Oct": 10,
    "Nov": 11,
    "Dec": 12,
}
_NUMBERED = {10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal"}
_BAD = frozenset(("error", "fatal", "critical", "severe", "alert", "emerg", "emergency", "panic", "err"))
_QUIET = frozenset(("debug", "trace", "verbose", "silly"))

Paths = tuple[tuple[str, ...], ...]
_STATUS: Paths = (
    ("status",),
    ("statusCode",),
    ("status_code",),
    ("res", "statusCode"),
    ("response", "status"),
    ("http", "response", "status_code"),
)
_STATUS += (("responseStatusCode",), ("proxy", "statusCode"), ("response", "statusCode"), ("http", "status_code"))
_METHOD: Paths = (
    ("method",),
    ("request_method",),
    ("req", "method"),
    ("request", "method"),
    ("http", "request", "method"),
    ("requestMethod",),
)
_METHOD += (("proxy", "method"), ("http", "method"))
_PATH: Paths = (
    ("route",),
    ("http", "route"),
    ("path",),
    ("request_uri",),
    ("uri",),
    ("url", "path"),
    ("req", "url"),
    ("request", "uri"),
)
_PATH += (("request", "url"), ("requestPath",), ("proxy", "path"), ("http", "url"), ("url",), ("request", "path"))
_TIME: Paths = (
    ("time",),
    ("timestamp",),
    ("ts",),
    ("@timestamp",),
    ("time_iso8601",),
    ("datetime",),
    ("time_local",),
    ("timestampInMs",),
    ("msec",),
)
_REQUEST_ID: Paths = (
    ("request_id",),
    ("requestId",),
    ("req_id",),
    ("reqId",),
    ("req", "id"),
    ("request", "id"),
    ("x-request-id",),
    ("trace_id",),
)
_REQUEST_ID += (
    ("traceId",),
    ("trace", "id"),
    ("correlation_id",),
    ("correlationId",),
    ("x_request_id",),
    ("http", "request", "id"),
)
_AGENT: Paths = (
    ("user_agent",),
    ("userAgent",),
    ("http_user_agent",),
    ("user_agent", "original"),
    ("req", "headers", "user-agent"),
    ("request", "headers", "User-Agent"),
    ("request", "headers", "user-agent"),
    ("headers", "user-agent"),
    ("http", "user_agent"),
    ("proxy", "userAgent"),
)
_LEVELS: Paths = (("level",), ("severity",), ("log", "level"), ("lvl",), ("levelname",))
_MESSAGE: Paths = (
    ("msg",),
    ("message",),
    ("event",),
    ("err", "message"),
    ("error", "message"),
    ("error",),
    ("exception", "message"),
    ("exception",),
)
_ENVIRONMENT: Paths = (("environment",), ("env",), ("deployment", "environment"), ("service", "environment"))
# Field to what one of it is in ms.
_MS = (
    (("responseTime",), 1.0),
    (("duration_ms",), 1.0),
    (("response_time_ms",), 1.0),
    (("elapsed_ms",), 1.0),
    (("latency_ms",), 1.0),
)
_SECONDS = ((("request_time",), 1000.0), (("upstream_response_time",), 1000.0))
_EVENT_NS = ((("event", "duration"), 1e-6),)


class Entry(msgspec.Struct):
    """What a line says. `status` None: not about a request. `path` still has everything personal in it and must not be
    kept."""

    at: float | None = None
    """Unix time, seconds."""
    method: str = ""
    path: str = ""
    status: int | None = None
    ms: float | None = None
    has_id: bool = False
    level: str = ""
    message: str = ""
    environment: str = ""
    ours: bool = False
    """Asked by LaunchReady, as its agent says."""

    @property
    def bad(self) -> bool:
        """Logged as an error or worse."""
        return self.level in _BAD

    @property
    def quiet(self) -> bool:
        """Logged at debug or below: noise in production."""
        return self.level in _QUIET


def entries(line: str, form: Format, *, clock: Clock) -> Iterator[Entry]:
    """The entries of one line: mostly one, several where a platform writes a JSON list, none for what cannot be
    understood."""
    text = line
    if form != "combined":
        start = text.lstrip()
        if start[:1] not in "{[" and " | " in start[:60]:
            start = _COMPOSE.sub("", _ANSI.sub("", start))
        if start[:1] == "{" or (start[:1] == "[" and start[1:2] in "{ "):
            made = _of_json(start, clock)
            if made is not None or form == "json":
                yield from made or ()
                return
        elif form == "json":
            return
    one = _of_combined(text, clock)
    if one is None and form == "auto":
        one = _of_text(text, clock)
    if one is not None:
        yield one


class Clock:
    """Turns what logs write as time into Unix time; neighbouring lines mostly share their minute."""

    def __init__(self) -> None:
        self._minute = ""
        self._base = 0.0

    def combined(self, text: str) -> float | None:
        """`10/Oct/2000:13:55:36 -0700`."""
        minute = text[:17] + text[20:]
        if minute != self._minute:
            month = _MONTHS.get(text[3:6])
            try:
                if month is None:
                    return None
                moment = datetime(int(text[7:11]), month, int(text[:2]), int(text[12:14]), int(text[15:17]), tzinfo=UTC)
                hours, minutes = int(text[22:24]), int(text[24:26])
            except ValueError:
                return None
            offset = (hours * 60 + minutes) * 60
            self._base = moment.timestamp() - (offset if text[21] == "+" else -offset)
            self._minute = minute
        return self._base + int(text[18:20])

    @staticmethod
    def any(value: object) -> float | None:
        """A number of seconds, ms, µs or ns since 1970, or ISO 8601 (RFC 3339); without a zone it is taken as UTC."""
        if isinstance(value, str):
            plain = value.strip()
            if plain.isascii() and plain.replace(".", "", 1).isdigit():
                value = float(plain)
            else:
                try:
                    moment = datetime.fromisoformat(plain.replace(",", "."))
                except ValueError:
                    return None
                return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        number = float(value)
        for limit, per in ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9)):
            if 0 < number < limit:
                return number / per
        return None


def _of_combined(line: str, clock: Clock) -> Entry | None:
    stamp = _STAMP.search(line, 0, 600)
    if stamp is None:
        return None
    request = _REQUEST.match(line, stamp.end())
    if request is None:
        return None
    parts = request[1].split(" ")
    entry = Entry(
        at=clock.combined(stamp[1]),
        method=parts[0] if len(parts) > 1 and parts[0].isalpha() else "",
        path=parts[1] if len(parts) > 1 else parts[0],
        status=int(request[2]),
    )
    two = _QUOTED_TWO.match(line, request.end())
    entry.ours = two is not None and f'" "{_OURS}' in two[0]
    rest = line[two.end() :] if two else line[request.end() :]
    if len(rest) > 4:
        took = _TOOK.search(rest)
        if took is not None:
            entry.ms = float(took[1]) * 1000
        entry.has_id = _ID.search(rest) is not None or _NAMED_ID.search(rest) is not None
    return entry


def _of_text(line: str, clock: Clock) -> Entry | None:
    """A line of an application: it has a time or says how bad it is; what continues another line has neither."""
    head = line[:300]
    level, stamp = _LEVEL.search(head), _ISO.search(head, 0, 80)
    if level is None and stamp is None:
        return None
    word = ((level[1] or level[2]) if level else "").lower()
    return Entry(
        at=clock.any(stamp[0]) if stamp else None,
        level="warn" if word == "warning" else word,
        message=line[level.end() if level else stamp.end() if stamp else 0 :].lstrip(" :]-"),
        has_id=_NAMED_ID.search(line) is not None,
    )


def _of_json(text: str, clock: Clock) -> list[Entry] | None:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    rows = found if isinstance(found, list) else [found]
    return [_of_row(row, clock) for row in rows if isinstance(row, dict)]


def _of_row(row: dict[str, Any], clock: Clock) -> Entry:
    method, path = _first(row, _METHOD), _first(row, _PATH)
    if isinstance(path, str) and not method and " " in path:
        method, _, path = path.partition(" ")
    level = _first(row, _LEVELS)
    word = _NUMBERED.get(level, "") if isinstance(level, int) else str(level or "").lower()
    message = _first(row, _MESSAGE)
    return Entry(
        at=_time(row, clock),
        method=method.upper() if isinstance(method, str) else "",
        path=path if isinstance(path, str) else "",
        status=_status(_first(row, _STATUS)),
        ms=_took(row),
        has_id=_first(row, _REQUEST_ID) is not None,
        level="warn" if word == "warning" else word,
        message=message if isinstance(message, str) else "",
        environment=str(_first(row, _ENVIRONMENT) or "")[:40],
        ours=_is_ours(_first(row, _AGENT)),
    )


def _first(row: dict[str, Any], paths: Paths) -> Any:
    for path in paths:
        here: Any = row
        for step in path:
            here = here.get(step) if isinstance(here, dict) else None
            if here is None:
                break
        if here is not None and here != "" and here != "-" and not isinstance(here, dict):
            return here
    return None


def _is_ours(agent: Any) -> bool:
    """Caddy and Vercel write a header's values as a list."""
    return str(agent[0] if isinstance(agent, list) and agent else agent).startswith(_OURS)


def _status(value: Any) -> int | None:
    """An HTTP status; -1 is how a platform writes that the function crashed (Vercel log drains)."""
    if isinstance(value, str):
        value = -1 if value == "-1" else whole(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 100 <= value <= 599 or value in (-1, 0) else None


def _time(row: dict[str, Any], clock: Clock) -> float | None:
    for path in _TIME:
        value = row.get(path[0])
        if isinstance(value, str) and "/" in value[:3]:
            return clock.combined(value)
        if value is not None and (at := clock.any(value)) is not None:
            return at
    return None


def _took(row: dict[str, Any]) -> float | None:
    for path, per in (*_MS, *_SECONDS, *_EVENT_NS):
        value = _number(_first(row, (path,)))
        if value is not None:
            return value * per
    value = _number(row.get("duration"))
    if value is None:
        return None
    # Caddy writes seconds beside its `request`, lograge milliseconds.
    return value * 1000 if isinstance(row.get("request"), dict) else value


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = float(value.split(",")[0])
        except ValueError:
            return None
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e15 else None
