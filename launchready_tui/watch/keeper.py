"""Keeps samples: collected for a second, written by a thread of its own, added up and tidied in small steps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TypeVar

from .samples import Latest, Sample, WatchStore
from .samples.errors import StoreError
from .samples.rollup import roll_up

Result = TypeVar("Result")
MOST_WAITING = 100_000
"""So many samples are held while the store cannot be written; then the oldest are let go."""


class Keeper:
    """The only one that writes samples. `trouble` says why it cannot, in words."""

    def __init__(self, store: WatchStore) -> None:
        self.store = store
        self.trouble = ""
        self.lost = 0
        self._samples: list[Sample] = []
        self._latest: dict[int, Latest] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="watch-store")

    def add(self, sample: Sample, latest: Latest | None) -> None:
        """Kept in memory until the next flush; `latest` replaces the target's newest."""
        self._samples.append(sample)
        if latest is not None:
            self._latest[sample.target] = latest

    async def ask(self, work: Callable[[], Result]) -> Result:
        """Something else with the store, in its turn."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def flush(self) -> None:
        """Writes what was collected. Where that fails it is kept for the next time."""
        if not self._samples:
            return
        samples, latest = self._samples, self._latest
        self._samples, self._latest = [], {}
        try:
            await self.ask(lambda: self.store.save(samples, latest.values()))
            self.trouble = ""
        except StoreError as problem:
            self.trouble = str(problem)
            self._samples = samples + self._samples
            self._latest = latest | self._latest
            if len(self._samples) > MOST_WAITING:
                self.lost += len(self._samples) - MOST_WAITING
                del self._samples[: len(self._samples) - MOST_WAITING]

    async def upkeep(self, targets: list[int], now: datetime) -> None:
        """Adds up what is whole, one sum at a time so that writing samples is never far behind; then drops what is too
        old."""
        try:
            for target in targets:
                steps = roll_up(self.store, target, now)
                while await self.ask(partial(next, steps, None)) is not None:
                    pass  # each step waits for its turn behind the samples
            await self.ask(lambda: self.store.tidy(now))
        except StoreError as problem:
            self.trouble = str(problem)

    async def close(self) -> None:
        """Writes what is left, then waits for the thread."""
        await self.flush()
        self._thread.shutdown(wait=True)
