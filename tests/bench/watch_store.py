"""Benchmark of the watch's store: bytes a sample, write and read times.

python tests/bench/watch_store.py [HOURS] [TARGETS] [EVERY_S]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from launchready_tui.watch.samples import Phases, Sample, Target, WatchReader, WatchStore, snapshot
from launchready_tui.watch.samples.rollup import roll_up


def sample(target: int, at: datetime, chance: random.Random) -> Sample:
    first = chance.lognormvariate(4.2, 0.4)
    phases = Phases(
        dns=chance.uniform(1, 30), connect=chance.uniform(8, 40), tls=chance.uniform(15, 60), first_byte=first
    )
    total = first + sum((phases.dns or 0, phases.connect or 0, phases.tls or 0)) + 2
    return Sample(
        target=target,
        at=at,
        total=total,
        warm=first * 0.9 + 1,
        cold=True,
        phases=phases,
        status=200,
        lag=chance.uniform(0, 2),
    )


def main() -> None:
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 48
    targets = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    every = float(sys.argv[3]) if len(sys.argv) > 3 else 15
    chance = random.Random(4)
    start = datetime(2026, 11, 24, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watch.sqlite3"
        store = WatchStore.open(path)
        numbered = store.set_targets(
            Target(name=f"t{n}", url="https://x.test/", host="x.test", port=443) for n in range(targets)
        )
        slots = int(hours * 3600 / every)
        began, cpu = time.perf_counter(), time.process_time()
        for slot in range(slots):
            at = start + timedelta(seconds=slot * every)
            store.save(
                [
                    sample(one.id, at + timedelta(seconds=place * every / targets), chance)
                    for place, one in enumerate(numbered)
                ]
            )
        rows = slots * targets
        spent, used = time.perf_counter() - began, time.process_time() - cpu
        store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = path.stat().st_size
        print(
            f"{rows} samples in {spent:.1f} s, {used / rows * 1e6:.1f} us CPU each; {size / rows:.1f} bytes a "
            f"sample, {size / 1e6:.1f} MB"
        )
        now = start + timedelta(hours=hours)
        began = time.perf_counter()
        made = sum(max(roll_up(store, one.id, now), default=0) for one in numbered)
        spent = time.perf_counter() - began
        store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        print(f"{made} sums in {spent:.1f} s, {(path.stat().st_size - size) / max(1, made):.0f} bytes each")
        with WatchReader(path) as reader:
            for name, window in (("5 min", 5 / 60), ("1 h", 1), ("24 h", 24), ("48 h", 48)):
                began = time.perf_counter()
                seen = snapshot(reader, now, timedelta(hours=window))
                spent = (time.perf_counter() - began) * 1000
                one = seen.rows[0].stats
                print(f"snapshot of {name}: {spent:.1f} ms; n {one.n}, p95 {one.p95:.1f}")
        store.close()


if __name__ == "__main__":
    main()
