"""Benchmark of the watch beside wrk: p95 of a 50 ms route while the console repaints, less what wrk measures in the
same minute.

python tests/bench/watch_wrk.py [ROUNDS] [SECONDS]

A round: wrk with one connection for so many seconds, the watch's samples of as many seconds, wrk again. The watch is a
process of its own with ten targets asked twice a second, and a console on a pseudo-terminal of 140x40 shows it at four
looks a second all the while. Where wrk is not installed a loop on a bare socket stands in for it, and the result says
so.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from watch_panel import Terminal
from watch_rate import at_share, serve

from launchready_tui.clock import SystemClock
from launchready_tui.launch.model import Launch
from launchready_tui.launch.write import write_new
from launchready_tui.watch import PLACE
from launchready_tui.watch.engine import Engine
from launchready_tui.watch.samples import Target, WatchReader, WatchStore
from launchready_tui.wire import Reach, Wire

TARGETS, EVERY_S = 10, 0.5
SCRIPT = (
    'done = function(summary, latency, requests) io.write(string.format("p50 %.3f p95 %.3f\\n", '
    "latency:percentile(50)/1000, latency:percentile(95)/1000)) end"
)
WRK = shutil.which("wrk")


async def watch(folder: Path, port: int) -> None:
    """The watch, until its parent ends it."""
    path = folder / PLACE
    store, reader = WatchStore.open(path), WatchReader(path)
    url = f"http://127.0.0.1:{port}"
    targets = tuple(
        Target(name=f"target {n:02d}", url=f"{url}/{n}", host="127.0.0.1", port=port, every_s=EVERY_S)
        for n in range(TARGETS)
    )
    launch = Launch(name="x", domain="market.test", canonical="https://market.test/")
    await Engine(launch, store, reader, Wire(Reach(private=("127.0.0.0/8",))), SystemClock(), targets=targets).run(
        asyncio.Event()
    )


def by_wrk(folder: Path, port: int, seconds: float) -> tuple[float, float]:
    """p50 and p95 of one connection, ms."""
    script = folder / "p95.lua"
    script.write_text(SCRIPT)
    order = [str(WRK), "-t1", "-c1", f"-d{seconds:g}s", "-s", str(script), f"http://127.0.0.1:{port}/"]
    said = subprocess.run(order, capture_output=True, text=True, check=True).stdout
    found = re.search(r"p50 ([\d.]+) p95 ([\d.]+)", said)
    assert found, said
    return float(found[1]), float(found[2])


def by_socket(port: int, seconds: float) -> tuple[float, float]:
    """The same with a bare socket, where wrk is not here."""
    values: list[float] = []
    with socket.create_connection(("127.0.0.1", port)) as line:
        ends = time.perf_counter() + seconds
        while time.perf_counter() < ends:
            began = time.perf_counter()
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"ok"):
                answer += line.recv(4096)
            values.append((time.perf_counter() - began) * 1000)
    return at_share(values, 0.5), at_share(values, 0.95)


def by_watch(folder: Path, since: datetime, until: datetime) -> tuple[float, float, int, int]:
    """p50 and p95 of what the watch kept on open connections, how many, and how many it left out as its own
    lateness."""
    with WatchReader(folder / PLACE) as reader:
        kept = [
            one
            for target in reader.targets()
            for one in reader.samples(target.id, since, until)
            if one.grid and not one.held and one.ok
        ]
    timed = [one.warm if one.cold else one.total for one in kept if not one.suspect]
    values = [value for value in timed if value is not None]
    return at_share(values, 0.5), at_share(values, 0.95), len(values), sum(one.suspect for one in kept)


def main(rounds: int, seconds: float) -> None:
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    port = here.recv()
    found = []
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        write_new(
            folder / "launchready.toml", Launch(name="Bench", domain="market.test", canonical="https://market.test/")
        )
        watcher = subprocess.Popen([sys.executable, __file__, "--watch", str(folder), str(port)])
        terminal = Terminal(folder)
        try:
            terminal.until(b"Stages")
            os.write(terminal.handle, b"w")
            terminal.until(b"target 00")
            terminal.read(5)
            for _ in range(rounds):
                before = by_wrk(folder, port, seconds) if WRK else by_socket(port, seconds)
                since = datetime.now(UTC)
                drawn = terminal.read(seconds)
                until = datetime.now(UTC) - timedelta(seconds=1)
                after = by_wrk(folder, port, seconds) if WRK else by_socket(port, seconds)
                terminal.read(1)
                seen = by_watch(folder, since, until)
                found.append((seen[1] - (before[1] + after[1]) / 2, before, seen, after, round(drawn / seconds)))
        finally:
            watcher.terminate()
            watcher.wait()
            terminal.close()
    server.kill()
    name = "wrk" if WRK else "a bare socket (wrk is not installed)"
    print(f"load of the machine: {os.getloadavg()[0]:.1f}; compared with {name}")
    for difference, before, seen, after, drawn in found:
        pair = f"{before[1]:.2f} and {after[1]:.2f}"
        print(
            f"  p95 {seen[1]:.2f} ms of {seen[2]} ({seen[3]} left out), {name} {pair}: {difference:+.2f} ms; "
            f"{drawn} bytes/s drawn"
        )
    best = sorted(abs(one[0]) for one in found)
    print(
        json.dumps(
            {
                "rounds": rounds,
                "difference of p95, ms": {"best": round(best[0], 2), "median": round(best[len(best) // 2], 2)},
            }
        )
    )


if __name__ == "__main__":
    sys.setswitchinterval(0.0005)
    if "--watch" in sys.argv:
        asyncio.run(watch(Path(sys.argv[2]), int(sys.argv[3])))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, float(sys.argv[2]) if len(sys.argv) > 2 else 10.0)
