"""Places for what may be in flight at a time. What others wait for goes before what only adds to a list."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar

_turn: ContextVar[int] = ContextVar("turn", default=1)


@contextlib.contextmanager
def _in_turn(turn: int) -> Iterator[None]:
    token = _turn.set(turn)
    try:
        yield
    finally:
        _turn.reset(token)


def first() -> contextlib.AbstractContextManager[None]:
    """What is asked inside goes before everything else that waits for a place: addresses, without which no connection
    begins."""
    return _in_turn(0)


def later() -> contextlib.AbstractContextManager[None]:
    """What is asked inside gives way to everything else that waits for a place: guesses, and probes that nothing is
    built upon."""
    return _in_turn(2)


class Slots:
    """So many places. Who waits gets one in the order of coming, `first` before all others and `later` after them."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    @contextlib.asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """A place, given back at the end."""
        await self._take()
        try:
            yield
        finally:
            self._give()

    async def _take(self) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (_turn.get(), next(self._numbers), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the place came in the very moment
                self._give()
            raise

    def _give(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)  # handed over: it is never free in between
                return
        self._free += 1
