"""Runs checks together and streams what happens."""

from __future__ import annotations

import asyncio
import hashlib
import time
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..checks import base
from ..clock import Clock
from ..findings import WHOLE_LAUNCH, CheckResult, Evidence, Finding, Severity, mapped, worst
from ..roadmap import load as load_roadmap
from ..roadmap import shared_sheet
from ..text import clean

if TYPE_CHECKING:
    from datetime import datetime

    from ..launch.model import Launch
    from ..world import Counts, World

CEILING_S = 120.0
"""The longest a check may take, measurements asked for by the launch file apart."""
_TICK_S = 0.01
_MEASURED_ROUTES = 5


@dataclass(frozen=True, slots=True)
class Started:
    """A check has begun; `place` counts from 1."""

    check: str
    place: int
    total: int


@dataclass(frozen=True, slots=True)
class Doing:
    """How far a long check is, `search 120 of 300`."""

    check: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, as it comes."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class Finished:
    """A check is through. `saved` is its id in the journal once it is committed there, empty before."""

    result: CheckResult
    saved: str = ""
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over. `longest_stall_ms` is the longest time that the loop did not answer."""

    outcome: Literal["done", "cancelled"]
    counts: Counts | None
    seconds: float
    longest_stall_ms: float


Event = Started | Doing | Found | Finished | Ended


def reference(error: BaseException) -> str:
    """A short reference to a mistake of ours: its type and a hash of where it happened; neither its message nor any
    value."""
    frames = "|".join(
        f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    )
    return f"{type(error).__name__}-{hashlib.sha256(frames.encode()).hexdigest()[:6]}"


def _where(error: BaseException) -> str:
    """The last places in our own files, `redirects.py:120 redirects`, innermost last."""
    own = Path(__file__)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) != own]
    ours = [frame for frame in frames if own.parent in Path(frame.filename).parents] or frames
    return "\n".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in ours[-4:])


class _Stalls:
    """Watches the loop: how late a regular tick comes is how long the loop was busy."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._loop = asyncio.get_running_loop()
        self._due = 0.0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._due = self._loop.time() + _TICK_S
        self._handle = self._loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        self.longest_s = max(self.longest_s, self._loop.time() - self._due)
        self.start()

    def stop(self) -> None:
        if self._handle is not None:
            self.longest_s = max(self.longest_s, self._loop.time() - self._due)
            self._handle.cancel()


def ceiling_s(launch: Launch) -> float:
    """How long one check may take: 120 s, and the time that the launch file's own measurements need."""
    settings = launch.settings
    routes = min(_MEASURED_ROUTES, sum(route.safe for route in launch.routes))
    return CEILING_S + (routes * settings.samples / settings.rate if settings.rate > 0 else 0.0)


def _severity(check: str) -> Severity:
    spec = load_roadmap().checks.get(check)
    return spec.severity if spec else Severity.HIGH


def crashed(check: str, error: BaseException) -> Finding:
    """A mistake of ours inside a check: unknown, never a pass."""
    say = base.Say(check, sheet=shared_sheet())
    seen, severity = [Evidence.of("where", _where(error))], _severity(check)
    return say.unknown("crashed", WHOLE_LAUNCH, severity=severity, reference=reference(error), evidence=seen)


def _too_slow(check: str, seconds: float) -> Finding:
    """A check that did not end before its ceiling."""
    say = base.Say(check, sheet=shared_sheet())
    return say.unknown("too-slow", WHOLE_LAUNCH, severity=_severity(check), seconds=seconds)


@dataclass(frozen=True, slots=True)
class Marks:
    """What the answers of a run belong to: the commit of the repository and the deploy in production, empty where
    unknown."""

    commit: str = ""
    deploy: str = ""
    deployed_at: datetime | None = None
    papers: str = ""
    """The state of people and inventory."""


