"""One target asked once: the name looked up, a connection of its own or the kept one, the answer judged, every phase
timed.

A probe on the schedule opens a new connection (what a first visit costs, and what shows a dead name, door or
certificate) and asks a second time on it (what an app's next call costs). Where probes come faster than every ten
seconds, those between use the kept connection.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .. import __version__
from ..failure import WORDS, Failure
from ..launch.model import Route
from ..probe.exchange import ExchangeError, Limits, Line
from ..probe.measure import request_headers
from ..probe.model import Dial, Job
from ..secrets import hide
from ..text import clean, shorten
from ..wire import Door, Opened, Wire
from ..wire.trust import HTTP_ALPN, verifying_context
from .conditions import headers_of, kept_bytes, unmet, version_of
from .samples.model import Cause, Phases, Target

if TYPE_CHECKING:
    from ..vault import Secret

AGENT = f"LaunchReady/{__version__} (uptime watch)"
LIMITS = Limits(connect=3.0, tls=3.0, first_byte=5.0, total=10.0)
DNS_S = 4.0
TOTAL_S = 10.0
"""A whole probe, all phases together; a server that drips does not hold it up for longer."""
COLD_EVERY_S = 10.0

_SOURCE = re.compile(r"\s*\(_ssl\.c:\d+\)")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one probe saw. Times in ms, from `due` on; `ended` by `time.perf_counter`, seconds."""

    total: float
    ended: float
    cold: bool
    phases: Phases
    warm: float | None = None
    status: int = 0
    cause: Cause = ""
    kind: str = ""
    detail: str = ""
    address: str = ""
    via: str = ""
    certificate_ends: datetime | None = None
    version: str = ""

    @property
    def ok(self) -> bool:
        """No cause: it answered as it must."""
        return not self.cause


