"""Whether an answer is the right one: status, text, JSON, headers."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

from ..launch.jsonpath import json_value
from ..text import clean, shorten
from .samples.model import Target

BODY_KEPT = 256 * 1024
"""So much of a body is looked at; what should be seen stands near its beginning, or it is JSON and short."""


def kept_bytes(target: Target) -> int:
    """How much of the body a target's conditions need; one byte keeps the headers."""
    wants_body = bool(target.version_json) or any(
        one.kind in ("contains", "absent", "json") for one in target.conditions
    )
    if wants_body:
        return BODY_KEPT
    return 1 if target.version_header or any(one.kind == "header" for one in target.conditions) else 0


def unmet(target: Target, status: int, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    """The first thing that is not as it should be: (kind, what was seen instead), both empty where all is well."""
    if not any(one.kind == "status" for one in target.conditions) and not 200 <= status < 400:
        return "status", f"status {status}"
    text: str | None = None
    for condition in target.conditions:
        match condition.kind:
            case "status":
                if str(status) not in condition.value.split(", "):
                    return "status", f"status {status}, not {condition.value}"
            case "header":
                seen = headers.get(condition.name)
                if seen is None or condition.value not in seen:
                    shown = "no such header" if seen is None else shorten(clean(seen), 80)
                    return "header", f"header {condition.name}: {shown}, not {condition.value}"
            case "json":
                found = json_value(_plain_body(headers, body), condition.name)
                if found != condition.value:
                    shown = "missing" if found is None else shorten(clean(found), 80)
                    return "json", f"{condition.name} is {shown}, not {condition.value}"
            case _:
                text = text if text is not None else _plain_body(headers, body).decode("utf-8", "replace")
                if (condition.value in text) != (condition.kind == "contains"):
                    missing = "the page does not contain" if condition.kind == "contains" else "the page contains"
                    return condition.kind, f"{missing} {condition.value!r}"
    return "", ""


def version_of(target: Target, headers: Mapping[str, str], body: bytes) -> str:
    """The release that an answer names; empty where it names none."""
    if target.version_header:
        return clean(headers.get(target.version_header.lower(), ""))[:100]
    if target.version_json:
        return clean(json_value(_plain_body(headers, body), target.version_json) or "")[:100]
    return ""


def _plain_body(headers: Mapping[str, str], body: bytes) -> bytes:
    """The body without its coding, at most so much of it; one that cannot be unpacked is left as it came."""
    coding = headers.get("content-encoding", "").strip().lower()
    if coding not in ("gzip", "x-gzip", "deflate"):
        return body
    try:
        return zlib.decompressobj(wbits=47).decompress(body, BODY_KEPT)
    except zlib.error:
        return body


def headers_of(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """By lower-case name, repeated ones joined (RFC 9110 section 5.3)."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found
