"""What `[[silence]]` must mean: a planned time with a beginning and one end."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from .judging import Found, Say, rows

MOST = timedelta(days=7)
_LENGTH = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,3})h)?(?:(\d{1,4})m)?")
LENGTH_WORDS = "a length such as 20m, 2h or 1h30m, at most 7d"


def length(words: str) -> timedelta | None:
    """`20m`, `2h`, `1h30m`, `1d`; None for what is none, is nothing, or is longer than a week."""
    found = _LENGTH.fullmatch(words.strip().lower())
    if found is None:
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups())
    long = timedelta(days=days, hours=hours, minutes=minutes)
    return long if timedelta() < long <= MOST else None


def silences(data: dict[str, Any], broken: set[str], say: Say) -> None:
    """One of `until` and `for`, after the beginning and within a week of it."""
    for key, row in rows(data, "silence"):
        begin, until, long = row.get("from"), row.get("until"), row.get("for", "")
        if isinstance(long, str) and long and length(long) is None:
            say(f"{key}.for", long, LENGTH_WORDS)
        if (until is not None) == bool(long):
            say(f"{key}.until", Found("both until and for" if long else "nothing"), 'one of until and for: for = "1h"')
        elif (
            isinstance(until, datetime)
            and isinstance(begin, datetime)
            and until.tzinfo
            and begin.tzinfo
            and not timedelta() < until - begin <= MOST
        ):
            say(f"{key}.until", until, "a moment after from, at most 7 days later")
