"""Planned silence of a workspace's watch: begun and ended by hand, beside those of the launch file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..launch.silences import LENGTH_WORDS, length
from ..text import clean, shorten
from ..watch import PLACE, silence
from ..watch.samples import WatchReader, WatchStore
from ..watch.targets import targets_of

if TYPE_CHECKING:
    from . import Workspace


class QuietError(ValueError):
    """What was asked for cannot be; the text says what can."""


def begin_quiet(ws: Workspace, long: str, why: str, targets: Sequence[str] = ()) -> silence.Silence:
    """From now on, for `20m` or the like. Raises QuietError, StoreError, NewerFile."""
    lasts = length(long)
    if lasts is None:
        raise QuietError(f"{clean(long)!r} is not {LENGTH_WORDS}")
    known = [target.name for target in targets_of(ws.launch)]
    unknown = [name for name in targets if name not in known]
    if unknown:
        raise QuietError(f"no target is named {clean(unknown[0])!r}; watched: {', '.join(known)}")
    now = ws.clock.now()
    made = silence.Silence(since=now, until=now + lasts, why=shorten(clean(why), 200), targets=tuple(targets))
    store = WatchStore.open(ws.folder / PLACE)
    try:
        silence.be_quiet(store, made)
    finally:
        store.close()
    return made


def end_quiet(ws: Workspace) -> int:
    """Ends what was begun by hand. How many. Raises StoreError, NewerFile."""
    if not (ws.folder / PLACE).exists():
        return 0
    store = WatchStore.open(ws.folder / PLACE)
    try:
        return silence.end_quiet(store, ws.clock.now())
    finally:
        store.close()


def planned_silences(ws: Workspace) -> tuple[silence.Silence, ...]:
    """What is on or still to come, from the launch file and by hand, in order. Raises StoreError, NewerFile."""
    hand: tuple[silence.Silence, ...] = ()
    if (ws.folder / PLACE).exists():
        with WatchReader(ws.folder / PLACE) as reader:
            hand = silence.by_hand(reader)
    now = ws.clock.now()
    known = (*silence.planned(ws.launch), *hand)
    return tuple(sorted((one for one in known if one.until > now), key=lambda one: one.since))
