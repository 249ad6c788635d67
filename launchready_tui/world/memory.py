"""Remembers every observation by its question, and shares one in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Memory:
    """Ten askers of one question cost one look. An asker that is cancelled does not take the look away from the
    others."""

    def __init__(self) -> None:
        self._looks: dict[Hashable, asyncio.Task[Any]] = {}

    async def once(self, question: Hashable, look: Callable[[], Awaitable[T]]) -> T:
        """The answer to `question`: remembered, awaited from whoever asks it now, or looked up."""
        task = self._looks.get(question)
        if task is None:
            task = asyncio.ensure_future(_run(look))
            task.add_done_callback(_mark_seen)
            self._looks[question] = task
        return cast(T, await asyncio.shield(task))

    async def close(self) -> None:
        """Ends the looks still in flight."""
        running = [task for task in self._looks.values() if not task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._looks.clear()


class Observer:
    """What looks at one part of the outside, each question once a run."""

    def __init__(self) -> None:
        self._memory = Memory()

    async def close(self) -> None:
        """Ends the looks still in flight."""
        await self._memory.close()


async def _run(look: Callable[[], Awaitable[T]]) -> T:
    return await look()


def _mark_seen(task: asyncio.Task[Any]) -> None:
    # An asker may be gone before the look fails; asyncio would then print a complaint nobody can act on.
    if not task.cancelled():
        task.exception()
