"""Logs followed beside a watch: what is written is counted once, also over a new start, and a log that is away is said
once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from watchtown import until

from launchready_tui.clock import SystemClock
from launchready_tui.launch.model import Launch, Log
from launchready_tui.watch.keeper import Keeper
from launchready_tui.watch.samples import WatchReader, WatchStore
from launchready_tui.watch.traffic import follow_logs

LAUNCH = Launch(
    name="M",
    domain="market.test",
    canonical="https://market.test/",
    logs=(Log(path="access.log", environment="staging"),),
)


def line(path: str, status: int) -> str:
    at = SystemClock().now().strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'203.0.113.9 - - [{at}] "GET {path} HTTP/1.1" {status} 12 "-" "x"\n'


@contextlib.asynccontextmanager
async def following(folder: Path) -> AsyncIterator[tuple[WatchReader, list[str]]]:
    store = WatchStore.open(folder / "watch.sqlite3")
    reader = WatchReader(folder / "watch.sqlite3")
    keeper, said = Keeper(store), list[str]()
    loop = asyncio.ensure_future(
        follow_logs(LAUNCH, folder, SystemClock(), keeper, store, reader, said.append, every_s=0.01)
    )
    try:
        yield reader, said
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        await keeper.close()
        reader.close()
        store.close()


def counts(reader: WatchReader) -> list[tuple[str, str, int, int]]:
    now = SystemClock().now()
    return [(one.environment, one.route, one.n, one.errors) for one in reader.traffic(now - timedelta(hours=1), now)]


async def test_what_is_written_is_counted_once_over_restarts_and_rotation(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    async with following(tmp_path) as (reader, said):
        await until(lambda: said)
        log.write_text(line("/listings/17", 200) + line("/listings/18", 502))
        await until(lambda: counts(reader) == [("staging", "GET /listings/{id}", 2, 1)])
        await until(lambda: len(said) == 2)
        assert "cannot read" in said[0] and "is readable again" in said[1]
    with log.open("a") as stream:
        stream.write(line("/search?q=x", 200))
    async with following(tmp_path) as (reader, _):
        await until(lambda: ("staging", "GET /search", 1, 0) in counts(reader))
        assert ("staging", "GET /listings/{id}", 2, 1) in counts(reader)
        log.rename(tmp_path / "access.log.1")
        log.write_text(line("/search", 500))
        await until(lambda: ("staging", "GET /search", 2, 1) in counts(reader))
