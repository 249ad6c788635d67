"""The watch itself: every target on its grid, what is seen kept, judged and told, until it is stopped.

All tasks share one loop and nothing else runs in it: the store is written by a thread, messages leave through the
outbox, and how late the loop itself was is written beside each sample. Times in here are `time.perf_counter` seconds;
moments for people are made at the edge.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .. import __version__
from ..clock import Clock
from ..failure import Failure
from ..launch.model import Launch
from ..wire import Wire
from .blindness import Blindness
from .case import Case
from .detect import Policy, Seen
from .feeds import read_deploys
from .keeper import Keeper
from .line import Newest
from .outbox import Outbox
from .prober import Answer, Prober, network_kind
from .regions import Asks, Budget, elsewhere
from .samples import Latest, Notice, Phases, Sample, Target, Watcher, WatchReader, WatchStore
from .samples.errors import StoreError
from .schedule import Grid, next_probe
from .senders import Senders
from .targets import targets_of
from .telling import Teller
from .traffic import follow_logs
from .waiting import watch_queues
from .watched import Moments, Watched, policy_of

if TYPE_CHECKING:
    from ..vault import Secret

SUSPECT_MS = 5.0
"""A sample taken while the machine itself was later than this is left out of the latency figures."""
FINE_TICK_S = 0.025
STALL_S = 2.0
BEAT_S = 1.0
MARKS_S = 2.0
PING_S = 60.0
UPKEEP_S = 60.0
_NO_PORT_25 = "port 25 seems blocked from here, so this mail server cannot be checked"

GetCredential = Callable[[str, str], "Secret | None"]


class Engine:
    """Watches one launch. `say` gets lines for people (stderr); nothing is printed here."""

    def __init__(
        self,
        launch: Launch,
        store: WatchStore,
        reader: WatchReader,
        wire: Wire,
        clock: Clock,
        *,
        credential: GetCredential = lambda name, host: None,
        targets: tuple[Target, ...] | None = None,
        say: Callable[[str], None] = lambda words: None,
        policy: Callable[[Target], Policy] = policy_of,
        jitter: bool = True,
        via: str = "",
        folder: Path | None = None,
        remark: Callable[[], str] | None = None,
    ) -> None:
        """`remark`: what every message says besides, asked for when it leaves; it may read files."""
        self.launch = launch
        self.store = store
        self.reader = reader
        self.clock = clock
        self.keeper = Keeper(store)
        self.watched: dict[int, Watched] = {}
        self.probes = 0
        self._started_at = clock.now()
        self._wire = wire
        self._say = say
        self._credential = credential
        self._policy = policy
        self._jitter = jitter
        self._via = via
        self._folder = folder
        self._wanted = targets if targets is not None else targets_of(launch)
        self._far = elsewhere(launch, self._wanted)
        rules = {alert.name: alert for alert in launch.alerts}
        self._moments = Moments(clock)
        self.senders = Senders(wire, credential, clock, launch.domain, remark)
        self.outbox = Outbox(store, self.senders, lambda: rules, clock, still=self._still_true, say=say)
        self.teller = Teller(launch, self.keeper, reader, self.senders, self.outbox, self._moments, say, self.watched)
        self.blindness = Blindness(self.watched, wire, launch.domain, self.keeper, self.teller, self._moments, say)
        self._lags: deque[tuple[float, float]] = deque(maxlen=4000)
        self._tick_due = math.inf
        self._opinions: set[asyncio.Task[None]] = set()

    # Running

    async def run(self, stop: asyncio.Event) -> None:
        """Watches until `stop` is set. The store and the reader are the caller's to close."""
        await self._begin()
        here = [one.target.label for one in self.watched.values() if not one.target.region]
        regions = list(dict.fromkeys(one.target.region for one in self.watched.values() if one.target.region))
        self._say(
            f"watching {len(here)} target{'' if len(here) == 1 else 's'}: {', '.join(here)}"
            + (f"; also from {', '.join(regions)}" if regions else "")
        )
        start = time.perf_counter() + 0.2
        loops = [self._fine_ticks(), self._ticks(), self._flushes(), self._upkeeps(), self.outbox.run()]
        if self.launch.watch.heartbeat:
            loops.append(self._pings())
        if self.launch.queues:
            loops.append(
                watch_queues(
                    self.launch,
                    self._wire,
                    self._credential,
                    self.clock,
                    self.keeper,
                    self.store,
                    self.reader,
                    self._say,
                    self.outbox.wake.set,
                )
            )
        if self.launch.logs and self._folder is not None:
            loops.append(
                follow_logs(self.launch, self._folder, self.clock, self.keeper, self.store, self.reader, self._say)
            )
        if self.launch.watch.deploys and self._folder is not None:
            loops.append(
                read_deploys(
                    self.launch,
                    self._folder,
                    self._wire,
                    self._credential,
                    self.clock,
                    self.keeper,
                    self.store,
                    self._say,
                )
            )
        for place, one in enumerate(self.watched.values()):
            seed = f"{self.launch.domain}:{one.target.name}"
            grid = Grid.staggered(start, one.target.every_s, place, len(self.watched), seed)
            loops.append(self._watch(one, grid if self._jitter else replace(grid, jitter=0.0)))
        tasks = [asyncio.ensure_future(loop) for loop in loops]
        stopping = asyncio.ensure_future(stop.wait())
        try:
            done, _ = await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()  # a loop never ends by itself: its mistake is ours, and is said
        finally:
            stopping.cancel()
            tasks += self._opinions
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, stopping, return_exceptions=True)
            for one in self.watched.values():
                one.prober.close()
            await self._beat()
            await self.keeper.close()

    @staticmethod
    async def once(launch: Launch, wire: Wire, credential: GetCredential) -> dict[str, Answer]:
        """Every target asked once, by name; nothing is kept or told."""
        targets = targets_of(launch)
        probers = [Prober(target, wire, credential) for target in targets]
        now = time.perf_counter()
        answers = await asyncio.gather(*(prober.probe(now) for prober in probers))
        for prober in probers:
            prober.close()
        return {target.name: answer for target, answer in zip(targets, answers, strict=True)}

    async def _begin(self) -> None:
        """Takes up what the store knows: open incidents, the newest probes, and how long nothing was watched."""
        now = self.clock.now()
        targets = await self.keeper.ask(lambda: self.store.set_targets(self._wanted))
        far = await self.keeper.ask(lambda: self.store.set_elsewhere(target for _, target in self._far))
        askers: dict[int, Asks] = {target.id: Prober(target, self._wire, self._credential) for target in targets}
        askers |= self._askers(far)
        lasts = self.reader.lasts()
        incidents = {one.target: one for one in reversed(self.reader.incidents(now - timedelta(minutes=10)))}
        for target in (*targets, *far):
            one = Watched(
                target,
                askers[target.id],
                Case(target, incidents.get(target.id)),
                lasts.get(target.id),
                self._policy(target),
            )
            incident = one.case.incident
            if incident is not None and incident.open and not one.case.unsure:
                one.detector.kind = incident.kind
                one.detector.since = self._moments.steady(incident.since)
            self.watched[target.id] = one
        for left in incidents.values():
            if left.open and left.target not in self.watched:
                closed = msgspec.structs.replace(left, closed_at=now, detail="it is no longer watched")
                await self.keeper.ask(partial(self.store.save_incident, closed))
        before = self.reader.watcher()
        if before is not None and (now - before.beat_at).total_seconds() > STALL_S:
            await self.blindness.was("stopped", before.beat_at, now)
        await self.teller.marks(list(self.watched.values()))
        await self._beat()

    def _askers(self, far: tuple[Target, ...]) -> dict[int, Asks]:
        """Who asks in the regions; public probes share one budget."""
        from .askers import asker_of
        from .globalping import ANONYMOUS, WITH_TOKEN

        token = any(region.kind == "globalping" and region.credential for region, _ in self._far)
        budget = Budget(WITH_TOKEN if token else ANONYMOUS)
        regions = [region for region, _ in self._far]
        return {
            target.id: asker_of(self.launch, region, target, self._wire, self._credential, budget)
            for region, target in zip(regions, far, strict=True)
        }

    # One target

    async def _watch(self, one: Watched, grid: Grid) -> None:
        slot = grid.first_after(time.perf_counter())
        at, on_grid = grid.due(slot), True
        while True:
            await _until(at)
            now = time.perf_counter()
            if now - at >= one.target.every_s:
                # The machine slept or stood still: what was due then is a gap, and is not asked for afterwards.
                slot = grid.first_after(now)
                at, on_grid = grid.due(slot), True
                continue
            answer = await one.prober.probe(at, fresh=not on_grid or one.detector.fails > 0)
            self.probes += 1
            slot += on_grid
            await self._take(one, at, answer, grid=on_grid, lag=(now - at) * 1000)
            while (due := grid.due(slot)) <= answer.ended:
                await self._take(one, due, answer, grid=True, held=True)
                slot += 1
            at, on_grid = next_probe(grid.due(slot), time.perf_counter(), one.detector.recheck)

    async def _take(
        self, one: Watched, due: float, answer: Answer, *, grid: bool, lag: float = 0.0, held: bool = False
    ) -> None:
        """One probe, or a slot that it held up, kept and judged."""
        answer = await self._believed(one, due, answer, held=held)
        # What a region measured is not blurred by this machine being late.
        suspect = not one.target.region and (lag > SUSPECT_MS or self._late_between(due, answer.ended))
        sample = Sample(
            target=one.target.id,
            at=self._moments.of(due),
            total=(answer.ended - due) * 1000 if held else answer.total,
            warm=None if held else answer.warm,
            cold=answer.cold and not held,
            phases=Phases() if held else answer.phases,
            status=answer.status,
            cause=answer.cause,
            kind=answer.kind,
            detail=answer.detail,
            grid=grid,
            held=held,
            suspect=suspect,
            lag=lag,
        )
        if answer.ok:
            one.last_good = sample.at
        if not held:
            before = one.latest
            one.latest = Latest(
                sample=sample,
                address=answer.address,
                via=answer.via,
                certificate_ends=answer.certificate_ends or (before.certificate_ends if before else None),
                version=answer.version or (before.version if before else ""),
                last_good=one.last_good,
            )
        self.keeper.add(sample, None if held else one.latest)
        if not sample.known:
            return
        timed = None if suspect or held or not answer.ok else (answer.warm if answer.cold else answer.total)
        over = None if timed is None else timed > one.target.target_ms
        change = one.detector.see(Seen(due, answer.ended, answer.ok, grid, held, over, answer.cause, answer.detail))
        if change is not None:
            await self.teller.changed(one, change)
            if change.what == "opened" and change.kind != "slow" and not one.target.region:
                self._ask_elsewhere(one)
        elif one.case.unsure and one.detector.oks >= one.detector.policy.up_after:
            await self.teller.was_over(one, answer.ended)
        if not held:
            await self.teller.release(one, answer)
            await self.teller.certificate(one)

    async def _believed(self, one: Watched, due: float, answer: Answer, *, held: bool) -> Answer:
        """The answer, with the cause `line` where it says nothing of the target."""
        if answer.cause == "line" or one.target.region:
            return answer
        network = not answer.ok and network_kind(answer)
        if network and one.target.kind == "mail" and one.last_good is None:
            # Most networks close port 25 on purpose: a server that never greeted us from here is not known to be down.
            return replace(answer, cause="line", detail=_NO_PORT_25)
        if answer.ok:
            one.failing_since = None
        elif one.failing_since is None:
            one.failing_since = due
        if not held:
            one.newest = Newest(one.target.host, answer.address, answer.ended, answer.ok, network)
        if not network:
            await self.blindness.heard(answer.ended)
        elif await self.blindness.is_offline():
            return replace(answer, cause="line")
        return answer

    def _ask_elsewhere(self, one: Watched) -> None:
        """A trouble began: the regions look at the same target at once, beside their schedule."""
        others = [
            other for other in self.watched.values() if other.target.region and other.target.name == one.target.name
        ]
        if others:
            task = asyncio.ensure_future(self._second_opinion(one, others))
            self._opinions.add(task)
            task.add_done_callback(self._opinions.discard)

    async def _second_opinion(self, one: Watched, others: list[Watched]) -> None:
        now = time.perf_counter()
        answers = await asyncio.gather(*(other.prober.probe(now, fresh=True) for other in others))
        said = []
        for other, answer in zip(others, answers, strict=True):
            await self._take(other, now, answer, grid=False)
            state = "not known" if answer.cause == "line" else "up" if answer.ok else "down"
            said.append(f"{state} from {other.target.region}" + (f" ({answer.detail})" if answer.detail else ""))
        await self.teller.heard_elsewhere(one, "; ".join(said))

    def _still_true(self, notice: Notice) -> bool:
        return notice.event != "blind" or self.blindness.offline_since is not None

    # Loops

    async def _fine_ticks(self) -> None:
        """Writes down how late the loop wakes up."""
        while True:
            self._tick_due = time.perf_counter() + FINE_TICK_S
            await asyncio.sleep(FINE_TICK_S)
            now = time.perf_counter()
            self._lags.append((now, now - self._tick_due))

    def _late_between(self, start: float, end: float) -> bool:
        """Whether the loop was late while a probe was on its way."""
        # After a standstill the answer may be read before the tick that would have told of it.
        if self._tick_due <= end and (time.perf_counter() - self._tick_due) * 1000 > SUSPECT_MS:
            return True
        for at, late in reversed(self._lags):
            if at < start:
                return False
            if at - late <= end and late * 1000 > SUSPECT_MS:
                return True
        return False

    async def _ticks(self) -> None:
        """Once a second: the sign of life, sleep and standstill, what is still to be told."""
        beat = marks = time.perf_counter()
        while True:
            beat += BEAT_S
            await _until(beat)
            late = time.perf_counter() - beat
            await self.blindness.tick(late, STALL_S)
            if late > BEAT_S:
                beat = time.perf_counter()
            await self._beat()
            await self.teller.look()
            if beat - marks >= MARKS_S:
                marks = beat
                await self.teller.marks(list(self.watched.values()))
                self.outbox.wake.set()  # a test alert may have been put in by a command

    async def _beat(self) -> None:
        lates = sorted(late for _, late in self._lags)
        watcher = Watcher(
            pid=os.getpid(),
            machine=socket.gethostname(),
            started_at=self._started_at,
            beat_at=self.clock.now(),
            version=__version__,
            always_on=self.launch.watch.always_on,
            via=self._via,
            lag_p99=round(lates[int(len(lates) * 0.99)] * 1000, 1) if lates else 0.0,
            trouble=self.keeper.trouble or self.outbox.trouble,
            offline_since=self.blindness.offline_since,
            quiet=self.teller.quiet,
        )
        with contextlib.suppress(StoreError):
            await self.keeper.ask(lambda: self.store.beat(watcher))

    async def _flushes(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            await self.keeper.flush()

    async def _upkeeps(self) -> None:
        while True:
            await asyncio.sleep(UPKEEP_S)
            await self.keeper.upkeep(list(self.watched), self.clock.now())
            await self.teller.regressions(list(self.watched.values()))

    async def _pings(self) -> None:
        """Tells a dead-man's switch that this lives: after a whole round was probed and kept, and nothing is stuck in
        the outbox."""
        await self._ping("/start")
        while True:
            await asyncio.sleep(PING_S)
            well = all(one.is_fresh() for one in self.watched.values() if not one.target.region) and not (
                self.keeper.trouble or self.outbox.trouble or self.outbox.undelivered
            )
            await self._ping("" if well else "/fail")

    async def _ping(self, tail: str) -> None:
        """One ping. The URL is a secret and stands in no message."""
        name, host = self.launch.watch.heartbeat, self.launch.watch.heartbeat_host
        secret = await asyncio.to_thread(self._credential, name, host)
        if secret is None:
            self._say(f"no ping URL {name!r} is stored for {host}")
            return
        answer = await self.senders.exchange(secret.reveal().strip().rstrip("/") + tail, "GET", host=host)
        if isinstance(answer, Failure):
            self._say(f"the dead-man's switch could not be reached: {answer.words}")
        elif answer.status >= 300:
            self._say(f"the dead-man's switch answered with status {answer.status}")


async def _until(at: float) -> None:
    """Sleeps to a moment of `time.perf_counter`. Never comes back early."""
    while (left := at - time.perf_counter()) > 0:  # noqa: ASYNC110 - a clock cannot be waited for otherwise
        await asyncio.sleep(left)
