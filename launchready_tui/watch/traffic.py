"""Logs beside the targets: followed while somebody watches, so that errors by route and environment are known as they
happen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from ..clock import Clock
from ..launch.model import Launch, Log
from ..sources.logs import Batch, Follower, Place, Source
from ..sources.logs.follow import moment
from .keeper import Keeper
from .samples import Traffic, WatchReader, WatchStore
from .samples.errors import StoreError

EVERY_S = 5.0


async def follow_logs(
    launch: Launch,
    folder: Path,
    clock: Clock,
    keeper: Keeper,
    store: WatchStore,
    reader: WatchReader,
    say: Callable[[str], None],
    *,
    every_s: float = EVERY_S,
) -> None:
    """Never ends by itself. A log that cannot be read is said when that begins, and when it is over."""
    followers = {log.path: Follower(_source(folder, log), _place(reader, log)) for log in launch.logs}
    silent: set[str] = set()
    while True:
        for log in launch.logs:
            follower = followers[log.path]
            try:
                batch = await asyncio.to_thread(follower.look, clock.now())
            except OSError as why:
                if log.path not in silent:
                    say(f"cannot read the log {log.path}: {why.strerror or why}")
                silent.add(log.path)
                continue
            if log.path in silent:
                silent.discard(log.path)
                say(f"the log {log.path} is readable again")
            try:
                await keeper.ask(partial(_keep, store, log, batch))
            except StoreError as problem:
                keeper.trouble = str(problem)
                # What was counted and not kept is read again.
                followers[log.path] = Follower(_source(folder, log), _place(reader, log))
        await asyncio.sleep(every_s)


def _source(folder: Path, log: Log) -> Source:
    return Source(path=folder / log.path, format=log.format, environment=log.environment)


def _fact(log: Log) -> str:
    return f"log {log.path}"


def _place(reader: WatchReader, log: Log) -> Place | None:
    """Where the last watch stopped reading."""
    body = reader.fact(_fact(log))
    return msgspec.json.decode(body, type=Place) if body else None


def _keep(store: WatchStore, log: Log, batch: Batch) -> None:
    ticks = [
        Traffic(
            at=moment(one),
            environment=one.environment,
            route=one.route,
            n=one.n,
            errors=one.errors,
            limited=one.limited,
            gone=one.gone,
        )
        for one in batch.ticks
    ]
    if batch.lines or batch.merged:
        store.add_traffic(ticks, batch.merged, facts={_fact(log): msgspec.json.encode(batch.place).decode()})
    elif not store.fact(_fact(log)):
        store.set_fact(_fact(log), msgspec.json.encode(batch.place).decode())
