"""Benchmark of the comparison after a deploy: how often nothing is called slower, and how often what is slower is
found.

python tests/bench/watch_compare.py [RUNS]
"""

from __future__ import annotations

import math
import random
import sys
import time

from launchready_tui.watch import compare


def answers(n: int, chance: random.Random, *, scale: float = 1.0, tail: float = 1.0, rho: float = 0.0) -> list[float]:
    """Log-normal, 2 % four times as slow; `tail`: 8 % more are slower by so much; `rho`: correlation of one with the
    next."""
    found, z = [], chance.gauss(0, 1)
    for _ in range(n):
        z = rho * z + math.sqrt(1 - rho * rho) * chance.gauss(0, 1)
        value = 120 * scale * math.exp(0.35 * z)
        if chance.random() < 0.02:
            value *= 4
        elif tail != 1 and chance.random() < 0.08:
            value *= tail
        found.append(value)
    return found


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    chance = random.Random(3)
    for rho in (0.0, 0.6):
        for n in compare.LOOKS:
            line = f"rho {rho}, n = {n:3} each:"
            for name, change in (
                ("no change", {}),
                ("all +25 %", {"scale": 1.25}),
                ("8 % three times as slow", {"tail": 3.0}),
            ):
                hits = sum(
                    compare.compare(answers(n, chance, rho=rho), answers(n, chance, rho=rho, **change), seed=run).word
                    == "slower"
                    for run in range(runs)
                )
                line += f"  {name} {hits / runs:.3f}"
            print(line)
    before, after = answers(300, chance), answers(300, chance)
    began = time.process_time()
    compare.compare(before, after)
    print(f"one comparison of 300 and 300: {(time.process_time() - began) * 1000:.0f} ms of CPU")


if __name__ == "__main__":
    main()
