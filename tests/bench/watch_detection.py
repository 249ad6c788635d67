"""Simulation of the detection policy: seconds to detect each kind of fault, messages told, false alarms in a simulated
week.

python tests/bench/watch_detection.py [RUNS] [EVERY_S]
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from watchsim import TOOK, World, broken, flapping, partly, run

FAULT = 1200.0


def at_share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    every = float(sys.argv[2]) if len(sys.argv) > 2 else 15.0
    chance = random.Random(6)
    until = FAULT + 1800
    faults: dict[str, World] = {how: broken(how, FAULT, until) for how in TOOK}
    faults |= {f"restart of {seconds} s": broken("refused", FAULT, FAULT + seconds) for seconds in (8, 20, 40)}
    faults |= {"1 of 3 servers bad": partly(1 / 3, FAULT, until), "1 of 5 answers bad": partly(0.2, FAULT, until)}
    faults |= {
        "20 s down, 20 s up": flapping(20, 20, FAULT, until),
        "120 s down, 120 s up": flapping(120, 120, FAULT, until),
    }
    ends = {f"restart of {seconds} s": FAULT + seconds for seconds in (8, 20, 40)}
    print(f"every {every:g} s, {runs} runs a fault; seconds from the fault to the incident, from its end to RESOLVED")
    for name, world in faults.items():
        for deploys in ((), (FAULT - 40,)):
            first, over, messages = [], [], 0
            for _ in range(runs):
                opened, told = run(world, until + 900, every, chance, deploys)
                first += [at - FAULT for at in opened if at >= FAULT][:1]
                last = ends.get(name, until)
                over += [at - last for at, word in told if word == "resolved" and at >= last][:1]
                messages += sum(at >= FAULT for at, _ in told)
            line = f"  {name:22s}{'after a deploy ' if deploys else ' ' * 15} detected {len(first) / runs:5.0%}"
            for values in (first, over):
                if values:
                    line += (
                        f"   p50 {at_share(values, 0.5):4.0f} p95 {at_share(values, 0.95):4.0f} max {max(values):4.0f}"
                    )
            print(f"{line}   {messages / runs:.1f} messages")
    weeks = max(3, runs // 40)
    for share in (0.001, 0.01, 0.03):
        false = sum(len(run(partly(share, 0, 1e9), 7 * 86400, every, chance)[1]) for _ in range(weeks)) / weeks
        print(f"  {share:.1%} of probes fail by chance: {false:.1f} messages a week ({weeks} weeks)")


if __name__ == "__main__":
    main()
