"""What goes to the measuring process, what comes back, and what a measurement is. Lengths of time are milliseconds."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ..failure import Reached
from .stats import Answer

WARM_UP = 5
"""Requests before the first one that counts."""
LEAST_WARM_UP = 2
"""So many where these alone took as long as all of them at the target."""
STOP_AFTER_ERRORS = 5
"""So many failed requests end a measurement: the route is broken, and more load would not help it."""
TRIES = 2
"""A route that gives no answer is asked so often before it is called down, each time on a connection of its own."""
BODY_CAP = 16 * 1024 * 1024


class Dial(msgspec.Struct, frozen=True):
    """Where the socket really goes: judged by the address policy and the connect map before it is handed over."""

    address: str
    port: int


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One series of timed requests. It crosses by the child's standard input only, since a header may hold a
    credential."""

    scheme: str
    host: str
    port: int
    dial: tuple[Dial, ...]
    method: str
    target: str
    """Path and query, as they stand in the request line."""
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    ca_file: str = ""
    samples: int
    rate: float
    target_ms: float
    exchange_s: float
    """Deadline of one exchange."""
    deadline_s: float
    """Deadline of the whole series."""


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """One timed exchange. `total` counts from the intended start to the last body byte; `lag` is how late the schedule
    itself woke up."""

    total: float
    lag: float
    first_byte: float
    transfer: float
    status: int
    """0 where no answer came."""
    error: str = ""
    reopened: bool = False


class Started(msgspec.Struct, frozen=True, kw_only=True, tag="started"):
    """The warm-up is over: the connection's own times, and the rate that will be kept."""

    connect: float
    tls: float
    rate: float
    warm_up: int = WARM_UP


class Batch(msgspec.Struct, frozen=True, kw_only=True, tag="batch"):
    """Samples since the last batch."""

    samples: tuple[Sample, ...]


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """The end. `why`: decided, samples, deadline, errors, rate-limited."""

    why: str
    seconds: float
    cpu_share: float
    requests: int
    connections: int


class Broken(msgspec.Struct, frozen=True, kw_only=True, tag="broken"):
    """The series could not be taken: a failure kind, what was said, and how far the last try got."""

    kind: str
    detail: str
    reached: Reached = ""


Word = Started | Batch | Done | Broken


class Phases(msgspec.Struct, frozen=True, kw_only=True):
    """Medians, ms: one cold connection, then the warm exchanges. None where a phase did not happen."""

    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None
    transfer: float | None = None


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """Timed requests to one route, on one warm connection. A request that failed counts as over the target and stands
    in no quantile."""

    route: str
    url: str
    target_ms: float
    n: int
    """Timed requests, the failed ones included."""
    errors: int
    over: int
    """Requests over the target, the failed ones included."""
    verdict: Answer
    why: str
    """Why it ended: decided, samples, deadline, errors, rate-limited; generator where a failure was taken back for our
    own slowness."""
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    """None below 368 answers, where nothing bounds it from above."""
    slowest: float | None = None
    p95_low: float | None = None
    p95_high: float | None = None
    """95 % order-statistic interval of p95; None on a side that so few answers do not bound."""
    rate: float
    """Requests a second that were planned: the asked rate, less where answers are slow, so that one at a time
    suffices."""
    warm_up: int = WARM_UP
    """Requests before the first that counted."""
    seconds: float
    started_at: datetime
    phases: Phases = Phases()
    statuses: dict[int, int] = {}
    """Answers by status; 0 counts those without an answer."""
    faults: dict[str, int] = {}
    """What failed, by word."""
    samples_ms: tuple[float, ...] = ()
    """Every answered request in the order it was sent."""
    lag_p95: float = 0
    cpu_share: float = 0
    requests: int = 0
    """All requests sent, the warm-up included."""
    connections: int = 0
    reopened: int = 0
    """Requests that found the connection closed and had to open one."""
    via: str = ""
