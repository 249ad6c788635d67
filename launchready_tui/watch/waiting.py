"""Queues beside the targets: read once a minute while somebody watches, kept, and told of when jobs wait too long."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ..clock import Clock
from ..failure import Failure
from ..launch.model import Launch
from ..sources.queues import look
from ..wire import Wire
from .backlogs import FACT, Backlogs, Word
from .keeper import Keeper
from .rules import other_notices, slug
from .samples import Notice, WatchReader, WatchStore
from .samples.errors import StoreError

if TYPE_CHECKING:
    from ..vault import Secret

EVERY_S = 60.0


async def watch_queues(
    launch: Launch,
    wire: Wire,
    credential: Callable[[str, str], Secret | None],
    clock: Clock,
    keeper: Keeper,
    store: WatchStore,
    reader: WatchReader,
    say: Callable[[str], None],
    wake: Callable[[], None],
    *,
    every_s: float = EVERY_S,
) -> None:
    """Never ends by itself. Late queues go into the outbox, and `wake` is called; a server that cannot be read is said
    at its beginning."""
    silent: dict[str, str] = {}
    judge = Backlogs(reader.fact(FACT))

    async def tell(said: list[Word]) -> None:
        notices = [one for word in said for one in _notices(launch, word, clock)]

        def write() -> None:
            with store.together():
                store.enqueue(notices)
                store.set_fact(FACT, judge.kept())

        for word in said:
            say(f"{launch.name}: {word.title}" + ("" if notices else " (no one is alerted: no alert covers it)"))
        if said:
            await keeper.ask(write)
            wake()

    while True:
        for queue in launch.queues:
            found = await look(queue, wire, credential, clock)
            if isinstance(found, Failure):
                if silent.get(queue.name) != found.kind:
                    say(f"cannot read the queues of {queue.name}: {found}")
                silent[queue.name] = found.kind
                with contextlib.suppress(StoreError):
                    await tell(judge.failed(queue.name, found, clock.now()))
                continue
            if silent.pop(queue.name, None):
                say(f"the queues of {queue.name} are readable again")
            try:
                await keeper.ask(partial(store.save_backlog, found.rows))
                await tell(judge.read(queue.name, found.rows, clock.now()))
            except StoreError as problem:
                keeper.trouble = str(problem)
        await asyncio.sleep(every_s)


def _notices(launch: Launch, word: Word, clock: Clock) -> list[Notice]:
    title = f"{launch.name}: {word.title}"
    return other_notices(launch.alerts, "queue", slug(word.what), "", title, word.text, clock.now())