class _Failed(Exception):  # noqa: N818 - it carries what was seen, it is no error of ours
    def __init__(self, cause: Cause, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.cause: Cause = cause
        self.kind = kind
        self.detail = detail


class Prober:
    """Asks one target, one probe at a time."""

    def __init__(
        self,
        target: Target,
        wire: Wire,
        credential: Callable[[str, str], Secret | None] = lambda name, host: None,
    ) -> None:
        self.target = target
        self._wire = wire
        self._credential = credential
        self._line: Line | None = None
        self._last_cold = 0.0
        self._keep = kept_bytes(target)
        self._phases: dict[str, float] = {}
        self._address = self._via = ""

    async def probe(self, due: float, *, fresh: bool = False) -> Answer:
        """Asks once. `due` is when it was to start, by `time.perf_counter`; `fresh` asks for a new connection whatever
        is kept."""
        self._phases = {}
        now = time.perf_counter()
        cold = fresh or self.target.kind == "mail" or not self._usable or now - self._last_cold >= COLD_EVERY_S - 1
        try:
            async with asyncio.timeout(TOTAL_S):
                if self.target.kind == "mail":
                    return await self._mail(due)
                return await self._web(due, cold)
        except _Failed as problem:
            return self._failed(due, cold, problem.cause, problem.kind, problem.detail)
        except TimeoutError:
            phase = self._line.phase if self._line is not None else "connect"
            return self._failed(due, cold, phase, "timeout", f"{WORDS['timeout']} ({TOTAL_S:g} s)")

    def close(self) -> None:
        """Drops the kept connection; the next probe opens another."""
        if self._line is not None:
            self._line.close()
            self._line = None

    @property
    def _usable(self) -> bool:
        return self._line is not None and self._line.usable

    def _failed(self, due: float, cold: bool, cause: Cause, kind: str, detail: str) -> Answer:
        self.close()
        ended = time.perf_counter()
        return Answer(
            total=(ended - due) * 1000,
            ended=ended,
            cold=cold,
            phases=self._seen_phases(),
            cause=cause,
            kind=kind,
            detail=detail,
            address=self._address,
            via=self._via,
        )

    def _seen_phases(self) -> Phases:
        get = self._phases.get
        return Phases(
            dns=get("dns"),
            connect=get("connect"),
            tls=get("tls"),
            first_byte=get("first_byte"),
            transfer=get("transfer"),
        )

    # Web

    async def _web(self, due: float, cold: bool) -> Answer:
        line = self._line
        if cold or line is None:
            cold, line = True, await self._open()
        sent = time.perf_counter()
        try:
            timed = await line.exchange()
        except ExchangeError as problem:
            if cold or problem.kind != "reset":
                raise _Failed(problem.phase, problem.kind, _in_words(problem)) from None
            # The server closed a kept connection just as we used it: a browser asks again on a new one, and so do we.
            cold, line = True, await self._open()
            sent = time.perf_counter()
            try:
                timed = await line.exchange()
            except ExchangeError as again:
                raise _Failed(again.phase, again.kind, _in_words(again)) from None
        self._phases["first_byte"] = (timed.first_byte - sent) * 1000
        self._phases["transfer"] = (timed.last_byte - timed.first_byte) * 1000
        headers = headers_of(timed.headers)
        kind, seen = unmet(self.target, timed.status, headers, timed.body)
        ends = line.certificate_ends() if cold else None
        answer = Answer(
            total=(timed.last_byte - due) * 1000,
            ended=timed.last_byte,
            cold=cold,
            phases=self._seen_phases(),
            status=timed.status,
            cause=("status" if kind == "status" else "condition") if kind else "",
            kind=kind,
            detail=hide(seen),
            address=self._address,
            via=self._via,
            certificate_ends=datetime.fromtimestamp(ends, UTC) if ends is not None else None,
            version=version_of(self.target, headers, timed.body),
        )
        return await self._again(answer, line) if cold and answer.ok else answer

    async def _again(self, first: Answer, line: Line) -> Answer:
        """The second question on the same connection. What goes wrong with it is a slow or closed connection, not an
        outage."""
        if not line.usable:
            return first
        sent = time.perf_counter()
        try:
            timed = await line.exchange()
        except ExchangeError:
            return first
        if timed.status != first.status:
            return first
        return replace(first, warm=(timed.last_byte - sent) * 1000, ended=timed.last_byte)

    async def _open(self) -> Line:
        """A new connection, after a fresh look-up of the name."""
        self.close()
        self._last_cold = time.perf_counter()
        doors = await self._doors()
        self._address, self._via = doors[0].address, doors[0].via
        job = await self._job(tuple(Dial(*door.to) for door in doors))
        line = Line(
            job,
            verifying_context(self._wire.reach, HTTP_ALPN) if job.scheme == "https" else None,
            limits=LIMITS,
            keep=self._keep,
        )
        self._line = line
        try:
            await line.open()
        except ExchangeError as problem:
            raise _Failed(problem.phase, problem.kind, _in_words(problem)) from None
        self._phases["connect"] = line.connect_ms
        if job.scheme == "https":
            self._phases["tls"] = line.tls_ms
        return line

    async def _doors(self) -> list[Door]:
        target = self.target
        found: tuple[str, ...] | Failure | None = self._wire.known(target.host, target.port)
        if found is None:
            started = time.perf_counter()
            try:
                async with asyncio.timeout(DNS_S):
                    found = await self._wire.lookup(target.host)
            except TimeoutError:
                raise _Failed("dns", "timeout", f"DNS did not answer for {target.host} within {DNS_S:g} s") from None
            self._phases["dns"] = (time.perf_counter() - started) * 1000
        if isinstance(found, Failure):
            raise _Failed("dns", found.kind, found.words)
        doors = self._wire.open_doors(target.host, target.port, found)
        if isinstance(doors, Failure):
            raise _Failed("connect", doors.kind, doors.words)
        return doors[:4]

    async def _job(self, dial: tuple[Dial, ...]) -> Job:
        target = self.target
        parts = urlsplit(target.url)
        credential: Secret | None = None
        if target.login:
            credential = await asyncio.to_thread(self._credential, target.login, target.host)
            if credential is None:
                raise _Failed("line", "no-permission", f"no credential {target.login!r} is stored for {target.host}")
        route = Route(
            name=target.name,
            url=target.url,
            method=target.method,  # type: ignore[arg-type]  # validated in the launch file
            headers=target.headers,
            body=target.body,
        )
        encodings = "gzip" if self._keep > 1 else "gzip, deflate, br"
        return Job(
            scheme=parts.scheme,
            host=target.host,
            port=target.port,
            dial=dial,
            method=target.method,
            target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            headers=request_headers(
                route, parts.netloc.rpartition("@")[2], credential, agent=AGENT, encodings=encodings
            ),
            body=target.body.encode(),
            samples=1,
            rate=1,
            target_ms=target.target_ms,
            exchange_s=TOTAL_S,
            deadline_s=TOTAL_S,
        )

    # Mail

    async def _mail(self, due: float) -> Answer:
        """The greeting of a mail server (RFC 5321 section 4.2): 220 and nothing else; nothing is sent but QUIT."""
        doors = await self._doors()
        self._address, self._via = doors[0].address, doors[0].via
        opened: Opened | Failure = Failure(kind="no-address")
        started = time.perf_counter()
        for door in doors:
            try:
                async with asyncio.timeout(LIMITS.connect):
                    opened = await self._wire.open_door(door, self.target.url)
            except TimeoutError:
                opened = Failure(kind="timeout", detail=f"not connected within {LIMITS.connect:g} s")
            if isinstance(opened, Opened):
                break
        if isinstance(opened, Failure):
            raise _Failed("connect", opened.kind, opened.words)
        connected = time.perf_counter()
        self._phases["connect"] = (connected - started) * 1000
        try:
            line = await opened.reader.readline()
            self._phases["first_byte"] = (time.perf_counter() - connected) * 1000
            while line[3:4] == b"-":
                line = await opened.reader.readline()
            ended = time.perf_counter()
            opened.writer.write(b"QUIT\r\n")
        except (OSError, ValueError) as problem:
            raise _Failed("answer", "reset", str(problem)) from None
        finally:
            opened.writer.close()
        status = int(line[:3]) if line[:3].isdigit() else 0
        if not line:
            raise _Failed("answer", "reset", "closed before sending its greeting")
        return Answer(
            total=(ended - due) * 1000,
            ended=ended,
            cold=True,
            phases=self._seen_phases(),
            status=status,
            cause="" if status == 220 else "status",
            kind="" if status == 220 else "status",
            detail="" if status == 220 else f"greeting {status or line[:40]!r}, not 220",
            address=self._address,
            via=self._via,
        )


def _in_words(problem: ExchangeError) -> str:
    """What went wrong, for people: our words for its kind, and what TLS or HTTP said of it."""
    words = WORDS.get(problem.kind, problem.kind)
    if problem.kind == "timeout":
        return {"connect": "no connection in time", "tls": "no secure connection in time"}.get(problem.phase, words)
    if problem.kind not in ("certificate", "tls", "protocol", "too-large"):
        return words
    said = _SOURCE.sub("", problem.detail).rpartition("verify failed: ")[2].strip()
    return f"{words}: {shorten(clean(said), 120)}" if said else words


def network_kind(answer: Answer) -> bool:
    """Whether a failure could just as well be the fault of our own line: nobody on the other side said anything."""
    if answer.cause == "dns":
        return answer.kind in ("timeout", "servfail", "unreachable", "refused")
    return answer.cause == "connect" and answer.kind in ("timeout", "unreachable")
