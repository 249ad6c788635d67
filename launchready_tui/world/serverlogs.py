"""The product's own logs, as far as they lie on this machine: the last day of each, read in a thread and once a run."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

from ..clock import Clock
from ..failure import Failure
from ..launch.model import Log
from ..sources.logs import Reading, Source, read
from .memory import Observer

DAY = timedelta(hours=24)
MOST_BYTES = 64 * 1024 * 1024
"""Of a larger file its end is read: the newest lines, some hundred thousand of them."""
MOST_S = 30.0


class ServerLogs(Observer):
    """Reads what `[[logs]]` name. `folder` is the launch's own."""

    def __init__(self, folder: Path | None, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        super().__init__()

    async def look(self, log: Log) -> Reading | Failure:
        """The last 24 hours of one log. `unavailable` where it is not there or may not be read."""
        if self._folder is None:
            return Failure(kind="unavailable", detail="no base folder for its path", target=log.path)
        return await self._memory.once(log, lambda: asyncio.to_thread(self._read, log))

    async def close(self) -> None:
        """Ends what is still being read."""
        self._ended = True
        await super().close()

    _ended = False

    def _read(self, log: Log) -> Reading | Failure:
        assert self._folder is not None
        path = self._folder / Path(log.path).expanduser()
        ends = time.monotonic() + MOST_S
        try:
            if not path.exists():
                return Failure(kind="unavailable", detail="the file does not exist", target=log.path)
            source = Source(path=path, format=log.format, environment=log.environment)
            return read(
                [source],
                since=self._clock.now() - DAY,
                most_bytes=MOST_BYTES,
                stop=lambda: self._ended or time.monotonic() > ends,
            )
        except (OSError, EOFError) as why:
            return Failure(
                kind="unavailable",
                detail=why.__class__.__name__ if isinstance(why, EOFError) else str(why),
                target=log.path,
            )
