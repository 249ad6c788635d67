"""What is told of a certificate: each level once, in days, and after its end as expired."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from launchready_tui.clock import FixedClock
from launchready_tui.launch.model import Alert, Launch, Silence
from launchready_tui.persons import PersonId
from launchready_tui.watch.keeper import Keeper
from launchready_tui.watch.samples import Latest, Sample, Target, WatchReader, WatchStore
from launchready_tui.watch.telling import Teller
from launchready_tui.watch.watched import Moments

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def watched(ends: datetime) -> Any:
    """A target whose newest look saw a certificate that ends then."""
    sample = Sample(target=1, at=NOW, total=80.0)
    target = Target(name="home", url="https://www.example.com/", host="www.example.com", port=443)
    return SimpleNamespace(latest=Latest(sample=sample, certificate_ends=ends), target=target)


async def told(folder: Path, ends: datetime, *later: timedelta, silence: tuple[Silence, ...] = ()) -> list[str]:
    """The titles that are in the outbox after a look now and one at each of the later moments."""
    alert = Alert(name="chat", owner=PersonId("founder"), kind="slack", credential="hook", on=("certificate",))
    canonical = "https://www.example.com/"
    launch = Launch(name="Market", domain="example.com", canonical=canonical, alerts=(alert,), silence=silence)
    clock = FixedClock(NOW)
    store = WatchStore.open(folder / "watch.sqlite3")
    keeper, reader = Keeper(store), WatchReader(folder / "watch.sqlite3")
    outbox: Any = SimpleNamespace(wake=asyncio.Event())
    senders: Any = SimpleNamespace()
    try:
        teller = Teller(launch, keeper, reader, senders, outbox, Moments(clock), lambda words: None, {})
        await teller.marks([])
        assert bool(teller.quiet) == bool(silence)
        for wait in (timedelta(), *later):
            clock.move(wait)
            await teller.certificate(watched(ends))
        return [notice.title for notice in store.queued()]
    finally:
        await keeper.close()
        reader.close()
        store.close()


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (20 * DAY, []),
        (10 * DAY, ["Market: the certificate for www.example.com expires in 10 days"]),
        (1.5 * DAY, ["Market: the certificate for www.example.com expires in 1 day"]),
        (0.5 * DAY, ["Market: the certificate for www.example.com expires in less than a day"]),
        (-2 * DAY, ["Market: the certificate for www.example.com has expired"]),
    ],
)
async def test_a_certificate_is_told_in_the_days_that_are_left(
    tmp_path: Path, left: timedelta, words: list[str]
) -> None:
    assert await told(tmp_path, NOW + left) == words


async def test_each_level_is_told_once_and_the_end_as_well(tmp_path: Path) -> None:
    titles = await told(tmp_path, NOW + 6.5 * DAY, DAY, 3 * DAY, 2 * DAY, 0.25 * DAY, DAY, DAY)
    ends = [title.partition("www.example.com ")[2] for title in titles]
    assert ends == ["expires in 6 days", "expires in 2 days", "expires in less than a day", "has expired"]


async def test_a_planned_silence_holds_no_certificate_back(tmp_path: Path) -> None:
    planned = Silence(from_=NOW, for_="7d", why="deploy")
    assert await told(tmp_path, NOW + 0.5 * DAY, silence=(planned,)) == [
        "Market: the certificate for www.example.com expires in less than a day"
    ]
