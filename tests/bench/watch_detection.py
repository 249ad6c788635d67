"""Simulation of the detection policy: seconds to detect each kind of fault, messages told, false alarms in a simulated
week.

python tests/bench/watch_detection.py [RUNS] [EVERY_S]
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from launchready_tui.watch.case import Case
from launchready_tui.watch.detect import Detector, Policy, Seen
from launchready_tui.watch.samples import Target
from launchready_tui.watch.schedule import next_probe

World = Callable[[float, random.Random], tuple[bool, float]]
"""What a probe at this second sees: whether it is well, and how long it takes."""
START = datetime(2026, 1, 1, tzinfo=UTC)
FAULT = 1200.0


def well(_: float, chance: random.Random) -> tuple[bool, float]:
    return True, chance.uniform(0.02, 0.2)


def broken(how: str, since: float, until: float) -> World:
    took = {"refused": 0.02, "hangs": 5.0, "black hole": 3.0, "status 500": 0.1}[how]
    return lambda at, chance: (False, took) if since <= at < until else well(at, chance)


def partly(share: float, since: float, until: float) -> World:
    return lambda at, chance: (False, 0.1) if since <= at < until and chance.random() < share else well(at, chance)


def flapping(down: float, up: float, since: float, until: float) -> World:
    return lambda at, chance: (
        (False, 0.02) if since <= at < until and (at - since) % (down + up) < down else well(at, chance)
    )


def run(
    world: World, length: float, every: float, chance: random.Random
) -> tuple[list[float], list[tuple[float, str]]]:
    """One target watched for so many seconds: when incidents were opened, and what was told when."""
    detector, case = Detector(Policy.of(every)), Case(Target(name="api", host="x.test", port=443, id=1))
    opened: list[float] = []
    told: list[tuple[float, str]] = []
    due, at, grid = chance.uniform(0, every), 0.0, True
    at = due
    while at < length:
        ok, took = world(at, chance)
        end = at + took
        seen = [Seen(at, end, ok, grid)]
        if grid:
            due += every
        while due <= end:
            seen.append(Seen(due, end, ok, held=True))
            due += every
        for one in seen:
            change = detector.see(one)
            now = START + timedelta(seconds=end)
            if change is not None:
                case.change(change, now, START + timedelta(seconds=change.since), last_good=None, deploy=None)
                if change.what == "opened":
                    opened.append(change.at)
            word = case.due(now)
            if word is not None:
                case.told(word, now)
                told.append((end, word))
        at, grid = next_probe(due, end, detector.recheck)
    return opened, told


def at_share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    every = float(sys.argv[2]) if len(sys.argv) > 2 else 15.0
    chance = random.Random(6)
    until = FAULT + 1800
    faults: dict[str, World] = {
        how: broken(how, FAULT, until) for how in ("refused", "hangs", "black hole", "status 500")
    }
    faults |= {f"restart of {seconds} s": broken("refused", FAULT, FAULT + seconds) for seconds in (8, 20, 40)}
    faults |= {"1 of 3 servers bad": partly(1 / 3, FAULT, until), "1 of 5 answers bad": partly(0.2, FAULT, until)}
    faults |= {
        "20 s down, 20 s up": flapping(20, 20, FAULT, until),
        "120 s down, 120 s up": flapping(120, 120, FAULT, until),
    }
    print(f"every {every:g} s, {runs} runs a fault; seconds from the fault to the incident")
    for name, world in faults.items():
        first, messages = [], 0
        for _ in range(runs):
            opened, told = run(world, until + 900, every, chance)
            first += [at - FAULT for at in opened if at >= FAULT][:1]
            messages += sum(at >= FAULT for at, _ in told)
        line = f"  {name:22s} detected {len(first) / runs:5.0%}"
        if first:
            line += f"   p50 {at_share(first, 0.5):4.0f}  p95 {at_share(first, 0.95):4.0f}  max {max(first):4.0f}"
        print(f"{line}   {messages / runs:.1f} messages")
    weeks = max(3, runs // 40)
    for share in (0.001, 0.01, 0.03):
        false = sum(len(run(partly(share, 0, 1e9), 7 * 86400, every, chance)[1]) for _ in range(weeks)) / weeks
        print(f"  {share:.1%} of probes fail by chance: {false:.1f} messages a week ({weeks} weeks)")


if __name__ == "__main__":
    main()
