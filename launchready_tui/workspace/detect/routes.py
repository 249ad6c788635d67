"""Routes from recorded or described requests: own hosts only, one for each method and path, without anything secret or
personal."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from ... import text
from ...launch.model import Flow, Method, Route
from ...launch.names import url_parts
from ...launch.validate import MOST_ROWS
from ...secrets import BLANK, is_token, without_tokens
from ...wording import plural
from .words import flow_of, repeatable

MOST_BYTES = 100 * 1024 * 1024
METHODS: tuple[Method, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_FLOW_ORDER: tuple[Flow, ...] = (
    "all",
    "pay",
    "sign-up",
    "log-in",
    "book",
    "search",
    "list",
    "message",
    "admin",
    "marketing",
)
_ID = re.compile(
    r"[0-9]+|[0-9a-f]{8,}|[0-9a-fA-F-]{32,36}|[0-9A-HJKMNP-TV-Z]{26}|(?=[^/]*[0-9])[A-Za-z0-9_-]{16,}|[A-Za-z]{2,5}_[A-Za-z0-9]{6,}"
)
_MOUNT = re.compile(r"api|rest|v[0-9]{1,2}|_next|data|\{(?:id|token)\}|index\.\w+")
_KEPT_HEADERS = ("accept", "accept-language", "content-type", "x-requested-with", "prefer", "x-api-version")
# Names of query values that are, or may be, somebody's.
_PRIVATE_QUERY = re.compile(
    r"(?i)token|secret|passw|key|auth|sig|code|state|session|jwt|email|phone|nonce|hash|user|uid"
)


class CannotImport(ValueError):  # noqa: N818
    """A file that gives no routes; the text says why and what is expected."""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What a file gave: routes ready to be appended, and remarks on what was left out."""

    routes: tuple[Route, ...]
    notes: tuple[str, ...] = ()


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One request before it becomes a route."""

    method: Method
    url: str
    name: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    good: bool = True
    """It was answered well where it was recorded."""

    @property
    def template(self) -> str:
        """The path with `{id}` in place of what names one thing."""
        return template(urlsplit(self.url).path)


def read_json(raw: bytes, kind: str) -> dict[str, Any]:
    """The JSON object of a file. Raises CannotImport, naming the place."""
    if len(raw) > MOST_BYTES:
        raise CannotImport(
            f"the file has {len(raw) // 1024 // 1024} MB; at most {MOST_BYTES // 1024 // 1024} MB are read"
        )
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as why:
        raise CannotImport(f"byte {why.start} is not UTF-8; {kind} is JSON in UTF-8") from None
    except json.JSONDecodeError as why:
        raise CannotImport(f"line {why.lineno}, column {why.colno} is not JSON ({why.msg}); {kind} is JSON") from None
    except (RecursionError, ValueError):
        raise CannotImport(
            f"the JSON is nested too deeply or has a number that is too long; this is not {kind}"
        ) from None
    if not isinstance(data, dict):
        raise CannotImport(f"the file contains {_kind(data)} where {kind} has an object")
    return data


def _kind(value: object) -> str:
    return {list: "a list", str: "text", bool: "true or false", type(None): "null"}.get(type(value), "a number")


def template(path: str) -> str:
    """A path with whatever names one thing only as `{id}`: numbers, UUIDs, hashes, long mixed words; a token as
    `{token}`."""
    parts = path.split("/")
    return "/".join(
        BLANK if is_token(part, folder) else "{id}" if part and _ID.fullmatch(part) else part
        for folder, part in zip(["", *parts], parts, strict=False)
    )


def to_routes(candidates: Iterable[Candidate], hosts: Collection[str], taken: Collection[str] = ()) -> Imported:
    """One route for each method, host and path template, the best answered first of its kind; by business flow, then
    as they came.

    `hosts` are the launch's own; `taken` are route names that are used already.
    """
    own = {host.lower() for host in hosts}
    foreign: dict[str, int] = {}
    plain, broken = 0, 0
    best: dict[tuple[str, str, str], Candidate] = {}
    for candidate in candidates:
        parts = url_parts(candidate.url)
        if parts is None:
            broken += 1
        elif parts.hostname not in own:
            foreign[parts.hostname or ""] = foreign.get(parts.hostname or "", 0) + 1
        elif parts.scheme != "https":
            plain += 1
        else:
            key = (candidate.method, parts.netloc, candidate.template)
            if key not in best or (candidate.good and not best[key].good):
                best[key] = candidate
    routes = sorted((_route(candidate) for candidate in best.values()), key=lambda route: _FLOW_ORDER.index(route.flow))
    notes = _remarks(foreign, plain, broken, len(routes), sum(BLANK in route.url for route in routes))
    return Imported(routes=tuple(_named(routes[: MOST_ROWS["routes"]], taken)), notes=notes)


def _route(candidate: Candidate) -> Route:
    parts = urlsplit(candidate.url)
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not _PRIVATE_QUERY.search(name)
    ]
    kept = {
        name.lower(): value
        for name, value in candidate.headers
        if name.lower() in _KEPT_HEADERS and value.isascii() and value.isprintable()
    }
    if kept.get("accept", "").strip() == "*/*":
        del kept["accept"]
    if candidate.method in ("GET", "HEAD"):
        kept.pop("content-type", None)
    recorded = parts._replace(query=urlencode(query), fragment="").geturl()
    url = without_tokens(recorded)
    return Route(
        name=candidate.name or name_of(candidate.method, candidate.template),
        url=url,
        flow=flow_of(parts.path),
        method=candidate.method,
        headers={name: value.strip() for name, value in kept.items()},
        safe=candidate.method == "GET" and candidate.good and repeatable(parts.path) and url == recorded,
    )


def name_of(method: str, path: str) -> str:
    """What people would call it: the telling words of the path, and the method where it is not GET."""
    words = [part for part in path.split("/") if part and not _MOUNT.fullmatch(part)]
    name = text.clean(" ".join(words).replace("-", " ").replace("_", " ")) or "home"
    if path.rstrip("/").endswith("{id}"):
        name += ", one"
    return text.shorten(name if method == "GET" else f"{name} ({method.lower()})", 80)


def _named(routes: list[Route], taken: Collection[str]) -> Iterable[Route]:
    """Names told apart by host, then by number: two routes of one name cannot stand in a launch file."""
    used = {name.lower() for name in taken}
    for route in routes:
        name, number = route.name, 2
        if name.lower() in used:
            name = full = f"{route.name} on {urlsplit(route.url).hostname}"
            while name.lower() in used:
                name, number = f"{full} {number}", number + 1
        used.add(name.lower())
        yield msgspec.structs.replace(route, name=name)


def _remarks(foreign: dict[str, int], plain: int, broken: int, found: int, blanks: int) -> tuple[str, ...]:
    notes: list[str] = []
    if foreign:
        most = sorted(foreign, key=lambda host: -foreign[host])
        more = f" and {len(most) - 5} more" if len(most) > 5 else ""
        notes.append(
            f"left out: {plural(sum(foreign.values()), 'request')} to hosts outside the launch: "
            f"{', '.join(most[:5])}{more}"
        )
    if blanks:
        notes.append(
            f"left out: the token in {plural(blanks, 'address', 'addresses')}; its place is {BLANK}, and the route is "
            f"not measured"
        )
    if plain:
        notes.append(f"left out: {plural(plain, 'request')} over plain http")
    if broken:
        notes.append(f"left out: {plural(broken, 'request')} without a valid URL")
    if found > MOST_ROWS["routes"]:
        notes.append(f"only the first {MOST_ROWS['routes']} of {found} routes were imported")
    return tuple(notes)
