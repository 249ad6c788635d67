"""What is told, written down together with what it is about: incidents, certificates that end, releases, failed
deploys, slower answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import timedelta

import msgspec

from ..launch.model import Launch
from ..wording import plural
from .case import Told
from .detect import Change
from .keeper import Keeper
from .messages import body, title
from .outbox import Outbox
from .prober import Answer
from .regress import Regressions
from .rules import incident_notices, other_notices
from .samples import Mark, Notice, WatchReader
from .samples.errors import StoreError
from .senders import Senders, Sent
from .watched import Moments, Watched

CERTIFICATE_LEVELS = (7, 3, 1, 0)
"""Told once more at so many days left."""


class Teller:
    """Decides with each target's case what people are told, and puts it into the outbox."""

    def __init__(
        self,
        launch: Launch,
        keeper: Keeper,
        reader: WatchReader,
        senders: Senders,
        outbox: Outbox,
        moments: Moments,
        say: Callable[[str], None],
    ) -> None:
        self._launch = launch
        self._keeper = keeper
        self._reader = reader
        self._senders = senders
        self._outbox = outbox
        self._moments = moments
        self._say = say
        self._turn = asyncio.Lock()
        self._certificates: set[str] = set()
        self._regressions = Regressions(reader, launch)
        self.last_mark: Mark | None = None

    # Incidents

    async def changed(self, one: Watched, change: Change) -> None:
        """The detector is sure of something new."""
        at, since = self._moments.of(change.at), self._moments.of(change.since)
        mark = self.last_mark
        if mark is not None and mark.at > since:
            mark = self._reader.last_mark(since)
        async with self._turn:
            one.case.change(change, at, since, last_good=one.last_good, deploy=mark)
            await self._tell(one)

    async def heard_elsewhere(self, one: Watched, words: str) -> None:
        """How it looks from other places is written down with the trouble that is on; later messages say it."""
        async with self._turn:
            incident = one.case.incident
            if incident is None or not incident.open:
                return
            one.case.incident = found = msgspec.structs.replace(incident, elsewhere=words)
            try:
                await self._keeper.ask(lambda: self._keeper.store.save_incident(found))
            except StoreError as problem:
                self._trouble(problem)
        self._say(f"{one.target.label}, seen from elsewhere: {words}")

    async def look(self, one: Watched) -> None:
        """Whether something is due that had to wait."""
        if one.case.due(self._moments.now()) is not None:
            async with self._turn:
                await self._tell(one)

    async def _tell(self, one: Watched) -> None:
        """Writes the incident and the messages it causes in one transaction."""
        now = self._moments.now()
        told, incident = one.case.due(now), one.case.incident
        assert incident is not None
        gaps = self._reader.gaps(now - timedelta(hours=1), now, one.target.id) if told else ()

        def notices() -> list[Notice]:
            assert told is not None and one.case.incident is not None
            incident = one.case.incident
            texts = {
                alert.owner: body(
                    told,
                    incident,
                    one.target,
                    now,
                    owner=alert.owner,
                    last=one.latest,
                    gaps=gaps,
                    last_mark=self.last_mark,
                )
                for alert in self._launch.alerts
            }
            return incident_notices(
                self._launch.alerts, told, incident, title(self._launch.name, told, incident), texts, now
            )

        def write() -> list[Notice]:
            store = self._keeper.store
            with store.together():
                one.case.incident = store.save_incident(incident)
                if told is None:
                    return []
                store.save_incident(one.case.told(told, now))
                made = notices()
                store.enqueue(made)
            return made

        made: list[Notice] = []
        try:
            made = await self._keeper.ask(write)
        except StoreError as problem:
            self._trouble(problem)
            if told is not None:
                # A message that is sent without being kept is better than none.
                one.case.told(told, now)
                made = notices()
                await asyncio.gather(*(self._send_unkept(notice) for notice in made))
        if told is not None:
            self._announce(told, one, nobody=not made)
            self._outbox.wake.set()

    async def _send_unkept(self, notice: Notice) -> None:
        """One attempt through its channel, and one through the second where that did not take it."""
        rules = {alert.name: alert for alert in self._launch.alerts}
        for rule in (notice.rule, rules[notice.rule].second):
            if rule in rules and isinstance(await self._senders.send(rules[rule], notice), Sent):
                return

    def _announce(self, told: Told, one: Watched, *, nobody: bool) -> None:
        assert one.case.incident is not None
        tail = " (no one is alerted: no alert covers it)" if nobody else ""
        self._say(title(self._launch.name, told, one.case.incident) + tail)

    # The rest

    async def enqueue(self, notices: list[Notice]) -> None:
        """Messages that belong to no incident. Those that were put in before are not put in again."""
        if not notices:
            return
        try:
            new = await self._keeper.ask(lambda: self._keeper.store.enqueue(notices))
        except StoreError as problem:
            self._trouble(problem)
            return
        if new:
            self._say(notices[0].title)
            self._outbox.wake.set()

    async def certificate(self, one: Watched) -> None:
        """Told when few days are left, again when they get fewer, and once when it has expired."""
        now, first = self._moments.now(), self._launch.watch.certificate_days
        days = one.latest.certificate_days(now) if one.latest else None
        if one.latest is None or one.latest.certificate_ends is None or days is None or days >= first:
            return
        ends = one.latest.certificate_ends
        level = -1 if ends <= now else min(level for level in (first, *CERTIFICATE_LEVELS) if level >= days)
        what = f"{one.target.host}-{int(ends.timestamp())}-{level}"
        if what in self._certificates:
            return
        self._certificates.add(what)
        when = (
            f"expires in {plural(days, 'day')}"
            if days > 0
            else "expires in less than a day"
            if ends > now
            else "has expired"
        )
        words = f"{self._launch.name}: the certificate for {one.target.host} {when}"
        text = (
            f"Valid until {ends:%Y-%m-%d %H:%M} UTC. After that every visitor sees a warning instead of the page.\n"
            "Renew it, then find out why it was not renewed automatically."
        )
        await self.enqueue(other_notices(self._launch.alerts, "certificate", what, one.target.name, words, text, now))

    async def release(self, one: Watched, answer: Answer) -> None:
        """A version that changed is a deploy that reached users."""
        before = one.versions.see(answer.version) if answer.ok else None
        if before is None:
            return
        mark = Mark(
            at=self._moments.of(answer.ended),
            kind="version",
            sha=one.versions.current,
            env=one.target.environment,
            source="version",
            target=one.target.name,
            before=before,
        )
        try:
            await self._keeper.ask(lambda: self._keeper.store.add_mark(mark))
        except StoreError as problem:
            self._trouble(problem)
        self._say(f"{one.target.name} now serves release {mark.sha[:20]}, was {before[:20]}")

    async def marks(self, watched: list[Watched]) -> None:
        """Reads what `deploy mark` and CI wrote; a failed deploy is told."""
        now = self._moments.now()
        try:
            mark, recent = await self._keeper.ask(
                lambda: (self._reader.last_mark(now), self._reader.marks(now - timedelta(hours=1)))
            )
        except StoreError as problem:
            self._trouble(problem)
            return
        if mark is not None and (self.last_mark is None or mark.id != self.last_mark.id):
            self.last_mark = mark
            for one in watched:
                one.detector.deploy_at = self._moments.steady(mark.at)
        for failed in (one for one in recent if one.kind == "failed"):
            words = f"{self._launch.name}: a deploy failed: {failed.sha[:12] or 'no commit named'} to {failed.env}"
            text = f"By: {failed.by or 'not named'}\nAt: {failed.at:%Y-%m-%d %H:%M:%S} UTC"
            await self.enqueue(other_notices(self._launch.alerts, "deploy", str(failed.id), "", words, text, now))

    async def regressions(self, watched: list[Watched]) -> None:
        """Whether answers became slower after the last deploy; some 10 ms of work a target, in a thread."""
        targets = [one.target for one in watched if one.target.kind == "web"]
        with contextlib.suppress(StoreError):
            for notices in await asyncio.to_thread(
                self._regressions.look, targets, self.last_mark, self._moments.now()
            ):
                await self.enqueue(notices)

    async def blind(self, since: str, words: str) -> None:
        """All targets are out of reach, and it cannot be told from here whose fault that is."""
        title_ = f"{self._launch.name}: the machine that runs the watch cannot reach any target"
        await self.enqueue(other_notices(self._launch.alerts, "blind", since, "", title_, words, self._moments.now()))

    def _trouble(self, problem: StoreError) -> None:
        self._keeper.trouble = str(problem)
        self._say(str(problem))
