"""The watch's store: one writes samples, several read, a few short writers (marks, acknowledgements) come and go.

SQLite in WAL. Samples are written with `synchronous=NORMAL` (a kill loses nothing, a power cut the last seconds);
incidents, messages and marks with FULL. Nothing is ever vacuumed while somebody watches: the file was made with
`auto_vacuum=INCREMENTAL`, and retention gives pages back in small steps. A store's methods may be called from any
thread.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ...journal.versions import ForeignFile, beginning, connect, keep_out_of_git, update, version_of
from ...launch.atomic import make_private
from ...sources.queues.model import Backlog
from .errors import StoreError, store_error
from .model import (
    CAUSES,
    Acknowledged,
    ChannelTest,
    Drill,
    Gap,
    GapCause,
    Incident,
    Latest,
    Mark,
    Notice,
    Sample,
    Target,
    Traffic,
    Watcher,
    moved,
)
from .rows import COLUMNS, ms, to_row
from .schema import APPLICATION_ID, STEPS

RAW_DAYS, FINE_DAYS, COARSE_DAYS = 7, 30, 400
"""How long samples, their ten-minute sums and their hourly sums are kept."""
_NEAR, _SAME_DEPLOY = timedelta(days=8), timedelta(minutes=10)
_PLACEHOLDERS = ", ".join("?" * len(COLUMNS.split(",")))
_ADD_TRAFFIC = (
    "INSERT INTO traffic (at, route, n, errors, limited, gone) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (at, route) "
    "DO UPDATE SET"
    " n = n + excluded.n, errors = errors + excluded.errors, limited = limited + excluded.limited, gone = gone + "
    "excluded.gone"
)
Body = TypeVar("Body", bound=msgspec.Struct)


class Base:
    """An open file and the words for its errors."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.remark = ""
        """What people should know of its opening, such as that the old one was empty; mostly nothing."""
        self._connection = connection
        self._lock = threading.RLock()

    def close(self) -> None:
        """Waits for a read or write in progress."""
        with self._lock:
            self._connection.close()

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock, self._words():
            return self._connection.execute(query, values).fetchall()

    def _bodies(self, kind: type[Body], query: str, values: Sequence[object] = (), **ids: int) -> tuple[Body, ...]:
        """Rows of (body) or (id, body), where `ids` names the field that the id goes into."""
        field = next(iter(ids), "")
        try:
            found = [
                (row[0] if field else 0, msgspec.json.decode(row[-1], type=kind)) for row in self._rows(query, values)
            ]
        except msgspec.MsgspecError as error:
            raise StoreError(self.path, "broken", str(error)) from error
        return tuple(msgspec.structs.replace(body, **{field: number}) if field else body for number, body in found)

    def fact(self, name: str) -> str:
        """A single remembered value; empty where there is none."""
        rows = self._rows("SELECT body FROM facts WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    @contextlib.contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error


class WatchStore(Base):
    """The store as the watching process and the short commands write it."""

    @classmethod
    def open(cls, path: Path, *, steps: Sequence[str] = STEPS) -> WatchStore:
        """Opens or begins the file. Raises StoreError, and NewerFile for a file of a newer version."""
        try:
            make_private(path.parent)
            keep_out_of_git(path.parent)
        except OSError as error:
            raise store_error(path, error) from error
        connection: sqlite3.Connection | None = None
        try:
            with beginning(path) as remark:
                connection = connect(path)
                if version_of(path, connection, APPLICATION_ID, len(steps)) == 0:
                    connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # only heeded before the first table
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")
                update(path, connection, APPLICATION_ID, steps)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, ForeignFile):
                raise StoreError(path, "foreign") from error
            if isinstance(error, sqlite3.Error):
                raise store_error(path, error) from error
            if isinstance(error, OSError):
                raise store_error(path, error) from error
            raise
        made = cls(path, connection)
        made.remark = remark
        return made

    @contextlib.contextmanager
    def _write(self, *, sure: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction; `sure` waits for the disk."""
        with self._lock, self._words():
            if self._connection.in_transaction:  # part of a larger one
                yield self._connection
                return
            self._connection.execute(f"PRAGMA synchronous={'FULL' if sure else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside is kept whole or not at all: an incident and the messages it causes."""
        with self._write(sure=True):
            yield

    # Targets

    def set_targets(self, targets: Iterable[Target]) -> tuple[Target, ...]:
        """These are watched now from here, in this order; those that are not any more keep their samples. Returns them
        with their ids.

        What other regions watch (`add_target`) is not touched.
        """
        numbered: list[Target] = []
        with self._write(sure=True) as connection:
            connection.execute("UPDATE targets SET active = 0 WHERE region = ''")
            for place, target in enumerate(targets):
                body = _encode(msgspec.structs.replace(target, id=0))
                rows = connection.execute(
                    "INSERT INTO targets (name, region, active, place, body) VALUES (?, ?, 1, ?, ?)"
                    " ON CONFLICT (name, region) DO UPDATE SET active = 1, place = excluded.place, body = "
                    "excluded.body RETURNING target",
                    (target.name, target.region, place, body),
                ).fetchall()
                numbered.append(msgspec.structs.replace(target, id=rows[0][0]))
        return tuple(numbered)

    def add_target(self, target: Target) -> Target:
        """One more beside those that are watched, such as the same thing seen from another region."""
        with self._write(sure=True) as connection:
            rows = connection.execute(
                "INSERT INTO targets (name, region, active, place, body) VALUES (?, ?, 1, (SELECT count(*) FROM "
                "targets), ?)"
                " ON CONFLICT (name, region) DO UPDATE SET active = 1, body = excluded.body RETURNING target",
                (target.name, target.region, _encode(msgspec.structs.replace(target, id=0))),
            ).fetchall()
        return msgspec.structs.replace(target, id=rows[0][0])

    def set_elsewhere(self, targets: Iterable[Target]) -> tuple[Target, ...]:
        """These are watched now from other regions; what was before keeps its samples. Returns them with their ids."""
        with self._write(sure=True) as connection:
            connection.execute("UPDATE targets SET active = 0 WHERE region != ''")
            return tuple(self.add_target(target) for target in targets)

    # Samples

    def save(self, samples: Sequence[Sample], latest: Iterable[Latest] = ()) -> None:
        """Kept when it returns."""
        with self._write() as connection:
            connection.executemany(
                f"INSERT OR REPLACE INTO samples ({COLUMNS}) VALUES ({_PLACEHOLDERS})",  # noqa: S608 - our own column names
                [to_row(sample) for sample in samples],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO latest (target, body) VALUES (?, ?)",
                [(one.sample.target, _encode(one)) for one in latest],
            )

    def add_gap(self, gap: Gap) -> None:
        """Does not wait for the disk: where the machine dies at once, the next start finds a longer gap."""
        with self._write() as connection:
            connection.execute(
                "INSERT INTO gaps (target, since, until, cause) VALUES (?, ?, ?, ?)",
                (gap.target, ms(gap.since), ms(gap.until), gap.cause),
            )

    def stretch_gap(self, cause: GapCause, since: datetime, until: datetime) -> None:
        """A gap of all targets that is still going on: the row that began at `since` now ends at `until`."""
        with self._write() as connection:
            changed = connection.execute(
                "UPDATE gaps SET until = ? WHERE target = 0 AND cause = ? AND since = ?", (ms(until), cause, ms(since))
            ).rowcount
            if not changed:
                self.add_gap(Gap(since=since, until=until, cause=cause))

    def nothing_of_the_target(self, since: datetime) -> int:
        """Failures since then were our own line's: they count neither way. How many were turned."""
        line, causes = CAUSES.index("line"), len(CAUSES)
        with self._write() as connection:
            return connection.execute(
                "UPDATE samples SET flags = (flags & 15) | (((flags >> 4) / ?1 * ?1 + ?2) << 4) WHERE at >= ?3 "
                "AND (flags >> 4) != 0",
                (causes, line, ms(since)),
            ).rowcount

    def save_backlog(self, rows: Iterable[Backlog]) -> None:
        """Kept when it returns."""
        with self._write() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO backlog (at, source, queue, body) VALUES (?, ?, ?, ?)",
                [(ms(one.at), one.source, f"{one.system} {one.queue}", _encode(one)) for one in rows],
            )

    def add_traffic(
        self, ticks: Iterable[Traffic], merged: Iterable[tuple[str, str, str]] = (), *, facts: Mapping[str, str] = {}
    ) -> None:
        """Adds requests to what is counted, and keeps `facts` (how far a log was read) in the same breath: nothing is
        counted twice.

        `merged`: (environment, old, new), routes that turned out to be one.
        """
        with self._write() as connection:
            for environment, before, after in merged:
                old = connection.execute(
                    "SELECT route FROM routes WHERE environment = ? AND name = ?", (environment, before)
                ).fetchone()
                if old is None:
                    continue
                rows = connection.execute(
                    "SELECT at, n, errors, limited, gone FROM traffic WHERE route = ?", old
                ).fetchall()
                new = _route(connection, environment, after)
                connection.executemany(_ADD_TRAFFIC, [(at, new, *counts) for at, *counts in rows])
                connection.execute("DELETE FROM traffic WHERE route = ?", old)
                connection.execute("DELETE FROM routes WHERE route = ?", old)
            for one in ticks:
                number = _route(connection, one.environment, one.route)
                connection.execute(_ADD_TRAFFIC, (ms(one.at), number, one.n, one.errors, one.limited, one.gone))
            for name, body in facts.items():
                self.set_fact(name, body)

    # What must not get lost

    def save_incident(self, incident: Incident) -> Incident:
        """A new one gets its id."""
        closed = ms(incident.closed_at) if incident.closed_at else None
        body = _encode(msgspec.structs.replace(incident, id=0))
        with self._write(sure=True) as connection:
            if incident.id:
                connection.execute(
                    "UPDATE incidents SET closed = ?, body = ? WHERE incident = ?", (closed, body, incident.id)
                )
                return incident
            made = connection.execute(
                "INSERT INTO incidents (target, since, closed, body) VALUES (?, ?, ?, ?)",
                (incident.target, ms(incident.since), closed, body),
            ).lastrowid
        assert made is not None
        return msgspec.structs.replace(incident, id=made)

    def add_mark(self, mark: Mark) -> Mark:
        """Gives the mark with its number; synced to disk."""
        with self._write(sure=True) as connection:
            made = connection.execute(
                "INSERT INTO marks (at, body) VALUES (?, ?)", (ms(mark.at), _encode(mark))
            ).lastrowid
        assert made is not None
        return msgspec.structs.replace(mark, id=made)

    def add_mark_once(self, mark: Mark) -> bool:
        """Whether it was new: one with this `key` is there already otherwise, or the same commit was marked for it
        just now by hand."""
        with self._write(sure=True) as connection:
            near = connection.execute("SELECT body FROM marks WHERE at >= ?", (ms(mark.at - _NEAR),)).fetchall()
            for (body,) in near:
                known = msgspec.json.decode(body, type=Mark)
                same = known.sha and known.sha == mark.sha and known.env == mark.env and known.kind == mark.kind
                if known.key == mark.key or (same and abs(known.at - mark.at) <= _SAME_DEPLOY):
                    return False
            self.add_mark(mark)
        return True

    def enqueue(self, notices: Iterable[Notice]) -> int:
        """Puts messages into the outbox; one whose key was there already is not put in again. How many were new."""
        new = 0
        with self._write(sure=True) as connection:
            for notice in notices:
                new += connection.execute(
                    "INSERT INTO outbox (key, state, next, body) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
                    (notice.key, notice.state, ms(notice.next_at), _encode(msgspec.structs.replace(notice, id=0))),
                ).rowcount
        return new

    def save_notice(self, notice: Notice) -> None:
        """Over the notice of this id; synced to disk."""
        with self._write(sure=True) as connection:
            connection.execute(
                "UPDATE outbox SET state = ?, next = ?, body = ? WHERE notice = ?",
                (notice.state, ms(notice.next_at), _encode(msgspec.structs.replace(notice, id=0)), notice.id),
            )

    def queued(self) -> tuple[Notice, ...]:
        """What still has to be told, in the order it was put in."""
        return self._bodies(Notice, "SELECT notice, body FROM outbox WHERE state = 'queued' ORDER BY notice", id=0)

    def notice(self, key: str) -> Notice | None:
        """The message with this key, sent or not."""
        return next(iter(self._bodies(Notice, "SELECT notice, body FROM outbox WHERE key = ?", (key,), id=0)), None)

    def about(self, incident: int) -> tuple[Notice, ...]:
        """All messages of an incident, in the order they were put in."""
        return self._bodies(
            Notice, "SELECT notice, body FROM outbox WHERE body ->> 'incident' = ? ORDER BY notice", (incident,), id=0
        )

    def incident(self, number: int) -> Incident | None:
        """The incident of this number."""
        query = "SELECT incident, body FROM incidents WHERE incident = ?"
        return next(iter(self._bodies(Incident, query, (number,), id=0)), None)

    def goes_on(self, thread: int) -> bool:
        """Whether an incident whose messages are filed under this number is open."""
        query = "SELECT 1 FROM incidents WHERE closed IS NULL AND (incident = ?1 OR body ->> 'group' = ?1) LIMIT 1"
        return bool(self._rows(query, (thread,)))

    def clock_was_set(self, by: timedelta) -> None:
        """Open incidents, and messages that wait, move along with the clock of this machine. Samples keep their
        times."""
        with self._write(sure=True) as connection:
            for incident in self._bodies(Incident, "SELECT incident, body FROM incidents WHERE closed IS NULL", id=0):
                later = moved(incident, by)
                connection.execute(
                    "UPDATE incidents SET since = ?, body = ? WHERE incident = ?",
                    (ms(later.since), _encode(msgspec.structs.replace(later, id=0)), incident.id),
                )
            for notice in self.queued():
                self.save_notice(moved(notice, by))

    def acknowledge(self, incident: int, by: Acknowledged) -> None:
        """Somebody acts on it; a later word replaces an earlier one."""
        self.set_fact(f"acknowledged-{incident}", _encode(by))

    def acknowledged(self, incident: int) -> Acknowledged | None:
        """Who acts on it; None where nobody said so."""
        query = "SELECT body FROM facts WHERE name = ?"
        return next(iter(self._bodies(Acknowledged, query, (f"acknowledged-{incident}",))), None)

    def save_test(self, test: ChannelTest) -> None:
        """Over one with the same code; synced to disk."""
        with self._write(sure=True) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO tests (code, rule, made, body) VALUES (?, ?, ?, ?)",
                (test.code, test.rule, ms(test.made_at), _encode(test)),
            )

    def test(self, code: str) -> ChannelTest | None:
        """None where no test was sent with this code."""
        return next(iter(self._bodies(ChannelTest, "SELECT body FROM tests WHERE code = ?", (code,))), None)

    def add_drill(self, drill: Drill) -> None:
        """Synced to disk."""
        with self._write(sure=True) as connection:
            connection.execute("INSERT INTO drills (at, body) VALUES (?, ?)", (ms(drill.at), _encode(drill)))

    def beat(self, watcher: Watcher) -> None:
        """The sign of life that readers look for."""
        self.set_fact("watcher", _encode(watcher))

    def set_fact(self, name: str, body: str) -> None:
        """Replaces it; not synced to disk."""
        with self._write() as connection:
            connection.execute("INSERT OR REPLACE INTO facts (name, body) VALUES (?, ?)", (name, body))

    # Upkeep

    def tidy(self, now: datetime, *, most: int = 5000) -> int:
        """Drops what is too old, at most so many rows of a kind, and gives some pages back. How many rows went."""
        gone = 0
        for table, days, more in (
            ("samples", RAW_DAYS, ""),
            ("rollups", FINE_DAYS, " AND seconds = 600"),
            ("rollups", COARSE_DAYS, ""),
        ):
            key = "target, at" if table == "samples" else "target, seconds, at"
            old = ms(now - timedelta(days=days))
            with self._write() as connection:
                gone += connection.execute(
                    f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE at < ?{more} LIMIT ?)",  # noqa: S608
                    (old, most),
                ).rowcount
        with self._write() as connection:
            old = ms(now - timedelta(days=COARSE_DAYS))
            gone += connection.execute("DELETE FROM gaps WHERE until < ?", (old,)).rowcount
            gone += connection.execute(
                "DELETE FROM backlog WHERE at < ?", (ms(now - timedelta(days=RAW_DAYS)),)
            ).rowcount
            gone += connection.execute(
                "DELETE FROM traffic WHERE at < ?", (ms(now - timedelta(days=RAW_DAYS)),)
            ).rowcount
            gone += connection.execute("DELETE FROM outbox WHERE state != 'queued' AND next < ?", (old,)).rowcount
        if gone:
            with self._lock, self._words():
                self._connection.execute("PRAGMA incremental_vacuum(64)").fetchall()
        return gone


def _route(connection: sqlite3.Connection, environment: str, name: str) -> int:
    """The number of a route, made when it is new."""
    connection.execute(
        "INSERT INTO routes (environment, name) VALUES (?, ?) ON CONFLICT DO NOTHING", (environment, name)
    )
    return int(
        connection.execute(
            "SELECT route FROM routes WHERE environment = ? AND name = ?", (environment, name)
        ).fetchone()[0]
    )


def _encode(body: msgspec.Struct) -> str:
    return msgspec.json.encode(body).decode()
