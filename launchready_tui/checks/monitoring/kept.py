"""Opening the watch for a check. Where nothing is watched from here that is a fact and no fault: a hosted monitor does
as well."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...findings import Evidence, Finding
from ...journal import JournalError
from ...launch.problems import NewerFile
from ...watch import PLACE
from ...watch.samples import Incident, WatchReader
from ..base import Say

if TYPE_CHECKING:
    from datetime import datetime

    from ...launch.model import Launch
    from ...world import World

WATCH = "watch"
"""The subject of what is about the watch as a whole."""


@contextlib.contextmanager
def the_watch(world: World) -> Iterator[WatchReader | Exception | None]:
    """The watch of this launch; None where there is none, an error where it cannot be read."""
    if world.folder is None:
        yield None
        return
    try:
        reader = WatchReader(world.folder / PLACE)
    except FileNotFoundError:
        yield None
        return
    except (JournalError, NewerFile, OSError) as problem:
        yield problem
        return
    try:
        yield reader
    finally:
        reader.close()


def never_watched(reader: WatchReader) -> bool:
    """A file that only holds marks or drills: nobody ever watched from here."""
    return reader.watcher() is None


def troubles(reader: WatchReader, now: datetime) -> tuple[dict[int, Incident], dict[int, Incident]]:
    """Open incidents by target: those that the running watch has seen itself, and those that only an ended one saw."""
    watcher = reader.watcher()
    sure: dict[int, Incident] = {}
    before: dict[int, Incident] = {}
    for one in reader.open_incidents():
        last = reader.last(one.target)
        since = watcher.started_at if watcher is not None and watcher.alive(now) else now
        (sure if last is not None and last.sample.known and last.sample.at >= since else before)[one.target] = one
    return sure, before


def nothing(say: Say, launch: Launch) -> Finding:
    """Nothing is watched from here: a fact. A person who has a monitor confirms the check."""
    monitor = launch.watch.monitor
    if not monitor:
        return say.info("not-watched", WATCH)
    return say.info(
        "not-watched", WATCH, "hosted", evidence=[Evidence.of("monitor", monitor, source="launchready.toml")]
    )


def unreadable(say: Say, problem: Exception) -> Finding:
    """The watch is there and cannot be read."""
    return say.unknown("unreadable", WATCH, "watch", evidence=[Evidence.of("problem", str(problem), source=str(PLACE))])
