"""One core for both doors: the files of a launch, its journal, and what can be done with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ..findings import CheckResult, Finding
from ..journal import Journal
from ..launch.decisions import Decisions, DecisionsFile, SignOff
from ..launch.ignore import ignore_private
from ..launch.inventory import Inventory, InventoryFile
from ..launch.model import (
    Alert,
    Host,
    LaunchFile,
    Mailbox,
    Page,
    Permission,
    Repository,
    Route,
    WatchTarget,
)
from ..launch.papers import Papers
from ..launch.people import People, PeopleFile
from ..launch.problems import ChangedUnderneath, FileProblems, Problem
from ..launch.store import TomlFile
from ..launch.trust import permission_hash
from ..roadmap.model import Answer, CheckSpec, Roadmap
from ..roadmap.model import load as load_roadmap
from ..verdict import Judged, Step, Verdict, judge, next_step
from . import decide
from .commit import current_commit
from .decide import Target
from .deeds import deeds_of
from .errors import DecisionError, ReachError
from .live import LastDeploy, name_of
from .lookout import JOURNAL, Lookout
from .options import Options
from .run import Ended, Event, Finished, Marks, run

if TYPE_CHECKING:
    from ..vault import Secret, Vault
    from ..wire import Reach
    from ..world import Consent, World

_WORD: dict[Answer, str] = {"yes": "confirmed", "no": "denied", "does-not-apply": "does not apply"}


class Workspace(Lookout):
    """An open launch. Screens and commands read its attributes; everything that changes goes through its methods."""

    def __init__(self, launch_file: LaunchFile, options: Options, journal: Journal, reach: Reach, vault: Vault) -> None:
        """Use `open`."""
        super().__init__(launch_file, options, reach, vault)
        self.roadmap: Roadmap = load_roadmap()
        self.journal = journal
        self._decisions_file = DecisionsFile(self.folder / DecisionsFile.NAME)
        self._people_file = PeopleFile(self.folder / PeopleFile.NAME)
        self._inventory_file = InventoryFile(self.folder / InventoryFile.NAME)
        self.decisions: Decisions = self._decisions_file.load_at(self.clock.now())
        self.people: People = self._people_file.load()
        self.inventory: Inventory = self._inventory_file.load()
        self._digested: Papers | None = None
        self._last_deploy = LastDeploy(self.folder)
        self._undo: list[tuple[str, Decisions]] = []
        self._kept = journal.latest()
        self._not_kept: dict[str, CheckResult] = {}

    @classmethod
    def open(cls, folder: Path, options: Options | None = None) -> Workspace:
        """Opens the launch in this folder.

        Raises LaunchFileError (everything wrong with the launch file), NotTrusted (an unseen launch file, with what it
        would reach), ReachError (an option that cannot be used), FileProblems and NewerFile (a file of the console's
        own), JournalError.
        """
        seen = cls.look(folder, options)
        journal = Journal.open(seen.folder / JOURNAL, demo=seen.demo)
        try:
            return cls(seen.launch_file, seen.options, journal, seen.reach, seen.vault)
        except BaseException:
            journal.close()
            raise

    @property
    def remarks(self) -> tuple[str, ...]:
        """The same, and what became of the journal."""
        return (*super().remarks, *([self.journal.remark] if self.journal.remark else []))

    def close(self) -> None:
        """Lets go of the journal; nothing that was saved depends on it."""
        self.journal.close()

    # Looking

    def open_world(self, *, also: frozenset[Consent] = frozenset()) -> World:
        """A new world for one run: what was seen before is forgotten. `also` is what the person at the keyboard has
        just allowed."""
        from ..world import World

        return World(
            self.launch,
            self.reach,
            clock=self.clock,
            allow=self.options.allow | also,
            folder=self.folder,
            credential=lambda name, host: self.vault.get(name, host),
            papers=Papers.of(self.folder, self.people, self.inventory, demo=self.demo),
            trials=self.journal.trials,
        )

    def note_trial(self, kind: str, subject: str, body: str, *, via: str = "") -> int:
        """Keeps something that was tried, such as a test mail: checks judge by it. Raises JournalError."""
        return self.journal.note_trial(
            kind, subject, body, now=self.clock.now(), launch=self.launch.domain, via=via, kept=self.keeps
        )

    def keep_trial(self, kind: str, subject: str, body: str) -> int:
        """As `note_trial`, without secrets: what a strange mail says may hold one by accident, and links that open
        something on purpose."""
        return self.note_trial(kind, subject, self.hide(body), via=self.via)

    def keep_login(self, box: Mailbox, secret: Secret) -> None:
        """Stores a test mailbox's log-in that was renewed, bound to the host it goes to. Waits for the keyring: call
        it off the loop."""
        self.vault.set(box.login, secret.reveal(), (box.login_host,), f"log-in of the test mailbox {box.name}")

    @property
    def automated(self) -> tuple[str, ...]:
        """The checks that run by themselves, in roadmap order."""
        return tuple(spec.id for spec in self.roadmap.checks.values() if spec.automated)

    async def run(
        self, names: Sequence[str] | None = None, *, cancel: asyncio.Event | None = None
    ) -> AsyncGenerator[Event, None]:
        """Runs all automated checks, or those named, and yields what happens; a `Finished` comes when its result is on
        the disk.

        Raises JournalError where a result cannot be saved, ReachError where the world cannot be opened.
        """
        from ..world import warm_up

        chosen = self.automated if names is None else tuple(names)
        await warm_up()
        # Values that only sit in the environment may be echoed by the other side before anybody asks for them here.
        await asyncio.to_thread(self.vault.learn, keyring=False)
        marks = self.marks()
        number = await asyncio.to_thread(self._begin, names is None)
        outcome: Literal["done", "cancelled", "failed"] = "cancelled"
        try:
            stream = run(self.launch, chosen, self.open_world, self.clock, cancel=cancel, marks=marks, hide=self.hide)
            async with aclosing(stream) as events:
                async for event in events:
                    if isinstance(event, Finished):
                        saved = await asyncio.to_thread(self.journal.save, number, event.result)
                        (self._kept if self.keeps else self._not_kept)[event.result.check] = event.result
                        yield replace(event, saved=saved)
                        continue
                    if isinstance(event, Ended):
                        outcome = event.outcome
                    yield event
        except (
            ValueError
        ) as error:  # the world says so of a CA file that holds none; a check's own mistakes never come here
            outcome = "failed"
            raise ReachError(str(error)) from error
        except Exception:
            outcome = "failed"
            raise
        finally:
            self.journal.finish(number, now=self.clock.now(), outcome=outcome)

    def hide(self, text: str) -> str:
        """The text without the secrets this program knows, and without what has the shape of one."""
        from ..secrets import hide

        return hide(self.vault.redactor.clean(text), now=self.clock.now())

    def _begin(self, full: bool) -> int:
        return self.journal.begin(
            kind="run" if full else "recheck",
            full=full,
            via=self.via,
            now=self.clock.now(),
            launch=self.launch.domain,
            kept=self.keeps,
        )

    @property
    def keeps(self) -> bool:
        """Whether what is run now counts as real: not at a set time."""
        return self.options.now is None

    def marks(self) -> Marks:
        """What answers of now belong to: the repository's commit, and the newest deploy that was marked or seen."""
        repository = self.launch.repository
        commit = current_commit(self.folder / repository.path, repository.branch) if repository else ""
        live = self._last_deploy.at(self.clock.now())
        return Marks(
            commit=commit,
            deploy=name_of(live) if live else "",
            deployed_at=live.at if live else None,
            papers=self._papers_digest(),
        )

    def _papers_digest(self) -> str:
        """Made anew only when people or inventory are other objects: a verdict is asked for often."""
        papers = self._digested
        if papers is None or papers.people is not self.people or papers.inventory is not self.inventory:
            self._digested = papers = Papers(self.people, self.inventory)
        return papers.digest

    # Judging

    @property
    def results(self) -> dict[str, CheckResult]:
        """The newest result of each check: kept ones, and over them those of this session that are not kept."""
        return {**self._kept, **self._not_kept}

    @property
    def first_results(self) -> dict[str, CheckResult]:
        """The oldest kept result of each check: what the sprint began with."""
        return self.journal.first()

    @property
    def every_result(self) -> list[CheckResult]:
        """All kept results, oldest first."""
        return self.journal.every()

    def verdict(self) -> Verdict:
        """Where the launch stands now."""
        marks = self.marks()
        return judge(
            self.roadmap,
            self.results,
            self.decisions,
            self.clock.now(),
            launch=self.launch,
            demo=self.demo,
            commit=marks.commit,
            deploy=marks.deploy,
            deployed_at=marks.deployed_at,
            papers=marks.papers,
        )

    def next_step(self, verdict: Verdict | None = None) -> Step:
        """The one thing to do next; judges anew unless a verdict is at hand. Raises JournalError."""
        judged = verdict or self.verdict()
        return next_step(judged, deeds_of(self, judged))

    # Deciding. Each writes decisions.toml at once and can be undone.

    def confirm(self, check: str, by: str, evidence: str, answer: Answer = "yes") -> None:
        """A person's word on a check. Raises DecisionError, ChangedUnderneath, OSError; so do all below."""
        spec = self._spec(check)
        self._no_secret(evidence)
        marks = self.marks()
        made = decide.confirm(
            self.decisions,
            spec,
            by=by,
            recorded_by=self.options.recorded_by,
            evidence=evidence,
            now=self.clock.now(),
            answer=answer,
            commit=marks.commit,
            deploy=marks.deploy,
        )
        self._decide(f"{_WORD[answer]}: {spec.title}", made)

    def accept(self, finding: Finding | Judged, by: str, reason: str, until: datetime) -> None:
        """Somebody takes on a known risk until a time, at most 90 days ahead."""
        self._no_secret(reason)
        found = decide.finding_of(finding)
        made = decide.accept(
            self.decisions,
            found,
            by=by,
            recorded_by=self.options.recorded_by,
            reason=reason,
            until=until,
            now=self.clock.now(),
        )
        self._decide(f"accepted: {found.summary}", made)

    def put_off(self, finding: Finding | Judged, by: str, reason: str) -> None:
        """Left for after the launch; never a blocker."""
        self._no_secret(reason)
        found = decide.finding_of(finding)
        made = decide.put_off(
            self.decisions,
            found,
            self._spec(found.check),
            by=by,
            recorded_by=self.options.recorded_by,
            reason=reason,
            now=self.clock.now(),
        )
        self._decide(f"postponed: {found.summary}", made)

    def park(self, target: Target, waiting_for: str, until: datetime) -> None:
        """It waits for somebody and comes back by itself."""
        self._no_secret(waiting_for)
        made = decide.park(
            self.decisions,
            target,
            waiting_for=waiting_for,
            until=until,
            by=self.options.recorded_by,
            now=self.clock.now(),
        )
        self._decide(f"parked: {self._words(target)}", made)

    def set_owner(self, target: Target, person: str) -> None:
        """Who takes care of it; an empty id takes the owner away."""
        self._decide(f"owner: {self._words(target)}", decide.set_owner(self.decisions, target, person))

    def add_note(self, target: Target, text: str) -> None:
        """A remark on a check or a finding."""
        self._no_secret(text)
        made = decide.add_note(self.decisions, target, text, by=self.options.recorded_by, now=self.clock.now())
        self._decide(f"note: {self._words(target)}", made)

    def keep_signature(self, made: SignOff, words: str) -> None:
        """Somebody has put their name to it; whether they may is judged before."""
        self._no_secret(made.note)
        self._decide(words, decide.sign(self.decisions, made))

    @property
    def can_undo(self) -> str:
        """What `undo` would take back, in words; empty where there is nothing."""
        return self._undo[-1][0] if self._undo else ""

    def undo(self) -> str:
        """Takes back the last decision of this session and says which. Raises DecisionError where there is none."""
        if not self._undo:
            raise DecisionError("No decision has been made in this session")
        words, before = self._undo[-1]
        self._save(before)
        self._undo.pop()
        return words

    def _no_secret(self, words: str) -> None:
        """What people write is committed and handed over: a value in it is refused, named by its kind. Raises
        DecisionError."""
        kind = self._secret_in(words)
        if kind:
            raise DecisionError(f"This looks like a secret ({kind}). Enter where it is stored, never the value itself")

    def _secret_in(self, words: str) -> str:
        from ..secrets import scan

        known = self.vault.redactor.found(words)
        shapes = [one.rule.title for one in scan(words).matches if one.sure]
        return next(iter((*known, *shapes)), "")

    def _no_secret_in(self, file: TomlFile[Any], content: msgspec.Struct) -> None:
        """The same for a whole file. Raises FileProblems."""
        kind = self._secret_in(file.render(content))
        if kind:
            allowed = "the name of its entry in a password manager"
            raise FileProblems([Problem(file=file.NAME, found=f"what looks like a secret ({kind})", allowed=allowed)])

    @contextmanager
    def as_one(self, words: str) -> Iterator[None]:
        """What is decided within is one decision: one `undo` takes it back, and nothing of it stays where it ends with
        an exception."""
        before, known = self.decisions, len(self._undo)
        try:
            yield
        except BaseException:
            if self.decisions is not before and len(self._undo) > known:
                self._save(before)
            del self._undo[known:]
            raise
        if len(self._undo) > known + 1:
            self._undo[known:] = [(words, before)]

    def _decide(self, words: str, made: Decisions) -> None:
        before = self.decisions
        self._save(made)
        self._undo.append((words, before))

    def _save(self, made: Decisions) -> None:
        try:
            self._decisions_file.save(made)
        except ChangedUnderneath:
            self.refresh()
            raise
        self.decisions = made

    # Files

    def save_people(self, people: People) -> None:
        """Writes people.toml, kept out of git. Raises ChangedUnderneath (it is read again first), FileProblems,
        OSError."""
        self._no_secret_in(self._people_file, people)
        try:
            ignore_private(self.folder)
            self._people_file.save(people)
        except ChangedUnderneath:
            self.refresh()
            raise
        self.people = people

    def save_inventory(self, inventory: Inventory) -> None:
        """Writes inventory.toml. Raises like `save_people`."""
        self._no_secret_in(self._inventory_file, inventory)
        try:
            self._inventory_file.save(inventory)
        except ChangedUnderneath:
            self.refresh()
            raise
        self.inventory = inventory

    def add_to_launch(self, item: Host | Route | Page | WatchTarget | Alert | Permission | Repository) -> None:
        """Appends a table to the launch file, comments kept; the person at the keyboard trusts what they have just
        written.

        Raises ChangedUnderneath, LaunchFileError (it would not be valid), OSError; the old file then stays.
        """
        from ..launch import write

        tables = {Host: "hosts", Route: "routes", Page: "pages", WatchTarget: "targets", Alert: "alerts"}
        table = tables.get(type(item)) or {Permission: "permission", Repository: "repository"}[type(item)]
        was_trusted = self._trust().knows(self.launch_file.sha256)
        added = write.append(self.launch_file.path, table, item, expected=self.launch_file.sha256)
        if was_trusted:
            self._trust().remember(added.sha256)
        if isinstance(item, Permission):
            self._trust().remember(permission_hash(added.launch))
        self._take(added)

    def trust_launch_file(self, sha256: str) -> None:
        """The person at the keyboard allows the launch file with this hash. Raises OSError."""
        self._trust().remember(sha256)

    def refresh(self) -> bool:
        """Reads again what others changed: files by their hash, results by the journal. True if anything is new.

        Raises NotTrusted when the launch file was changed and not allowed yet (the old one stays in use; the rest has
        been read again), LaunchFileError and FileProblems when a changed file is wrong (the old content stays in use).
        """
        changed = False
        latest = self.journal.latest()
        if latest != self._kept:
            self._kept, changed = latest, True
        if self._decisions_file.changed():
            self.decisions, changed = self._decisions_file.load_at(self.clock.now()), True
            self._undo.clear()
        if self._people_file.changed():
            self.people, changed = self._people_file.load(), True
        if self._inventory_file.changed():
            self.inventory, changed = self._inventory_file.load(), True
        return super().refresh() or changed

    def _spec(self, check: str) -> CheckSpec:
        try:
            return self.roadmap.checks[check]
        except KeyError:
            raise DecisionError(f"There is no check called {check}") from None

    def _words(self, target: Target) -> str:
        return self._spec(target).title if isinstance(target, str) else decide.finding_of(target).summary
