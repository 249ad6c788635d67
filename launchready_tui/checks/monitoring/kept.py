"""Opening the watch for a check. Where nothing is watched from here that is a fact and no fault: a hosted monitor does
as well."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...findings import Evidence, Finding, Remedy
from ...journal import JournalError
from ...launch.problems import NewerFile
from ...watch.samples import PLACE, WatchReader
from ..base import Say

if TYPE_CHECKING:
    from ...launch.model import Launch
    from ...world import World

WATCH = "watch"
"""The subject of what is about the watch as a whole."""
_WAYS = Remedy(
    text=(
        "Simplest: one hosted uptime monitor with one chat channel, named in the launch file and confirmed here. "
        "Or let `launchready watch` run on a machine of yours that stays on"
    ),
    paste='[watch]\nmonitor = "https://status.example.com/"\nmonitor_owner = "founder"',
    where="launchready.toml",
)


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


def nothing(say: Say, launch: Launch) -> Finding:
    """Nothing is watched from here: a fact. A person who has a monitor confirms the check."""
    monitor = launch.watch.monitor
    if monitor:
        return say.info(
            "not-watched",
            WATCH,
            "The launch file names a hosted monitor; whether it does this, somebody has to confirm who looks at it",
            evidence=[Evidence.of("monitor", monitor, source="launchready.toml")],
            remedy=Remedy(text="Open the monitor, look, and confirm it here with the address of what you saw"),
        )
    return say.info("not-watched", WATCH, "Nothing was watched from here yet", remedy=_WAYS)


def unreadable(say: Say, problem: Exception) -> Finding:
    """The watch is there and cannot be read."""
    return say.unknown(
        "unreadable",
        WATCH,
        "What was watched cannot be read",
        evidence=[Evidence.of("problem", str(problem), source=str(PLACE))],
    )
