"""audit.latency: the top five routes, timed until the answer to "do 95 of 100 requests come in time" is sure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from ....facts import Timing
from ....failure import Failure, Reached
from ....findings import Evidence, Finding, Severity
from ....hostnames import host_of
from ....probe import Measurement
from ....probe.measure import EXCHANGE_S
from ....probe.model import STOP_AFTER_ERRORS, TRIES
from ....world.sights import Reply
from ...base import Say, check, step
from ...seen import mitigated
from ..together import as_they_come

if TYPE_CHECKING:
    from ....launch.model import Launch, Route
    from ....world import World

TOP = 5
AT_ONCE = 2
"""Hosts measured at the same time. Routes of one host take turns, or they would measure each other."""


@check("audit.latency")
async def latency(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Routes in the order of the launch file; only those marked safe to repeat, at the rate and up to the samples of
    the settings."""
    say = Say("audit.latency", world.clock.now())
    routes = [route for route in launch.routes if route.safe][:TOP]
    if not routes:
        yield _none(say, launch)
        return
    together = asyncio.Semaphore(AT_ONCE)
    turns = {host_of(route.url): asyncio.Lock() for route in routes}

    async def one(route: Route) -> list[Finding]:
        async with turns[host_of(route.url)], together:
            progress = partial(_told, route.name, launch.settings.samples)
            seen = await world.measure(route, progress=progress)
            if isinstance(seen, Measurement) and seen.errors and await _challenged(world, route):
                return [say.unknown("target", route.name, "challenged", host=host_of(route.url), via=seen.via)]
            return _judge(say, route, seen)

    async with aclosing(as_they_come(one(route) for route in routes)) as judged:
        async for findings in judged:
            for finding in findings:
                yield finding


async def _challenged(world: World, route: Route) -> bool:
    """Whether a protection network asks programs for a proof there: then nothing is known of the route itself, and
    edge.cdn says so."""
    reply = await world.web.get(route.url) if route.method == "GET" else None
    return isinstance(reply, Reply) and mitigated(reply) != ""


def _told(route: str, most: int, taken: int) -> None:
    step(f"{route} {taken} of {most} at most")


def _none(say: Say, launch: Launch) -> Finding:
    if launch.routes:
        name, url = launch.routes[0].name, launch.routes[0].url
        return say.unknown("no-safe-route", launch.domain, name=name, url=url)
    url = f"{launch.canonical.rstrip('/')}/api/search?q=bike"
    return say.unknown("no-safe-route", launch.domain, "no-route", name="search", url=url)


def _ms(value: float | None) -> str:
    if value is None:
        return "not bounded"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def _evidence_of(seen: Measurement) -> list[Evidence]:
    """A measurement as evidence, one figure a row, and as data beside its p95."""
    source, at = (
        f"{seen.url}, {seen.rate:.2g} a second, one at a time, after {seen.warm_up} that do not count",
        seen.started_at,
    )
    statuses = ", ".join(f"{count} x {status or 'no answer'}" for status, count in seen.statuses.items())
    p99 = _ms(seen.p99) if seen.p99 is not None else f"needs 368 requests; the slowest took {_ms(seen.slowest)}"
    between = "not bounded by so few requests"
    if seen.p95_low is not None and seen.p95_high is not None:
        between = f"{_ms(seen.p95_low)} to {_ms(seen.p95_high)}"
    rows = [
        ("verdict", f"{seen.verdict} ({_WHY.get(seen.why, seen.why)})"),
        ("requests", str(seen.n)),
        ("over the target", f"{seen.over} of {seen.n} took longer than {seen.target_ms:.0f} ms or failed"),
        ("p50", _ms(seen.p50)),
        ("p95", _ms(seen.p95)),
        ("p95 interval", f"{between} (95 %)"),
        ("p99", p99),
        ("phases", _phases(seen)),
        ("answers", statuses),
    ]
    if seen.faults:
        rows.append(("failed", ", ".join(f"{count} x {fault}" for fault, count in seen.faults.items())))
    fact = Timing(
        route=seen.route,
        n=seen.n,
        over=seen.over,
        p50=seen.p50,
        p95=seen.p95,
        p99=seen.p99,
        p95_low=seen.p95_low,
        p95_high=seen.p95_high,
        target=seen.target_ms,
        verdict=seen.verdict,
        at=at,
    )
    return [
        Evidence.of(label, text, source=source, at=at, fact=fact if label == "p95" else None) for label, text in rows
    ]


_WHY = {
    "decided": "decided early",
    "samples": "all planned requests",
    "deadline": "out of time",
    "errors": "stopped: the route fails",
    "rate-limited": "stopped: the server asked us to slow down",
    "generator": "this machine was too busy to blame the route",
}


