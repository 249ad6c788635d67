"""When people can be reached: `09:00-18:00` in their own time zone, as stretches of UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

_RANGE = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)")
_ALWAYS = frozenset({"always", "24/7", "any time", "anytime", "day and night"})

Stretch = tuple[datetime, datetime]


class HoursError(ValueError):
    """Hours or a time zone that cannot be read; the sentence says what is allowed."""


def zone(name: str) -> tzinfo:
    """The time zone of that IANA name; UTC for an empty one. Raises HoursError."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name) if name.strip() else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise HoursError(f"{name!r} is not a time zone this machine knows; write it as Europe/Berlin") from None


def stretches(hours: str, time_zone: str, start: datetime, end: datetime) -> tuple[Stretch, ...]:
    """The parts of `start` to `end` in which somebody with these hours is there, in UTC and in order.

    Several ranges may stand between commas; one may cross midnight (`22:00-06:00`). Raises HoursError.
    """
    if hours.casefold().strip() in _ALWAYS:
        return ((start, end),)
    ranges = [_RANGE.fullmatch(one.strip()) for one in hours.split(",")]
    if not hours.strip() or None in ranges:
        raise HoursError(f"{hours!r} is not a range of hours; write 09:00-18:00, or always")
    place = zone(time_zone)
    first = start.astimezone(place).date() - timedelta(days=1)
    days = (end - start).days + 3
    found = []
    for number in range(days):
        day = datetime.combine(first + timedelta(days=number), datetime.min.time(), tzinfo=place)
        for one in ranges:
            assert one is not None
            a, b, c, d = (int(part) for part in one.groups())
            opens, closes = (a, b), (c, d)
            begin = _at(day, opens)
            finish = _at(day, closes) if closes > opens else _at(day + timedelta(days=1), closes)
            begin, finish = max(begin, start), min(finish, end)
            if begin < finish:
                found.append((begin, finish))
    return tuple(sorted(found))


def gaps(covered: Iterable[Stretch], start: datetime, end: datetime) -> tuple[Stretch, ...]:
    """The parts of `start` to `end` that nothing covers, in order."""
    found, reached = [], start
    for begin, finish in sorted(covered):
        if begin > reached:
            found.append((reached, begin))
        reached = max(reached, finish)
    if reached < end:
        found.append((reached, end))
    return tuple(found)


def _at(day: datetime, clock: tuple[int, int]) -> datetime:
    hour, minute = clock
    whole = day + timedelta(days=1) if hour == 24 else day
    return whole.replace(hour=hour % 24, minute=minute).astimezone(UTC)
