"""What watching speaks of: targets, samples, gaps, incidents, marks. Lengths of time are ms, moments are aware
datetimes in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from ...persons import NOBODY, PersonId

TargetKind = Literal["web", "mail"]
ConditionKind = Literal["status", "contains", "absent", "json", "header"]
Cause = Literal["", "dns", "connect", "tls", "answer", "status", "condition", "slow", "line"]
"""Where a probe failed. `line` is the watching machine's own line: it says nothing of the target."""
GapCause = Literal["sleep", "stall", "stopped", "offline"]
IncidentKind = Literal["down", "degraded", "slow"]
MarkKind = Literal["deploy", "version", "failed"]

CAUSES: tuple[Cause, ...] = ("", "dns", "connect", "tls", "answer", "status", "condition", "slow", "line")
CAUSE_WORDS: dict[Cause, str] = {
    "": "up",
    "dns": "its name does not resolve",
    "connect": "no connection",
    "tls": "no secure connection",
    "answer": "no complete response",
    "status": "it returns an error",
    "condition": "the response is wrong",
    "slow": "it is slow",
    "line": "the machine that runs the watch is offline",
}


_HEALTH = re.compile(r"(?i)health|\bstatus\b|/(?:ping|livez|readyz|up)\b")


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer must show. `name` is a JSON path (`status`, `checks.0.ok`) or a header; `value` what must stand
    there."""

    kind: ConditionKind
    name: str = ""
    value: str = ""

    @property
    def words(self) -> str:
        """What the answer must show, as a phrase for people."""
        match self.kind:
            case "status":
                return f"status {self.value}"
            case "contains":
                return f"the text {self.value!r}"
            case "absent":
                return f"no text {self.value!r}"
            case "json":
                return f"{self.name} = {self.value}"
        return f"header {self.name}: {self.value}"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is watched. `id` is the store's number for its name and region; 0 before it is stored."""

    name: str
    kind: TargetKind = "web"
    url: str = ""
    """The whole URL; for mail `HOST:PORT`."""
    host: str
    port: int
    method: str = "GET"
    headers: dict[str, str] = {}
    body: str = ""
    login: str = ""
    every_s: float = 15.0
    target_ms: float = 300.0
    conditions: tuple[Condition, ...] = ()
    version_json: str = ""
    """A JSON path whose value names the release; a change of it is a deploy that reached users."""
    version_header: str = ""
    environment: str = "production"
    flow: str = "all"
    region: str = ""
    """Empty: this machine."""
    source: str = ""
    """Where it comes from: home, route, mail, target."""
    id: int = 0

    @property
    def label(self) -> str:
        """Its name, with the region where it is probed from afar."""
        return f"{self.name} ({self.region})" if self.region else self.name

    @property
    def always_cold(self) -> bool:
        """Whether each look opens a connection of its own and asks nothing more on it: a greeting of a mail server, a
        far prober."""
        return self.kind == "mail" or bool(self.region)

    @property
    def is_health(self) -> bool:
        """Whether it looks like the address that says how the API is."""
        return self.kind == "web" and bool(_HEALTH.search(urlsplit(self.url).path) or _HEALTH.search(self.name))

    @property
    def is_log_in(self) -> bool:
        """Whether it asks a log-in page or needs a log-in, and so is asked seldom."""
        return self.flow == "log-in" or bool(self.login)


