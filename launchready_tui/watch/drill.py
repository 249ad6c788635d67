"""A drill: outages made on purpose, watched as the product is, and the seconds until the message was taken.

The watch is the real one (schedule, policy, outbox, sender), with a store of its own that is thrown away; what is kept
is one row a fault. Who makes the outage is handed in: the demo's servers do, and on a real product a person does.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from ..clock import Clock
from ..launch.model import Alert, Launch
from ..persons import PersonId
from ..vault import Secret
from ..wire import ConnectMap, Reach, Wire
from .engine import Engine, GetCredential
from .samples import Drill, Incident, Mark, Notice, Target, WatchReader, WatchStore

WARM_S = 60.0
MOST_S = 180.0
_POLL_S = 0.1
LOCAL = "drill receiver"


@dataclass(frozen=True, slots=True)
class Trial:
    """One fault of one target."""

    fault: str
    target: Target


Break = Callable[[Trial], Awaitable[None]]


async def drill(
    trials: Sequence[Trial],
    break_: Break,
    reach: Reach,
    clock: Clock,
    *,
    owner: str,
    domain: str,
    alert: Alert | None = None,
    credential: GetCredential = lambda name, host: None,
    where: str = "lab",
    say: Callable[[str], None] = lambda words: None,
) -> tuple[Drill, ...]:
    """Breaks every target once all are up and a deploy was marked, since most outages follow one, and waits until each
    was told, at most three minutes. Through `alert`'s channel, or, without one, to a receiver on this machine."""
    async with _receiver() as port:
        rule = alert or Alert(name=LOCAL, owner=PersonId(owner), kind="slack", server="127.0.0.1", credential="drill")
        rule = msgspec.structs.replace(rule, on=("down", "slow"), targets=(), second="")
        if alert is None:
            here = f"127.0.0.1:{port}"
            rules = (*ConnectMap.parse([f"{here}={here}"]).rules, *reach.connect.rules)
            reach = replace(reach, connect=ConnectMap(rules))
            credential = lambda name, host: Secret("drill", f"http://127.0.0.1:{port}/")  # noqa: E731
        launch = Launch(name="Drill", domain=domain, canonical=f"https://{domain}/", alerts=(rule,))
        with tempfile.TemporaryDirectory(prefix="launchready-drill-") as folder:
            path = Path(folder) / "watch.sqlite3"
            store = WatchStore.open(path)
            reader = WatchReader(path)
            stop = asyncio.Event()
            targets = tuple(trial.target for trial in trials)
            engine = Engine(launch, store, reader, Wire(reach), clock, credential=credential, targets=targets, say=say)
            running = asyncio.ensure_future(engine.run(stop))
            try:
                await _until(
                    lambda: (
                        len(engine.watched) == len(trials) and all(one.last_good for one in engine.watched.values())
                    ),
                    running,
                    WARM_S,
                )
                store.add_mark(Mark(at=clock.now(), sha="drill", source="command"))
                return await _break_and_wait(trials, break_, reader, clock, rule.name, where, running)
            finally:
                stop.set()
                await asyncio.gather(running, return_exceptions=True)
                reader.close()
                store.close()


async def _break_and_wait(
    trials: Sequence[Trial],
    break_: Break,
    reader: WatchReader,
    clock: Clock,
    channel: str,
    where: str,
    running: asyncio.Future[None],
) -> tuple[Drill, ...]:
    broken = {}
    for trial in trials:
        await break_(trial)
        broken[trial.target.name] = clock.now()

    def told() -> dict[str, tuple[Incident, Notice]]:
        incidents = reader.incidents(min(broken.values()))
        return {one.name: (one, notice) for one in incidents if (notice := _sent(reader, one)) is not None}

    with contextlib.suppress(TimeoutError):
        await _until(lambda: len(told()) == len(trials), running, MOST_S)
    found = told()
    drills = []
    for trial in trials:
        at = broken[trial.target.name]
        incident, notice = found.get(trial.target.name, (None, None))
        seconds = (notice.sent_at - at).total_seconds() if notice is not None and notice.sent_at is not None else None
        drills.append(
            Drill(
                at=at,
                fault=trial.fault,
                where=where,
                channel=channel,
                seconds=None if seconds is None else round(seconds, 1),
                cause=f"{incident.cause}: {incident.detail}" if incident else "",
                interval_s=trial.target.every_s,
            )
        )
    return tuple(drills)


def _sent(reader: WatchReader, incident: Incident) -> Notice | None:
    """The first message of its thread that was taken and was made once the incident was sure, so tells of it."""
    return next(
        (
            one
            for one in reversed(reader.notices(200))
            if one.state == "sent" and one.incident == incident.group != 0 and one.made_at >= incident.opened_at
        ),
        None,
    )


async def await_real(reader: WatchReader, target: Target, clock: Clock, *, most_s: float = 600.0) -> Drill:
    """A person broke the real thing just now: waits until the running watch has told it."""
    at = clock.now()
    ends = time.monotonic() + most_s
    incident: Incident | None = None
    while time.monotonic() < ends:
        incident = next((one for one in reader.incidents(at) if one.target == target.id and one.opened_at >= at), None)
        first = _sent(reader, incident) if incident is not None else None
        if incident is not None and first is not None and first.sent_at is not None:
            seconds = round((first.sent_at - at).total_seconds(), 1)
            return Drill(
                at=at,
                fault="by hand",
                where=target.host,
                channel=first.rule,
                seconds=seconds,
                cause=incident.cause,
                interval_s=target.every_s,
            )
        await asyncio.sleep(0.5)
    cause = incident.cause if incident else ""
    return Drill(
        at=at, fault="by hand", where=target.host, channel="", seconds=None, cause=cause, interval_s=target.every_s
    )


async def _until(true: Callable[[], bool], running: asyncio.Future[None], most_s: float) -> None:
    """Waits for a condition while the engine runs. Raises TimeoutError, and what the engine died of."""
    async with asyncio.timeout(most_s):
        while not true():
            if running.done():
                running.result()
                return
            await asyncio.sleep(_POLL_S)


@contextlib.asynccontextmanager
async def _receiver() -> AsyncIterator[int]:
    """A webhook on this machine that takes everything, as a chat service would."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            size = next(
                (int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length:")), 0
            )
            await reader.readexactly(min(size, 1 << 20))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
