"""monitoring.regions: each market that the launch names is looked at from there, and it is no worse there than here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ....clock import ago
from ....findings import Evidence, Finding
from ....watch.samples import Target, WatchReader
from ....watch.samples.model import CAUSE_WORDS
from ...base import Say, check
from ..kept import never_watched, nothing, the_watch, troubles, unreadable

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

DAY = timedelta(hours=24)
SLOW_MS = 3000.0
"""A first answer on a new connection that takes longer than this from a market costs customers there."""


@check("monitoring.regions")
async def regions(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """From the samples of the regions; with one market only there is nothing to look at from elsewhere."""
    say, now = Say("monitoring.regions", world.clock.now()), world.clock.now()
    if len(launch.markets) < 2:
        only = launch.markets[0] if launch.markets else ""
        yield say.not_applicable("one-market", launch.domain, "not-applicable" if only else "no-market", market=only)
        return
    with the_watch(world) as reader:
        if isinstance(reader, Exception):
            yield unreadable(say, reader)
        elif reader is None or never_watched(reader):
            yield nothing(say, launch)
        else:
            for market in launch.markets:
                for finding in _market(say, launch, reader, market, now):
                    yield finding


def _market(say: Say, launch: Launch, reader: WatchReader, market: str, now: datetime) -> Iterator[Finding]:
    """One market: looked at within a day, and how it is there."""
    names = [region.name for region in launch.regions if region.stands_for == market]
    if launch.watch.market == market:
        names.append("")
    rows: list[str] = []
    seen: list[Target] = []
    for target in reader.targets():
        last = reader.last(target.id)
        if target.region not in names or target.kind != "web" or last is None:
            continue
        if last.sample.known and now - last.sample.at <= DAY:
            seen.append(target)
        rows.append(_line(reader, target, now))
    if not seen:
        evidence = [Evidence.of("regions", "\n".join(rows))] if rows else []
        yield say.warn("not-seen", market, "silent" if rows or any(names) else "warn", evidence=evidence)
        return
    yield say.passed("seen", market, evidence=[Evidence.of("from there", "\n".join(rows))])
    if "" not in names:
        yield from _worse(say, reader, market, seen, now)


def _worse(say: Say, reader: WatchReader, market: str, seen: list[Target], now: datetime) -> Iterator[Finding]:
    """What is down there and up here, and what takes too long for people there."""
    sure, before = troubles(reader, now)
    bad = {number for number, one in (sure | before).items() if one.kind != "slow"}
    here = {target.name for target in reader.targets() if not target.region and target.id not in bad}
    for target in seen:
        incident = sure.get(target.id)
        if incident is not None and incident.kind != "slow" and target.name in here:
            words = CAUSE_WORDS[incident.cause]
            detail = f"{words}\n{incident.detail}".strip()
            yield say.fail(
                "down-there",
                f"{target.name} from {market}",
                name=target.name,
                market=market,
                cause=words,
                evidence=[Evidence.of("incident", detail, source=target.url, at=incident.since)],
            )
            continue
        stats = reader.stats(target.id, now - DAY, now, target_ms=target.target_ms)
        if stats.cold_n >= 5 and stats.cold_p50 is not None and stats.cold_p50 > SLOW_MS:
            yield say.warn(
                "slow-there",
                f"{target.name} from {market}",
                name=target.name,
                market=market,
                seconds=SLOW_MS / 1000,
                evidence=[Evidence.of("first visits", _line(reader, target, now), source=target.url)],
            )


def _line(reader: WatchReader, target: Target, now: datetime) -> str:
    """One target as it is seen from one place: how much it was up, what a first visit costs, with n."""
    stats = reader.stats(target.id, now - DAY, now, target_ms=target.target_ms)
    last = reader.last(target.id)
    figures = [target.label]
    if stats.uptime is not None:
        figures.append(f"up {stats.uptime:.2%} of {stats.n}")
    if stats.cold_p50 is not None:
        p95 = f", p95 {stats.cold_p95:.0f} ms" if stats.cold_p95 is not None else ""
        figures.append(f"first visit p50 {stats.cold_p50:.0f} ms{p95} of {stats.cold_n}")
    if last is not None and not last.sample.known:
        figures.append(f"not known: {last.sample.detail}")
    elif last is not None:
        figures.append(f"last {ago(last.sample.at, now)} ago")
    return ", ".join(figures)
