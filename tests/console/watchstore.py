"""A watch for screens: the real store, filled with the stored hour of `data/demo-watch.json` before a clock that
stands.

`python tests/console/watchstore.py` writes that hour anew: what the demo marketplace's targets would look like with
one slow and one dead.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from launchready_tui.launch.model import Launch, Log, Queue, Region
from launchready_tui.sources.queues.model import Backlog
from launchready_tui.watch import PLACE
from launchready_tui.watch.samples import (
    ChannelTest,
    Gap,
    Incident,
    Latest,
    Mark,
    Phases,
    Sample,
    Target,
    Traffic,
    Watcher,
    WatchReader,
    WatchStore,
)
from launchready_tui.watch.targets import targets_of

STORED = Path(__file__).parent / "data" / "demo-watch.json"
EVERY = timedelta(seconds=15)
SHA = "3f9c2a1b77d0"


def probe(target: Target, at: datetime, value: float | None, *, cause: str = "connect") -> Sample:
    """One probe on an open connection; None failed."""
    if value is None:
        return Sample(target=target.id, at=at, total=2.0, cause=cause, kind="refused", detail="connection refused")  # type: ignore[arg-type]
    return Sample(target=target.id, at=at, total=value, phases=Phases(first_byte=round(value * 0.9, 1)), status=200)


def latest(target: Target, sample: Sample, days: int | None) -> Latest:
    """The newest probe, as one on a new connection where it went well."""
    cold = sample
    if sample.ok:
        cold = Sample(
            target=target.id,
            at=sample.at,
            total=sample.total + 41,
            warm=sample.total,
            cold=True,
            phases=Phases(dns=2.1, connect=18.4, tls=20.9, first_byte=round(sample.total * 0.97, 1), transfer=0.8),
            status=200,
        )
    return Latest(
        sample=cold,
        address="203.0.113.20",
        via="connect-map",
        certificate_ends=None if days is None else sample.at + timedelta(days=days, hours=5),
        last_good=sample.at if sample.ok else sample.at - timedelta(seconds=45),
    )


def watcher(now: datetime, **more: object) -> Watcher:
    values: dict[str, object] = {
        "pid": 4711,
        "machine": "server-1",
        "started_at": now - timedelta(hours=5),
        "beat_at": now - timedelta(seconds=1),
        "version": "0",
        "always_on": True,
        "via": "connect-map",
    }
    return Watcher(**{**values, **more})  # type: ignore[arg-type]


def begin(
    folder: Path, targets: Sequence[Target], now: datetime, **more: object
) -> tuple[WatchStore, tuple[Target, ...]]:
    """A store with these targets and a living watcher."""
    store = WatchStore.open(folder / PLACE)
    made = store.set_targets(targets)
    store.beat(watcher(now, **more))
    return store, made


def fill(folder: Path, launch: Launch, now: datetime) -> None:
    """The stored hour: slow after a deploy, a failed few minutes, one dead, one that nobody could see, and a gap."""
    kept = json.loads(STORED.read_text("utf-8"))
    store, targets = begin(folder, targets_of(launch), now)
    first = now - timedelta(hours=1)
    ids = {}
    for target in targets:
        ids[target.name] = target.id
        step = round(target.every_s / EVERY.total_seconds())
        values = kept["ms"].get(target.name)
        if values is None:
            sample = Sample(
                target=target.id,
                at=now - timedelta(seconds=9),
                total=3000,
                cause="line",
                kind="timeout",
                detail="port 25",
            )
            store.save([sample], [latest(target, sample, None)])
            continue
        samples = []
        for at, value in enumerate(values):
            moment = first + EVERY * at + timedelta(seconds=target.id)
            if at % step or value == "gap" or moment >= now:
                continue
            samples.append(probe(target, moment, value))
        store.save(samples, [latest(target, samples[-1], kept["days"].get(target.name))])
    store.add_gap(
        Gap(since=first + timedelta(minutes=11), until=first + timedelta(minutes=14, seconds=30), cause="sleep")
    )
    store.add_mark(Mark(at=now - timedelta(minutes=24), sha=SHA, source="command", by="ci"))
    health, search = ids["api health"], ids["search"]
    store.save_incident(
        Incident(
            target=search,
            name="search",
            kind="down",
            worst="down",
            since=now - timedelta(minutes=37, seconds=20),
            opened_at=now - timedelta(minutes=36, seconds=55),
            closed_at=now - timedelta(minutes=35, seconds=10),
            cause="status",
            detail="502 Bad Gateway",
        )
    )
    store.save_incident(
        Incident(
            target=search,
            name="search",
            kind="slow",
            worst="slow",
            since=now - timedelta(minutes=20),
            opened_at=now - timedelta(minutes=18),
            cause="slow",
            deploy=SHA,
            deploy_at=now - timedelta(minutes=24),
            told="slow",
        )
    )
    store.save_incident(
        Incident(
            target=health,
            name="api health",
            kind="down",
            worst="down",
            since=now - timedelta(seconds=41),
            opened_at=now - timedelta(seconds=16),
            cause="connect",
            detail="connection refused",
            deploy=SHA,
            deploy_at=now - timedelta(minutes=24),
            told="down",
            told_at=now - timedelta(seconds=15),
        )
    )
    store.save_test(
        ChannelTest(
            rule="on-call",
            owner="founder",
            code="otter maple 42",
            made_at=now - timedelta(hours=3),
            sent_at=now - timedelta(hours=3),
            acknowledged_at=now - timedelta(hours=3),
            acknowledged_by="founder",
        )
    )
    store.close()


def with_sources(launch: Launch) -> Launch:
    """The launch with a log, queues and a region, so that the watch has more than targets."""
    return msgspec.structs.replace(
        launch,
        markets=("US", "EU"),
        logs=(Log(path="access.log"),),
        queues=(Queue(name="jobs", server="redis.demo-market.test"),),
        regions=(Region(name="us-east", market="US", url="https://us.probe.test"),),
        watch=msgspec.structs.replace(launch.watch, market="EU"),
    )


def fill_beside(folder: Path, now: datetime) -> None:
    """What logs, queues and a region would add to the stored hour."""
    store = WatchStore.open(folder / PLACE)
    with WatchReader(folder / PLACE) as reader:
        targets = [one for one in reader.targets() if one.kind == "web"]
    chance = random.Random(8)
    for far in store.set_elsewhere(msgspec.structs.replace(one, region="us-east", every_s=60.0) for one in targets[:2]):
        times = [now - timedelta(seconds=60 * at + 7) for at in range(59, -1, -1)]
        samples = [
            Sample(target=far.id, at=at, total=round(chance.gauss(231, 14), 1), cold=True, status=200) for at in times
        ]
        store.save(samples, [Latest(sample=samples[-1])])
    rows = (
        ("GET /search", 1204, 26, "production", 0, 0),
        ("POST /bookings", 318, 9, "production", 0, 2),
        ("GET /", 20_418, 2, "production", 0, 31),
        ("GET /listings/{id}", 8_730, 0, "production", 0, 12),
        ("POST /login", 611, 0, "production", 44, 0),
        ("GET /search", 12, 1, "staging", 0, 0),
    )
    at = now - timedelta(minutes=9)
    store.add_traffic(
        Traffic(at=at, environment=environment, route=route, n=n, errors=errors, limited=limited, gone=gone)
        for route, n, errors, environment, limited, gone in rows
    )
    for minutes, numbers in ((12, ((14, 40.0), (930, 9.0), (0, None))), (0, ((212, 410.0), (30, 2.0), (0, None)))):
        at = now - timedelta(minutes=minutes, seconds=20)
        named = zip(("mails", "pictures", "reports"), numbers, (0, 4, 1), strict=True)
        store.save_backlog(
            Backlog(
                at=at,
                source="jobs",
                system="RQ",
                queue=name,
                ready=ready,
                oldest_s=oldest,
                active=min(workers, ready),
                workers=workers,
                failed=3 if name == "mails" else 0,
            )
            for name, (ready, oldest), workers in named
        )
    store.close()


def _hour() -> dict[str, object]:
    """An hour at 15 s: noise round a base, now and then a slower one."""
    chance = random.Random(7)

    def values(
        base: float, noise: float, *, swell: tuple[int, int, float] | None = None, failed: range = range(0)
    ) -> list[object]:
        made: list[object] = []
        for at in range(240):
            value = base + chance.gauss(0, noise) + (chance.random() < 0.03) * noise * 5
            if swell:
                start, end, height = swell
                rise = min(1, max(0, (at - start) / 14)) - min(1, max(0, (at - end) / 18))
                value += height * rise * (1 + chance.gauss(0, 0.07))
            made.append("gap" if 44 <= at < 58 else None if at in failed else round(max(3, value), 1))
        return made

    return {
        "ms": {
            "search": values(172, 9, swell=(158, 214, 380), failed=range(91, 100)),
            "home": values(84, 8),
            "listing": values(131, 12),
            "api health": values(9, 1.1, failed=range(237, 240)),
            "log-in page": values(96, 9),
        },
        "days": {"search": 2, "home": 61, "listing": 61, "api health": 2, "log-in page": 12},
    }


if __name__ == "__main__":
    STORED.write_text(json.dumps(_hour()) + "\n", "utf-8")
