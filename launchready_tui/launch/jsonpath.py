"""A path into JSON as the launch file writes it: names and places joined by dots, `checks.0.ok`."""

from __future__ import annotations

import msgspec

from ..text import json_of


def json_value(body: bytes, path: str) -> str | None:
    """What stands there as text: strings as they are, else as JSON writes it; None where nothing does, or where the
    body is no JSON, however deep or broken."""
    here = json_of(body)
    for step in path.split("."):
        if isinstance(here, dict) and step in here:
            here = here[step]
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return None
    return here if isinstance(here, str) else msgspec.json.encode(here).decode()
