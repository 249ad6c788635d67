"""The shared cache in front of the marketplace, "demo-edge".

Stores what it may (RFC 9111), revalidates, compresses, and says what it did (RFC 9211).
"""

from __future__ import annotations

import gzip
import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from email.utils import formatdate

from .web import Program, Request, Response

NAME = "demo-edge"
_COMPRESS_FROM = 600  # shorter bodies fit one packet either way
_COMPRESSIBLE = (
    "text/",
    "application/json",
    "application/javascript",
    "application/xml",
    "application/rdap+json",
    "image/svg+xml",
)
_ENTRIES = 500


@dataclass(slots=True)
class _Stored:
    response: Response
    at: float
    fresh_for: float
    squeezed: bytes | None = None


def directives(value: str | None) -> dict[str, str]:
    """Cache-Control as names and values, lower case."""
    found: dict[str, str] = {}
    for part in (value or "").split(","):
        name, _, argument = part.strip().partition("=")
        if name:
            found[name.lower()] = argument.strip('" ')
    return found


def _seconds(rules: dict[str, str]) -> float:
    value = rules.get("s-maxage", rules.get("max-age", "0"))
    return float(value) if value.isdigit() else 0.0


class Edge:
    """A program that stands before another one. `flaws` is looked at anew for each request."""

    def __init__(self, origin: Program, flaws: Collection[str]) -> None:
        self._origin = origin
        self._flaws = flaws
        self._store: OrderedDict[tuple[str, str, str], _Stored] = OrderedDict()

    def purge(self) -> None:
        """Forgets everything, as a deploy does."""
        self._store.clear()

    async def __call__(self, request: Request) -> Response:
        """From the cache where it may (RFC 9111), with Cache-Status (RFC 9211) and Age."""
        stored, status = await self._fetch(request)
        response = self._deliver(request, stored)
        response.set("Cache-Status", f"{NAME}; {status}")
        if status.startswith("hit"):
            response.set("Age", str(int(time.monotonic() - stored.at)))
        return response

    # -- storing -------------------------------------------------------------------------------------------------

    async def _fetch(self, request: Request) -> tuple[_Stored, str]:
        """The response and the Cache-Status parameters that tell where it came from."""
        now = time.monotonic()
        if request.method not in ("GET", "HEAD"):
            return _Stored(await self._origin(request), now, 0), "fwd=method"
        if "edge-bypass" in self._flaws:
            return _Stored(await self._origin(request), now, 0), "fwd=bypass"
        # Origin is the one request header that responses here vary by, apart from the coding, which is made on the way
        # out.
        key = (request.host, request.target, request.headers.get("origin", ""))
        kept = self._store.get(key)
        if kept is not None and "authorization" not in request.headers:
            left = kept.fresh_for - (now - kept.at)
            if left > 0:
                self._store.move_to_end(key)
                return kept, f"hit; ttl={int(left)}"
            del self._store[key]
        fresh = _Stored(await self._origin(request), now, 0)
        if request.method == "GET" and self._may_store(request, fresh.response):
            fresh.fresh_for = _seconds(directives(fresh.response.header("cache-control")))
            self._store[key] = fresh
            if len(self._store) > _ENTRIES:
                self._store.popitem(last=False)
            return fresh, "fwd=uri-miss; stored"
        return fresh, "fwd=uri-miss"

    def _may_store(self, request: Request, response: Response) -> bool:
        rules = directives(response.header("cache-control"))
        if response.status != 200 or "authorization" in request.headers or _seconds(rules) <= 0:
            return False
        if rules.keys() & {"no-store", "private", "no-cache"}:
            return False
        # RFC 9111 would let a cookie be stored; an edge that is set up well does not, one with "cache everything" does.
        return response.header("set-cookie") is None or "personal-page-cached" in self._flaws

    # -- delivering ----------------------------------------------------------------------------------------------

    def _deliver(self, request: Request, stored: _Stored) -> Response:
        response = stored.response.copy()
        response.set("Date", formatdate(usegmt=True))
        response.set("Server", NAME)
        tag = response.header("etag")
        kind = (response.header("content-type") or "").partition(";")[0]
        squeeze = (
            len(response.body) >= _COMPRESS_FROM
            and kind.startswith(_COMPRESSIBLE)
            and "no-compression" not in self._flaws
        )
        if squeeze:
            response.set("Vary", _with_encoding(response.header("vary")))
            if _accepts_gzip(request.headers.get("accept-encoding", "")):
                if stored.squeezed is None:
                    stored.squeezed = gzip.compress(response.body, 6, mtime=0)
                response.body = stored.squeezed
                response.set("Content-Encoding", "gzip")
                if tag and "etag-shared" not in self._flaws:
                    # A strong validator names one sequence of bytes, so the compressed one has its own (RFC 9110
                    # section 8.8.1).
                    tag = tag[:-1] + '-gz"'
                    response.set("ETag", tag)
        if response.status == 200 and tag and _matches(request.headers.get("if-none-match", ""), tag):
            return _not_modified(response)
        return response


def _with_encoding(vary: str | None) -> str:
    return f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"


def _accepts_gzip(value: str) -> bool:
    for part in value.lower().split(","):
        coding, _, quality = part.partition(";")
        if coding.strip() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _matches(condition: str, tag: str) -> bool:
    """If-None-Match, by the weak comparison (RFC 9110 section 13.1.2)."""
    offered = [part.strip().removeprefix("W/") for part in condition.split(",")]
    return condition.strip() == "*" or tag in offered


def _not_modified(response: Response) -> Response:
    about_content = ("content-type", "content-encoding", "content-length")
    return Response(304, [(name, value) for name, value in response.headers if name.lower() not in about_content])
