"""Planned silence: times in which outages are recorded and not alerted, from the launch file and from `watch quiet`.

What is still down when it ends is told then. RESOLVED of what was told before it, warnings of certificates and all that
is no outage are told as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from ..launch.model import Launch
from ..launch.silences import length
from ..wording import listed
from .samples import WatchStore
from .samples.store import Base

FACT = "quiet"
RECENT = timedelta(hours=1)
"""So long after its end messages still speak of it."""


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """One planned time. `targets` empty: all of them."""

    since: datetime
    until: datetime
    why: str = ""
    targets: tuple[str, ...] = ()

    def covers(self, target: str, now: datetime) -> bool:
        """Whether an outage of this target is not alerted now; `target` as it is named, also as seen from a region."""
        return self.since <= now < self.until and self.about(target)

    def about(self, target: str) -> bool:
        """Whether it is about this target at any time."""
        return not self.targets or target in self.targets or target.rpartition(" (")[0] in self.targets

    @property
    def words(self) -> str:
        """`14:00 to 14:20 UTC (deploy)`, with the days where they differ."""
        begin, end = self.since.astimezone(UTC), self.until.astimezone(UTC)
        day = "%Y-%m-%d %H:%M" if begin.date() != end.date() else "%H:%M"
        only = f", {listed(self.targets)}" if self.targets else ""
        return f"{begin:{day}} to {end:{day}} UTC{only}" + (f" ({self.why})" if self.why else "")


def planned(launch: Launch) -> tuple[Silence, ...]:
    """Those of the launch file."""
    return tuple(
        Silence(
            since=one.from_,
            until=one.until or one.from_ + (length(one.for_) or timedelta()),
            why=one.why,
            targets=one.targets,
        )
        for one in launch.silence
    )


def by_hand(base: Base) -> tuple[Silence, ...]:
    """Those that a command or the console began. Raises StoreError."""
    body = base.fact(FACT)
    return msgspec.json.decode(body, type=tuple[Silence, ...]) if body else ()


def be_quiet(store: WatchStore, silence: Silence) -> None:
    """Adds one; those that are long over are forgotten."""
    with store.together():
        kept = (one for one in by_hand(store) if one.until + RECENT > silence.since)
        store.set_fact(FACT, msgspec.json.encode((*kept, silence)).decode())


def end_quiet(store: WatchStore, now: datetime) -> int:
    """Ends those that were begun by hand and run, or are still to come. How many."""
    with store.together():
        known = by_hand(store)
        ended = [msgspec.structs.replace(one, until=now) if one.until > now else one for one in known]
        store.set_fact(FACT, msgspec.json.encode([one for one in ended if one.until > one.since]).decode())
    return sum(one.until > now for one in known)


def current(silences: Iterable[Silence], now: datetime) -> tuple[Silence, ...]:
    """Those that are on."""
    return tuple(one for one in silences if one.since <= now < one.until)


def recent(silences: Sequence[Silence], targets: Sequence[str], now: datetime) -> tuple[Silence, ...]:
    """Those that messages about these targets speak of: on, or over since less than an hour."""
    return tuple(
        one for one in silences if one.since <= now < one.until + RECENT and any(one.about(name) for name in targets)
    )