def _phases(seen: Measurement) -> str:
    parts = (
        ("connect", seen.phases.connect),
        ("secure", seen.phases.tls),
        ("answer", seen.phases.first_byte),
        ("transfer", seen.phases.transfer),
    )
    return ", ".join(f"{name} {_ms(value)}" for name, value in parts if value is not None)


def _judge(say: Say, route: Route, seen: Measurement | Failure) -> list[Finding]:
    if isinstance(seen, Failure) and seen.reached and seen.kind in ("timeout", "reset", "refused"):
        return [_no_answer(say, route, seen)]
    if isinstance(seen, Failure):
        login = route.login if seen.kind == "no-permission" else ""
        remedy = say.fix("store-credential", login=login) if login else None
        return [say.unknown("target", route.name, failure=seen, remedy=remedy)]
    evidence = _evidence_of(seen)
    findings = [_errors(say, route, seen, [one for one in evidence if one.label in ("requests", "answers", "failed")])]
    if seen.errors < min(STOP_AFTER_ERRORS, max(1, seen.n)):
        findings.insert(0, _target(say, route, seen, evidence))
    return findings


_DOORS = ("pay", "sign-up", "log-in", "book")
"""Flows without which nobody becomes a customer."""
_STEPS: tuple[Reached, ...] = ("look-up", "connect", "tls", "sent", "first-byte")


def _no_answer(say: Say, route: Route, seen: Failure) -> Finding:
    """A route that answered none of the tries, each with the whole time to itself: slow or down, whatever the cause."""
    rows = [step for step in _STEPS if step != "tls" or route.url.startswith("https:")]
    done = rows.index(seen.reached) if seen.reached in rows else -1
    lines = [f"{step}  {'done' if at <= done else 'no' if at == done + 1 else '-'}" for at, step in enumerate(rows)]
    lines.append(f"answer  {seen.words}, {TRIES} of {TRIES} times")
    evidence = [Evidence.of("how far it got", "\n".join(lines), source=route.url)]
    severity = Severity.BLOCKER if route.flow in _DOORS else Severity.HIGH
    host = host_of(route.url)
    fix = say.fix(f"got-to-{seen.reached}", subject=route.name, host=host, url=route.url, limit=EXCHANGE_S)
    return say.fail(
        "target",
        route.name,
        "no-answer" if seen.kind == "timeout" else "down",
        limit=EXCHANGE_S,
        tries=TRIES,
        cause=seen.words,
        severity=severity,
        evidence=evidence,
        remedy=fix,
    )


def _target(say: Say, route: Route, seen: Measurement, evidence: list[Evidence]) -> Finding:
    name, over, n, limit, via = route.name, seen.over, seen.n, seen.target_ms, seen.via
    if seen.verdict == "PASS":
        return say.passed("target", name, over=over, n=n, limit=limit, evidence=evidence, via=via)
    if seen.verdict == "FAIL":
        first, rest = seen.phases.first_byte, seen.phases.transfer
        remedy = say.fix("send-less" if rest is not None and first is not None and rest > first else "answer-faster")
        return say.fail("target", name, over=over, n=n, limit=limit, evidence=evidence, remedy=remedy, via=via)
    return say.unknown("target", name, "undecided", over=over, n=n, limit=limit, evidence=evidence, via=via)


def _broken(seen: Measurement) -> bool:
    """Whether the route mostly fails by itself: errors of the server, or no answer at all."""
    own = sum(count for status, count in seen.statuses.items() if status >= 500 or not status)
    return own * 2 >= seen.n


def _errors(say: Say, route: Route, seen: Measurement, evidence: list[Evidence]) -> Finding:
    name, errors, n, url, via = route.name, seen.errors, seen.n, seen.url, seen.via
    moved = sum(count for status, count in seen.statuses.items() if 300 <= status < 400)
    if errors * 50 >= n and errors:
        remedy = say.fix("ask-by-hand", url=url)
        if any(status in (401, 403) for status in seen.statuses):
            remedy = say.fix("log-in", login=route.login or "api-token")
        severity = Severity.BLOCKER if route.flow in _DOORS and _broken(seen) else Severity.HIGH
        return say.fail(
            "errors", name, errors=errors, n=n, severity=severity, evidence=evidence, remedy=remedy, via=via
        )
    if errors:
        return say.warn("errors", name, errors=errors, n=n, url=url, evidence=evidence, via=via)
    if moved * 2 > n:
        return say.warn("errors", name, "redirects", url=url, evidence=evidence, via=via)
    return say.passed("errors", name, n=n, evidence=evidence, via=via)
