"""A simulated watch: detection policy, cases and grouping against a world of faults, in seconds, without a clock. For
the benchmark (`tests/bench/watch_detection.py`) and for the tests that hold it."""

from __future__ import annotations

import bisect
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from launchready_tui.watch.case import Case
from launchready_tui.watch.detect import Detector, Policy, Seen
from launchready_tui.watch.grouping import batches
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


@dataclass
class Site:
    """One target of several, with what `Watched` has of it for the grouping."""

    name: str
    world: World
    due: float
    every: float = 15.0
    gentle: bool = False
    cause: Any = "status"
    target: Target = field(init=False)
    case: Case = field(init=False)
    detector: Detector = field(init=False)
    last_good: datetime | None = field(init=False)

    def number(self, place: int) -> None:
        self.target = Target(name=self.name, host="x.test", port=443, id=place + 1)
        self.case, self.detector = Case(self.target), Detector(Policy.of(self.every, gentle=self.gentle))
        self.at, self.grid, self.last_good = self.due, True, None

    def probe(self, chance: random.Random) -> None:
        """One probe, as `run` takes it, at the second it is due."""
        ok, took = self.world(self.at, chance)
        end = self.at + took
        self.last_good = START + timedelta(seconds=self.at) if ok else self.last_good
        seen = [Seen(self.at, end, ok, self.grid, cause="" if ok else self.cause)]
        self.due += self.every if self.grid else 0
        while self.due <= end:
            seen.append(Seen(self.due, end, ok, held=True, cause="" if ok else self.cause))
            self.due += self.every
        for one in seen:
            change = self.detector.see(one)
            if change is not None:
                now, since = (START + timedelta(seconds=second) for second in (end, change.since))
                made = self.case.change(change, now, since, last_good=None, deploy=None)
                self.case.incident = msgspec.structs.replace(made, id=made.id or self.target.id)
        self.at, self.grid = next_probe(self.due, end, self.detector.recheck)


def run_many(
    sites: Sequence[Site], length: float, chance: random.Random, deploys: Sequence[float] = ()
) -> list[tuple[float, str, list[str]]]:
    """Several targets watched for so many seconds, looked at once a second: (second, head, names) of each message."""
    waiting: dict[int, tuple[Any, datetime]] = {}
    told = []
    for place, site in enumerate(sites):
        site.number(place)
    for second in range(int(length)):
        for site in sites:
            before = bisect.bisect_right(deploys, second)
            site.detector.deploy_at = deploys[before - 1] if before else None
            while site.at <= second:
                site.probe(chance)
        now = START + timedelta(seconds=second)
        due = {site.target.id: word for site in sites if (word := site.case.due(now)) is not None}
        waiting = {
            number: waiting[number] if number in waiting and waiting[number][0] == word else (word, now)
            for number, word in due.items()
        }
        everyone: Any = sites
        for batch in batches(everyone, waiting, now):
            thread = batch.thread
            for one, word in zip(batch.members, batch.words, strict=True):
                thread = one.case.told(word, now, thread).group
                del waiting[one.target.id]
            told.append((float(second), "also " * batch.joins + batch.told, [one.target.name for one in batch.members]))
    return told
