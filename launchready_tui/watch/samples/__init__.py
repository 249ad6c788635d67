"""What was watched: the types, the store that one process writes and many read, and a snapshot of it.

Above the probe, whose arithmetic it uses, and below the checks, which read it.
"""

from .feed import Feed, Shot, View
from .model import (
    STUCK_AFTER,
    Acknowledged,
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
    Traffic,
    Watcher,
    Way,
    silent,
)
from .reader import Point, Series, Stats, WatchReader
from .snapshot import Row, Snapshot, snapshot
from .store import WatchStore

__all__ = [
    "STUCK_AFTER",
    "Acknowledged",
    "Cause",
    "ChannelTest",
    "Condition",
    "Drill",
    "Feed",
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
    "Shot",
    "Snapshot",
    "Stats",
    "Target",
    "Traffic",
    "View",
    "WatchReader",
    "WatchStore",
    "Watcher",
    "Way",
    "silent",
    "snapshot",
]