async def _one(
    name: str,
    function: base.Check,
    launch: Launch,
    world: World,
    clock: Clock,
    ceiling: float,
    marks: Marks,
    hide: Callable[[str], str],
    tell: Callable[[Event], None],
) -> CheckResult:
    """One check from start to result; whatever it does, it ends in a result or is cancelled.

    Secrets are hidden here, before a finding is shown, judged or kept anywhere.
    """
    findings: list[Finding] = []
    started_at, start = clock.now(), time.monotonic()

    def found(finding: Finding) -> None:
        finding = mapped(finding, hide)
        findings.append(finding)
        tell(Found(finding))

    base.STEPS.set(lambda text: tell(Doing(name, hide(clean(text)))))
    try:
        async with asyncio.timeout(ceiling) as limit:
            async with aclosing(_stream(function(launch, world))) as stream:
                async for finding in stream:
                    found(finding)
    except TimeoutError as error:
        found(_too_slow(name, ceiling) if limit.expired() else crashed(name, error))
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        found(crashed(name, error))  # nobody cancelled us: the check tripped over something cancelled elsewhere
    except Exception as error:  # noqa: BLE001  whatever a check does wrong is reported, never raised
        found(crashed(name, error))
    return CheckResult(
        check=name,
        state=worst([finding.state for finding in findings]),
        findings=tuple(findings),
        started_at=started_at,
        duration_ms=round((time.monotonic() - start) * 1000),
        via=next((finding.via for finding in findings if finding.via), ""),
        commit=marks.commit,
        deploy=marks.deploy,
        papers=marks.papers if name in base.READS_PAPERS else "",
    )


async def _stream(source: AsyncIterator[Finding]) -> AsyncGenerator[Finding, None]:
    """A generator over any async iterator, so that it can be closed in the task that ran it."""
    try:
        async for finding in source:
            yield finding
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()


async def _all_of(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Waits for all, whatever becomes of them."""
    if tasks:
        await asyncio.wait(tasks)


async def run(
    launch: Launch,
    names: Sequence[str],
    open_world: Callable[[], World],
    clock: Clock,
    *,
    cancel: asyncio.Event | None = None,
    registry: Mapping[str, base.Check] | None = None,
    marks: Marks = Marks(),
    ceiling: float | None = None,
    hide: Callable[[str], str] = str,
) -> AsyncGenerator[Event, None]:
    """Runs the named checks together in this loop and yields what happens, as it happens.

    Names that no code answers are left out. A mistake inside a check becomes an unknown finding. Setting `cancel` ends
    the run with
    `Ended("cancelled")` and without results of unfinished checks; closing the generator, or cancelling the task that
    reads it, ends it just as well but silently. `ceiling` is seconds a check; without it `ceiling_s(launch)`.
    `hide` takes secrets out of a text; every text of every finding goes through it.
    """
    known = base.load_all() if registry is None else registry
    chosen = [name for name in dict.fromkeys(names) if name in known]
    limit = ceiling_s(launch) if ceiling is None else ceiling
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    begun = time.monotonic()
    stalls = _Stalls()
    stalls.start()
    outcome: Literal["done", "cancelled"] = "done"
    counts: Counts | None = None
    done = 0
    tasks: list[asyncio.Task[None]] = []
    try:
        async with open_world() as world:

            async def work(name: str, place: int) -> None:
                events.put_nowait(Started(name, place, len(chosen)))
                result = await _one(name, known[name], launch, world, clock, limit, marks, hide, events.put_nowait)
                events.put_nowait(Finished(result, total=len(chosen)))

            async def oversee() -> None:
                """Ends the stream when all checks are through or somebody cancels."""
                stop = asyncio.create_task((cancel or asyncio.Event()).wait())
                everything = asyncio.create_task(_all_of(tasks))
                try:
                    await asyncio.wait((everything, stop), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    stop.cancel()
                    everything.cancel()
                events.put_nowait(None)

            tasks = [asyncio.create_task(work(name, place), name=name) for place, name in enumerate(chosen, 1)]
            overseer = asyncio.create_task(oversee())
            try:
                while (event := await events.get()) is not None:
                    if isinstance(event, Finished):
                        done += 1
                        event = Finished(event.result, done=done, total=event.total)
                    yield event
                if done < len(chosen):
                    outcome = "cancelled"
            finally:
                overseer.cancel()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(overseer, *tasks, return_exceptions=True)
                counts = world.counts
    finally:
        stalls.stop()
    yield Ended(outcome, counts, time.monotonic() - begun, stalls.longest_s * 1000)
