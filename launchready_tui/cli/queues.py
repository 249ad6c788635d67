"""`launchready queues`: how many jobs wait, and how long the oldest has waited."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from .options import Common, common, pass_common
from .say import Exit, note

if TYPE_CHECKING:
    from ..failure import Failure
    from ..sources.queues import Looked
    from ..sources.queues.model import Backlog
    from ..workspace import Workspace

SCHEMA = 1
BEFORE = timedelta(hours=1)


@click.command()
@click.option("--format", "shown", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option("--no-keep", is_flag=True, help="Show it without saving it to the data of the watch.")
@common
@pass_common
def queues(said: Common, shown: str, no_keep: bool) -> int:
    """Read the job queues of the launch file's [[queues]]: RQ, Celery, BullMQ and Sidekiq in Redis; pg-boss,
    graphile-worker, procrastinate and solid_queue in PostgreSQL. Nothing is changed there. `launchready watch` does so
    once a minute.

    Exit code 1: the oldest job has waited for more than two minutes; 3: a server could not be read.
    """
    from ..failure import Failure

    ws = said.open()
    try:
        if not ws.launch.queues:
            raise click.UsageError(
                "the launch file has no [[queues]]; `launchready explain queues` shows how to add one"
            )
        found = asyncio.run(_look(ws))
        rows = [row for one in found.values() if not isinstance(one, Failure) for row in one.rows]
        before = _before(ws)
        if not no_keep:
            _keep(ws, rows)
        if shown == "json":
            click.echo(_json(found))
        else:
            _text(rows, before, said)
        for name, one in found.items():
            if isinstance(one, Failure):
                note(f"{name}: {one}")
            elif one.note or not one.rows:
                note(f"{name}: {one.note or 'no known kind of queue'}")
        if any(isinstance(one, Failure) for one in found.values()):
            return Exit.COULD_NOT_RUN
        return Exit.FOUND if any(row.late for row in rows) else Exit.FINE
    finally:
        ws.close()


async def _look(ws: Workspace) -> dict[str, Looked | Failure]:
    from ..sources.queues import look
    from ..wire import Wire

    wire = Wire(ws.reach)
    found = await asyncio.gather(
        *(look(one, wire, lambda name, host: ws.vault.get(name, host), ws.clock) for one in ws.launch.queues)
    )
    return {queue.name: one for queue, one in zip(ws.launch.queues, found, strict=True)}


def _before(ws: Workspace) -> dict[tuple[str, str, str], Backlog]:
    """The oldest reading of the last hour, by queue."""
    from ..watch import PLACE
    from ..watch.samples import WatchReader

    try:
        with WatchReader(ws.folder / PLACE) as reader:
            return {
                (one.source, one.system, one.queue): one for one in reversed(reader.backlog(ws.clock.now() - BEFORE))
            }
    except FileNotFoundError:
        return {}


def _keep(ws: Workspace, rows: list[Backlog]) -> None:
    from ..watch import PLACE
    from ..watch.samples import WatchStore

    store = WatchStore.open(ws.folder / PLACE)
    try:
        store.save_backlog(rows)
    finally:
        store.close()


def _json(found: dict[str, Looked | Failure]) -> str:
    import msgspec

    from ..failure import Failure

    servers = [
        {"name": name, "problem": str(one)}
        if isinstance(one, Failure)
        else {"name": name, "note": one.note, "queues": one.rows}
        for name, one in found.items()
    ]
    return msgspec.json.encode({"schema": SCHEMA, "servers": servers}).decode()


def _text(rows: list[Backlog], before: dict[tuple[str, str, str], Backlog], said: Common) -> None:
    from ..text import printable

    ink = said.ink()
    if rows:
        click.echo(f"{'ready':>8} {'oldest':>9} {'active':>8} {'later':>8} {'failed':>8}  queue")
    for row in rows:
        known = before.get((row.source, row.system, row.queue))
        trend = _trend(row, known) if known else ""
        state = "fail" if row.late else "pass"
        cells = (
            f"{row.ready:>8,} {_age(row):>9} {_count(row.active):>8} {_count(row.scheduled):>8} {_count(row.failed):>8}"
        )
        words = printable(f"{row.queue}  {row.system}, {row.source}, {row.environment}{_workers(row)}{trend}")
        click.echo(ink.finish(f"{cells}  {ink.glyph(state)} {words}"))


def _age(row: Backlog) -> str:
    if row.oldest_s is None:
        return "-"
    seconds = int(row.oldest_s)
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _workers(row: Backlog) -> str:
    return "" if row.workers is None else ", no workers" if row.workers == 0 else f", {row.workers} workers"


def _trend(row: Backlog, known: Backlog) -> str:
    minutes = (row.at - known.at).total_seconds() / 60
    change = row.ready - known.ready
    return f", {change:+,} in {minutes:.0f} min" if minutes >= 1 and change else ""
