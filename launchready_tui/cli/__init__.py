"""The commands: a door to the same core as the console. Data goes to stdout, all else to stderr."""

from __future__ import annotations

import sys


def main() -> None:
    """The program `launchready`."""
    _stand_in()
    from .run import run
    from .say import Exit

    code: int = Exit.COULD_NOT_RUN
    try:
        code = run(sys.argv[1:])
    finally:
        # Whatever is still in the buffers must not turn a clean end into a traceback at shutdown.
        code = _flush(code)
    sys.exit(code)


def _stand_in() -> None:
    """Where the caller closed a standard stream, nothing is read from it and nothing is shown: the lowest free
    descriptor is its own."""
    import os
    from pathlib import Path

    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  it lives as long as the program


def _flush(code: int) -> int:
    import os

    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            try:
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            except (OSError, ValueError):
                return 3
            code = code or 3
    return code
