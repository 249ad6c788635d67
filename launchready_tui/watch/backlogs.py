"""Which job queues people are told of: the oldest job waits too long, the work only grows for ten minutes, or nothing
can be read.

Lengths alone say nothing: a long queue that is worked off is well. Each trouble is told once, and once more when it is
over; what was told is kept with the message, so that the next watch goes on from there.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from .. import clock
from ..failure import Failure
from ..sources.queues.model import Backlog

Trouble = Literal["late", "grows", "unread"]
GROWS_FOR = timedelta(minutes=10)
GROWS_BY = 10
"""Fewer more jobs than that are the ups and downs of any queue; it must also have doubled."""
WELL_AFTER = 2
"""So many good readings in a row, and it is over."""
UNREAD_AFTER = 5
"""So many failed readings in a row, one a minute, and nothing is known of a server's queues."""
FACT = "queues told"


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """A trouble that people know of."""

    trouble: Trouble
    since: datetime


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell: `what` names it for good, `title` goes without the product's name."""

    what: str
    title: str
    text: str


class Backlogs:
    """Judges reading after reading. `known` is what `kept` gave before."""

    def __init__(self, known: str = "") -> None:
        self._open: dict[str, Open] = msgspec.json.decode(known, type=dict[str, Open]) if known else {}
        self._readings: dict[str, deque[Backlog]] = {}
        self._well: dict[str, int] = {}
        self._failed: dict[str, int] = {}

    def kept(self) -> str:
        """What people know of, to be kept."""
        return msgspec.json.encode(self._open).decode()

    def read(self, source: str, rows: Sequence[Backlog], now: datetime) -> list[Word]:
        """One server was read. A queue that it does not name any more is empty: most systems drop those."""
        said = []
        self._failed.pop(source, None)
        if self._open.pop(source, None) is not None:
            said.append(
                Word(
                    what=f"{source}-read-{_number(now)}",
                    title=f"Resolved: the queues of {source} are readable again",
                    text="",
                )
            )
        named = {_name(row): row for row in rows}
        for name, row in named.items():
            readings = self._readings.setdefault(name, deque())
            readings.append(row)
            while len(readings) > 1 and now - readings[1].at >= GROWS_FOR:
                readings.popleft()
            said += self._one(name, row, _grows(readings, now), now)
        for name in [
            one for one in (*self._open, *self._readings) if one.startswith(f"{source}\n") and one not in named
        ]:
            self._readings.pop(name, None)
            said += self._one(name, None, None, now)
        return said

    def failed(self, source: str, why: Failure, now: datetime) -> list[Word]:
        """One server could not be read."""
        self._failed[source] = count = self._failed.get(source, 0) + 1
        if count < UNREAD_AFTER or source in self._open:
            return []
        self._open[source] = Open(trouble="unread", since=now)
        text = (
            f"Why: {why}\nUntil it is readable, LaunchReady cannot tell whether its jobs are late or being processed "
            f"at all."
        )
        return [Word(what=f"{source}-unread-{_number(now)}", title=f"cannot read the queues of {source}", text=text)]

    def _one(self, name: str, row: Backlog | None, before: Backlog | None, now: datetime) -> list[Word]:
        """One queue; `before` is where it began to grow, `row` None where it is empty and gone."""
        queue = name.rpartition("\n")[2]
        key = name.replace("\n", "-")
        known = self._open.get(name)
        bad = row is not None and (row.late or before is not None)
        if not bad:
            self._well[name] = well = self._well.get(name, 0) + 1
            # Old jobs that are done leave a queue that is still long: one that only grew must have become shorter.
            if known is None or well < WELL_AFTER:
                return []
            del self._open[name], self._well[name]
            lasted = clock.span(max(0.0, (now - known.since).total_seconds()))
            text = f"It lasted {lasted}. " + (_line(row) if row is not None else "The queue is empty now.")
            return [
                Word(what=f"{key}-over-{_number(now)}", title=f"Resolved: the queue {queue} keeps up again", text=text)
            ]
        assert row is not None
        self._well.pop(name, None)
        trouble: Trouble = "late" if row.late else "grows"
        if known is not None and (known.trouble == trouble or known.trouble == "late"):
            return []
        since = (
            known.since
            if known is not None
            else now - timedelta(seconds=row.oldest_s or 0)
            if trouble == "late"
            else now
        )
        self._open[name] = Open(trouble=trouble, since=since)
        if trouble == "late":
            title = f"the queue {queue} is late: its oldest job has waited for {clock.span(row.oldest_s or 0)}"
        else:
            assert before is not None
            title = (
                f"the queue {queue} is growing: {row.ready:,} jobs are waiting, "
                f"{clock.span((row.at - before.at).total_seconds())} ago {before.ready:,}"
            )
        return [Word(what=f"{key}-{trouble}-{_number(now)}", title=title, text=_line(row))]


def _grows(readings: Sequence[Backlog], now: datetime) -> Backlog | None:
    """The reading since which it has only grown, for ten minutes or longer; None where it has not."""
    first, last = readings[0], readings[-1]
    if now - first.at < GROWS_FOR or last.ready < first.ready + GROWS_BY or last.ready < 2 * first.ready:
        return None
    amounts = [one.ready for one in readings]
    return first if all(after >= before for before, after in itertools.pairwise(amounts)) else None


def _line(row: Backlog) -> str:
    parts = [f"{row.ready:,} {'job is' if row.ready == 1 else 'jobs are'} waiting"]
    parts += [f"the oldest has waited for {clock.span(row.oldest_s)}"] if row.oldest_s is not None else []
    parts += [f"{row.active:,} are being processed"] if row.active is not None else []
    parts += [f"{row.failed:,} have failed"] if row.failed else []
    said = f"{', '.join(parts)} ({row.system}, {row.source}, {row.environment})."
    if row.workers == 0:
        return f"{said}\nNo worker is running: start one."
    return f"{said}\nThe queue is paused." if row.paused else said


def _name(row: Backlog) -> str:
    return f"{row.source}\n{row.system}\n{row.queue}"


def _number(now: datetime) -> int:
    return int(now.timestamp())
