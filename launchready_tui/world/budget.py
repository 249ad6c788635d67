"""How much one host is asked: so many requests at a time for the whole process, and so many in a run."""

from __future__ import annotations

import asyncio
import weakref

from ..failure import Failure
from ..wire.slots import Slots

IN_FLIGHT = 8
"""Requests to one host at a time, for all worlds of the process."""
CRAWL_REQUESTS = 40
"""Requests to one host in a run for the crawl, counted apart from the checks' own."""

_places: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Slots]] = weakref.WeakKeyDictionary()


def place(host: str) -> Slots:
    """The host's places: hold one while a request to it is in flight."""
    places = _places.setdefault(asyncio.get_running_loop(), {})
    return places.setdefault(host, Slots(IN_FLIGHT))


class Budget:
    """One run's requests, by host."""

    def __init__(self, requests_per_host: int) -> None:
        self._limits = {False: requests_per_host, True: CRAWL_REQUESTS}
        self._used: dict[tuple[str, bool], int] = {}

    def spend(self, host: str, crawl: bool) -> Failure | None:
        """Takes one request from the budget; a failure where it is used up."""
        used = self._used.get((host, crawl), 0)
        if used >= self._limits[crawl]:
            what = "pages of the crawl" if crawl else "requests"
            return Failure(kind="limit", detail=f"{used} {what} to one host in this run", target=host)
        self._used[host, crawl] = used + 1
        return None
