"""Queues beside the targets: read once a minute while somebody watches, and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from ..clock import Clock
from ..failure import Failure
from ..launch.model import Launch
from ..queues import look
from ..samples import WatchStore
from ..samples.errors import StoreError
from ..wire import Wire
from .keeper import Keeper
from .prober import Credential

EVERY_S = 60.0


async def watch_queues(
    launch: Launch,
    wire: Wire,
    credential: Callable[[str, str], Credential | None],
    clock: Clock,
    keeper: Keeper,
    store: WatchStore,
    say: Callable[[str], None],
    *,
    every_s: float = EVERY_S,
) -> None:
    """Never ends by itself. A server that cannot be read is told when that begins, and when it is over."""
    silent: dict[str, str] = {}
    while True:
        for queue in launch.queues:
            found = await look(queue, wire, credential, clock)
            if isinstance(found, Failure):
                if silent.get(queue.name) != found.kind:
                    say(f"queues of {queue.name} cannot be read: {found}")
                silent[queue.name] = found.kind
                continue
            if silent.pop(queue.name, None):
                say(f"queues of {queue.name} can be read again")
            try:
                await keeper.ask(partial(store.save_backlog, found.rows))
            except StoreError as problem:
                keeper.trouble = str(problem)
        await asyncio.sleep(every_s)
