"""The outbox: what has to be told is written down first, and leaves until somebody has taken it.

At least once: an alert that is lost is worse than one that comes twice. Whatever a channel answers, a message is tried
again with growing pauses until it was taken, its incident is over, or somebody acts on it. A message is marked as being
tried before it leaves, so the only ones that may come twice are those that hung, and those whose taking was not written
down before the process died; they then say so, and carry the same Idempotency-Key and Message-ID. The second channel
is used as soon as the first refuses, or has not taken it within 30 s, and its message says why.

Messages about one incident leave in their order. RESOLVED goes to each channel that its DOWN went to; what could not be
delivered by then is not told afterwards, but RESOLVED tells of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec

from ..clock import Clock, stamp
from ..launch.model import Alert
from .samples import Notice, WatchStore, Way
from .samples.errors import StoreError
from .samples.model import NoticeState, WayState
from .senders import Later, Refused, Result, Senders, Sent

WAITS_S = (1.0, 5.0, 15.0, 60.0, 120.0, 300.0)
"""Between one attempt and the next; the last one then stays."""
HUNG_WAITS_S = (30.0, 120.0, 300.0, 900.0, 1800.0)
"""The same for one that may have arrived: each attempt may be a repeat."""
REFUSED_WAITS_S = WAITS_S[2:]
"""The same for a refusal: somebody has to mend something first."""
SECOND_AFTER = timedelta(seconds=30)
"""What the first channel has not taken by then goes through the second one too."""
GIVE_UP = timedelta(hours=24)
"""For what is about no open incident."""


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
        self._leaving: set[str] = set()
        self._first: dict[str, datetime] = {}
        self._writing = asyncio.Lock()
        self.wake = asyncio.Event()
        self.trouble = ""
        """Why no message can leave at all, in words: the store cannot be read or written. Empty where it can."""
        self.undelivered = ""
        """What channels do not take, in words; empty where nothing waits for one."""

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

    def clock_was_set(self) -> None:
        """What waits was moved along in the store; what is remembered of it here is of the old time."""
        self._first.clear()
        self.wake.set()

    async def flush(self) -> None:
        """Tries everything that is due now, once."""
        await self._step()
        while self._busy:
            await asyncio.wait(self._busy.values())

    async def _step(self) -> float:
        """Sets every channel with something due to work, each for itself. In how many seconds there is more to do, 60
        at most."""
        queued = [notice for notice in await asyncio.to_thread(self._store.queued) if self._only(notice)]
        self.trouble = ""
        now = self._clock.now()
        heads = await self._heads(queued)
        self._first = {notice.key: self._first.get(notice.key, max(now, notice.next_at)) for notice in heads}
        turns: dict[str, list[str]] = {}
        coming = []
        for notice in heads:
            notice = await self._with_ways(notice, now)
            if notice.state != "queued":
                continue
            for way in self._open(notice):
                if way.rule in self._busy:
                    continue
                coming.append((way.next_at - now).total_seconds())
                if way.next_at <= now:
                    turns.setdefault(way.rule, []).append(notice.key)
            coming.append((self._second_at(notice) - now).total_seconds())
        for rule, waiting in turns.items():
            self._busy[rule] = task = asyncio.ensure_future(self._one_after_the_other(rule, waiting))
            task.add_done_callback(lambda _: self.wake.set())
        stuck = [notice for notice in queued if notice.stuck]
        self.undelivered = (
            f"{len(stuck)} message{'' if len(stuck) == 1 else 's'} cannot be delivered: {stuck[0].answer}"
            if stuck
            else ""
        )
        return max(0.05, min([60.0, *(wait for wait in coming if wait > 0)]))

    async def _heads(self, queued: list[Notice]) -> list[Notice]:
        """The first message of each incident and rule, and all others. One that was tried in vain is left out once its
        incident's RESOLVED is there, or somebody acts on it."""
        threads: dict[tuple[int, str], list[Notice]] = {}
        for notice in queued:
            threads.setdefault((notice.incident, notice.rule if notice.incident else notice.key), []).append(notice)
        heads = []
        for thread in threads.values():
            head = thread[0]
            while head.incident and head.attempts and head.event != "resolved" and head.key not in self._leaving:
                over = any(notice.event == "resolved" for notice in thread[1:])
                known = None if over else await asyncio.to_thread(self._store.acknowledged, head.incident)
                if not over and (known is None or known.at < head.made_at):
                    break
                await self._drop(head.key, f"{known.by} acts on it" if known else "it is over")
                thread.pop(0)
                if not thread:
                    break
                head = thread[0]
            if thread:
                heads.append(head)
        return heads

    async def _with_ways(self, notice: Notice, now: datetime) -> Notice:
        """With the channels that it is to be sent through by now."""
        rules = self._rules()
        if notice.rule not in rules:
            return await self._drop(notice.key, "its alert is no longer in the launch file")
        if not notice.ways:
            begun = await self._begun(notice)
            notice = await self._change(notice.key, lambda known: begun if not known.ways else known)
        if self._second_at(notice) <= now and (other := self._other(notice)):
            self._say(f"{notice.title}: {notice.ways[0].rule} has not taken it, {other} is used too")
            notice = await self._change(notice.key, lambda known: known.with_way(Way(rule=other, next_at=now)))
        return notice

    async def _begun(self, notice: Notice) -> Notice:
        """Through its rule's channel; RESOLVED, of all or of some, goes to each channel that the messages before it may
        have reached."""
        replace = msgspec.structs.replace
        first = (Way(rule=notice.rule, next_at=notice.next_at),)
        if notice.event not in ("resolved", "partly") or not notice.incident:
            return replace(notice, ways=first)
        before: list[Notice] = []
        for one in await asyncio.to_thread(self._store.about, notice.incident):
            if one.rule == notice.rule and one.id < notice.id:
                before = [] if one.event == "resolved" else [*before, one]
        went = dict.fromkeys(
            way.rule
            for one in before
            for way in one.ways
            if (way.state == "taken" or way.repeats) and way.rule in self._rules()
        )
        lost = [one for one in before if not one.through and one.attempts]
        return replace(
            notice,
            ways=tuple(Way(rule=rule, next_at=notice.next_at) for rule in went) or first,
            everywhere=len(went) > 1,
            note="\n".join(_lost(one) for one in lost[-1:]),
        )

    def _open(self, notice: Notice) -> list[Way]:
        """Channels that have still to take it."""
        return [way for way in notice.ways if way.state != "taken" and way.rule in self._rules()]

    def _other(self, notice: Notice) -> str:
        """The channel that it may still be handed to: the second one, or the first for what began with the second.
        Empty where there is none. A test is of one channel only."""
        if notice.event == "test" or notice.everywhere or len(notice.ways) != 1 or notice.through:
            return ""
        rules = self._rules()
        other = rules[notice.rule].second if notice.ways[0].rule == notice.rule else notice.rule
        return other if other in rules and other != notice.ways[0].rule else ""

    def _second_at(self, notice: Notice) -> datetime:
        """When it is handed to the other channel too; long ago once the first has refused it."""
        if not self._other(notice):
            return datetime.max.replace(tzinfo=notice.next_at.tzinfo)
        way = notice.ways[0]
        if way.state == "refused":
            return notice.next_at
        return (way.began_at or self._first[notice.key]) + SECOND_AFTER

    async def _one_after_the_other(self, rule: str, waiting: list[str]) -> None:
        try:
            for key in waiting:
                await self._attempt(key, rule)
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

    async def _attempt(self, key: str, rule: str) -> None:
        """One attempt through one channel, and what came of it written down."""
        notice, alert = await asyncio.to_thread(self._store.notice, key), self._rules().get(rule)
        way = notice.way(rule) if notice is not None else None
        if notice is None or way is None or alert is None or notice.state != "queued" or way.state == "taken":
            return  # another channel took it meanwhile
        if not self._still(notice):
            await self._drop(key, "it no longer applies")
            return
        now = self._clock.now()
        tried = msgspec.structs.replace(
            way,
            trying=True,
            maybe=way.repeats,
            attempts=way.attempts + 1,
            began_at=way.began_at or now,
        )
        self._leaving.add(key)
        try:
            await self._change(key, lambda known: known.with_way(tried))
            whole = msgspec.structs.replace(notice, text=_whole(notice, way))
            await self._settle(key, tried, await self._senders.send(alert, whole))
        finally:
            self._leaving.discard(key)

    async def _settle(self, key: str, way: Way, result: Result) -> None:
        now = self._clock.now()
        words = result.answer if isinstance(result, Sent) else result.why
        maybe = way.maybe or (isinstance(result, Later) and result.maybe)
        state: WayState = (
            "taken" if isinstance(result, Sent) else "refused" if isinstance(result, Refused) else "waiting"
        )
        asked = result.after_s if isinstance(result, Later) else None
        hung = isinstance(result, Later) and result.maybe
        waits = HUNG_WAITS_S if hung else REFUSED_WAITS_S if state == "refused" else WAITS_S
        wait = asked if asked is not None else waits[min(way.attempts, len(waits)) - 1]
        done = msgspec.structs.replace(
            way, state=state, at=now, next_at=now + timedelta(seconds=wait), answer=words, trying=False, maybe=maybe
        )

        def settled(known: Notice) -> Notice:
            known = msgspec.structs.replace(known.with_way(done), answer=words)
            if known.through and known.sent_at is None:
                known = msgspec.structs.replace(known, sent_at=now)
            if known.state == "queued" and (not self._open(known) if known.everywhere else known.through):
                return msgspec.structs.replace(known, state="sent")
            return known

        notice = await self._change(key, settled)
        if isinstance(result, Sent):
            self._say(f"alerted {notice.owner} through {way.rule}: {notice.title}")
        else:
            if isinstance(result, Refused) and way.state != "refused":
                self._say(f"{way.rule} rejects messages: {words}")
            await self._perhaps_give_up(notice, way, refused=isinstance(result, Refused))

    async def _perhaps_give_up(self, notice: Notice, way: Way, *, refused: bool) -> None:
        """A test that is refused is over; anything else after a day, unless its incident goes on."""
        if notice.state != "queued":
            return
        late = self._clock.now() - notice.made_at > GIVE_UP
        if late and notice.incident and notice.event != "resolved":
            late = not await asyncio.to_thread(self._store.goes_on, notice.incident)
        if late or (refused and notice.event == "test"):
            state: NoticeState = "sent" if notice.through else "failed"
            await self._change(notice.key, lambda known: msgspec.structs.replace(known, state=state))

    async def _drop(self, key: str, why: str) -> Notice:
        """It is not tried again."""
        return await self._change(key, lambda known: msgspec.structs.replace(known, state="dropped", answer=why))

    async def _change(self, key: str, change: Callable[[Notice], Notice]) -> Notice:
        """Reads the message, changes it and writes it down: two channels may be at work on one. Raises StoreError."""

        def write() -> Notice:
            known = self._store.notice(key)
            assert known is not None, key
            changed = change(known)
            if changed != known:
                self._store.save_notice(changed)
            return changed

        async with self._writing:
            return await asyncio.to_thread(write)


def _whole(notice: Notice, way: Way) -> str:
    """The text as it leaves: with what did not arrive before, why it comes through this channel, and whether it may
    have come already."""
    lines = [notice.text]
    if notice.note:
        lines.append(notice.note)
    first = notice.way(notice.rule)
    if way.rule != notice.rule and first is not None and first.state != "taken":
        lines.append(f"Sent through {way.rule}: {notice.rule} has not taken it ({first.answer or 'no answer yet'}).")
    if way.repeats:
        stop = notice.incident and notice.event != "resolved"
        lines.append(
            "(This may be a repeat" + (f"; launchready watch ack {notice.incident} stops it" if stop else "") + ".)"
        )
    return "\n".join(lines)


def _lost(notice: Notice) -> str:
    """A message that did not arrive, for the one that does."""
    maybe = any(way.repeats for way in notice.ways)
    why = next((way.answer for way in reversed(notice.ways) if way.answer), "") or "no answer"
    how = "may not have arrived" if maybe else "could not be delivered"
    return f'The alert "{notice.title}" of {stamp(notice.made_at)} {how}: {why}.'
