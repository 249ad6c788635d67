"""The outbox: what has to be told is written down first, and leaves until somebody has taken it.

At least once: an alert that is lost is worse than one that comes twice. A message is marked as being tried before it
leaves, so the only one that may come twice is one whose taking was not written down before the process died; it then
says so, and carries the same Idempotency-Key and Message-ID. Messages about one incident leave in their order. A dead
or stuck channel hands over to the second one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

import msgspec

from ..clock import Clock
from ..launch.model import Alert
from .samples import STUCK_AFTER, Notice, WatchStore
from .samples.errors import StoreError
from .senders import Dead, Later, Result, Senders, Sent

WAITS_S = (1.0, 5.0, 15.0, 60.0, 120.0, 300.0)
"""Between one attempt and the next; the last one then stays."""
GIVE_UP = timedelta(hours=24)


class Outbox:
    """Sends what is queued in the store."""

    def __init__(
        self,
        store: WatchStore,
        senders: Senders,
        rules: Callable[[], Mapping[str, Alert]],
        clock: Clock,
        *,
        still: Callable[[Notice], bool] = lambda notice: True,
        only: Callable[[Notice], bool] = lambda notice: True,
        say: Callable[[str], None] = lambda words: None,
    ) -> None:
        """`still`: whether a message is still true; asked before each attempt. `only`: which ones are sent from
        here."""
        self._store = store
        self._senders = senders
        self._rules = rules
        self._clock = clock
        self._still = still
        self._only = only
        self._say = say
        self._busy: dict[str, asyncio.Future[None]] = {}
        self.wake = asyncio.Event()
        self.trouble = ""
        """What keeps messages from leaving, in words; empty where nothing does."""

    async def run(self) -> None:
        """Sends until it is cancelled."""
        try:
            while True:
                self.wake.clear()
                try:
                    wait = await self._step()
                except StoreError as problem:
                    self.trouble, wait = str(problem), 10.0
                try:
                    async with asyncio.timeout(wait):
                        await self.wake.wait()
                except TimeoutError:
                    continue
        finally:
            await self._leave()

    async def flush(self) -> None:
        """Tries everything that is due now, once."""
        await self._step()
        while self._busy:
            await asyncio.wait(self._busy.values())

    async def _step(self) -> float:
        """Sets every channel with something due to work, each for itself. In how many seconds there is more to do, 60
        at most."""
        queued = [notice for notice in await asyncio.to_thread(self._store.queued) if self._only(notice)]
        now = self._clock.now()
        turns: dict[str, list[Notice]] = {}
        begun: set[tuple[int, str]] = set()
        for notice in queued:
            thread = (notice.incident, notice.first_rule or notice.rule)
            if notice.incident and thread in begun:
                continue
            begun.add(thread)
            if notice.next_at <= now and notice.rule not in self._busy:
                turns.setdefault(notice.rule, []).append(notice)
        for rule, waiting in turns.items():
            self._busy[rule] = task = asyncio.ensure_future(self._one_after_the_other(rule, waiting))
            task.add_done_callback(lambda _: self.wake.set())
        stuck = [notice for notice in queued if notice.stuck]
        self.trouble = (
            f"{len(stuck)} message{'' if len(stuck) == 1 else 's'} cannot be delivered: {stuck[0].answer}"
            if stuck
            else ""
        )
        coming = [(notice.next_at - now).total_seconds() for notice in queued if notice.rule not in self._busy]
        return max(0.05, min([60.0, *coming]))

    async def _one_after_the_other(self, rule: str, waiting: list[Notice]) -> None:
        try:
            for notice in waiting:
                await self.attempt(notice)
        except StoreError as problem:
            self.trouble = str(problem)
            await asyncio.sleep(1)  # a store that cannot be written must not be asked in a tight loop
        finally:
            del self._busy[rule]

    async def _leave(self) -> None:
        """What is on its way may end; nothing new begins."""
        for task in tuple(self._busy.values()):
            task.cancel()
        if self._busy:
            await asyncio.wait(self._busy.values())

    async def attempt(self, notice: Notice) -> Notice:
        """One attempt, and what came of it written down."""
        rule = self._rules().get(notice.rule)
        if rule is None:
            return await self._keep(notice, state="dropped", answer="its alert is no longer in the launch file")
        if not self._still(notice):
            return await self._keep(notice, state="dropped", answer="it no longer applies")
        marked = await self._keep(notice, trying=True, attempts=notice.attempts + 1)
        # The message itself says "may be a repeat" only where an earlier attempt's end is not known.
        result = await self._senders.send(rule, msgspec.structs.replace(marked, trying=notice.trying))
        return await self._settle(marked, result)

    async def _settle(self, notice: Notice, result: Result) -> Notice:
        now = self._clock.now()
        match result:
            case Sent():
                self._say(f"alerted {notice.owner} through {notice.rule}: {notice.title}")
                return await self._keep(notice, state="sent", sent_at=now, answer=result.answer, trying=False)
            case Dead():
                self._say(f"{notice.rule} rejects messages: {result.why}")
                known = msgspec.structs.replace(notice, dead=(*notice.dead, notice.rule))
                return await self._turn(known, result.why) or await self._keep(
                    known, state="failed", answer=result.why, trying=False
                )
            case Later():
                if now - notice.made_at > GIVE_UP:
                    return await self._keep(notice, state="failed", answer=result.why, trying=False)
                turned = await self._turn(notice, result.why) if notice.attempts % STUCK_AFTER == 0 else None
                if turned is not None:
                    self._say(f"{notice.rule} is stuck: {result.why}")
                    return turned
                wait = result.after_s if result.after_s is not None else WAITS_S[min(notice.attempts, len(WAITS_S)) - 1]
                return await self._keep(notice, next_at=now + timedelta(seconds=wait), answer=result.why, trying=False)

    async def _turn(self, notice: Notice, why: str) -> Notice | None:
        """To the second channel, or from there back to the first, as long as that one is not dead; None where there is
        none."""
        first = notice.first_rule or notice.rule
        rules = self._rules()
        other = rules[first].second if notice.rule == first and first in rules else first
        if other not in rules or other in notice.dead or other == notice.rule:
            return None
        return await self._keep(
            notice, rule=other, first_rule=first, next_at=self._clock.now(), answer=why, trying=False
        )

    async def _keep(self, notice: Notice, **changes: object) -> Notice:
        changed = msgspec.structs.replace(notice, **changes)
        await asyncio.to_thread(self._store.save_notice, changed)
        return changed
