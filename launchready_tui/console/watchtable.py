"""The tables of the watch: a row a target and a row an incident. Functions of one shot; nothing is looked at here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from .. import clock
from ..launch.model import Launch
from ..probe.stats import decide
from ..watch.messages import sentence
from ..watch.samples import Latest, Series, Shot, Stats, Target
from ..watch.samples import Row as Watched
from ..watch.samples.feed import grain_s
from . import curve, words
from .ink import Cell, Span, Spans
from .widgets.ledger import Col, Row

LOOKS = {"up": "pass", "slow": "warn", "degraded": "warn", "down": "fail", "unknown": "unknown"}
AT_PHASE = {
    "dns": "lookup",
    "connect": "connect",
    "tls": "secure",
    "answer": "answer",
    "condition": "content",
    "line": "offline",
}
CERTIFICATE_SOON, CERTIFICATE_NOW = 14, 7
Sparks = dict[str, tuple[Series, int, Spans]]
"""Sparklines by target, with the series and width they were made of."""


def cols(window: str, names: int, top: str) -> list[Col]:
    """The targets' columns; narrow ones drop what the lines under the chart say of the selected one. `names`: the
    longest name's width."""
    return [
        Col("Target", max(10, min(20, names))),
        Col("state", 11),
        Col("up %", 5, right=True),
        Col("p50", 4, right=True, tone="ink3", above=96),
        Col("p95", 6, right=True, above=96),
        Col("p95 ms", 6, right=True, below=96),
        Col(f"{top} ms", 6, right=True, tone="ink3", above=96),
        Col("n", 5, right=True, tone="ink3", above=126),
        Col(window, 0),
        *[
            Col(title, size, right=True, tone="ink3", above=126)
            for title, size in (("look", 4), ("conn", 4), ("secure", 6), ("answer", 7))
        ],
        Col("cert d", 6, right=True, tone="ink3", above=72),
    ]


FEW = 20
"""Fewer probes than that make no share of up and down yet."""
SPARK_COL = 8
"""The place of the sparkline among the cells."""


def name_of(target: Target, launch: Launch) -> str:
    """A target as people call it: a host of the launch without its domain."""
    name = words.short_host(target.name, launch)
    return f"{name} ({target.region})" if target.region else name


def far_end(shot: Shot | None) -> str:
    """Which far end of the latencies has a column: p99 where any target has enough answers for one, else the
    slowest."""
    return "p99" if shot is not None and any(one.stats.p99 is not None for one in shot.snapshot.rows) else "max"


def rows_of(shot: Shot, launch: Launch, now: datetime, width: int, sparks: Sparks) -> list[Row]:
    """One line a target, in the order of the launch file. `width` is that of the sparklines."""
    top = far_end(shot)
    return [_row(one, shot, launch, now, width, sparks, top) for one in shot.snapshot.rows]


def waiting_rows(targets: Iterable[Target], launch: Launch) -> list[Row]:
    """The targets that a watch would have, before there is one."""
    mark = words.glyph("unknown")
    return [Row(target.label, [name_of(target, launch), ("not watched", "unknown")], mark, "new") for target in targets]


def line_of(one: Watched, shot: Shot, now: datetime, width: int, sparks: Sparks) -> Spans:
    """A target's sparkline; made anew only when its columns are other ones."""
    kept = sparks.get(one.target.label)
    if kept is None or kept[0] is not one.series or kept[1] != width:
        line = curve.curve_of(one.series, grain_s(one.target, shot.snapshot.window), shot.gaps, now, "p50")
        kept = sparks[one.target.label] = (one.series, width, curve.spark(line, width, one.target.target_ms))
    return kept[2]


def _row(one: Watched, shot: Shot, launch: Launch, now: datetime, width: int, sparks: Sparks, top: str) -> Row:
    stats = one.stats
    cold = one.target.always_cold
    p95: Cell = ms(stats.cold_p95) if cold else judged(one)
    far: Cell = ms(stats.slowest) if top == "max" else ms(stats.p99) or (("·", "rule") if stats.timed else "")
    cells: list[Cell] = [
        name_of(one.target, launch),
        state_word(one, now),
        uptime(stats, shot.snapshot.window),
        ms(stats.cold_p50 if cold else stats.p50),
        p95,
        p95,
        "" if cold else far,
        str(stats.cold_n if cold else stats.timed) if stats.timed or stats.cold_n else "",
        line_of(one, shot, now, width, sparks),
        *_phases(one.last),
        certificate(one.last, now),
    ]
    look = look_of(one)
    return Row(one.target.label, cells, words.glyph(look), look)


def in_doubt(one: Watched) -> bool:
    """Its newest probe failed, and it is not sure yet that this is more than a blink."""
    return one.standing == "up" and one.last is not None and not one.last.sample.ok


