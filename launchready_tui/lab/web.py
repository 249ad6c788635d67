"""Requests and responses as the demo marketplace's programs see them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, unquote, urlsplit

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are lower case; `host` is without a port."""

    method: str
    host: str
    target: str
    headers: dict[str, str]
    body: bytes
    secure: bool

    @property
    def path(self) -> str:
        """Without the query, percent-decoded."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """The first value of each parameter."""
        return dict(reversed(parse_qsl(urlsplit(self.target).query)))

    @property
    def cookies(self) -> dict[str, str]:
        """By name; none at all where the header cannot be read."""
        try:
            return {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("cookie", "")).items()}
        except CookieError:
            return {}

    def form(self) -> dict[str, str]:
        """The fields of a posted form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace")))


@dataclass(slots=True)
class Response:
    """One response. `body` is as the program made it; the edge compresses it on its way out."""

    status: int = 200
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def set(self, name: str, value: str) -> None:
        """Sets a header in place of any of that name."""
        self.drop(name)
        self.headers.append((name, value))

    def drop(self, name: str) -> None:
        """Takes a header out."""
        self.headers[:] = [(key, kept) for key, kept in self.headers if key.lower() != name.lower()]

    def copy(self) -> Response:
        """Headers may be changed on it; the body is shared."""
        return Response(self.status, list(self.headers), self.body)


Program = Callable[[Request], Awaitable[Response]]


def etag(body: bytes) -> str:
    """A strong validator of this body."""
    return f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def content(
    body: str | bytes, media_type: str, *, status: int = 200, cache: str = "", headers: Iterable[tuple[str, str]] = ()
) -> Response:
    """A response with a body, its validator, and its caching rule."""
    raw = body.encode() if isinstance(body, str) else body
    answer = Response(status, [("Content-Type", media_type), *headers], raw)
    if cache:
        answer.headers.append(("Cache-Control", cache))
    if status == 200 and "no-store" not in cache:
        answer.headers.append(("ETag", etag(raw)))
    return answer


def html(body: str, *, status: int = 200, cache: str = "", headers: Iterable[tuple[str, str]] = ()) -> Response:
    """A page in UTF-8."""
    return content(body, "text/html; charset=utf-8", status=status, cache=cache, headers=headers)


def plain(body: str, *, status: int = 200, cache: str = "no-store") -> Response:
    """Text in UTF-8 that no cache keeps, unless told otherwise."""
    return content(body, "text/plain; charset=utf-8", status=status, cache=cache)


def as_json(
    value: object, *, status: int = 200, cache: str = "no-store", media_type: str = "application/json"
) -> Response:
    """JSON that no cache keeps, unless told otherwise."""
    return content(json.dumps(value, ensure_ascii=False), media_type, status=status, cache=cache)


def redirect(status: int, location: str, *, cache: str = "max-age=3600") -> Response:
    """A redirect. The caching rule keeps browsers from remembering a permanent one for ever."""
    return content("", "text/plain; charset=utf-8", status=status, cache=cache, headers=[("Location", location)])


def not_allowed(*methods: str) -> Response:
    """405 with the methods that are (RFC 9110, section 15.5.6)."""
    answer = plain("This address does not take that method.\n", status=405)
    answer.set("Allow", ", ".join(methods))
    return answer
