"""Checks run together, stream what they find, and never take the run down with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest
from market import NOW, found

from launchready_tui.checks.base import step
from launchready_tui.clock import FixedClock
from launchready_tui.findings import CheckResult, Finding, State
from launchready_tui.launch.model import Launch, Route, Settings
from launchready_tui.workspace.run import (
    CEILING_S,
    Doing,
    Ended,
    Event,
    Finished,
    Found,
    Marks,
    Started,
    ceiling_s,
    run,
)

LAUNCH = Launch(name="Market", domain="example.com", canonical="https://example.com/")
COUNTS = object()
FINE = found("edge.tls.fine", "pass", "low")
BROKEN = found("edge.tls.expired")


class QuietWorld:
    """A world that nobody asks anything; it notes that it was opened and closed."""

    def __init__(self) -> None:
        self.counts = COUNTS
        self.opened = self.closed = 0

    async def __aenter__(self) -> QuietWorld:
        self.opened += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closed += 1


def says(*findings: Finding) -> Callable[..., AsyncIterator[Finding]]:
    async def function(launch: Launch, world: Any) -> AsyncIterator[Finding]:
        for finding in findings:
            yield finding

    return function


async def waits_for_ever(launch: Launch, world: Any) -> AsyncIterator[Finding]:
    yield FINE
    await asyncio.Event().wait()


async def breaks(launch: Launch, world: Any) -> AsyncIterator[Finding]:
    yield FINE
    hidden = "a value that must not show"
    raise KeyError(hidden)


async def never_yields(launch: Launch, world: Any) -> AsyncIterator[Finding]:
    raise TimeoutError("of its own, not the ceiling")
    yield FINE


def stream(
    registry: dict[str, Any], names: list[str] | None = None, world: QuietWorld | None = None, **more: Any
) -> Any:
    kept = world or QuietWorld()
    return run(LAUNCH, names or list(registry), lambda: kept, FixedClock(NOW), registry=registry, **more)  # type: ignore[arg-type,return-value]


async def events_of(*given: Any, **more: Any) -> list[Event]:
    return [event async for event in stream(*given, **more)]


def results_of(events: list[Event]) -> dict[str, CheckResult]:
    return {event.result.check: event.result for event in events if isinstance(event, Finished)}


async def test_a_run_tells_all_that_happens_in_order() -> None:
    events = await events_of({"edge.tls": says(FINE, BROKEN)})
    assert [type(event) for event in events] == [Started, Found, Found, Finished, Ended]
    started, first, second, finished, ended = events
    assert started == Started("edge.tls", 1, 1)
    assert (first, second) == (Found(FINE), Found(BROKEN))
    assert isinstance(finished, Finished) and isinstance(ended, Ended)
    assert (finished.done, finished.total, finished.saved) == (1, 1, "")
    assert finished.result.findings == (FINE, BROKEN)
    assert (finished.result.state, finished.result.started_at) == (State.FAIL, NOW)
    assert (ended.outcome, ended.counts) == ("done", COUNTS)


async def test_checks_run_together() -> None:
    met = asyncio.Barrier(2)

    async def meets(launch: Launch, world: Any) -> AsyncIterator[Finding]:
        await met.wait()
        yield FINE

    results = results_of(await events_of({"edge.a": meets, "edge.b": meets}))
    assert {name: one.state for name, one in results.items()} == {"edge.a": State.PASS, "edge.b": State.PASS}


async def test_findings_come_before_the_check_is_through() -> None:
    heard = asyncio.Event()

    async def waits(launch: Launch, world: Any) -> AsyncIterator[Finding]:
        yield BROKEN
        await heard.wait()
        yield FINE

    seen = []
    async for event in stream({"edge.tls": waits}):
        seen.append(type(event).__name__)
        if isinstance(event, Found):
            heard.set()
    assert seen == ["Started", "Found", "Found", "Finished", "Ended"]


async def test_a_long_check_tells_how_far_it_is_and_no_other_hears_it() -> None:
    async def counts(launch: Launch, world: Any) -> AsyncIterator[Finding]:
        async def part() -> None:
            step("search 20 of 300")

        await asyncio.gather(part())
        step("search 40\x1b of 300 with k3y")
        yield FINE

    events = await events_of({"edge.a": counts, "edge.b": says(FINE)}, hide=lambda text: text.replace("k3y", "•••"))
    assert [event for event in events if isinstance(event, Doing)] == [
        Doing("edge.a", "search 20 of 300"),
        Doing("edge.a", "search 40� of 300 with •••"),
    ]


async def test_progress_counts_up() -> None:
    events = await events_of({f"edge.{letter}": says(FINE) for letter in "abc"})
    assert [(event.done, event.total) for event in events if isinstance(event, Finished)] == [(1, 3), (2, 3), (3, 3)]


async def test_names_that_no_code_answers_are_left_out_and_doubles_run_once() -> None:
    events = await events_of({"edge.tls": says(FINE)}, ["handover.access", "edge.tls", "edge.tls", "no.such"])
    assert list(results_of(events)) == ["edge.tls"]
    assert events[0] == Started("edge.tls", 1, 1)


async def test_nothing_to_run_ends_at_once() -> None:
    events = await events_of({"edge.tls": says(FINE)}, ["handover.access"])
    assert [type(event) for event in events] == [Ended]


async def test_a_check_without_findings_is_unknown() -> None:
    assert results_of(await events_of({"edge.tls": says()}))["edge.tls"].state is State.UNKNOWN


async def test_a_mistake_inside_a_check_is_unknown_with_a_reference_and_the_others_go_on() -> None:
    results = results_of(await events_of({"edge.tls": breaks, "edge.dns": says(FINE)}))
    assert results["edge.dns"].state is State.PASS
    broken = results["edge.tls"]
    assert broken.state is State.UNKNOWN
    assert broken.findings[0] == FINE, "what was found before stays"
    crash = broken.findings[1]
    assert (crash.rule, crash.subject, crash.state) == ("edge.tls.crashed", "launch", State.UNKNOWN)
    assert "internal error (KeyError-" in crash.summary
    assert "breaks" in crash.evidence[0].text
    assert "must not show" not in repr(crash), "neither the message nor a local value"


async def test_a_check_that_trips_over_something_cancelled_does_not_end_the_run() -> None:
    async def trips(launch: Launch, world: Any) -> AsyncIterator[Finding]:
        gone = asyncio.get_running_loop().create_future()
        gone.cancel()
        await gone
        yield FINE

    events = await events_of({"edge.tls": trips})
    assert [one.rule for one in results_of(events)["edge.tls"].findings] == ["edge.tls.crashed"]
    assert isinstance(events[-1], Ended) and events[-1].outcome == "done"


async def test_the_reference_is_the_same_for_the_same_mistake() -> None:
    first, second = [
        results_of(await events_of({"edge.tls": breaks}))["edge.tls"].findings[1].summary for _ in range(2)
    ]
    assert first == second


async def test_a_check_that_does_not_end_is_stopped_and_unknown() -> None:
    closed = asyncio.Event()

    async def endless(launch: Launch, world: Any) -> AsyncIterator[Finding]:
        try:
            yield FINE
            await asyncio.Event().wait()
        finally:
            closed.set()

    results = results_of(await events_of({"edge.tls": endless}, ceiling=0.01))
    assert [one.rule for one in results["edge.tls"].findings] == ["edge.tls.fine", "edge.tls.too-slow"]
    assert results["edge.tls"].state is State.UNKNOWN
    assert closed.is_set(), "and what it held is let go"


async def test_a_timeout_of_the_checks_own_is_a_mistake_of_the_check() -> None:
    results = results_of(await events_of({"edge.tls": never_yields}))
    assert [one.rule for one in results["edge.tls"].findings] == ["edge.tls.crashed"]


async def test_cancel_ends_the_run_and_keeps_what_is_through() -> None:
    cancel, world = asyncio.Event(), QuietWorld()
    seen: list[Event] = []
    async for event in stream({"edge.tls": says(FINE), "edge.dns": waits_for_ever}, world=world, cancel=cancel):
        seen.append(event)
        if isinstance(event, Finished):
            cancel.set()
    assert list(results_of(seen)) == ["edge.tls"]
    last = seen[-1]
    assert isinstance(last, Ended) and last.outcome == "cancelled"
    assert world.closed == 1


async def test_cancel_after_the_last_check_is_no_cancel() -> None:
    cancel = asyncio.Event()
    events = []
    async for event in stream({"edge.tls": says(FINE)}, cancel=cancel):
        events.append(event)
        if isinstance(event, Finished):
            cancel.set()
    last = events[-1]
    assert isinstance(last, Ended) and last.outcome == "done"


async def test_closing_the_stream_stops_the_checks_and_closes_the_world() -> None:
    stopped, world = asyncio.Event(), QuietWorld()

    async def endless(launch: Launch, world: Any) -> AsyncIterator[Finding]:
        try:
            yield FINE
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async with aclosing(stream({"edge.tls": endless}, world=world)) as events:
        async for event in events:
            if isinstance(event, Found):
                break
    assert stopped.is_set()
    assert world.closed == 1


async def test_cancelling_the_reader_stops_the_checks_and_closes_the_world() -> None:
    world, running = QuietWorld(), asyncio.Event()

    async def read() -> None:
        async with aclosing(stream({"edge.tls": waits_for_ever}, world=world)) as events:
            async for _ in events:
                running.set()

    task = asyncio.create_task(read())
    await running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert world.closed == 1


async def test_answers_carry_what_they_belong_to() -> None:
    results = results_of(await events_of({"edge.tls": says(FINE)}, marks=Marks(commit="a1", deploy="b2")))
    assert (results["edge.tls"].commit, results["edge.tls"].deploy) == ("a1", "b2")


async def test_the_longest_stall_of_the_loop_is_seen() -> None:
    import time

    async def blocks(launch: Launch, world: Any) -> AsyncIterator[Finding]:
        busy_until = time.monotonic() + 0.15
        while time.monotonic() < busy_until:
            pass
        yield FINE

    ended = (await events_of({"edge.tls": blocks}))[-1]
    assert isinstance(ended, Ended)
    assert ended.longest_stall_ms >= 100


def test_the_ceiling_grows_with_the_measurements_that_the_launch_file_asks_for() -> None:
    assert ceiling_s(LAUNCH) == CEILING_S
    routes = tuple(Route(name=f"r{n}", url="https://example.com/", safe=n != 0) for n in range(9))
    asked = Launch(
        name="Market",
        domain="example.com",
        canonical="https://example.com/",
        routes=routes,
        settings=Settings(samples=300, rate=10),
    )
    assert ceiling_s(asked) == CEILING_S + 5 * 30
