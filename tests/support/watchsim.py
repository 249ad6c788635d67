"""A simulated watch of one target: its detection policy and its case against a world of faults, in seconds, without a
clock. For the benchmark (`tests/bench/watch_detection.py`) and for the tests that hold it."""

from __future__ import annotations

import bisect
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from launchready_tui.watch.case import Case
from launchready_tui.watch.detect import Detector, Policy, Seen
from launchready_tui.watch.samples import Target
from launchready_tui.watch.schedule import next_probe

World = Callable[[float, random.Random], tuple[bool, float]]
"""What a probe at this second sees: whether it is well, and how long it takes."""
START = datetime(2026, 1, 1, tzinfo=UTC)
TOOK = {"refused": 0.02, "hangs": 5.0, "black hole": 3.0, "status 502": 0.1}


def well(_: float, chance: random.Random) -> tuple[bool, float]:
    return True, chance.uniform(0.02, 0.2)


def broken(how: str, since: float, until: float) -> World:
    return lambda at, chance: (False, TOOK[how]) if since <= at < until else well(at, chance)


def partly(share: float, since: float, until: float) -> World:
    return lambda at, chance: (False, 0.1) if since <= at < until and chance.random() < share else well(at, chance)


def flapping(down: float, up: float, since: float, until: float) -> World:
    return lambda at, chance: (
        (False, 0.02) if since <= at < until and (at - since) % (down + up) < down else well(at, chance)
    )


def spells(faults: Sequence[tuple[float, float, str]], share: float) -> World:
    """Faults as (since, until, how) in order of time; beside them this share of all probes fails by chance, though none
    in the minute after a fault: what is over is over."""
    starts = [since for since, _, _ in faults]

    def world(at: float, chance: random.Random) -> tuple[bool, float]:
        place = bisect.bisect_right(starts, at) - 1
        if place >= 0 and at < faults[place][1]:
            return False, TOOK[faults[place][2]]
        if place >= 0 and at < faults[place][1] + 60:
            return well(at, chance)
        return partly(share, 0, float("inf"))(at, chance)

    return world


def run(
    world: World, length: float, every: float, chance: random.Random, deploys: Sequence[float] = ()
) -> tuple[list[float], list[tuple[float, str]]]:
    """One target watched for so many seconds: when incidents were opened, and what was told when. `deploys` in order
    of time."""
    detector, case = Detector(Policy.of(every)), Case(Target(name="api", host="x.test", port=443, id=1))
    opened: list[float] = []
    told: list[tuple[float, str]] = []
    due, at, grid = chance.uniform(0, every), 0.0, True
    at = due
    while at < length:
        before = bisect.bisect_right(deploys, at)
        detector.deploy_at = deploys[before - 1] if before else None
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
