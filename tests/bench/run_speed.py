"""Benchmark: how long a run takes over a far network, for one host and for six, against the lab behind a delaying
relay.

    python tests/bench/run_speed.py [--rtt 0,50,150] [--runs 3] [--checks] [--rivals]

Measurements, the crawl, the reading of all scripts and mail's own greeting are left out: they arrive late and say so.
Printed are wall time, this program's own CPU time, requests, connections, and the round trips of the longest chain:
what the wall time grows by with each millisecond of round trip, whatever this machine is busy with. `--checks` prints
the slowest checks.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from launchready_tui.clock import SystemClock
from launchready_tui.lab import demo
from launchready_tui.lab import places as at
from launchready_tui.lab.client import Lab
from launchready_tui.launch.model import Launch
from launchready_tui.roadmap.model import load
from launchready_tui.wire import ConnectMap, Reach
from launchready_tui.workspace.run import Ended, Finished, run
from launchready_tui.world import World, warm_up

LATE = (
    *(
        "audit.latency",
        "audit.broken-links",
        "audit.demo-data",
        "audit.legal-pages",
        "audit.user-content",
        "audit.client-secrets",
    ),
    *("email.mx", "performance.routes", "performance.mobile"),
)
SIX = (at.APEX, at.WWW, at.APP, at.API, at.ADMIN, at.STATUS)


@dataclass
class Seen:
    wall: float
    cpu: float
    requests: int
    connections: int
    queries: int
    stall_ms: float
    checks: dict[str, int]
    open: list[str]


def one_host(whole: Launch) -> Launch:
    """The site alone, its www with it."""
    return msgspec.structs.replace(
        whole, hosts=tuple(host for host in whole.hosts if host.name == at.APEX), routes=(), pages=()
    )


def six_hosts(whole: Launch) -> Launch:
    return msgspec.structs.replace(whole, hosts=tuple(host for host in whole.hosts if host.name in SIX))


async def look(launch: Launch, reach: Reach) -> Seen:
    names = [
        check.id
        for check in load().checks.values()
        if check.automated and check.id not in LATE and check.id.startswith(STAGES)
    ]
    checks: dict[str, int] = {}
    found: list[str] = []
    ended: Ended | None = None
    cpu, start = time.process_time(), time.monotonic()
    async for event in run(launch, names, lambda: World(launch, reach, clock=SystemClock()), SystemClock()):
        if isinstance(event, Finished):
            checks[event.result.check] = event.result.duration_ms
            found += [f"{one.state} {one.rule} {one.subject}" for one in event.result.findings if one.is_open]
        elif isinstance(event, Ended):
            ended = event
    assert ended is not None and ended.counts is not None
    told = ended.counts
    wall = time.monotonic() - start
    return Seen(
        wall,
        time.process_time() - cpu,
        told.requests,
        told.connections,
        told.dns_queries,
        ended.longest_stall_ms,
        checks,
        sorted(found),
    )


STAGES = ("audit.", "edge.", "email.", "performance.")


class Far:
    """The lab's places, each behind a relay in a process of its own."""

    def __init__(self, lab: Lab, rtt_ms: float) -> None:
        places = sorted({*lab.connect.values(), *lab.nameservers})
        relay = [sys.executable, str(Path(__file__).with_name("relay.py")), str(rtt_ms), *places]
        self.child = subprocess.Popen(relay, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.child.stdout is not None
        moved: dict[str, str] = json.loads(self.child.stdout.readline())
        self.reach = Reach(
            connect=ConnectMap.parse(f"{name}={moved[place]}" for name, place in lab.connect.items()),
            nameservers=tuple(moved[place] for place in lab.nameservers),
            ca_file=lab.ca_file,
            refuse_unmapped=True,
        )

    def close(self) -> None:
        assert self.child.stdin is not None
        self.child.stdin.close()
        self.child.wait(5)


def rivals(far: Far, rtt: float) -> None:
    """The same host by other tools, where they are installed: what each of them takes for its part of the look."""
    place = far.reach.connect.find(at.APEX, 443, at.WEB_ADDRESS)
    assert place is not None
    host, port = place
    versions = ["--certinfo", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3", "--resum"]
    calls = {
        "sslyze": [*versions, f"{at.APEX}:{port}{{{host}}}"],
        "testssl": ["--quiet", "--color", "0", "--warnings", "off", "-p", "-S", "--ip", host, f"{at.APEX}:{port}"],
        "curl": [
            *("-sS", "--http1.1", "-o", "/dev/null", "--cacert", str(far.reach.ca_file)),
            "--connect-to",
            f"::{host}:{port}",
            f"{at.SITE}/",
        ],
    }
    for name, arguments in calls.items():
        program = shutil.which(name) or shutil.which(f"{name}.sh")
        if program is None:
            continue
        began = time.monotonic()
        try:
            done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=180)
            told = "" if done.returncode == 0 else f"   exit {done.returncode}"
        except subprocess.TimeoutExpired:
            told = "   given up"
        print(f"{'':10} {rtt:4.0f}ms {time.monotonic() - began:6.2f}s  {name}: {RIVAL_PARTS[name]}{told}")


RIVAL_PARTS = {
    "sslyze": "certificate, protocol versions with their ciphers, resumption of one host",
    "testssl": "protocol versions and certificate of one host",
    "curl": "one page",
}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rtt", default="0,50,150")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--checks", action="store_true")
    options.add_argument(
        "--rivals", action="store_true", help="the same host by sslyze, testssl and curl, where they are installed"
    )
    said = options.parse_args()
    trips = [float(word) for word in said.rtt.split(",")]
    with Lab.start(fixed="all") as lab:
        whole = msgspec.structs.replace(demo.launch(lab.now), repository=None)
        print(
            f"{'':10} {'RTT':>6} {'wall':>7} {'CPU':>7} {'requests':>9} {'connects':>9} "
            f"{'DNS':>5} {'stall':>7}   wall / RTT"
        )
        for title, launch in (("one host", one_host(whole)), ("six hosts", six_hosts(whole))):
            medians: dict[float, Seen] = {}
            for rtt in trips:
                far = Far(lab, rtt)
                try:

                    async def runs(launch: Launch = launch, reach: Reach = far.reach) -> list[Seen]:
                        await warm_up()
                        await look(launch, reach)
                        return [await look(launch, reach) for _ in range(said.runs)]

                    rows = asyncio.run(runs())
                    if said.rivals and launch.hosts == one_host(whole).hosts:
                        rivals(far, rtt)
                finally:
                    far.close()
                rows.sort(key=lambda row: row.wall)
                row = medians[rtt] = rows[len(rows) // 2]
                ratio = f"{row.wall / rtt * 1000:.1f}" if rtt else ""
                cpu = statistics.median(one.cpu for one in rows)
                print(
                    f"{title:10} {rtt:4.0f}ms {row.wall:6.2f}s {cpu:6.2f}s {row.requests:9} {row.connections:9} "
                    f"{row.queries:5} "
                    f"{row.stall_ms:5.0f}ms   {ratio}"
                )
                if said.checks:
                    for check, spent in sorted(row.checks.items(), key=lambda pair: -pair[1])[:8]:
                        print(f"{'':12} {check:24} {spent:5} ms")
            if len(trips) > 1:
                first, last = trips[0], trips[-1]
                chain = (medians[last].wall - medians[first].wall) / (last - first) * 1000
                print(f"{title:10} longest chain: {chain:.1f} round trips")
            for line in medians[trips[-1]].open:
                print(f"{'':12} open: {line}")


if __name__ == "__main__":
    main()
