"""What is told, written down together with what it is about: incidents, certificates that end, releases, failed
deploys, slower answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from ..launch.model import Alert, Launch
from ..wording import listed, plural
from .case import Told
from .detect import Change
from .grouping import Batch, batches
from .keeper import Keeper
from .messages import Trouble, body, title
from .outbox import Outbox
from .prober import Answer
from .regress import Regressions
from .rules import incident_notices, matching, other_notices
from .samples import Incident, Mark, Notice, WatchReader
from .samples.errors import StoreError
from .samples.model import moved
from .senders import Senders, Sent
from .silence import Silence, by_hand, current, planned, recent
from .watched import Moments, Watched

CERTIFICATE_LEVELS = (7, 3, 1, 0)
"""Told once more at so many days left."""


class Teller:
    """Decides with each target's case what people are told, what goes into one message, and puts it into the outbox."""

    def __init__(
        self,
        launch: Launch,
        keeper: Keeper,
        reader: WatchReader,
        senders: Senders,
        outbox: Outbox,
        moments: Moments,
        say: Callable[[str], None],
        watched: Mapping[int, Watched],
    ) -> None:
        """`watched`: all targets by number, as the engine fills it."""
        self._launch = launch
        self._watched = watched
        self._due: dict[int, tuple[Told, datetime]] = {}
        self._silences: tuple[Silence, ...] = ()
        self._quiet: tuple[Silence, ...] = ()
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
            await self._keep(one)
            await self._tell()
        if change.what in ("opened", "worse") and (silence := self._silent(one, self._moments.now())):
            self._say(f"{one.target.label}: {change.kind}, not alerted: planned silence, {silence.words}")

    async def clock_was_set(self, by: timedelta) -> None:
        """Moves open incidents and what waits to be sent along with the clock."""
        async with self._turn:
            self._due = {number: (told, at + by) for number, (told, at) in self._due.items()}
            for one in self._watched.values():
                if one.case.incident is not None and one.case.incident.open:
                    one.case.incident = moved(one.case.incident, by)
            self._outbox.clock_was_set()
            try:
                await self._keeper.ask(lambda: self._keeper.store.clock_was_set(by))
            except StoreError as problem:
                self._trouble(problem)

    async def was_over(self, one: Watched, at: float) -> None:
        """What an earlier watch saw begin, and did not tell, is over."""
        async with self._turn:
            one.case.was_over(self._moments.of(at))
            await self._keep(one)

    async def _keep(self, one: Watched) -> None:
        incident = one.case.incident
        assert incident is not None
        try:
            one.case.incident = await self._keeper.ask(lambda: self._keeper.store.save_incident(incident))
        except StoreError as problem:
            self._trouble(problem)

    async def heard_elsewhere(self, one: Watched, words: str) -> None:
        """How it looks from other places is written down with the trouble that is on; later messages say it."""
        async with self._turn:
            incident = one.case.incident
            if incident is None or not incident.open:
                return
            one.case.incident = msgspec.structs.replace(incident, elsewhere=words)
            await self._keep(one)
        self._say(f"{one.target.label}, seen from elsewhere: {words}")

    def _silent(self, one: Watched, now: datetime) -> Silence | None:
        """The planned silence in which an outage of this target is not alerted now."""
        return next((silence for silence in self._silences if silence.covers(one.target.label, now)), None)

    @property
    def quiet(self) -> str:
        """The planned silence that is on, in words."""
        return "; ".join(one.words for one in current(self._silences, self._moments.now()))

    async def _read_silences(self) -> None:
        """Reads what is planned, and says when it begins and ends."""
        with contextlib.suppress(StoreError):
            self._silences = (*planned(self._launch), *await self._keeper.ask(lambda: by_hand(self._reader)))
        now = self._moments.now()
        on = current(self._silences, now)
        for one in on:
            if not any((one.since, one.why) == (known.since, known.why) for known in self._quiet):
                self._say(f"planned silence, {one.words}: outages are recorded and not alerted")
        for gone in self._quiet:
            if not any((one.since, one.why) == (gone.since, gone.why) for one in on):
                untold = [
                    one.name
                    for one in self._reader.incidents(gone.since)
                    if (one.told_at is None or one.told_at < one.begun) and gone.about(one.name)
                ]
                self._say(
                    f"the planned silence, {gone.words}, is over: "
                    + (f"not alerted in it: {listed(untold)}" if untold else "no outage in it")
                )
        self._quiet = on

    async def look(self) -> None:
        """Whether something is due that had to wait."""
        if self._due or self._what_is_due(self._moments.now()):
            async with self._turn:
                await self._tell()

    def _what_is_due(self, now: datetime) -> dict[int, tuple[Told, datetime]]:
        """By target: what is to be told, and since when."""
        found = {}
        for number, one in self._watched.items():
            word = one.case.due(now)
            if word is not None and (word == "resolved" or not self._silent(one, now)):
                before = self._due.get(number)
                found[number] = (word, before[1] if before is not None and before[0] == word else now)
        return found

    async def _tell(self) -> None:
        now = self._moments.now()
        self._due = self._what_is_due(now)
        for batch in batches(self._watched.values(), self._due, now):
            await self._send(batch, now)
            for one in batch.members:
                del self._due[one.target.id]

    async def _send(self, batch: Batch, now: datetime) -> None:
        """Writes the incidents and the messages about them in one transaction."""
        only = batch.members[0].target.id if len(batch.members) == 1 else 0
        gaps = self._reader.gaps(now - timedelta(hours=1), now, only)

        def words(rule: Alert, heard: Sequence[Trouble]) -> tuple[Told, str, str]:
            others = [one.target.label for one in batch.others if matching((rule,), "down", one.target.label)]
            told: Told = "partly" if batch.told == "resolved" and others else batch.told
            silent = [one.words for one in recent(self._silences, [one.target.label for one in heard], now)]
            text = body(
                told,
                heard,
                now,
                owner=rule.owner,
                gaps=gaps,
                last_mark=self.last_mark,
                others=others,
                silences=silent,
            )
            return told, self._title(told, batch, [one.incident for one in heard]), text

        def told() -> list[Notice]:
            thread = batch.thread
            troubles = []
            for one, word in zip(batch.members, batch.words, strict=True):
                incident = one.case.told(word, now, thread)
                thread = incident.group
                troubles.append(Trouble(incident, one.target, one.latest))
            return incident_notices(self._launch.alerts, troubles, words, now)

        before = [one.case.incident for one in batch.members]

        def write() -> list[Notice]:
            store = self._keeper.store
            with store.together():
                for one in batch.members:
                    assert one.case.incident is not None
                    if not one.case.incident.id:  # it could not be kept when it was sure
                        one.case.incident = store.save_incident(one.case.incident)
                made = told()
                for one in batch.members:
                    assert one.case.incident is not None
                    store.save_incident(one.case.incident)
                store.enqueue(made)
            return made

        try:
            made = await self._keeper.ask(write)
        except StoreError as problem:
            self._trouble(problem)
            # A message that is sent without being kept is better than none.
            for one, incident in zip(batch.members, before, strict=True):
                one.case.incident = incident
            made = told()
            await asyncio.gather(*(self._send_unkept(notice) for notice in made))
        tail = "" if made else " (no one is alerted: no alert covers it)"
        incidents = [one.case.incident for one in batch.members if one.case.incident is not None]
        self._say(self._title(batch.told, batch, incidents) + tail)
        self._outbox.wake.set()

    async def _send_unkept(self, notice: Notice) -> None:
        """One attempt through its channel, and one through the second where that did not take it."""
        rules = {alert.name: alert for alert in self._launch.alerts}
        for rule in (notice.rule, rules[notice.rule].second):
            if rule in rules and isinstance(await self._senders.send(rules[rule], notice), Sent):
                return

    def _title(self, told: Told, batch: Batch, incidents: Sequence[Incident]) -> str:
        return title(self._launch.name, told, incidents, joins=batch.joins)

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
        """Reads what `deploy mark`, CI and `watch quiet` wrote; a failed deploy is told."""
        await self._read_silences()
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
