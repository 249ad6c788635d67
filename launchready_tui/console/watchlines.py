"""What the watch page says in lines: the title, the process that watches, the chart and what stands under it.
Functions of one shot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from .. import clock
from ..watch.messages import sentence
from ..watch.samples import Incident, Latest, Mark, Phases, Series, Shot, Stats, Target, Watcher
from ..watch.samples import Row as Watched
from ..watch.samples.feed import grain_s
from ..watch.samples.model import CAUSE_WORDS
from . import curve, words
from .ink import Spans, width_of
from .watchtable import ms
from .widgets import chart
from .widgets.lines import Line

# The title and what stands under it


def pace(targets: Sequence[Target]) -> str:
    """How often they are asked: the interval most of them have."""
    every = [target.every_s for target in targets]
    return f"{max(set(every), key=every.count):g} s" if every else ""


def happened(shot: Shot, now: datetime, width: int) -> Spans:
    """Incidents of today and the last deploy, for the title's right."""
    today = [one for one in shot.snapshot.incidents if one.open or one.since.astimezone(UTC).date() == now.date()]
    parts: Spans = [
        (str(len(today)) if today else "no", "ink" if today else "ink3"),
        (f" incident{'' if len(today) == 1 else 's'} today", "ink3"),
    ]
    last = shot.snapshot.last_mark
    if width >= 100 and last is not None:
        age = clock.ago(last.at, now)
        parts += [
            (f"   last deploy {last.sha[:7]} " if width >= 130 and last.sha else "   last deploy ", "ink3"),
            (age, "ink"),
            ("" if age == "now" else " ago", "ink3"),
        ]
    return parts


def watcher_line(
    shot: Shot | None, now: datetime, *, key: str, always_on: bool, alerts: Sequence[str], demo: bool
) -> Line | None:
    """The one thing to know of the process that watches; None where all is well."""
    watcher = shot.snapshot.watcher if shot else None
    if watcher is None:
        return None
    if not watcher.alive(now):
        gone = clock.span(max(0.0, (now - watcher.beat_at).total_seconds()))
        return _said(
            "fail",
            [
                ("Not watched now", "ink b"),
                (f": the last heartbeat was {gone} ago.  ", "ink2"),
                (key, "ink b"),
                (" starts it again", "ink2"),
            ],
        )
    if watcher.offline_since is not None:
        since = f"{watcher.offline_since:%H:%M:%S}"
        return _said(
            "warn",
            [
                (f"The machine that runs the watch has been offline since {since}", "ink b"),
                (": failures now count neither way", "ink2"),
            ],
        )
    if watcher.trouble:
        return _said("fail", [("The watch cannot run: ", "ink b"), (watcher.trouble, "ink2")])
    silent = [way for way in shot.snapshot.silent if way.rule in alerts] if shot is not None else []
    if shot is not None and silent:
        more = len(shot.snapshot.stuck)
        waits = f"; {words.plural(more, 'message')} not delivered" if more else ""
        return _said(
            "fail",
            [
                (f"{' and '.join(way.rule for way in silent)} took no alert", "ink b"),
                (f": {silent[0].answer or 'no answer'}{waits}", "ink2"),
            ],
        )
    if shot is not None and shot.snapshot.stuck:
        first = shot.snapshot.stuck[0]
        count = words.plural(len(shot.snapshot.stuck), "message")
        return _said(
            "fail",
            [(f"{count} not delivered", "ink b"), (f": {first.rule}, {first.answer or 'no answer'}", "ink2")],
        )
    if watcher.quiet:
        return _said("warn", [("Planned silence", "ink b"), (f": outages are not alerted, {watcher.quiet}", "ink2")])
    if demo:
        return None
    if not alerts:
        return _said(
            "warn", [("No one is alerted", "ink b"), (" about outages: the launch file has no [[alerts]] yet", "ink2")]
        )
    if not (always_on or watcher.always_on):
        return _said(
            "warn",
            [
                ("This machine may sleep", "ink b"),
                (", and then nothing is watched: run launchready watch on a server", "ink2"),
            ],
        )
    return None


def _said(look: str, parts: Spans) -> Line:
    return Line(parts, [], words.glyph(look))


# The selected target


NICE_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400, 28800, 86400)


def columns_in(window: timedelta, dots: int) -> int:
    """How many columns a window is read in for so many dots: each as long as people count time."""
    wanted = window.total_seconds() / max(1, dots)
    step = next((one for one in NICE_S if one >= wanted), NICE_S[-1])
    return max(1, math.ceil(window.total_seconds() / step))


