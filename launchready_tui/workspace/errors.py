"""What stops a workspace from opening, or a decision from being recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class NotTrusted(Exception):  # noqa: N818  a question to the user, not a mistake
    """This launch file was never used here. `summary` says what it would reach, so that somebody can decide; `given`
    is the hash that was allowed in its place."""

    def __init__(self, path: Path, sha256: str, summary: Any, given: str = "") -> None:
        self.path, self.sha256, self.summary = path, sha256, summary
        super().__init__(
            f"{path.name} is not the file that --trust allows: its SHA-256 is {sha256}, not {given}"
            if given
            else f"{path.name} is new on this computer or has changed. It decides where LaunchReady connects: review "
            f"its hosts, then allow this version (--trust {sha256}) or any (--trust)."
        )


class ReachError(ValueError):
    """An option or a setting says where to connect in a way that cannot be used."""


class DecisionError(ValueError):
    """A decision that the rules of the verdict do not allow, in plain words."""
