"""Which troubles are told in one message: those that have one cause and begin together, as when seven targets stand
behind one application that died.

The first that is sure waits for those that fail in the same way and are not yet sure, but never so long that an outage
is told later than a minute after its start. What joins later is told once more in the same thread, and the end of all
of it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .case import Told
from .samples.model import Incident
from .watched import Watched

WAIT = timedelta(seconds=20)
SURE = timedelta(seconds=55)
"""From the last success of any of them, which was before it began, until it is told at the latest. What joins an outage
that was told may come later."""
FIRST_SEEN = timedelta(seconds=16)
"""So long after its beginning the first failure is seen at the latest, where no success is known."""
UP_WAIT = timedelta(seconds=22)
INTERVAL = timedelta(minutes=5)
"""What only fails now and then, or is slow, is told so often at most for one cause."""
TOGETHER = timedelta(minutes=5)
"""An outage that begins later than this after another of the same cause is another one."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One message to be made."""

    told: Told
    members: tuple[Watched, ...]
    words: tuple[Told, ...]
    """What is due for each of them."""
    thread: int
    """The incident that all messages about this cause are filed under; 0: that of the first member."""
    joins: bool
    """Others of this cause were told before."""
    others: tuple[Watched, ...]
    """Of the same thread, told before and still open."""


def batches(watched: Iterable[Watched], due: Mapping[int, tuple[Told, datetime]], now: datetime) -> tuple[Batch, ...]:
    """The messages to be made now. `due`: by target what is to be told of it, and since when that is so."""
    everyone = tuple(watched)
    found: dict[tuple[str, str | int], list[Watched]] = {}
    for one in everyone:
        if one.target.id in due:
            found.setdefault(_key(due[one.target.id][0], _of(one)), []).append(one)
    made = []
    for members in found.values():
        words = tuple(due[one.target.id][0] for one in members)
        others = tuple(
            one for one in everyone if one not in members and _open(one) and _together(one, members[0], words)
        )
        first = min(due[one.target.id][1] for one in members)
        if not _waits(members, words, others, [one for one in everyone if one.target.id not in due], now, first):
            told: Told = words[0] if len(set(words)) == 1 else _of(members[0]).kind
            threads = [_of(one).group for one in (*others, *members) if _of(one).group]
            joins = bool(others) and told in ("down", "degraded", "slow")
            made.append(Batch(told, tuple(members), words, threads[0] if threads else 0, joins, others))
    return tuple(made)


def _of(one: Watched) -> Incident:
    assert one.case.incident is not None
    return one.case.incident


def _key(word: Told, incident: Incident) -> tuple[str, str | int]:
    if word == "resolved":
        return word, incident.group or -incident.id
    return ("flapping" if word == "flapping" else incident.kind), incident.cause


def _open(one: Watched) -> bool:
    """People were told of it, and it is not over."""
    incident = one.case.incident
    return incident is not None and incident.open and incident.told not in ("", "resolved")


def _together(one: Watched, other: Watched, words: Sequence[Told]) -> bool:
    """Whether they are one thing: of one thread once that is told, of one cause and time before."""
    a, b = _of(one), _of(other)
    if words[0] == "resolved":
        return a.group == b.group and bool(b.group)
    return (a.kind, a.cause) == (b.kind, b.cause) and abs(a.begun - b.begun) <= TOGETHER


def _waits(
    members: Sequence[Watched],
    words: Sequence[Told],
    others: Sequence[Watched],
    rest: Sequence[Watched],
    now: datetime,
    first: datetime,
) -> bool:
    """Whether more is about to be sure that belongs into the same message. `first`: since when it could be made."""
    incident = _of(members[0])
    if words[0] == "resolved":
        if any(one.detector.recovering for one in others):
            return now - first < UP_WAIT
        mild = all(_of(one).kind != "down" for one in (*members, *others))
        return bool(others) and mild and now - first < INTERVAL
    if incident.kind != "down" or words[0] == "flapping":
        told = [at for one in others if (at := _of(one).told_at) is not None]
        return bool(told) and now - max(told) < INTERVAL
    about_to = [
        one
        for one in rest
        if one.detector.cause == incident.cause and one.detector.kind != "down" and not one.target.region
    ]
    begun = min(_of(one).begun for one in members)
    good = [at for one in (*members, *about_to) if (at := one.last_good) is not None and at <= begun]
    latest = max(good, default=begun - FIRST_SEEN) + SURE
    return bool(about_to) and now - first < WAIT and (bool(others) or now < latest)
