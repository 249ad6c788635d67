"""What is known of logs after they were read. Times are ms, moments aware datetimes in UTC."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

Format = Literal["auto", "combined", "json"]
Kind = Literal["server-error", "time-out", "connection", "exhausted", "log-in", "gave-up", "error"]
PersonalKind = Literal["email", "phone", "card", "iban", "token", "password"]

KIND_WORDS: dict[Kind, str] = {
    "server-error": "answers with a server error",
    "time-out": "time-outs",
    "connection": "failed connections",
    "exhausted": "exhausted resources: connections, memory, disk, locks",
    "log-in": "rejected log-ins",
    "gave-up": "clients that gave up before the answer came (499)",
    "error": "other errors",
}
PERSONAL_WORDS: dict[PersonalKind, str] = {
    "email": "e-mail addresses",
    "phone": "phone numbers",
    "card": "card numbers",
    "iban": "bank accounts",
    "token": "access tokens",
    "password": "passwords",
}
FEW = 20
"""Below so many requests a share says little, and the words say so."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One log. `format` auto: each line is looked at for itself."""

    path: Path
    format: Format = "auto"
    environment: str = "production"


class RouteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One route of one environment."""

    environment: str
    route: str
    """Method and template, such as `GET /listings/{id}`."""
    n: int
    errors: int
    """Status 5xx, or no answer at all."""
    refused: int = 0
    """401 and 403."""
    limited: int = 0
    """429."""
    other_4xx: int = 0
    gone: int = 0
    """499: the visitor left before the answer came. A sign of slowness, not an error."""
    timed: int = 0
    p50: float | None = None
    p95: float | None = None
    """From buckets of 6 %."""

    @property
    def share(self) -> float:
        """Errors per request, 0 to 1; 0 where there was none."""
        return self.errors / self.n if self.n else 0.0

    @property
    def few(self) -> bool:
        """Whether there are too few requests to judge a share by."""
        return self.n < FEW


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Lines that tell of the same failure. `signature` is masked: numbers, ids, addresses, quoted text and names are
    gone."""

    kind: Kind
    signature: str
    environment: str
    count: int
    first: datetime | None = None
    last: datetime | None = None


class Personal(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of personal data that stands in the logs, and where to find it. What stood there is not kept."""

    kind: PersonalKind
    count: int
    """Lines with it."""
    line: int
    """The first of them, counted from 1."""
    file: str


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, of one log or several."""

    files: tuple[str, ...] = ()
    lines: int = 0
    strange: int = 0
    """Lines that could not be understood."""
    cut: int = 0
    """Lines that were longer than what is looked at."""
    skipped: int = 0
    """Bytes at the beginning that were passed over because the log is large."""
    whole: bool = True
    """False where reading ended before the log did: by its bound in time or bytes."""
    access: int = 0
    app: int = 0
    with_id: int = 0
    """Of access and app lines, those that carry a request id."""
    timed: int = 0
    """Of access lines, those that say how long the answer took."""
    levelled: int = 0
    """Of app lines, those that say how bad it is."""
    ours: int = 0
    """Requests that LaunchReady itself made; they are counted nowhere else."""
    noise: int = 0
    """Health checks and debug lines."""
    since: datetime | None = None
    until: datetime | None = None
    newest: datetime | None = None
    """Of all entries, also those before what was asked for."""
    routes: tuple[RouteRow, ...] = ()
    """The most errors first, then the most requests."""
    groups: tuple[Group, ...] = ()
    """The most first."""
    personal: tuple[Personal, ...] = ()

    @property
    def understood(self) -> int:
        """Lines that were read as a request or as an application's message."""
        return self.access + self.app

    def kinds(self) -> dict[Kind, int]:
        """Lines by kind of failure."""
        found: dict[Kind, int] = {}
        for group in self.groups:
            found[group.kind] = found.get(group.kind, 0) + group.count
        return found
