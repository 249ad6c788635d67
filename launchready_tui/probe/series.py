"""A series of timed requests: warm-up, then an open-loop schedule with one request in flight at a time.

Latency counts from the moment the schedule intended the request to start, so that a frozen server shows in every
request it kept waiting, and not only in the one that was in flight. One in flight at a time is gentle to a live
product; it is honest only as long as the schedule is not faster than the answers. So the rate is lowered until answers
take at most half of the time between starts, and the rate that was kept is told. How late our own schedule woke up is
recorded apart: where that is too much, the measuring machine was too busy, and the caller takes a failure back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from . import stats
from .exchange import ExchangeError, Line, context_for
from .model import LEAST_WARM_UP, STOP_AFTER_ERRORS, TRIES, WARM_UP, Batch, Broken, Done, Job, Sample, Started, Word

BUSY_SHARE = 0.5
BUSY_SHARE_SLOW = 0.8
"""Where the usual answer is over the target, waiting for a turn cannot change the verdict, and the measurement may end
sooner."""
BATCH = 20
_TRY_AGAIN = ("timeout", "reset", "refused")


async def take(job: Job, say: Callable[[Word], None]) -> None:
    """Takes the series and says what happens; ends with Done or Broken. Never raises for what the other side does."""
    try:
        context = context_for(job)
    except ValueError as problem:
        say(Broken(kind="certificate", detail=str(problem)))
        return
    for left in reversed(range(TRIES)):
        line = Line(job, context)
        try:
            await _Series(job, line, say).run()
        except ExchangeError as problem:
            if left and problem.kind in _TRY_AGAIN:
                continue
            say(Broken(kind=problem.kind, detail=problem.detail, reached=line.reached))
        finally:
            line.close()
        return


class _Series:
    def __init__(self, job: Job, line: Line, say: Callable[[Word], None]) -> None:
        self.job = job
        self.line = line
        self.say = say
        self.requests = 0
        self.unsaid: list[Sample] = []
        self.n = self.over = self.errors = 0

    async def run(self) -> None:
        await self.line.open()
        connect, tls = self.line.connect_ms, self.line.tls_ms
        warmed = await self._warm_up()
        rate = self._rate(warmed)
        self.say(Started(connect=connect, tls=tls, rate=rate, warm_up=len(warmed)))
        began, cpu = time.perf_counter(), time.process_time()
        why = await self._timed(began, 1 / rate)
        self._flush()
        seconds = time.perf_counter() - began
        self.say(
            Done(
                why=why,
                seconds=seconds,
                cpu_share=(time.process_time() - cpu) / seconds if seconds > 0 else 0,
                requests=self.requests,
                connections=self.line.opened,
            )
        )

    async def _warm_up(self) -> list[float]:
        """Requests that do not count; their answer times set the rate. The first that gets no answer ends this try.

        There are five of them; fewer, but two at least, where they took as long as five at the target would: a slow
        server is not asked again and again only to warm it."""
        took: list[float] = []
        enough = WARM_UP * self.job.target_ms / 1000
        while len(took) < LEAST_WARM_UP or (len(took) < WARM_UP and sum(took) < enough):
            if not self.line.usable:
                await self.line.open()
            started = time.perf_counter()
            self.requests += 1
            answer = await self.line.exchange()
            if answer.status == 429:
                raise ExchangeError("rate-limited", "status 429")
            took.append(answer.last_byte - started)
        return took

    def _rate(self, took: list[float]) -> float:
        usual = stats.median(took) or 0.0
        share = BUSY_SHARE if usual * 1000 <= self.job.target_ms else BUSY_SHARE_SLOW
        return min(self.job.rate, share / usual) if usual > 0 else self.job.rate

    async def _timed(self, began: float, step: float) -> str:
        looks = set(stats.checkpoints(self.job.samples))
        for place in range(self.job.samples):
            due = began + place * step
            wait = due - time.perf_counter()
            if max(due, time.perf_counter()) - began > self.job.deadline_s:
                return "deadline"
            woke_late = 0.0
            if wait > 0:
                await asyncio.sleep(wait)
                woke_late = time.perf_counter() - due
            sample = await self._one(due + woke_late, woke_late)
            self._keep(sample)
            if sample.status == 429:
                return "rate-limited"
            if self.errors >= STOP_AFTER_ERRORS:
                return "errors"
            if self.n in looks and stats.decide(self.over, self.n) != "NOT ENOUGH DATA":
                return "decided"
        return "samples"

    async def _one(self, intended: float, lag: float) -> Sample:
        reopened = False
        try:
            if not self.line.usable:
                reopened = True
                await self.line.open()
            sent = time.perf_counter()
            self.requests += 1
            answer = await self.line.exchange()
        except ExchangeError as problem:
            total = (time.perf_counter() - intended) * 1000
            return Sample(total, lag * 1000, 0.0, 0.0, 0, problem.kind, reopened)
        sample = Sample(
            total=(answer.last_byte - intended) * 1000,
            lag=lag * 1000,
            first_byte=(answer.first_byte - sent) * 1000,
            transfer=(answer.last_byte - answer.first_byte) * 1000,
            status=answer.status,
            error=f"status {answer.status}" if answer.status >= 400 else "",
            reopened=reopened,
        )
        # A server that closes after each answer: the next connection is made ready before it is needed, as a browser
        # does.
        if not self.line.usable:
            try:
                await self.line.open()
            except ExchangeError:
                self.line.close()
        return sample

    def _keep(self, sample: Sample) -> None:
        self.n += 1
        self.errors += bool(sample.error)
        self.over += bool(sample.error) or sample.total > self.job.target_ms
        self.unsaid.append(sample)
        if len(self.unsaid) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        if self.unsaid:
            self.say(Batch(samples=tuple(self.unsaid)))
            self.unsaid = []
