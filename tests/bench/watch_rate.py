"""Benchmark of the watch: error against the time a server really held, CPU of one core, lag; and a server that freezes
for two seconds.

python tests/bench/watch_rate.py [TARGETS] [SECONDS] [EVERY_S]

The server runs in a process of its own, holds each answer for 50 ms and says in a header how long it really took. The
error is what the watch measured on open connections (`warm`, or a probe on a kept connection) less that time. With 10
targets, `--freeze` stops it for 2 s.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from launchready_tui.clock import SystemClock
from launchready_tui.launch.model import Launch
from launchready_tui.probe.exchange import Timed
from launchready_tui.watch import prober
from launchready_tui.watch.engine import Engine
from launchready_tui.watch.samples import Target, WatchReader, WatchStore
from launchready_tui.wire import Reach, Wire

HOLD_S = 0.05


def serve(pipe: Connection) -> None:
    frozen: list[float] = [0.0]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                began = time.perf_counter_ns()
                if b"GET /freeze" in head:
                    frozen[0] = time.perf_counter() + 2.0
                await asyncio.sleep(max(HOLD_S, frozen[0] - time.perf_counter()))
                held = time.perf_counter_ns() - began
                writer.write(b"HTTP/1.1 200 OK\r\nX-Ns: %d\r\nContent-Length: 2\r\n\r\nok" % held)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=4096)
        pipe.send(server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    asyncio.run(main())


def at_share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def measure(port: int, count: int, seconds: float, every: float) -> None:
    errors: list[float] = []
    real = prober.Line.exchange

    async def noted(line: prober.Line) -> Timed:
        kept = line.phase == "answer"
        sent = time.perf_counter()
        timed = await real(line)
        held = int(dict(timed.headers).get("x-ns", "0")) / 1e6
        if kept and held:
            errors.append((timed.last_byte - sent) * 1000 - held)
        return timed

    prober.Line.exchange = noted  # type: ignore[method-assign]
    prober.kept_bytes = lambda target: 1  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watch.sqlite3"
        store = WatchStore.open(path)
        reader = WatchReader(path)
        targets = tuple(
            Target(name=f"t{n}", url=f"http://127.0.0.1:{port}/{n}", host="127.0.0.1", port=port, every_s=every)
            for n in range(count)
        )
        launch = Launch(name="x", domain="market.test", canonical="https://market.test/")
        engine = Engine(launch, store, reader, Wire(Reach(private=("127.0.0.0/8",))), SystemClock(), targets=targets)
        stop = asyncio.Event()
        running = asyncio.ensure_future(engine.run(stop))
        await asyncio.sleep(2 * every + 1)
        errors.clear()
        cpu, wall, probes = time.process_time(), time.perf_counter(), engine.probes
        await asyncio.sleep(seconds)
        used, took, done = time.process_time() - cpu, time.perf_counter() - wall, engine.probes - probes
        lates = [late * 1000 for _, late in engine._lags]
        stop.set()
        await running
        kept = [
            one
            for target in engine.watched
            for one in reader.samples(target, SystemClock().now().replace(year=2020), SystemClock().now())
        ]
        lags = [one.lag for one in kept if one.grid and not one.held]
        print(f"{count} targets, every {every:g} s: {done / took:.0f} probes/s, {used / took:.1%} of a core")
        figures = "  ".join(f"p{share} {at_share(errors, share / 100):.2f}" for share in (50, 95, 99))
        print(f"  error {figures} ms (n={len(errors)})")
        print(
            f"  send lag p50 {at_share(lags, 0.5):.2f}  p99 {at_share(lags, 0.99):.2f} ms; loop p99 "
            f"{at_share(lates, 0.99):.1f} ms"
        )
        suspects = sum(one.suspect for one in kept)
        print(f"  {suspects} of {len(kept)} samples left out of the latency as suspect")
        reader.close()
        store.close()


async def freeze(port: int) -> None:
    """Ten probes a second against a 50 ms server that stands still for two of twenty seconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watch.sqlite3"
        store = WatchStore.open(path)
        reader = WatchReader(path)
        target = Target(name="t", url=f"http://127.0.0.1:{port}/", host="127.0.0.1", port=port, every_s=0.1)
        launch = Launch(name="x", domain="market.test", canonical="https://market.test/")
        engine = Engine(launch, store, reader, Wire(Reach(private=("127.0.0.0/8",))), SystemClock(), targets=(target,))
        stop = asyncio.Event()
        running = asyncio.ensure_future(engine.run(stop))
        await asyncio.sleep(10)
        asking, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /freeze HTTP/1.1\r\nHost: x\r\n\r\n")
        await asking.readuntil(b"\r\n\r\n")
        writer.close()
        await asyncio.sleep(8)
        stop.set()
        await running
        (number,) = engine.watched
        now = SystemClock().now()
        values = sorted(one.total for one in reader.samples(number, now.replace(year=2020), now) if not one.cold)
        over = sum(value > 300 for value in values) / len(values)
        figures = "  ".join(f"p{share} {at_share(values, share / 100):.0f}" for share in (50, 95, 99))
        print(f"a freeze of 2 s in 20 s at 10 Hz: {figures} ms")
        print(f"  {over:.1%} of {len(values)} over 300 ms; asked in turn only, p99 would be some 50 ms")
        reader.close()
        store.close()


def main() -> None:
    given = [word for word in sys.argv[1:] if word != "--freeze"]
    count = int(given[0]) if given else 100
    seconds = float(given[1]) if len(given) > 1 else 20.0
    every = float(given[2]) if len(given) > 2 else 1.0
    sys.setswitchinterval(0.0005)
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    port = here.recv()
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    asyncio.run(freeze(port) if "--freeze" in sys.argv else measure(port, count, seconds, every))
    server.kill()


if __name__ == "__main__":
    main()
