"""What the reader of a queue's system is given: where the server is and as whom to ask it; and how it reads ages."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from ...text import clean

DEADLINE_S = 10.0


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where to connect, and as whom. Holds a password: never shown, never kept."""

    host: str
    """The name that certificates are checked against."""
    to: tuple[str, int]
    user: str
    password: str
    database: str
    tls: bool
    ca_file: str
    options: dict[str, str]

    def __repr__(self) -> str:
        return f"Server({self.host})"

    def words_of(self, why: Exception) -> str:
        """What a client library says went wrong, cleaned, and without the password."""
        text = clean(str(why))
        return text.replace(self.password, "…") if self.password else text


def age_s(now: datetime, then: object) -> float | None:
    """Seconds since `then`: a moment, ISO text, or seconds or ms since 1970. None for what is no time; never below
    0."""
    if isinstance(then, str):
        try:
            then = datetime.fromisoformat(then)
        except ValueError:
            return None
    if isinstance(then, datetime):
        return max(0.0, (now - (then if then.tzinfo else then.replace(tzinfo=UTC))).total_seconds())
    if isinstance(then, bool) or not isinstance(then, int | float):
        return None
    return max(0.0, now.timestamp() - (then / 1000 if then > 1e11 else then))
