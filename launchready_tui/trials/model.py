"""What is kept of one walk: each step with what was seen and how long it took. No body, no captured value, no
credential."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from ..launch.model import PathStep

KIND = "recovery-path"
"""The journal keeps walks under this name."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One step as it went. `asked` is written with its blanks, not with what was filled in."""

    name: str
    asked: str
    ms: int
    status: int | None = None
    problem: str = ""
    """Why the step does not hold, in words; empty where it does."""


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """One walk. The steps after the first that does not hold were not tried."""

    started_at: datetime
    seconds: float
    steps: tuple[Seen, ...]
    of: int
    """How many steps the path has."""
    digest: str
    """Of the steps as the launch file had them then."""
    address: str
    """The test address that the run used."""
    via: str = ""

    @property
    def broken(self) -> Seen | None:
        """The step that does not hold."""
        return next((step for step in self.steps if step.problem), None)


def digest_of(steps: Sequence[PathStep]) -> str:
    """What a walk belongs to: other steps are another path."""
    return hashlib.sha256(msgspec.json.encode(steps)).hexdigest()[:16]


def encode(walk: Walk) -> str:
    """As the journal keeps it."""
    return msgspec.json.encode(walk).decode()


def walk_of(body: str) -> Walk:
    """From the journal. Raises msgspec.MsgspecError for what is none."""
    return msgspec.json.decode(body, type=Walk)
