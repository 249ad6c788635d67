"""A mistake of ours, written down so that it can be reported: where it happened, and no value."""

from __future__ import annotations

import platform
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from ..launch.atomic import CannotWrite, write_atomically
from .run import reference

NAME = "crash.log"
"""In the state folder; the newest only."""


def keep_crash(error: BaseException, state: Path, doing: Mapping[str, str]) -> Path | None:
    """Writes the places that an error and its causes came through, by file, line and function, into the state folder,
    with what was being done. No message, no line of code and no local. None where it could not be written."""
    lines = [
        f"reference: {reference(error)}",
        f"at: {datetime.now(UTC).isoformat(timespec='seconds')}",
        f"launchready-tui {version('launchready-tui')}, Python {platform.python_version()}, {platform.system()}",
        *(f"{name}: {told}" for name, told in doing.items()),
    ]
    seen: BaseException | None = error
    while seen is not None:
        lines += ["", type(seen).__name__]
        lines += [
            f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(seen.__traceback__)
        ]
        seen = seen.__cause__ or seen.__context__
    path = state / NAME
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, "\n".join([*lines, ""]).encode("utf-8", "replace"), mode=0o600)
    except (CannotWrite, OSError):
        return None
    return path
