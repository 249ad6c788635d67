"""The journal: every result of every run, appended and never changed, ordered by sequence and never by clock.

SQLite in WAL with `synchronous=FULL`: what `save` has returned for is on the disk (https://sqlite.org/wal.html). One
writes at a time, any number read. A journal's methods may be called from any thread.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from .. import __version__
from ..facts import VERSION
from ..findings import CheckResult
from ..launch.atomic import make_private
from .errors import JournalError, from_os, from_sqlite
from .rows import Changes, Export, RunRow, TrialRow, compare
from .schema import APPLICATION_ID, STEPS
from .versions import ForeignFile, beginning, connect, keep_out_of_git, update, version_of

_RESULT = msgspec.json.Decoder(CheckResult)


class _Kept(msgspec.Struct):
    """Which version of facts a result was kept with; none in journals from before there were any."""

    facts: int = 0


_KEPT = msgspec.json.Decoder(_Kept)


def _decoded(body: str) -> CheckResult:
    """A result as it was kept. Facts of another version are left out: it is to be checked again."""
    version = _KEPT.decode(body).facts
    if version == VERSION:
        return _RESULT.decode(body)
    plain = msgspec.json.decode(body)
    for finding in plain["findings"]:
        for evidence in finding["evidence"]:
            evidence.pop("fact", None)
    return msgspec.convert({**plain, "facts": version}, CheckResult)


class Journal:
    """An open journal. Reads show real runs, or those of the demo, never both; runs that are not kept only by their
    saved id."""

    def __init__(self, path: Path, connection: sqlite3.Connection, demo: bool) -> None:
        self.path = path
        self.demo = demo
        self.remark = ""
        """What people should know of its opening, such as that the old one was empty; mostly nothing."""
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: Path, *, demo: bool = False, steps: Sequence[str] = STEPS) -> Journal:
        """Opens or begins the journal. Raises JournalError, and NewerFile for a file of a newer version.

        An older file is first copied beside itself (`journal.v1.sqlite3`), then brought up to date.
        """
        try:
            make_private(path.parent)
            if not path.exists():
                keep_out_of_git(path.parent)
        except OSError as error:
            raise from_os(path, error) from error
        connection: sqlite3.Connection | None = None
        try:
            with beginning(path) as remark:
                connection = connect(path)
                version_of(
                    path, connection, APPLICATION_ID, len(steps)
                )  # before anything is written into somebody else's file
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA foreign_keys=ON")
                update(path, connection, APPLICATION_ID, steps)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, ForeignFile):
                raise JournalError(path, "foreign") from error
            if isinstance(error, sqlite3.Error):
                raise from_sqlite(path, error) from error
            if isinstance(error, OSError):
                raise from_os(path, error) from error
            raise
        made = cls(path, connection, demo)
        made.remark = remark
        return made

    def close(self) -> None:
        """Lets go of the file. Saved results need no closing."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing

    def begin(
        self,
        *,
        kind: Literal["run", "recheck"],
        full: bool,
        via: str = "",
        now: datetime,
        launch: str,
        demo: bool | None = None,
        kept: bool = True,
    ) -> int:
        """Begins a run and returns its number. `kept=False`: judged at a set time, so never taken for a real run."""
        row = (kind, full, self.demo if demo is None else demo, kept, via, launch, __version__, now.isoformat())
        return self._append(
            "INSERT INTO runs (kind, full, demo, kept, via, launch, version, started_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )

    def save(self, run: int, result: CheckResult) -> str:
        """Appends one result. When this returns it is on the disk; the id it returns reads it back."""
        body = msgspec.json.encode(result).decode()
        digest = _digest(body)
        seq = self._append(
            "INSERT INTO results (run, check_id, state, digest, body) VALUES (?, ?, ?, ?, ?)",
            (run, result.check, str(result.state), digest, body),
        )
        return f"{seq}-{digest}"

    def finish(self, run: int, *, now: datetime, outcome: Literal["done", "cancelled", "failed"]) -> None:
        """Notes how a run ended. A run without an end was interrupted."""
        self._append("INSERT INTO ends (run, outcome, ended_at) VALUES (?, ?, ?)", (run, outcome, now.isoformat()))

    def exported(self, folder: str, *, now: datetime) -> None:
        """Notes that the handover folder was written, and after which result."""
        self._append(
            "INSERT INTO exports (after_seq, demo, folder, exported_at) VALUES ((SELECT coalesce(max(seq), 0) "
            "FROM results), ?, ?, ?)",
            (self.demo, folder, now.isoformat()),
        )

    def note_trial(
        self, kind: str, subject: str, body: str, *, now: datetime, launch: str, via: str = "", kept: bool = True
    ) -> int:
        """Keeps something that was tried outside a run, such as a test mail. `kept=False`: at a set time, so not taken
        for real."""
        return self._append(
            "INSERT INTO trials (kind, subject, demo, kept, via, launch, at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (kind, subject, self.demo, kept, via, launch, now.isoformat(), body),
        )

    # Reading

    def trials(self, kind: str, limit: int = 500) -> list[TrialRow]:
        """What was tried of this kind, newest first; only what counts as real."""
        rows = self._rows(
            "SELECT trial, kind, subject, via, at, body FROM trials WHERE kind = ? AND kept AND demo = ? ORDER "
            "BY trial DESC LIMIT ?",
            (kind, self.demo, limit),
        )
        return [
            TrialRow(trial, kind, subject, via, datetime.fromisoformat(at), body)
            for trial, kind, subject, via, at, body in rows
        ]

    def read(self, saved_id: str) -> CheckResult | None:
        """The result with this id; None where there is none. Raises JournalError if what lies there is not what was
        saved."""
        seq, _, digest = saved_id.strip().partition("-")
        if not seq.isascii() or not seq.isdigit() or len(seq) > 18:
            return None
        rows = self._rows("SELECT digest, body FROM results WHERE seq = ?", (int(seq),))
        if not rows or rows[0][0] != digest:
            return None
        if _digest(rows[0][1]) != digest:
            raise JournalError(self.path, "broken", f"saved result {saved_id} has changed")
        return self._result(rows[0][1])

    def latest(self) -> dict[str, CheckResult]:
        """The newest result of each check, of kept runs only."""
        return self._one_each("max")

    def first(self) -> dict[str, CheckResult]:
        """The oldest result of each check, of kept runs only: what it all began with."""
        return self._one_each("min")

    def every(self) -> list[CheckResult]:
        """All results of kept runs, oldest first."""
        rows = self._rows(
            "SELECT body FROM results JOIN runs USING (run) WHERE kept AND demo = ? ORDER BY seq", (self.demo,)
        )
        return [self._result(body) for (body,) in rows]

    def _one_each(self, end: Literal["max", "min"]) -> dict[str, CheckResult]:
        rows = self._rows(
            f"SELECT body FROM results WHERE seq IN (SELECT {end}(seq) FROM results JOIN runs USING (run)"  # noqa: S608  one of two words
            " WHERE kept AND demo = ? GROUP BY check_id) ORDER BY seq",
            (self.demo,),
        )
        results = [self._result(body) for (body,) in rows]
        return {result.check: result for result in results}

    def history(self, check: str, limit: int = 50) -> list[tuple[int, CheckResult]]:
        """The newest results of one check with their run numbers, newest first, of kept runs only."""
        rows = self._rows(
            "SELECT run, body FROM results JOIN runs USING (run) WHERE check_id = ? AND kept AND demo = ? ORDER "
            "BY seq DESC LIMIT ?",
            (check, self.demo, limit),
        )
        return [(run, self._result(body)) for run, body in rows]

    def runs(self, limit: int = 50) -> list[RunRow]:
        """The newest runs, newest first; those of the demo and those that are not kept stand among them and say so."""
        rows = self._rows(
            "SELECT runs.run, kind, full, demo, kept, via, launch, version, started_at, outcome, ended_at,"
            " (SELECT count(*) FROM results WHERE results.run = runs.run)"
            " FROM runs LEFT JOIN ends USING (run) ORDER BY runs.run DESC LIMIT ?",
            (limit,),
        )
        return [RunRow.of(row) for row in rows]

    def saved_in(self, run: int) -> list[tuple[str, CheckResult]]:
        """All results of one run with their saved ids, in the order they came."""
        rows = self._rows("SELECT seq, digest, body FROM results WHERE run = ? ORDER BY seq", (run,))
        return [(f"{seq}-{digest}", self._result(body)) for seq, digest, body in rows]

    def changes(self) -> Changes:
        """The open findings of each check's newest result against its result before that; a check with one result has
        no before."""
        rows = self._rows(
            "SELECT body FROM (SELECT check_id, seq, body, row_number() OVER (PARTITION BY check_id ORDER BY seq "
            "DESC) AS back"
            " FROM results JOIN runs USING (run) WHERE kept AND demo = ?) WHERE back <= 2 ORDER BY check_id, seq DESC",
            (self.demo,),
        )
        by_check: dict[str, list[CheckResult]] = {}
        for (body,) in rows:
            result = self._result(body)
            by_check.setdefault(result.check, []).append(result)
        return compare([(found[0], found[1]) for found in by_check.values() if len(found) == 2])

    def last_export(self) -> Export | None:
        """The newest export of the handover folder, and whether a result came after it."""
        rows = self._rows(
            "SELECT folder, exported_at, after_seq <"
            " (SELECT coalesce(max(seq), 0) FROM results JOIN runs USING (run) WHERE kept AND demo = ?1)"
            " FROM exports WHERE demo = ?1 ORDER BY export DESC LIMIT 1",
            (self.demo,),
        )
        return Export(rows[0][0], datetime.fromisoformat(rows[0][1]), bool(rows[0][2])) if rows else None

    def _append(self, statement: str, values: tuple[object, ...]) -> int:
        """One statement, one transaction: committed when this returns."""
        with self._lock, self._plain_words():
            cursor = self._connection.execute(statement, values)
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def _rows(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._lock, self._plain_words():
            return self._connection.execute(query, values).fetchall()

    def _result(self, body: str) -> CheckResult:
        try:
            return _decoded(body)
        except msgspec.MsgspecError as error:
            raise JournalError(self.path, "broken", str(error)) from error

    @contextlib.contextmanager
    def _plain_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise from_sqlite(self.path, error) from error


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:8]
