"""Access and application logs, read as a stream: counted by route, grouped by kind of failure, and nothing personal
kept.

What leaves this room is counts, route templates, masked signatures and line numbers. A line itself never does.
"""

from .follow import Batch, Follower, Place, Tick
from .model import Group, Personal, Reading, RouteRow, Source
from .read import read, read_lines

__all__ = [
    "Batch",
    "Follower",
    "Group",
    "Personal",
    "Place",
    "Reading",
    "RouteRow",
    "Source",
    "Tick",
    "read",
    "read_lines",
]