def value_of(window: timedelta, target: Target, fine: int) -> tuple[curve.Value, str]:
    """Which figure of a column is drawn, and how that is said: with twenty answers in it, what 19 of them stay
    within."""
    step = window.total_seconds() / max(1, fine)
    grain = grain_s(target, window)
    length = clock.span(max(step, grain))
    if max(step, grain) / target.every_s >= 20:
        return "p95", f"ms, 19 of 20 responses, each {length}"
    return "slowest", "ms, every response" if step <= grain else f"ms, the slowest in each {length}"


def picture_of(shot: Shot, one: Watched, now: datetime, fine: int) -> chart.Picture:
    """The large chart of a target. Where the finer columns are not there yet, those of its row."""
    series = shot.chart if shot.chart is not None and shot.chart.target == one.target.id else one.series
    window = shot.snapshot.window
    value, _ = value_of(window, one.target, fine)
    line = curve.curve_of(series, grain_s(one.target, window), shot.gaps, now, value)
    length = (series.until - series.since).total_seconds()
    marks = tuple(
        chart.Mark((mark.at - series.since).total_seconds() / length, *_mark_words(mark))
        for mark in shot.snapshot.marks
        if series.since <= mark.at <= series.until
    )
    if not any(line.values) and not any(line.states):
        waits = f"The first result comes within {clock.span(one.target.every_s)}."
        return chart.Picture(said=(((waits, "ink2"),),))
    return chart.Picture(line, one.target.target_ms, marks, _hours(series, now))


def _mark_words(mark: Mark) -> tuple[str, str]:
    name = mark.sha[:7] if mark.kind == "deploy" else mark.sha[:12]
    if mark.kind == "failed":
        return (f"✕ deploy {name} failed", "fail")
    return (f"{'deploy' if mark.kind == 'deploy' else 'release'} {name}".strip(), "accent")


def _hours(series: Series, now: datetime) -> tuple[tuple[float, str], ...]:
    length = series.until - series.since
    style = "%H:%M:%S" if length <= timedelta(minutes=5) else "%H:%M" if length <= timedelta(hours=12) else "%a %H:%M"
    return tuple((part / 4, f"{min(now, series.since + length * part / 4):{style}}") for part in range(5))


def head_line(one: Watched, name: str, said: str, room: int) -> Line:
    """Name and measure of the chart; the figures that its window gives, as many as there is room for."""
    stats = one.stats
    left: Spans = [(name, "ink b"), (f"   {said}", "ink3")]
    used = width_of(left)
    right: Spans = []
    newest = one.last.sample if one.last and one.last.sample.ok else None
    figures: list[Spans] = []
    if newest is not None:
        figures.append(
            [("now ", "ink3"), (ms(newest.warm if newest.cold and newest.warm is not None else newest.total), "ink")]
        )
    if stats.bad:
        figures.append([(f"✕ {stats.bad} of {stats.n} failed", "fail")])
    if stats.p95 is not None:
        figures.append(_claim(stats))
    if stats.gap_s >= 60:
        figures.append([(f"{clock.span(stats.gap_s)} not watched", "ink2")])
    for parts in figures:
        size = width_of(parts) + 3
        if used + size + 2 > room:
            break
        used += size
        right = [*parts, *([("   ", "ink"), *right] if right else [])]
    return Line(left, right)


def _claim(stats: Stats) -> Spans:
    """p95 with its n and what that allows to claim."""
    head: Spans = [("p95 ", "ink3"), (ms(stats.p95), "ink")]
    if stats.p95_low is not None and stats.p95_high is not None:
        return [*head, (f" (95 % CI {ms(stats.p95_low)} to {ms(stats.p95_high)}, n = {stats.timed})", "ink3")]
    return [*head, (f" (only n = {stats.timed})", "ink3")]


def hinted(lines: list[Line], hints: Sequence[tuple[str, str]], room: int) -> list[Line]:
    """The keys that act here, at the right of the first line that has room for all of them, else for some."""
    for count in range(len(hints), 0, -1):
        told: Spans = []
        for key, label in hints[:count]:
            told += [("   " if told else "", "ink"), (key, "ink b"), (f" {label}", "ink3")]
        for at, line in enumerate(lines):
            if not line.right and width_of(line.left) + width_of(told) + 4 <= room:
                return [*lines[:at], Line(line.left, told, line.mark), *lines[at + 1 :]]
    return lines


def told_lines(shot: Shot, one: Watched, now: datetime, room: int) -> list[Line]:
    """Under the chart: the trouble that is on, where the time of the last probe went, and the error budget."""
    lines = []
    if one.incident is not None:
        kind = "fail" if one.incident.kind == "down" else "warn"
        lines.append(Line([("Incident  ", "ink3"), *_trouble(one.incident, now, room - 10)], [], words.glyph(kind)))
    if one.last is not None:
        lines.append(Line([("Last      ", "ink3"), *_last_probe(one.last, room - 10)]))
    if shot.budget is not None and shot.budget.n:
        lines.append(_budget(shot))
    return lines


