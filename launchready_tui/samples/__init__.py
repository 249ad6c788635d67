"""What was watched: the types, the store that one process writes and many read, and a snapshot of it.

Above the probe, whose arithmetic it uses, and below the checks, which read it.
"""

from .model import (
    Cause,
    ChannelTest,
    Condition,
    Drill,
    Gap,
    Incident,
    Latest,
    Mark,
    Notice,
    Phases,
    Rollup,
    Sample,
    Target,
    Watcher,
)
from .reader import Point, Series, Stats, WatchReader
from .snapshot import Row, Snapshot, snapshot
from .store import PLACE, WatchStore

__all__ = [
    "PLACE",
    "Cause",
    "ChannelTest",
    "Condition",
    "Drill",
    "Gap",
    "Incident",
    "Latest",
    "Mark",
    "Notice",
    "Phases",
    "Point",
    "Rollup",
    "Row",
    "Sample",
    "Series",
    "Snapshot",
    "Stats",
    "Target",
    "WatchReader",
    "WatchStore",
    "Watcher",
    "snapshot",
]
