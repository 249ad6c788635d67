"""What is wrong with a value that somebody typed: a sentence that says what is allowed, or nothing."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from ..launch.hours import HoursError, stretches, zone
from ..launch.plan import offset
from ..text import whole


def is_day(value: str) -> str:
    """What is wrong with a day; empty where nothing is."""
    try:
        date.fromisoformat(value)
    except ValueError:
        return "a day such as 2026-12-24"
    return ""


def is_count(value: str) -> str:
    """What is wrong with a whole number."""
    count = whole(value)
    return "" if count is not None and count < 100_000 else "a whole number"


def is_url(value: str) -> str:
    """What is wrong with an address of a page."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(value)
        if parts.scheme in ("http", "https") and parts.hostname:
            return ""
    return "a full URL, such as https://example.com/"


def is_hours(value: str) -> str:
    """What is wrong with hours in which somebody can be reached; empty where nothing is."""
    now = datetime.now(UTC)
    try:
        stretches(value, "", now, now + timedelta(days=1))
    except HoursError:
        return "09:00-18:00, several separated by commas, or always"
    return ""


def is_zone(value: str) -> str:
    """What is wrong with a time zone."""
    try:
        zone(value)
    except HoursError as error:
        return str(error)
    return ""


def is_offset(value: str) -> str:
    """What is wrong with a time counted from the launch."""
    try:
        offset(value)
    except ValueError as error:
        return str(error)
    return ""


def names_of(value: str) -> tuple[str, ...]:
    """Names between blanks or commas."""
    return tuple(value.replace(",", " ").split())


def are_checks(value: str) -> str:
    """What is wrong with a list of checks and stages."""
    from ..roadmap.model import load

    roadmap = load()
    known = {*roadmap.checks, *(stage.id for stage in roadmap.stages)}
    wrong = [name for name in names_of(value) if name not in known]
    stages = ", ".join(stage.id for stage in roadmap.stages)
    return f"no check or stage is called {wrong[0]}; stages are {stages}" if wrong else ""
