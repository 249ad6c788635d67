"""A version that changes is a deploy that reached users: seen, not told, so it catches those that nobody marked."""

from __future__ import annotations

NEW_AFTER = 2
BACK_AFTER = 4
"""A release that was live before is taken for a rollback only when it stays: while servers change over, old and new
answer in turns."""


class Versions:
    """The versions that one target has named. `see` answers with the one it replaced when a new one is sure."""

    def __init__(self, current: str = "") -> None:
        self.current = current
        self._known = {current} if current else set()
        self._candidate = ""
        self._times = 0

    def see(self, version: str) -> str | None:
        """Takes what an answer named. Returns the version before when another one is live now, else None; the first
        one is no change."""
        if not version:
            return None
        if not self.current:
            self.current = version
            self._known.add(version)
            return None
        if version == self.current:
            self._times = 0
            return None
        self._times = self._times + 1 if version == self._candidate else 1
        self._candidate = version
        if self._times < (BACK_AFTER if version in self._known else NEW_AFTER):
            return None
        before, self.current = self.current, version
        self._known.add(version)
        self._times = 0
        return before
