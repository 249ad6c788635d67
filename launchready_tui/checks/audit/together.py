"""Several looks at once, each answer given on as it comes; whoever stops listening ends those still under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def as_they_come(looks: Iterable[Coroutine[Any, Any, T]]) -> AsyncGenerator[T, None]:
    """The results in the order in which they are ready. The first exception ends all."""
    tasks = [asyncio.ensure_future(look) for look in looks]
    try:
        for coming in asyncio.as_completed(tasks):
            yield await coming
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
