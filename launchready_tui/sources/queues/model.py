"""What a job queue says of itself."""

from __future__ import annotations

from datetime import datetime

import msgspec

LATE_S = 120.0
"""A job that has waited longer makes its queue a late one, seconds."""


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """One queue at one moment. None: its system does not say."""

    at: datetime
    source: str
    """The name of the server in the launch file."""
    system: str
    queue: str
    environment: str = "production"
    ready: int
    """Jobs that could be done now and are not."""
    oldest_s: float | None = None
    """How long the oldest of them waits, seconds."""
    active: int | None = None
    scheduled: int | None = None
    """For later, or to be tried again."""
    failed: int | None = None
    paused: int | None = None
    workers: int | None = None

    @property
    def late(self) -> bool:
        """Whether its oldest job has waited too long; never where its system does not say how long."""
        return (self.oldest_s or 0) > LATE_S


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One server's queues; `rows` empty where it has none that we know."""

    name: str
    rows: tuple[Backlog, ...]
    note: str = ""
