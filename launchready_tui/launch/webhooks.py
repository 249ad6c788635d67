"""What a webhook of one's own gets: JSON with places that the message fills in. Values go in as JSON text, so that no
message can change the shape of the body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

PLACES = ("title", "text", "event", "state", "owner", "alert", "incident", "key", "domain", "at")
_PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_MOST = 4000


def problem(template: str) -> str:
    """What a template may be, where this one is not; empty where it is fine."""
    if len(template) > _MOST:
        return f"at most {_MOST} characters"
    try:
        body = msgspec.json.decode(template)
    except msgspec.DecodeError:
        return "JSON, with each {{place}} inside a quoted text"
    if not isinstance(body, dict | list):
        return "a JSON object or list"
    strange = next((name for name in _PLACE.findall(template) if name not in PLACES), None)
    return "" if strange is None else f"only these places: {', '.join(PLACES)}"


def fill(template: str, values: Mapping[str, str]) -> bytes:
    """The body to post, as JSON. Without a template all values as one object."""
    return msgspec.json.encode(_filled(msgspec.json.decode(template), values) if template else dict(values))


def _filled(part: Any, values: Mapping[str, str]) -> Any:
    match part:
        case str():
            return _PLACE.sub(lambda place: values[place[1]], part)
        case dict():
            return {_filled(key, values): _filled(value, values) for key, value in part.items()}
        case list():
            return [_filled(one, values) for one in part]
    return part
