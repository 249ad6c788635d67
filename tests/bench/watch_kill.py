"""Benchmark of losses: the watch is killed again and again, and what it had said to be kept, and told, is counted.

python tests/bench/watch_kill.py [KILLS]
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from launchready_tui.clock import SystemClock
from launchready_tui.launch.model import Alert, Launch
from launchready_tui.watch.engine import Engine
from launchready_tui.watch.samples import Notice, Target, WatchReader, WatchStore
from launchready_tui.wire import Reach, Wire


class Url:
    def __init__(self, url: str) -> None:
        self._url = url

    def reveal(self) -> str:
        return self._url


async def child(path: Path, shop: int, chat: int) -> None:
    """Watches fifty targets and sends what is in the outbox; says how many samples are kept each time some are."""
    store, reader = WatchStore.open(path), WatchReader(path)
    targets = tuple(
        Target(name=f"t{n}", url=f"http://127.0.0.1:{shop}/", host="127.0.0.1", port=shop, every_s=0.2)
        for n in range(50)
    )
    alerts = (Alert(name="on-call", owner="founder", credential="hook", server="127.0.0.1"),)
    launch = Launch(name="x", domain="market.test", canonical="https://market.test/", alerts=alerts)
    wire = Wire(Reach(private=("127.0.0.0/8",)))
    url = Url(f"http://127.0.0.1:{chat}/")
    engine = Engine(launch, store, reader, wire, SystemClock(), targets=targets, credential=lambda name, host: url)
    real = store.save

    def save(samples: object, latest: object = ()) -> None:
        real(samples, latest)  # type: ignore[arg-type]
        print(len(samples), flush=True)  # type: ignore[arg-type]

    store.save = save  # type: ignore[assignment]
    await engine.run(asyncio.Event())


async def main(kills: int) -> None:
    told: list[str] = []

    async def shop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def chat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            size = int(head.lower().partition("content-length: ")[2].partition("\r")[0])
            json.loads(await reader.readexactly(size))
            told.append(head.partition("Idempotency-Key: ")[2].partition("\r")[0])
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    servers = [await asyncio.start_server(one, "127.0.0.1", 0, backlog=512) for one in (shop, chat)]
    ports = [str(server.sockets[0].getsockname()[1]) for server in servers]
    chance, now = random.Random(5), SystemClock().now()
    said = corrupt = 0
    starts: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watch.sqlite3"
        store = WatchStore.open(path)
        number = 0
        for _ in range(kills):
            made = []
            for _ in range(5):
                number += 1
                made.append(
                    Notice(
                        key=f"n{number}",
                        event="down",
                        rule="on-call",
                        owner="founder",
                        title="t",
                        text="x",
                        made_at=now,
                        next_at=now,
                    )
                )
            store.enqueue(made)
            began = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                __file__,
                "--child",
                str(path),
                *ports,
                stdout=asyncio.subprocess.PIPE,
                env=dict(os.environ),
            )
            assert process.stdout is not None
            ends = began + chance.uniform(1.0, 3.0)
            first = True
            while (left := ends - time.monotonic()) > 0:
                try:
                    line = await asyncio.wait_for(process.stdout.readline(), left)
                except TimeoutError:
                    break
                if line.strip():
                    said += int(line)
                    if first:
                        starts.append(time.monotonic() - began)
                        first = False
            process.send_signal(signal.SIGKILL)
            rest = await process.stdout.read()
            said += sum(int(line) for line in rest.split())
            await process.wait()
            connection = sqlite3.connect(path)
            corrupt += connection.execute("PRAGMA integrity_check").fetchone() != ("ok",)
            connection.close()
        kept = store._rows("SELECT count(*) FROM samples")[0][0]
        waiting = len(store.queued())
        store.close()
    lost = {f"n{n + 1}" for n in range(number)} - set(told)
    print(f"{kills} kills: {corrupt} corrupt; {said} samples said to be kept, {kept} there, {max(0, said - kept)} lost")
    print(
        f"{number} messages: {len(lost) - waiting} lost, {len(told) - len(set(told))} doubled, {waiting} still queued"
    )
    print(f"start to the first kept samples: p50 {sorted(starts)[len(starts) // 2]:.2f} s, longest {max(starts):.2f} s")
    for server in servers:
        server.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        asyncio.run(child(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
    else:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
