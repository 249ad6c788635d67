"""How samples lie in SQLite: small whole numbers, so that one costs some forty bytes.

`at` is ms since 2026; `total` and `warm` are microseconds, phases and `lag` tenths of a millisecond. `status` is kept
as its distance from 200, because a zero takes no room. What is left of `total` after the phases is the transfer, and
so is not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from .model import CAUSES, Phases, Sample

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_COLD, _EXTRA, _HELD, _SUSPECT = 1, 2, 4, 8
_MS = timedelta(milliseconds=1)

KINDS = (
    "",
    "timeout",
    "refused",
    "reset",
    "unreachable",
    "servfail",
    "no-address",
    "no-such-name",
    "certificate",
    "tls",
    "protocol",
    "too-large",
    "rate-limited",
    "blocked-address",
    "unmapped",
    "no-permission",
    "switched-off",
    "limit",
    "unavailable",
    "status",
    "contains",
    "absent",
    "json",
    "header",
    "other",
)
"""Failure kinds by their number in the file; only ever added to at the end."""

COLUMNS = "target, at, flags, total, warm, dns, connect, tls, first, status, lag"


def ms(at: datetime) -> int:
    """A moment as the file has it."""
    return (at - EPOCH) // _MS


def moment(at: int) -> datetime:
    """From milliseconds since EPOCH, in UTC."""
    return EPOCH + timedelta(milliseconds=at)


def to_row(sample: Sample) -> tuple[Any, ...]:
    """Small whole numbers, since millions are kept: times in microseconds, phases in tenths of ms, status less 200."""
    kind = KINDS.index(sample.kind) if sample.kind in KINDS else len(KINDS) - 1
    why = CAUSES.index(sample.cause) + len(CAUSES) * kind if sample.cause else 0
    flags = _COLD * sample.cold | _EXTRA * (not sample.grid) | _HELD * sample.held | _SUSPECT * sample.suspect
    phases = sample.phases
    return (
        sample.target,
        ms(sample.at),
        flags | why << 4,
        round(sample.total * 1000),
        None if sample.warm is None else round(sample.warm * 1000),
        _tenths(phases.dns),
        _tenths(phases.connect),
        _tenths(phases.tls),
        _tenths(phases.first_byte),
        sample.status - 200,
        round(sample.lag * 10),
    )


def to_sample(row: Sequence[Any]) -> Sample:
    """The reverse of `to_row`; `transfer` is not kept but is what the other phases leave of the whole."""
    target, at, flags, total, warm, dns, connect, tls, first, status, lag = row
    kind, cause = divmod(flags >> 4, len(CAUSES))
    phases = Phases(dns=_whole(dns), connect=_whole(connect), tls=_whole(tls), first_byte=_whole(first))
    if first is not None and not cause:
        known = sum(one or 0.0 for one in (phases.dns, phases.connect, phases.tls, phases.first_byte))
        phases = Phases(
            dns=phases.dns,
            connect=phases.connect,
            tls=phases.tls,
            first_byte=phases.first_byte,
            transfer=round(max(0.0, total / 1000 - lag / 10 - known), 1),
        )
    return Sample(
        target=target,
        at=moment(at),
        total=total / 1000,
        warm=None if warm is None else warm / 1000,
        cold=bool(flags & _COLD),
        phases=phases,
        status=status + 200,
        cause=CAUSES[cause],
        kind=KINDS[kind],
        grid=not flags & _EXTRA,
        held=bool(flags & _HELD),
        suspect=bool(flags & _SUSPECT),
        lag=lag / 10,
    )


def _tenths(value: float | None) -> int | None:
    return None if value is None else round(value * 10)


def _whole(value: int | None) -> float | None:
    return None if value is None else value / 10


class Figures:
    """What counting needs of a raw row, without making a Sample of it: thousands are read for one picture."""

    __slots__ = ("at", "bad", "cold", "counts", "grid", "known", "suspect", "warm")

    def __init__(self, row: Sequence[Any]) -> None:
        _, self.at, flags, total, warm, *_ = row
        cause = CAUSES[(flags >> 4) % len(CAUSES)]
        self.known = cause != "line"
        self.bad = bool(cause) and self.known
        self.grid = not flags & _EXTRA
        self.suspect = bool(flags & _SUSPECT)
        self.counts = self.grid and self.known
        self.cold: int | None = None
        self.warm: int | None = None
        if not cause and not self.suspect:
            if flags & _COLD:
                self.cold, self.warm = total, warm
            else:
                self.warm = total