def look_of(one: Watched) -> str:
    """The name of a target's glyph and word."""
    return "warn" if in_doubt(one) else LOOKS[one.standing]


def state_word(one: Watched, now: datetime) -> Span:
    """How it stands, in a word that goes with its glyph."""
    if one.incident is not None and one.standing != "unknown":
        if one.standing == "down":
            return (f"down {clock.span((now - one.incident.since).total_seconds())}", "fail")
        return ("slow" if one.standing == "slow" else "failing", "warn")
    if in_doubt(one):
        return ("just failed", "warn")
    if one.standing == "up":
        return ("up", "ink3")
    if one.last is None:
        return ("not yet", "unknown")
    if not one.last.sample.known:
        return ("no data", "unknown")
    return (f"{clock.span((now - one.last.sample.at).total_seconds())} old", "unknown")


def uptime(stats: Stats, window: timedelta) -> Cell:
    """Percent, never rounded up to 100. Of the first few probes a share says nothing: how long it has been watched
    stands there."""
    share = stats.uptime
    if share is None:
        return ""
    if stats.n < FEW and stats.watched_s < window.total_seconds() * 0.9:
        return (clock.span(stats.watched_s).replace(" min", "m").replace(" ", ""), "ink3")
    if share >= 1:
        return "100"
    percent = share * 100
    return f"{math.floor(percent * 100) / 100:.2f}" if percent >= 99.9 else f"{math.floor(percent * 10) / 10:.1f}"


def ms(value: float | None) -> str:
    """A length of time in ms, whole from ten on; seconds from ten seconds on."""
    if value is None:
        return ""
    return f"{value / 1000:.0f} s" if value >= 9999.5 else f"{value:.0f}" if value >= 9.95 else f"{value:.1f}"


def judged(one: Watched) -> Cell:
    """p95 with what it may claim: over the target for sure, within it, or too few answers to say (`?`)."""
    stats = one.stats
    if stats.p95 is None:
        return ""
    answer = decide(stats.over - stats.bad, stats.timed)
    if answer == "FAIL":
        return [("▲ ", "warn"), (ms(stats.p95), "warn")]
    return ms(stats.p95) if answer == "PASS" else [("? ", "ink3"), (ms(stats.p95), "ink3")]


def _phases(last: Latest | None) -> list[Cell]:
    if last is None:
        return [""] * 4
    sample = last.sample
    if not sample.ok:
        told = str(sample.status) if sample.cause == "status" else AT_PHASE.get(sample.cause, "")
        return ["", "", "", (told, "unknown" if not sample.known else "fail")]
    phases = sample.phases
    return [_phase(value) for value in (phases.dns, phases.connect, phases.tls, phases.first_byte)]


def _phase(value: float | None) -> Cell:
    return ("·", "rule") if value is None else ms(value)


def certificate(last: Latest | None, now: datetime) -> Cell:
    """Whole days that the certificate has left."""
    days = last.certificate_days(now) if last else None
    if days is None:
        return ""
    if days < 0:
        return ("✕ over", "fail")
    if days < CERTIFICATE_SOON:
        glyph, tone = ("✕", "fail") if days < CERTIFICATE_NOW else ("▲", "warn")
        return [(f"{glyph} ", tone), (str(days), tone)]
    return str(days)


# Incidents

INCIDENT_COLS = [
    Col("Incidents", 14),
    Col("state", 11),
    Col("began", 8, right=True, tone="ink3", above=84),
    Col("lasted", 7, right=True, tone="ink2"),
    Col("why", 0, tone="ink2", gap=3),
    Col("after deploy", 16, tone="ink3", above=112),
]


def incident_rows(shot: Shot, launch: Launch, now: datetime) -> list[Row]:
    """Open ones and those of the last day, the newest first, each with its cause in words."""
    rows = []
    for one in shot.snapshot.incidents:
        end = one.closed_at or now
        word = "over" if not one.open else {"down": "down", "degraded": "failing", "slow": "slow"}[one.kind]
        look = "na" if not one.open else "fail" if one.kind == "down" else "warn"
        deploy = ""
        if one.deploy and one.deploy_at is not None:
            deploy = f"{one.deploy[:7]}, {clock.span(max(0.0, (one.since - one.deploy_at).total_seconds()))}"
        cells: list[Cell] = [
            words.short_host(one.name, launch),
            (word, "ink3" if not one.open else look),
            f"{one.since:%H:%M:%S}" if one.since.date() == now.date() else f"{one.since:%a %H:%M}"[-8:],
            clock.span((end - one.since).total_seconds()),
            sentence(one),
            deploy,
        ]
        rows.append(Row(f"i{one.id}", cells, words.glyph(look), look))
    return rows