class Phases(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of one probe went, ms; None where a phase did not happen (a kept connection has neither lookup
    nor connect)."""

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None
    transfer: float | None = None


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One probe. A cold one opened a connection of its own (first visit), and may have asked a second time on it
    (`warm`)."""

    target: int
    at: datetime
    """When it was due, not when it was sent."""
    total: float
    """From the intended start to the last byte, or to the failure."""
    warm: float | None = None
    """An exchange on an open connection: what an API call of a running app costs."""
    cold: bool = False
    phases: Phases = Phases()
    status: int = 0
    cause: Cause = ""
    kind: str = ""
    """A failure kind of `failure.py`, or what was not met: status, body, json, header."""
    detail: str = ""
    grid: bool = True
    """On the schedule; False for the quick second look after a failure, which counts in no uptime."""
    held: bool = False
    """Not sent: it was due while an earlier one still waited, and waited as long as that one."""
    suspect: bool = False
    """The watching machine itself was late or busy: left out of the latency figures."""
    lag: float = 0.0
    """How late the schedule woke up."""

    @property
    def ok(self) -> bool:
        """No cause: it answered as it must."""
        return not self.cause

    @property
    def known(self) -> bool:
        """Whether it says anything of the target."""
        return self.cause != "line"


class Latest(msgspec.Struct, frozen=True, kw_only=True):
    """The newest probe of a target with what only the newest keeps."""

    sample: Sample
    address: str = ""
    via: str = ""
    certificate_ends: datetime | None = None
    version: str = ""
    last_good: datetime | None = None

    def certificate_days(self, now: datetime) -> int | None:
        """Whole days left; negative once it has ended."""
        return None if self.certificate_ends is None else int((self.certificate_ends - now).total_seconds() // 86400)


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which nothing is known: neither up nor down. `target` 0 means all."""

    since: datetime
    until: datetime
    cause: GapCause
    target: int = 0

    @property
    def seconds(self) -> float:
        """Never negative, though a clock was set back."""
        return max(0.0, (self.until - self.since).total_seconds())


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One trouble of one target, from its first failure to its end. A target has at most one open."""

    id: int = 0
    target: int
    name: str
    kind: IncidentKind
    worst: IncidentKind
    since: datetime
    """The first failure that counts."""
    opened_at: datetime
    """When it was sure."""
    closed_at: datetime | None = None
    cause: Cause = ""
    detail: str = ""
    last_good: datetime | None = None
    deploy: str = ""
    """The last deploy before it began."""
    deploy_at: datetime | None = None
    flaps: int = 0
    """How often it came back after it seemed over."""
    again_at: datetime | None = None
    """When it came back last."""
    group: int = 0
    """The incident that its messages are filed under, since they have one cause; 0 as long as nothing was told."""
    elsewhere: str = ""
    """How it looked from other places when it began, in words."""
    told_at: datetime | None = None
    told: str = ""
    """What people were told last: down, degraded, slow, flapping, resolved."""

    @property
    def open(self) -> bool:
        """Whether it still goes on."""
        return self.closed_at is None

    @property
    def begun(self) -> datetime:
        """The first failure since it was last over."""
        return self.again_at or self.since


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A deploy on the time line: told by a command, or seen as a version that changed."""

    id: int = 0
    at: datetime
    kind: MarkKind = "deploy"
    sha: str = ""
    env: str = "production"
    by: PersonId = NOBODY
    source: str = ""
    """command, version, git, github, tag."""
    key: str = ""
    """What others call this one deploy, so that it is marked once."""
    target: str = ""
    """Where the version was seen."""
    before: str = ""
    """The version that it replaced."""


class Rollup(msgspec.Struct, frozen=True, kw_only=True):
    """Ten minutes or an hour of one target, from which longer windows are added up. Histograms are added, never
    averaged."""

    target: int
    seconds: int
    """600 or 3600."""
    at: datetime
    n: int
    bad: int
    suspect: int
    warm: bytes
    """An encoded `Histogram` in microseconds."""
    cold: bytes


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """Requests to one route of one environment, counted from logs. `at` is the beginning of a stretch of five minutes,
    or of the window."""

    at: datetime
    environment: str
    route: str
    """Method and template, such as `GET /listings/{id}`."""
    n: int
    errors: int = 0
    """Status 5xx, or no answer."""
    limited: int = 0
    """429."""
    gone: int = 0
    """499: the visitor left before the answer came."""

    @property
    def share(self) -> float:
        """Errors per request, 0 to 1; 0 where there was none."""
        return self.errors / self.n if self.n else 0.0


class Watcher(msgspec.Struct, frozen=True, kw_only=True):
    """The watching process as it wrote itself down last."""

    pid: int
    machine: str
    started_at: datetime
    beat_at: datetime
    version: str = ""
    always_on: bool = False
    via: str = ""
    lag_p99: float = 0.0
    trouble: str = ""
    """What keeps it from telling anybody, in words; empty where all is well."""
    offline_since: datetime | None = None
    quiet: str = ""
    """The planned silence that is on, in words; empty where there is none."""

    def alive(self, now: datetime) -> bool:
        """It beats every second; after ten it is gone."""
        return -60 <= (now - self.beat_at).total_seconds() <= 10


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """One fault made on purpose: seconds from the fault to the message; None where none came."""

    at: datetime
    fault: str
    where: str
    """`lab`, or the product's host."""
    channel: str
    seconds: float | None
    cause: str = ""
    interval_s: float = 15.0


class ChannelTest(msgspec.Struct, frozen=True, kw_only=True):
    """A test alert: sent to a channel, and acknowledged by who got it there."""

    rule: str
    owner: PersonId
    code: str
    made_at: datetime
    sent_at: datetime | None = None
    problem: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_by: PersonId = NOBODY


NoticeState = Literal["queued", "sent", "failed", "dropped"]
"""queued: no one has it yet. sent: taken. failed: given up. dropped: no longer true, or someone acts already."""
WayState = Literal["waiting", "refused", "taken"]
"""waiting: not answered yet, or put off. refused: turned away, and tried again."""


STUCK_AFTER = 4
"""So many attempts in vain through one channel, and a message counts as stuck: people see it."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One message through one channel, that of the alert `rule`: how often it was tried, and what came of it."""

    rule: str
    next_at: datetime
    state: WayState = "waiting"
    attempts: int = 0
    began_at: datetime | None = None
    """When it was first tried."""
    at: datetime | None = None
    """When the last attempt ended."""
    answer: str = ""
    """What the channel said last."""
    trying: bool = False
    """An attempt began and its end is not written down."""
    maybe: bool = False
    """An attempt may have arrived though nobody said so: it hung after it had left, or the process died."""

    @property
    def repeats(self) -> bool:
        """Whether the next attempt may bring it a second time, and so says it."""
        return self.maybe or self.trying

    @property
    def fails(self) -> bool:
        """Whether the channel did not take it: refused, hung, or tried in vain too often."""
        return self.state != "taken" and (self.state == "refused" or self.maybe or self.attempts >= STUCK_AFTER)


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody acts on an incident: what did not arrive about it until then is not tried again."""

    at: datetime
    by: PersonId


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A message on its way to somebody. `key` names what it tells, to whom: enqueued once, however often and through
    whichever channel it is tried, and every attempt carries it."""

    id: int = 0
    key: str
    event: str
    """down, degraded, slow, worse, flapping, again, partly, resolved, certificate, regression, deploy, blind, test."""
    rule: str
    """The alert rule that it was made for."""
    owner: PersonId
    title: str
    text: str
    incident: int = 0
    made_at: datetime
    next_at: datetime
    """Not sent before."""
    state: NoticeState = "queued"
    sent_at: datetime | None = None
    """When it was first taken."""
    answer: str = ""
    """What was said last, of whichever channel."""
    ways: tuple[Way, ...] = ()
    """Empty until it is tried; the first is its rule's own channel, except for a RESOLVED that follows its DOWN."""
    everywhere: bool = False
    """Each of `ways` must take it, not one of them."""
    note: str = ""
    """What is to be said of messages before it that did not arrive."""

    @property
    def attempts(self) -> int:
        """Through all channels."""
        return sum(way.attempts for way in self.ways)

    @property
    def through(self) -> tuple[str, ...]:
        """The rules whose channels took it."""
        return tuple(way.rule for way in self.ways if way.state == "taken")

    @property
    def stuck(self) -> bool:
        """It was given up, or still waits while a channel does not take it."""
        return self.state == "failed" or (self.state == "queued" and any(way.fails for way in self.ways))

    def way(self, rule: str) -> Way | None:
        """How it goes through this rule's channel; None where that is not used."""
        return next((way for way in self.ways if way.rule == rule), None)

    def with_way(self, way: Way) -> Notice:
        """With this way in place of the one through the same channel, or added."""
        if self.way(way.rule) is None:
            return msgspec.structs.replace(self, ways=(*self.ways, way))
        return msgspec.structs.replace(self, ways=tuple(way if one.rule == way.rule else one for one in self.ways))


def silent(notices: Iterable[Notice]) -> tuple[Way, ...]:
    """Channels that did not take what they were last given, each with what it said. The newest messages first."""
    newest: dict[str, Way] = {}
    for way in sorted((way for notice in notices for way in notice.ways if way.at), key=_age, reverse=True):
        newest.setdefault(way.rule, way)
    return tuple(way for way in newest.values() if way.fails)


def _age(way: Way) -> float:
    return way.at.timestamp() if way.at else 0.0


Kept = TypeVar("Kept", bound=msgspec.Struct)


def moved(kept: Kept, by: timedelta) -> Kept:
    """The same at another time: with all its moments, and those of what it holds, so much later."""

    def later(value: Any) -> Any:
        match value:
            case datetime():
                return value + by
            case tuple():
                return tuple(later(one) for one in value)
            case msgspec.Struct():
                return moved(value, by)
        return value

    return msgspec.structs.replace(kept, **{name: later(getattr(kept, name)) for name in kept.__struct_fields__})
