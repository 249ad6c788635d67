"""Paths as routes: what names one thing or one person becomes a placeholder, so that requests add up and nobody can be
told from them."""

from __future__ import annotations

import re

from ...secrets import is_token

MOST = 200
"""Routes of one environment; what comes after goes under `other`."""
MANY = 25
"""So many different names under one folder are names of things, not of pages."""
MANY_AT_ROOT = 80
OTHER = "other"
NOT_FOUND = "not found"
STATIC = "static files"
STRANGE = "no request"
_ID = re.compile(
    r"(?i)\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{12,}|0x[0-9a-f]+|\d{4}-\d\d-\d\d"
)
_TOKEN = re.compile(r"(?=.*\d)[A-Za-z0-9_-]{16,}|[A-Za-z0-9_-]{32,}|\d+[-_].*|.*[-_]\d{3,}")
_PLAIN = re.compile(r"[A-Za-z0-9._~!$'()*+;:-]{1,40}")
_STATIC = re.compile(
    r"(?i)\.(?:js|mjs|css|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|otf|mp4|webm|txt|xml|webmanifest)$"
)
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"))
_HEALTH = re.compile(r"(?i)^/(?:[\w-]+/)*(?:healthz?|livez|readyz|ping|up|status|heartbeat|metrics|_health)/?$")


def is_health(path: str) -> bool:
    """Whether it is asked by a monitor and not by a visitor."""
    return bool(_HEALTH.match(path.partition("?")[0]))


def is_hidden(path: str) -> bool:
    """Whether a file or folder is asked for whose name begins with a dot, such as `.env`: scanners do."""
    return any(part.startswith(".") for part in _plain_path(path).split("/"))


def _plain_path(target: str) -> str:
    """The path of a request target, without query, fragment and host; empty for what is none."""
    path = target.partition("?")[0].partition("#")[0]
    if "://" in path[:10]:
        path = "/" + path.split("://", 1)[1].partition("/")[2]
    return path if path.startswith("/") else ""


def shape(path: str) -> tuple[str, ...]:
    """The segments of a path, with placeholders for what cannot be a page's name by its looks."""
    parts = path.strip("/").split("/")[:8] if path.strip("/") else []
    return tuple(_segment(segment, folder) for folder, segment in zip(["", *parts], parts, strict=False))


def _segment(segment: str, folder: str) -> str:
    if segment.startswith("{") and segment.endswith("}") and len(segment) <= 40:
        return segment  # the application has named its route itself
    if segment.startswith(":") and segment[1:].isidentifier():
        return segment
    if "@" in segment or "%40" in segment:
        return "{person}"
    if (
        _ID.fullmatch(segment)
        or _TOKEN.fullmatch(segment)
        or not _PLAIN.fullmatch(segment)
        or is_token(segment, folder)
    ):
        return "{id}"
    return segment


class Routes:
    """Learns the routes of one environment while lines come, in bounded memory. Counters of routes that turn out to be
    one are merged."""

    def __init__(self) -> None:
        self._children: dict[tuple[str, ...], set[str]] = {}
        self._many: set[tuple[str, ...]] = set()
        self._known: dict[str, str] = {}
        self.merged: list[tuple[str, str]] = []
        """(old, new): counters to be added up. Emptied by whoever did."""
        self._shapes: dict[str, tuple[str, ...]] = {}

    def name(self, method: str, target: str, status: int) -> str:
        """The route of a request."""
        path = _plain_path(target)
        if not path:
            return STRANGE
        if _STATIC.search(path):
            return STATIC
        verb = method if method in _METHODS else "?"
        segments = self._learnt(shape(path))
        route = f"{verb} /{'/'.join(segments)}"
        if route in self._shapes:
            return route
        if status in (404, 405, 410) or (status == 400 and not method):
            # Scanners ask for thousands of paths that never existed.
            return NOT_FOUND
        if len(self._shapes) >= MOST:
            return OTHER
        self._shapes[route] = segments
        return route

    def _learnt(self, segments: tuple[str, ...]) -> tuple[str, ...]:
        made: tuple[str, ...] = ()
        for segment in segments:
            if made in self._many and segment[:1] != "{":
                segment = "{name}"
            elif segment[:1] not in "{:":
                seen = self._children.setdefault(made, set())
                if segment not in seen and len(self._children) < 5000:
                    seen.add(segment)
                    if len(seen) > (MANY if made else MANY_AT_ROOT):
                        self._fold(made)
                        segment = "{name}"
            made = (*made, segment)
        return made

    def _fold(self, folder: tuple[str, ...]) -> None:
        """All names under this folder are one route from now on, and were before."""
        self._many.add(folder)
        depth = len(folder)
        for key in [key for key in self._children if key[:depth] == folder]:
            del self._children[key]
        for route, segments in list(self._shapes.items()):
            if segments[:depth] == folder and len(segments) > depth and segments[depth][:1] not in "{:":
                new = (*folder, "{name}", *segments[depth + 1 :])
                name = f"{route.partition(' ')[0]} /{'/'.join(new)}"
                del self._shapes[route]
                self._shapes[name] = new
                self.merged.append((route, name))
