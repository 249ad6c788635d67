"""What the tests of the watch have in common: an engine that is quick to judge, its store, and servers to break."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from launchready_tui.clock import SystemClock
from launchready_tui.launch.model import Alert, Launch, Silence, Watch
from launchready_tui.watch.detect import Policy
from launchready_tui.watch.engine import Engine
from launchready_tui.watch.samples import Incident, Notice, Target, WatchReader, WatchStore
from launchready_tui.wire import Reach, Wire

QUICK = Policy(
    every=0.1,
    recheck=0.05,
    down_span=0.2,
    deploy_span=0.4,
    window=1.5,
    calm=2.0,
    up_span=0.2,
    up_long=0.5,
    slow_window=10.0,
)
"""The policy of the product, a hundred times as fast."""


@dataclass
class Running:
    """An engine at work."""

    engine: Engine
    store: WatchStore
    reader: WatchReader
    path: Path
    said: list[str] = field(default_factory=list)

    def incidents(self) -> tuple[Incident, ...]:
        from datetime import timedelta

        return self.reader.incidents(SystemClock().now() - timedelta(hours=1))

    def sent(self) -> list[Notice]:
        return [one for one in reversed(self.reader.notices(500)) if one.state == "sent"]


async def until(true: Callable[[], object], most_s: float = 60.0) -> None:
    """Waits for a condition; fails where it does not come."""
    async with asyncio.timeout(most_s):
        while not true():
            await asyncio.sleep(0.01)


def web(name: str, port: int, path: str = "/", **more: object) -> Target:
    import msgspec

    values = {
        "name": name,
        "url": f"http://127.0.0.1:{port}{path}",
        "host": "127.0.0.1",
        "port": port,
        "every_s": 0.1,
        **more,
    }
    return msgspec.convert(values, Target)


@contextlib.asynccontextmanager
async def watched(
    targets: tuple[Target, ...],
    reach: Reach,
    *,
    alerts: tuple[Alert, ...] = (),
    secrets: dict[str, str] | None = None,
    folder: Path | None = None,
    policy: Policy = QUICK,
    watch: Watch | None = None,
    jitter: bool = False,
    silence: tuple[Silence, ...] = (),
) -> AsyncIterator[Running]:
    """Watches these targets until the block ends."""
    with contextlib.ExitStack() as stack:
        where = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = WatchStore.open(where / "watch.sqlite3")
        stack.callback(store.close)
        reader = stack.enter_context(WatchReader(where / "watch.sqlite3"))
        launch = Launch(
            name="Market",
            domain="market.test",
            canonical="https://market.test/",
            alerts=alerts,
            watch=watch or Watch(),
            silence=silence,
        )
        said: list[str] = []
        engine = Engine(
            launch,
            store,
            reader,
            Wire(reach),
            SystemClock(),
            credential=lambda name, host: Spoken(secrets[name]) if secrets and name in secrets else None,
            targets=targets,
            say=said.append,
            policy=lambda target: policy,
            jitter=jitter,
        )
        stop = asyncio.Event()
        running = asyncio.ensure_future(engine.run(stop))
        try:
            yield Running(engine, store, reader, where, said)
        finally:
            stop.set()
            await running


class Spoken:
    """A secret as the vault gives it."""

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value


@dataclass
class Shop:
    """A server on loopback that can be killed, hung and started again on its port."""

    answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    hold: asyncio.Event | None = None
    every_third: bytes = b""
    """Every third answer is this one instead, as with one bad server of three."""
    asked: int = 0
    port: int = 0
    connections: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.asked += 1
                if self.hold is not None:
                    await self.hold.wait()
                writer.write(self.every_third if self.every_third and self.asked % 3 == 0 else self.answer)
                await writer.drain()
        self._open.discard(writer)
        writer.close()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def kill(self) -> None:
        """Nobody listens any more, and what was open breaks."""
        assert self._server is not None
        self._server.close()
        for writer in tuple(self._open):
            writer.transport.abort()

    async def __aenter__(self) -> Shop:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.kill()
