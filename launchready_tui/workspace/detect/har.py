"""Routes from a HAR 1.2 file (a browser's recording of its network tab):
http://www.softwareishard.com/blog/har-12-spec/.

Cookies, authorization and bodies stay behind: a recording holds somebody's session, and the launch file is committed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, cast

import msgspec

from ...launch.model import Method
from ...wording import plural
from .routes import METHODS, Candidate, CannotImport, Imported, read_json, to_routes

_ASSET = re.compile(
    r"\.(?:js|mjs|css|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|otf|mp4|webm|mp3|wasm|webmanifest|txt|xml)$",
    re.IGNORECASE,
)
_ASSET_TYPES = (
    "image/",
    "font/",
    "video/",
    "audio/",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/wasm",
)


def read_har(raw: bytes, hosts: Collection[str], taken: Collection[str] = ()) -> Imported:
    """Routes of the launch's own `hosts` that a recording shows. Raises CannotImport for what is no HAR file."""
    log = read_json(raw, "a HAR file").get("log")
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise CannotImport(
            "it has no log.entries list; save the recording with `Save all as HAR` in the browser's network tab"
        )
    candidates: list[Candidate] = []
    unread = bodies = private = 0
    for entry in entries:
        request = entry.get("request") if isinstance(entry, dict) else None
        if (
            not isinstance(request, dict)
            or not isinstance(request.get("url"), str)
            or not isinstance(request.get("method"), str)
        ):
            unread += 1
            continue
        if not _is_call(entry, request):
            continue
        headers = tuple(_headers(request))
        bodies += isinstance(request.get("postData"), dict)
        private += any(name.lower() in ("cookie", "authorization") for name, _ in headers)
        candidates.append(
            Candidate(
                method=cast(Method, request["method"].upper()),
                url=request["url"],
                headers=headers,
                good=200 <= _status(entry) < 400,
            )
        )
    imported = to_routes(candidates, hosts, taken)
    notes = list(imported.notes)
    if unread:
        notes.append(f"left out: {plural(unread, 'entry', 'entries')} without a request")
    if bodies:
        notes.append(
            f"left out: {plural(bodies, 'request body', 'request bodies')}; enter a body without private data in `body`"
        )
    if private:
        notes.append(
            f"sent with a log-in: {plural(private, 'request')}; store a credential and set `login` where a route "
            f"needs it"
        )
    return msgspec.structs.replace(imported, notes=tuple(notes))


def _is_call(entry: dict[str, Any], request: dict[str, Any]) -> bool:
    """A page or a call of the product, not a file of it, and nothing the browser asks by itself."""
    if request["method"].upper() not in METHODS or not request["url"].startswith(("http://", "https://")):
        return False
    response = entry.get("response")
    content = response.get("content") if isinstance(response, dict) else None
    kind = content.get("mimeType") if isinstance(content, dict) else None
    if isinstance(kind, str) and kind.lower().startswith(_ASSET_TYPES):
        return False
    return not _ASSET.search(re.split(r"[?#]", request["url"], maxsplit=1)[0])


def _status(entry: dict[str, Any]) -> int:
    response = entry.get("response")
    status = response.get("status") if isinstance(response, dict) else None
    return status if isinstance(status, int) else 0


def _headers(request: dict[str, Any]) -> Iterator[tuple[str, str]]:
    headers = request.get("headers")
    for header in headers if isinstance(headers, list) else ():
        if isinstance(header, dict) and isinstance(header.get("name"), str) and isinstance(header.get("value"), str):
            yield header["name"], header["value"]
