"""Time as the product sees it: a clock that tests, reports and `--now` can fix."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What judgements read the time from. TLS itself keeps the machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Always in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands where it was put, until it is moved."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("a clock needs a time with its zone")
        self.at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The moment that was set."""
        return self.at

    def move(self, step: timedelta) -> None:
        """Back, too, where the step is negative."""
        self.at += step


def parse_moment(text: str) -> datetime:
    """An ISO 8601 moment; without a zone it is UTC. Raises ValueError with what is allowed."""
    try:
        at = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # the year 1, with a zone east of Greenwich, is before all years in UTC
        raise ValueError(f"{text!r} is not a time: write it as 2026-11-24T14:02:00Z") from None


def ago(at: datetime, now: datetime) -> str:
    """How long ago, in the one unit a person needs: `now`, `4 min`, `3 h`, `12 d`; the future is `in 3 h`."""
    seconds = int((now - at).total_seconds())
    words = span(abs(seconds))
    if abs(seconds) < 45:
        return "now"
    return words if seconds > 0 else f"in {words}"


def span(seconds: float) -> str:
    """A length of time in one unit: `40 s`, `12 min`, `3 h`, `12 d`."""
    if seconds < 90:
        return f"{round(seconds)} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    if seconds < 36 * 3600:
        return f"{round(seconds / 3600)} h"
    return f"{round(seconds / 86400)} d"


def stamp(at: datetime) -> str:
    """UTC with seconds, as evidence shows it: `2026-11-24 14:02:11 UTC`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
