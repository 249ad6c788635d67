"""performance.queues: what kept readings prove of job queues, and what they leave open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from launchready_tui.checks.performance.queues import queues
from launchready_tui.clock import FixedClock
from launchready_tui.launch.model import Launch, Queue
from launchready_tui.sources.queues.model import Backlog
from launchready_tui.watch import PLACE
from launchready_tui.watch.samples import WatchStore

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
NAMED = (Queue(name="jobs", server="10.0.0.5"),)


def jobs(queue: str, oldest: float | None, minutes: int = 1, **more: Any) -> Backlog:
    return Backlog(
        at=NOW - timedelta(minutes=minutes), source="jobs", system="rq", queue=queue, ready=5, oldest_s=oldest, **more
    )


@dataclass
class Case:
    rows: tuple[Backlog, ...] = ()
    named: tuple[Queue, ...] = NAMED
    told: frozenset[tuple[str, str, str]] = frozenset()
    broken: bool = False


KNOWN = ("known", "jobs", "pass")
CASES = {
    "none are named": Case(named=(), told=frozenset({("not-named", "launch", "info")})),
    "never read": Case(told=frozenset({("unread", "jobs", "unknown")})),
    "read two days ago": Case((jobs("mails", 1.0, 2 * 1440),), told=frozenset({("unread", "jobs", "unknown")})),
    "another server's": Case(
        (jobs("mails", 999.0),),
        named=(Queue(name="other", server="10.0.0.6"),),
        told=frozenset({("unread", "other", "unknown")}),
    ),
    "worked off": Case((jobs("mails", 119.0), jobs("images", None)), told=frozenset({KNOWN})),
    "late": Case(
        (jobs("mails", 121.0), jobs("images", 3.0)), told=frozenset({KNOWN, ("late", "mails (jobs)", "fail")})
    ),
    "late an hour ago": Case((jobs("mails", 500.0, 60), jobs("mails", 2.0)), told=frozenset({KNOWN})),
    "a broken file": Case(broken=True, told=frozenset({("unreadable", "watch", "unknown")})),
}


@pytest.mark.parametrize("name", list(CASES))
async def test_what_is_said(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    if case.broken:
        (tmp_path / PLACE).parent.mkdir()
        (tmp_path / PLACE).write_bytes(b"no watch at all" * 100)
    elif case.rows:
        store = WatchStore.open(tmp_path / PLACE)
        store.save_backlog(case.rows)
        store.close()
    launch = Launch(name="M", domain="m.test", canonical="https://m.test/", queues=case.named)
    world: Any = SimpleNamespace(clock=FixedClock(NOW), folder=tmp_path)
    found = [finding async for finding in queues(launch, world)]
    assert {(one.rule.removeprefix("performance.queues."), one.subject, one.state.value) for one in found} == case.told


async def test_who_is_missing_is_said_in_the_remedy(tmp_path: Path) -> None:
    store = WatchStore.open(tmp_path / PLACE)
    store.save_backlog([jobs("mails", 421.0, workers=0, failed=3)])
    store.close()
    launch = Launch(name="M", domain="m.test", canonical="https://m.test/", queues=NAMED)
    found = [one async for one in queues(launch, SimpleNamespace(clock=FixedClock(NOW), folder=tmp_path))]  # type: ignore[arg-type]
    late = next(one for one in found if one.rule.endswith(".late"))
    assert late.message == "no-worker" and late.remedy is not None and late.remedy.fix == "start-worker"
    assert late.evidence[0].text == "mails: 5 ready, the oldest for 7 min, 3 failed, no worker"
