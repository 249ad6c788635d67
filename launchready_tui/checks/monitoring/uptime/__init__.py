"""monitoring.uptime: a watch that runs, on a machine that stays on, over everything that must be up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from ....clock import ago, stamp
from ....findings import Evidence, Finding, Severity
from ....watch.samples import Incident, Stats, Target, WatchReader
from ....watch.samples.model import CAUSE_WORDS
from ...base import Say, check
from ..kept import WATCH, never_watched, nothing, the_watch, troubles, unreadable
from .monitor import judged, look

if TYPE_CHECKING:
    from datetime import datetime

    from ....launch.model import Launch
    from ....world import World

DAY = timedelta(hours=24)


@check("monitoring.uptime")
async def uptime(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """From the watch, and from what a hosted monitor says where it says it in a known form; else a person confirms
    that one."""
    say, now = Say("monitoring.uptime", world.clock.now()), world.clock.now()
    answer = await look(launch, world)
    with the_watch(world) as reader:
        hosted = list(judged(say, launch, answer, now, alone=not _runs(reader, now))) if answer is not None else []
        for finding in hosted:
            yield finding
        if isinstance(reader, Exception):
            yield unreadable(say, reader)
        elif reader is None or never_watched(reader):
            if not hosted:
                yield nothing(say, launch)
        else:
            for finding in (
                *_machine(say, launch, reader, now),
                *_covered(say, launch, reader),
                *_standing(say, reader, now),
            ):
                yield finding


def _runs(reader: WatchReader | Exception | None, now: datetime) -> bool:
    """Whether the watch of this launch works now."""
    watcher = reader.watcher() if isinstance(reader, WatchReader) else None
    return watcher is not None and watcher.alive(now)


def _machine(say: Say, launch: Launch, reader: WatchReader, now: datetime) -> Iterator[Finding]:
    """Whether it runs, and where."""
    watcher = reader.watcher()
    if watcher is None:
        return
    if not watcher.alive(now):
        seen = [Evidence.of("watch", f"The last sign of life was {ago(watcher.beat_at, now)} ago", at=watcher.beat_at)]
        if launch.watch.monitor:
            yield say.warn("stopped", WATCH, evidence=seen)
        else:
            yield say.fail("stopped", WATCH, evidence=seen)
        return
    where = f"{watcher.machine}, process {watcher.pid}, for {ago(watcher.started_at, now)}"
    seen = [Evidence.of("watch", where, at=watcher.beat_at)]
    if watcher.trouble:
        trouble = Evidence.of("trouble", watcher.trouble, at=watcher.beat_at)
        yield say.fail("trouble", WATCH, evidence=[*seen, trouble], via=watcher.via)
    if not watcher.always_on and launch.watch.monitor:
        yield say.info("beside", WATCH, evidence=seen, via=watcher.via)
    elif not watcher.always_on:
        yield say.warn("may-sleep", WATCH, evidence=seen, via=watcher.via)
    else:
        yield say.passed("watching", WATCH, evidence=seen, via=watcher.via)
    if not launch.watch.heartbeat:
        yield say.info("no-switch", WATCH)


def _covered(say: Say, launch: Launch, reader: WatchReader) -> Iterator[Finding]:
    """Home page, log-in, API health and mail: each that the product has."""
    targets = [target for target in reader.targets() if not target.region]
    has_api = bool(launch.hosts_of("api"))
    wanted = (
        ("home", any(_is_home(launch, one) for one in targets), True),
        ("log-in", any(one.is_log_in for one in targets), True),
        ("api", any(one.is_health for one in targets), has_api),
        ("mail", any(one.kind == "mail" for one in targets), bool(launch.hosts_of("mail"))),
    )
    api = next((host.name for host in launch.hosts_of("api")), f"api.{launch.domain}")
    for name, there, applies in wanted:
        if applies and not there:
            yield say.warn(
                f"no-{name}", launch.domain, home=launch.canonical.rstrip("/"), api=api, domain=launch.domain
            )
    if all(there or not applies for _, there, applies in wanted):
        listed = "\n".join(f"{one.name}: {one.url}, every {one.every_s:g} s" for one in targets)
        yield say.passed("covered", launch.domain, targets=len(targets), evidence=[Evidence.of("targets", listed)])


def _is_home(launch: Launch, target: Target) -> bool:
    return target.url.rstrip("/") == launch.canonical.rstrip("/")


def _standing(say: Say, reader: WatchReader, now: datetime) -> Iterator[Finding]:
    """Each target: down, failing, or up, with its last day. What an ended watch saw says nothing of now."""
    sure, before = troubles(reader, now)
    for target in reader.targets():
        stats = reader.stats(target.id, now - DAY, now, target_ms=target.target_ms)
        seen = [Evidence.of("last 24 h", _figures(stats), source=target.url)]
        incident, last = sure.get(target.id), reader.last(target.id)
        if target.id in before and before[target.id].kind != "slow":
            yield say.unknown(
                "down", target.label, at=stamp(last.sample.at if last else before[target.id].opened_at), evidence=seen
            )
        elif incident is not None and incident.kind != "slow":
            yield _down(say, target, incident, seen)
        elif stats.uptime is not None and _runs(reader, now):
            yield say.passed("up", target.label, evidence=seen)


def _down(say: Say, target: Target, incident: Incident, seen: list[Evidence]) -> Finding:
    words = CAUSE_WORDS[incident.cause]
    seen = [*seen, Evidence.of("incident", f"{words}\n{incident.detail}".strip(), source=target.url, at=incident.since)]
    down, deploy = incident.kind == "down", incident.deploy[:12]
    return say.fail(
        "down",
        target.label,
        "fail" if down else "flaky",
        severity=Severity.BLOCKER if down and target.environment == "production" else Severity.HIGH,
        cause=words,
        evidence=seen,
        remedy=say.fix("after-deploy", deploy=deploy) if deploy else None,
    )


def _figures(stats: Stats) -> str:
    """n always stands beside what is counted from it."""
    if stats.uptime is None:
        return "not probed"
    lines = [f"up {stats.uptime:.2%} of {stats.n} probes, {stats.bad} failed"]
    if stats.p95 is not None:
        bounds = (
            f", 95 % sure between {stats.p95_low:.0f} and {stats.p95_high:.0f}"
            if stats.p95_low and stats.p95_high
            else ", not bounded by so few"
        )
        lines.append(f"p95 {stats.p95:.0f} ms of {stats.timed} timed answers{bounds}")
    if stats.gap_s >= 60:
        lines.append(f"not watched for {stats.gap_s / 60:.0f} min")
    return "\n".join(lines)
