"""What stands below the chart of the watch, one at a time: incidents, errors by route, queues, regions, deploys.
Functions of one shot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import NamedTuple

from .. import clock
from ..launch.model import Launch
from ..probe.stats import at_most
from ..sources.queues.model import Backlog
from ..watch.samples import Shot, Traffic
from . import words
from .ink import Cell
from .watchtable import FEW, INCIDENT_COLS, in_doubt, incident_rows, ms
from .widgets.ledger import Col, Row

ALLOWED, SURE = 0.01, 0.05
"""More than one failed request in a hundred, with so little doubt, is told as too many: the same as on stage 6."""
NAMES = ("incidents", "errors", "queues", "regions", "deploys")


class Pane(NamedTuple):
    """Its columns, its rows, and what stands there when there are none."""

    cols: list[Col]
    rows: list[Row]
    empty: str


def there(shot: Shot | None, launch: Launch) -> tuple[str, ...]:
    """The panes that have something to say: incidents always; the others where the launch names a source, or something
    was seen."""
    found = {
        "incidents": True,
        "errors": bool(launch.logs) or bool(shot and shot.traffic),
        "queues": bool(launch.queues) or bool(shot and shot.backlog),
        "regions": bool(launch.regions),
        "deploys": bool(shot and shot.recent),
    }
    return tuple(name for name in NAMES if found[name])


def pane(name: str, shot: Shot | None, launch: Launch, now: datetime) -> Pane:
    """Incidents of the last 24 hours where the name is none of `NAMES`."""
    match name:
        case "errors":
            return _errors(shot, launch)
        case "queues":
            return _queues(shot, launch, now)
        case "regions":
            return _regions(shot, launch, now)
        case "deploys":
            return _deploys(shot, now)
    return Pane(
        INCIDENT_COLS, incident_rows(shot, launch, now) if shot is not None else [], "no incident in the last 24 hours"
    )


def _count_of(name: str, shot: Shot | None) -> tuple[str, str]:
    """What the switch says of a pane before it is opened, with its tone: how many are bad."""
    if shot is None:
        return "", ""
    if name == "incidents":
        n = len(shot.snapshot.open)
        return (f"{n} open", "fail") if n else ("", "")
    if name == "errors":
        n = sum(look_of(one) == "fail" for one in shot.traffic)
        return (f"{n} failing", "fail") if n else ("", "")
    if name == "queues":
        n = sum(one.late for one in shot.backlog)
        return (f"{n} late", "warn") if n else ("", "")
    if name == "deploys":
        n = sum(one.kind == "failed" for one in shot.recent)
        return (f"{n} failed", "fail") if n else ("", "")
    return "", ""


# Errors


def look_of(one: Traffic) -> str:
    """Whether a route fails too often for sure; few requests say little."""
    if not one.errors:
        return "pass"
    if one.n < FEW:
        return "unknown"
    return "fail" if 1 - at_most(one.errors - 1, one.n, ALLOWED) <= SURE else "warn"


def _errors(shot: Shot | None, launch: Launch) -> Pane:
    cols = [
        Col("Errors by route", 0),
        Col("where", 11, tone="ink2"),
        Col("requests", 9, right=True),
        Col("errors", 7, right=True),
        Col("share", 7, right=True),
        Col("429", 5, right=True, tone="ink3", above=84),
        Col("left early", 10, right=True, tone="ink3", above=96),
    ]
    rows = []
    for one in shot.traffic[:200] if shot is not None else ():
        look = look_of(one)
        tone = {"fail": "fail", "warn": "warn"}.get(look, "ink2")
        share: Cell = (
            ""
            if not one.errors
            else (
                ("few", "ink3")
                if look == "unknown"
                else (f"{one.share * 100:.1f} %" if one.share >= 0.0005 else "< 0.1 %", tone)
            )
        )
        cells: list[Cell] = [
            one.route,
            one.environment,
            f"{one.n:,}",
            (f"{one.errors:,}", tone) if one.errors else "",
            share,
            f"{one.limited:,}" if one.limited else "",
            f"{one.gone:,}" if one.gone else "",
        ]
        rows.append(Row(f"r{one.environment} {one.route}", cells, words.glyph(look), look))
    named = ", ".join(log.path for log in launch.logs)
    return Pane(
        cols,
        rows,
        f"no requests in this window; reading {named}" if named else "the launch file has no [[logs]]",
    )


# Queues


def growing(one: Backlog, before: Backlog | None) -> bool:
    """It has become longer over ten minutes and more."""
    return before is not None and (one.at - before.at).total_seconds() >= 600 and one.ready > before.ready


def pace_of(one: Backlog, before: Backlog | None) -> str:
    """How it moves, from two readings: `-12 a min`."""
    if before is None or (one.at - before.at).total_seconds() < 50:
        return ""
    a_minute = (one.ready - before.ready) / ((one.at - before.at).total_seconds() / 60)
    return "steady" if abs(a_minute) < 0.5 else f"{a_minute:+.0f} a min"


def _queues(shot: Shot | None, launch: Launch, now: datetime) -> Pane:
    cols = [
        Col("Queues", 14),
        Col("ready", 8, right=True),
        Col("oldest", 8, right=True),
        Col("moves", 10, right=True, tone="ink2", above=72),
        Col("active", 7, right=True, tone="ink3", above=84),
        Col("later", 7, right=True, tone="ink3", above=112),
        Col("failed", 7, right=True),
        Col("where", 0, tone="ink2", gap=3),
    ]
    befores = {(one.source, one.system, one.queue): one for one in shot.backlog_before} if shot is not None else {}
    rows = []
    for one in (
        sorted(shot.backlog, key=lambda one: (-(one.oldest_s or 0), one.source, one.queue)) if shot is not None else ()
    ):
        before = befores.get((one.source, one.system, one.queue))
        look = "fail" if one.late else "warn" if growing(one, before) else "pass"
        old = (now - one.at).total_seconds() > 180
        waited: Cell = "" if one.oldest_s is None else (clock.span(one.oldest_s), look if look != "pass" else "ink")
        told = [f"read {clock.ago(one.at, now)} ago"] if old else []
        told += ["paused"] if one.paused else []
        told += ["no worker"] if one.workers == 0 else []
        told.append(f"{one.system}, {one.source}")
        cells: list[Cell] = [
            one.queue,
            f"{one.ready:,}",
            waited,
            pace_of(one, before),
            "" if one.active is None else f"{one.active:,}",
            "" if one.scheduled is None else f"{one.scheduled:,}",
            (f"{one.failed:,}", "warn") if one.failed else "",
            ", ".join(told),
        ]
        look = "unknown" if old else look
        rows.append(Row(f"q{one.source} {one.system} {one.queue}", cells, words.glyph(look), look))
    return Pane(cols, rows, "no queue has been read yet" if launch.queues else "the launch file has no [[queues]]")


# Regions


def _regions(shot: Shot | None, launch: Launch, now: datetime) -> Pane:
    cols = [
        Col("Regions", 12),
        Col("market", 8, tone="ink2"),
        Col("up", 7, right=True),
        Col("up %", 6, right=True),
        Col("p50 ms", 7, right=True),
        Col("p95 ms", 7, right=True),
        Col("n", 6, right=True, tone="ink3", above=84),
        Col("seen", 8, right=True, tone="ink3", above=72),
        Col("by", 0, tone="ink2", gap=3, above=84),
    ]
    rows = []
    places = [
        ("", launch.watch.market, "this machine"),
        *((one.name, one.stands_for, one.kind) for one in launch.regions),
    ]
    for name, market, by in places:
        seen = (
            [one for one in shot.snapshot.rows if one.target.region == name and one.target.kind == "web"]
            if shot is not None
            else []
        )
        known = [one for one in seen if one.standing != "unknown"]
        up = [one for one in known if one.standing in ("up", "slow") and not in_doubt(one)]
        n, bad = sum(one.stats.n for one in seen), sum(one.stats.bad for one in seen)
        p50 = [one.stats.cold_p50 for one in seen if one.stats.cold_p50 is not None]
        p95 = [one.stats.cold_p95 for one in seen if one.stats.cold_p95 is not None]
        newest = max(
            (one.last.sample.at for one in seen if one.last is not None and one.last.sample.known), default=None
        )
        look = "unknown" if not known else "pass" if len(up) == len(known) else "fail"
        why = next((one.last.sample.detail for one in seen if one.last is not None and not one.last.sample.known), "")
        cells: list[Cell] = [
            name or "here",
            market,
            f"{len(up)} of {len(seen)}" if seen else "",
            f"{math.floor((1 - bad / n) * 1000) / 10:g}" if n >= FEW else ("few", "ink3") if n else "",
            ms(median(p50)) if p50 else "",
            ms(max(p95)) if p95 else "",
            str(n) if n else "",
            clock.ago(newest, now) if newest else "never",
            f"{by}: {why}" if why and not known else by,
        ]
        rows.append(Row(f"p{name}", cells, words.glyph(look), look))
    return Pane(cols, rows, "")


# Deploys


def _deploys(shot: Shot | None, now: datetime) -> Pane:
    cols = [
        Col("Deploys", 14),
        Col("to", 12, tone="ink2"),
        Col("when", 14, right=True),
        Col("how", 0, tone="ink2", gap=3),
    ]
    rows = []
    for one in shot.recent[:50] if shot is not None else ():
        look = "fail" if one.kind == "failed" else "pass"
        how = {"github": "GitHub", "tag": "git", "git": "marked", "command": "marked"}.get(one.source, "seen") + (
            f", {one.by}" if one.by else ""
        )
        how += f", {one.target} answered {one.before[:7]} before" if one.kind == "version" and one.before else ""
        when = clock.ago(one.at, now)
        cells: list[Cell] = [
            (one.sha[:12] or "no commit", "ink"),
            one.env,
            when if when == "now" else f"{when} ago",
            ("failed; " if look == "fail" else "") + how,
        ]
        rows.append(Row(f"d{one.id}", cells, words.glyph(look), look))
    return Pane(cols, rows, "no deploys in the last 7 days")


def titles(panes: Sequence[str], now_shown: str, shot: Shot | None, key: str, room: int) -> list[tuple[str, str]]:
    """The switch: every pane with its bad ones counted, the shown one bold, and the key that goes on; closer where
    there is little room."""
    parts: list[tuple[str, str]] = [(key, "ink2 b"), (" ", "ink")]
    for name in panes:
        parts.append((f" {name}", "ink b" if name == now_shown else "ink3"))
        said, tone = _count_of(name, shot)
        if said:
            parts.append((f" {said}", tone))
        parts.append(("  ", "ink"))
    parts.pop()
    if sum(len(part) for part, _ in parts) > room:
        parts = [(" " if part == "  " else part, tone) for part, tone in parts]
    return parts
