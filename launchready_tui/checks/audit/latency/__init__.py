"""audit.latency: the top five routes, timed until the answer to "do 95 of 100 requests come in time" is sure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy
from ....hostnames import host_of
from ....probe import Measurement
from ....probe.model import STOP_AFTER_ERRORS, WARM_UP
from ...base import Say, check, step
from ..dated import dated
from ..together import as_they_come

if TYPE_CHECKING:
    from ....launch.model import Launch, Route
    from ....world import World

say = Say("audit.latency")

TOP = 5
AT_ONCE = 2
"""Hosts measured at the same time. Routes of one host take turns, or they would measure each other."""


@check("audit.latency")
@dated
async def latency(launch: Launch, world: World) -> AsyncGenerator[Finding, None]:
    """Routes in the order of the launch file; only those marked safe to repeat, at the rate and up to the samples of
    the settings."""
    routes = [route for route in launch.routes if route.safe][:TOP]
    if not routes:
        yield _none(launch)
        return
    together = asyncio.Semaphore(AT_ONCE)
    turns = {host_of(route.url): asyncio.Lock() for route in routes}

    async def one(route: Route) -> list[Finding]:
        async with turns[host_of(route.url)], together:
            return _judge(
                route, await world.measure(route, progress=partial(_told, route.name, launch.settings.samples))
            )

    async with aclosing(as_they_come(one(route) for route in routes)) as judged:
        async for findings in judged:
            for finding in findings:
                yield finding


def _told(route: str, most: int, taken: int) -> None:
    step(f"{route} {taken} of {most} at most")


def _none(launch: Launch) -> Finding:
    example = launch.routes[0] if launch.routes else None
    name, url = (
        (example.name, example.url) if example else ("search", f"{launch.canonical.rstrip('/')}/api/search?q=bike")
    )
    paste = f'[[routes]]\nname = "{name}"\nurl = "{url}"\nflow = "search"\nsafe = true'
    remedy = Remedy(text="Mark the routes that may be asked again and again", paste=paste, where="launchready.toml")
    words = (
        "No route is marked safe to repeat, so nothing was timed"
        if example
        else "The launch file names no route, so nothing was timed"
    )
    return say.unknown("no-safe-route", launch.domain, words, remedy=remedy)


def _ms(value: float | None) -> str:
    if value is None:
        return "not bounded"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def evidence_of(seen: Measurement) -> list[Evidence]:
    """A measurement as evidence, one figure a row; the console draws from the labels."""
    source, at = (
        f"{seen.url}, {seen.rate:.2g} a second, one at a time, after {WARM_UP} that do not count",
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
    return [Evidence.of(label, text, source=source, at=at) for label, text in rows]


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


def _judge(route: Route, seen: Measurement | Failure) -> list[Finding]:
    if isinstance(seen, Failure):
        return [_unmeasured(route, seen)]
    evidence = evidence_of(seen)
    findings = [_errors(route, seen, [one for one in evidence if one.label in ("requests", "answers", "failed")])]
    if seen.errors < min(STOP_AFTER_ERRORS, max(1, seen.n)):
        findings.insert(0, _target(route, seen, evidence))
    return findings


def _unmeasured(route: Route, failure: Failure) -> Finding:
    remedy = None
    if failure.kind == "no-permission" and route.login:
        paste = f"launchready credentials set {route.login}"
        remedy = Remedy(text="Store the credential that this route logs in with", paste=paste, where="a terminal")
    return say.unknown(
        "target", route.name, f"{route.name} could not be timed: {failure.words}", failure=failure, remedy=remedy
    )


def _target(route: Route, seen: Measurement, evidence: list[Evidence]) -> Finding:
    limit = f"{seen.target_ms:.0f} ms"
    if seen.verdict == "PASS":
        words = f"{route.name} answers in time: 95 of 100 requests within {limit} ({seen.over} of {seen.n} were slower)"
        return say.passed("target", route.name, words, evidence=evidence, via=seen.via)
    if seen.verdict == "FAIL":
        words = f"{route.name} is slow: {seen.over} of {seen.n} requests took longer than {limit}, one in twenty may"
        return say.fail("target", route.name, words, evidence=evidence, remedy=_remedy(seen), via=seen.via)
    words = (
        f"Not decided whether {route.name} is fast enough: {seen.over} of {seen.n} requests took longer than {limit}"
    )
    text = "Run the check again when the server and this machine are quiet, or allow more samples"
    samples = Remedy(text=text, paste="[settings]\nsamples = 600", where="launchready.toml")
    return say.unknown("target", route.name, words, evidence=evidence, remedy=samples, via=seen.via)


def _remedy(seen: Measurement) -> Remedy:
    phases = seen.phases
    if phases.transfer is not None and phases.first_byte is not None and phases.transfer > phases.first_byte:
        return Remedy(
            text="Most of the time goes into sending the body: return fewer rows or fields, and compress the answer"
        )
    return Remedy(
        text="Most of the time passes on the server before the first byte: look for a missing index or many queries "
        "behind this route",
        paste="EXPLAIN (ANALYZE, BUFFERS) <the query behind this route>;",
        where="the database",
    )


def _errors(route: Route, seen: Measurement, evidence: list[Evidence]) -> Finding:
    moved = sum(count for status, count in seen.statuses.items() if 300 <= status < 400)
    if seen.errors * 50 >= seen.n and seen.errors:
        words = f"{route.name} fails: {seen.errors} of {seen.n} requests gave an error"
        if any(status in (401, 403) for status in seen.statuses):
            text = "The route wants a log-in: name the credential in the launch file and store it"
            remedy = Remedy(
                text=text, paste=f'login = "{route.login or "api-token"}"', where="launchready.toml, at this route"
            )
        else:
            remedy = Remedy(
                text="Ask for the URL by hand and look at the server's log of this minute",
                paste=f"curl -i '{seen.url}'",
                where="a terminal",
            )
        return say.fail("errors", route.name, words, evidence=evidence, remedy=remedy, via=seen.via)
    if seen.errors:
        words = f"{route.name} failed {seen.errors} times in {seen.n} requests"
        remedy = Remedy(
            text="Look for this minute in the server's log", paste=f"curl -i '{seen.url}'", where="a terminal"
        )
        return say.warn("errors", route.name, words, evidence=evidence, remedy=remedy, via=seen.via)
    if moved * 2 > seen.n:
        words = f"{route.name} only redirects: what was timed is not the route"
        remedy = Remedy(
            text="Write the address it leads to into the launch file",
            paste=f"curl -sI '{seen.url}'",
            where="a terminal",
        )
        return say.warn("errors", route.name, words, evidence=evidence, remedy=remedy, via=seen.via)
    return say.passed(
        "errors", route.name, f"{route.name} answered every one of {seen.n} requests", evidence=evidence, via=seen.via
    )
