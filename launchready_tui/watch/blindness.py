"""Times in which nothing is known: the machine slept, stood still, or had no line. They are gaps, neither up nor
down."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from ..clock import span
from ..wire import Wire
from .keeper import Keeper
from .line import own_line_is_down
from .samples import Gap
from .samples.errors import StoreError
from .samples.model import GapCause
from .schedule import Timekeeper
from .telling import Teller
from .watched import Moments, Watched

ASK_AGAIN_S = 5.0
TELL_AFTER_S = 60.0


class Blindness:
    """What the engine asks before it believes a failure, and tells once a second how the time went."""

    def __init__(
        self,
        watched: dict[int, Watched],
        wire: Wire,
        domain: str,
        keeper: Keeper,
        teller: Teller,
        moments: Moments,
        say: Callable[[str], None],
    ) -> None:
        self.offline_since: datetime | None = None
        self._watched = watched
        self._wire = wire
        self._domain = domain
        self._keeper = keeper
        self._teller = teller
        self._moments = moments
        self._say = say
        self._time = Timekeeper()
        self._asked: tuple[float, bool] = (0.0, False)
        self._told = False

    # The line

    async def is_offline(self) -> bool:
        """Whether a failure without any word from the other side is our own line's. Costs something only where all
        targets fail at once."""
        if self.offline_since is not None:
            await self._tell()
            return True
        now = time.perf_counter()
        web = [one for one in self._watched.values() if one.target.kind == "web" and not one.target.region]
        # What was asked before it began says nothing of the line since: some targets are asked only once in a while.
        began = min((one.failing_since for one in web if one.failing_since is not None), default=now)
        newest = [one.newest for one in web if one.newest is not None and one.newest.end >= began]
        if not newest or not all(one.network for one in newest):
            return False
        asked, answer = self._asked
        if now - asked > ASK_AGAIN_S:
            within = max(one.target.every_s for one in web) + 15.0
            answer = await own_line_is_down(newest, self._wire, self._domain, now, within=within)
            self._asked = (now, answer)
        if answer and self.offline_since is None:
            await self._went(now)
        return answer

    async def _went(self, now: float) -> None:
        failing = [
            one.failing_since
            for one in self._watched.values()
            if one.failing_since is not None and not one.target.region
        ]
        since = min(failing, default=now)
        self.offline_since = began = self._moments.of(since)
        self._told = False
        self._say("this machine seems to be offline: the product's state is unknown, and no outage is reported")
        self._forget()
        await self._keeper.flush()
        await self._try(partial(self._keeper.store.nothing_of_the_target, began))

    async def _tell(self) -> None:
        """Nobody answers, and that may be the product after all: whoever can be reached is told so. If nobody can, it
        is the line."""
        since = self.offline_since
        if self._told or since is None or (self._moments.now() - since).total_seconds() < TELL_AFTER_S:
            return
        self._told = True
        words = (
            f"Since: {since:%Y-%m-%d %H:%M:%S} UTC\nEither the whole product is down, or the machine that runs the "
            "watch is offline. This message arrived, so the product is more likely to be down. Check it from "
            "somewhere else."
        )
        await self._teller.blind(str(int(since.timestamp())), words)

    async def heard(self, ended: float) -> None:
        """Somebody out there answered: the line is there."""
        if self.offline_since is None:
            return
        since, self.offline_since = self.offline_since, None
        until = self._moments.of(ended)
        self._asked = (0.0, False)
        self._say(f"this machine is online again after {(until - since).total_seconds():.0f} s")
        await self._try(partial(self._keeper.store.stretch_gap, "offline", since, until))
        self._forget()

    # Sleep and standstill

    async def tick(self, late_s: float, most_s: float) -> None:
        """Once a second, with how late the second came."""
        what, slept, woke = self._time.look()
        self._moments.read()
        now = self._moments.now()
        if what == "sleep":
            await self.was("sleep", datetime.fromtimestamp(slept, UTC), datetime.fromtimestamp(woke, UTC))
        elif what == "set":
            await self._was_set(timedelta(seconds=woke - slept))
        elif late_s > most_s:
            await self.was("stall", self._moments.of(time.perf_counter() - late_s), now)
        if self.offline_since is not None:
            await self._try(partial(self._keeper.store.stretch_gap, "offline", self.offline_since, now))

    async def _was_set(self, by: timedelta) -> None:
        """What is going on is moved along, or an outage would last an hour more, or less than nothing, and a message
        would wait for a time that comes an hour later."""
        way = "forward" if by > timedelta() else "back"
        self._say(f"the clock of this machine was set {way} by {span(abs(by.total_seconds()))}")
        if self.offline_since is not None:
            self.offline_since += by
        for one in self._watched.values():
            one.last_good = one.last_good + by if one.last_good else None
        await self._teller.clock_was_set(by)

    async def was(self, cause: GapCause, since: datetime, until: datetime) -> None:
        """Writes a gap down; what was begun before it does not count any more."""
        self._say(f"nothing was watched for {(until - since).total_seconds():.0f} s ({cause})")
        await self._try(partial(self._keeper.store.add_gap, Gap(since=since, until=until, cause=cause)))
        self._forget()

    def _forget(self) -> None:
        for one in self._watched.values():
            one.detector.blind()

    async def _try(self, work: Callable[[], object]) -> None:
        with contextlib.suppress(StoreError):
            await self._keeper.ask(work)