def _trouble(incident: Incident, now: datetime, room: int) -> Spans:
    """Cause, since when, and what may have to do with it; the last parts go where there is no room."""
    parts: Spans = [(sentence(incident), "ink")]
    more = [f" since {incident.since:%H:%M:%S}, {clock.span((now - incident.since).total_seconds())}"]
    if incident.deploy and incident.deploy_at is not None:
        before = clock.span(max(0.0, (incident.since - incident.deploy_at).total_seconds()))
        more.append(f", {before} after deploy {incident.deploy[:7]}")
    if incident.flaps:
        more.append(f", recovered {words.plural(incident.flaps, 'time')}")
    for part in more:
        if width_of(parts) + len(part) <= room:
            parts.append((part, "ink2"))
    return parts


def _last_probe(last: Latest, room: int) -> Spans:
    """The phases of a probe in words, each with its ms; what does not fit is left out from the end."""
    sample = last.sample
    if not sample.ok:
        why = CAUSE_WORDS[sample.cause] + (f" ({sample.detail})" if sample.detail else "")
        return [(f"{sample.at:%H:%M:%S}  ", "ink3"), (why, "ink2")]
    parts: Spans = [(f"{sample.at:%H:%M:%S}  ", "ink3")]
    for name, value in named(sample.phases):
        parts += [(f"{name} ", "ink3"), (f"{ms(value)}  ", "ink2")]
    tail: Spans = [("ms", "ink3")]
    if sample.phases.connect is None and sample.phases.dns is None:
        tail.append((", on the open connection", "ink3"))
    if last.address:
        tail.append((f"   {last.address}", "ink3"))
    for part in tail:
        if width_of([*parts, part]) <= room:
            parts.append(part)
    return parts


def named(phases: Phases) -> list[tuple[str, float]]:
    """The phases that happened, in a founder's words."""
    pairs = (
        ("lookup", phases.dns),
        ("connect", phases.connect),
        ("secure", phases.tls),
        ("answer", phases.first_byte),
        ("transfer", phases.transfer),
    )
    return [(name, value) for name, value in pairs if value is not None]


def _budget(shot: Shot) -> Line:
    """What thirty days may fail, what went, what is left, and whether it goes too fast."""
    budget = shot.budget
    assert budget is not None
    left = budget.left or 0.0
    allowed, spent = clock.span(budget.allowed_s), clock.span(budget.spent_s)
    begun = "" if budget.whole else f" since {budget.since:%d %b}"
    parts: Spans = [
        ("Budget    ", "ink3"),
        (f"{budget.slo:g} % allows {allowed} of failures in 30 days; ", "ink2"),
        (spent, "ink"),
        (f" went{begun}, ", "ink2"),
    ]
    parts.append((f"{left * 100:.0f} % is left", "ink") if left >= 0 else ("none is left", "fail"))
    burning = next((one for one in budget.burns if one.burning), None)
    if burning is not None and burning.long is not None:
        tone = "fail" if burning.at_once else "warn"
        parts += [("; ", "ink2"), (f"it burns {burning.long:.0f} times too fast", tone)]
    mark = (
        words.glyph("fail" if left < 0 or (burning and burning.at_once) else "warn") if left < 0.25 or burning else None
    )
    return Line(parts, [], mark)


def channels_line(shot: Shot, rules: Sequence[str], now: datetime, key: str) -> Line | None:
    """Which alert reached its owner, and which still has to be shown to."""
    if not rules:
        return None
    tests = {one.rule: one for one in shot.tests}
    silent = {way.rule: way for way in shot.snapshot.silent}
    parts: Spans = [("Alerts    ", "ink3")]
    for n, rule in enumerate(rules):
        test = tests.get(rule)
        look, said = "unknown", "never tried"
        if rule in silent:
            look, said = "fail", silent[rule].answer or "no answer"
        elif test is not None and test.acknowledged_at is not None:
            look, said = "pass", f"reached {test.acknowledged_by} {clock.ago(test.acknowledged_at, now)} ago"
        elif test is not None and test.sent_at is not None:
            look, said = "warn", f"sent to {test.owner}; {key} records the words they read"
        elif test is not None:
            look, said = "fail", test.problem or "not sent yet"
        parts += [("   " if n else "", "ink"), words.glyph(look), (f" {rule} ", "ink"), (said, "ink2")]
    return Line(parts)


def machine(watcher: Watcher, now: datetime) -> str:
    """Who watches: the machine and how long."""
    return (
        f"{watcher.machine}, process {watcher.pid}, for "
        f"{clock.span(max(0.0, (now - watcher.started_at).total_seconds()))}"
    )
