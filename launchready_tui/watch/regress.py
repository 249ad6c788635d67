"""After a deploy: each target's answers against those before it, at planned counts; what is slower is told once."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..launch.model import Launch
from ..secrets import without_tokens
from .compare import LOOKS, Comparison, compare
from .rules import other_notices
from .samples import Mark, Notice, Target, WatchReader

SETTLE = timedelta(seconds=60)
"""Servers that just started are slow; that is no regression."""
LOOK_BACK = timedelta(hours=24)
LOOK_FOR = timedelta(hours=6)
MOST = 300


def compared(reader: WatchReader, target: int, mark: Mark, until: datetime, *, most: int = MOST) -> Comparison:
    """A target's timed answers in the day before the deploy, the newest of them, against the first ones after it has
    settled."""
    before_since = mark.at - LOOK_BACK
    earlier = [
        one.at
        for one in reader.marks(before_since, mark.at - timedelta(seconds=1))
        if one.kind != "failed" and one.sha != mark.sha
    ]
    before_since = max([before_since, *(at + SETTLE for at in earlier)])
    before = [
        one for one in reader.samples(target, before_since, mark.at) if one.ok and not one.suspect and not one.held
    ]
    after = [
        one for one in reader.samples(target, mark.at + SETTLE, until) if one.ok and not one.suspect and not one.held
    ]
    warm_before = [one.warm if one.cold else one.total for one in before]
    warm_after = [one.warm if one.cold else one.total for one in after]
    connects = tuple(
        [one.phases.connect for one in part if one.phases.connect is not None][-most:] for part in (before, after)
    )
    return compare(
        [value for value in warm_before if value is not None][-most:],
        [value for value in warm_after if value is not None][:most],
        (connects[0], connects[1]),
    )


class Regressions:
    """Looks once a minute whether a planned count is reached."""

    def __init__(self, reader: WatchReader, launch: Launch) -> None:
        self._reader = reader
        self._launch = launch
        self._looked: dict[tuple[int, int], int] = {}

    def look(self, targets: list[Target], mark: Mark | None, now: datetime) -> list[list[Notice]]:
        """The messages of what was found slower just now, one list a target. For a thread: each comparison costs some
        10 ms."""
        if mark is None or now - mark.at > LOOK_FOR:
            return []
        found = []
        for target in targets:
            reached = self._reached(target, mark, now)
            if reached <= self._looked.get((mark.id, target.id), 0):
                continue
            self._looked[mark.id, target.id] = reached
            seen = compared(self._reader, target.id, mark, now, most=max(MOST, reached))
            if seen.word == "slower":
                words = (
                    f"{self._launch.name}: {target.name} is slower since deploy "
                    f"{mark.sha[:12] or mark.at.strftime('%H:%M')}"
                )
                text = f"{seen.sentence}\nControl: {seen.control}\nWhere: {without_tokens(target.url)}"
                what = f"{mark.id}-{target.id}"
                found.append(other_notices(self._launch.alerts, "regression", what, target.name, words, text, now))
        return found

    def _reached(self, target: Target, mark: Mark, now: datetime) -> int:
        """The greatest planned count that the answers after the deploy have reached."""
        after = len(self._reader.warm_values(target.id, mark.at + SETTLE, now))
        return max((look for look in LOOKS if after >= look), default=0)
