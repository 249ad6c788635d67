"""`launchready [DIR]`: the console."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from .options import Common, common, pass_common
from .say import Exit


@click.command()
@click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="[DIR]"
)
@common
@pass_common
def console(said: Common, folder: Path | None = None) -> int:
    """Open the console on the launch in DIR [default: this folder]."""
    if folder is not None:
        said.folder = folder
    _needs_a_terminal()
    ws = said.open()
    try:
        from ..console.app import Console

        answer = Console(ws, plain=said.ascii(sys.stdout)).run()
        return answer if isinstance(answer, int) else Exit.FINE
    finally:
        ws.close()


def has_terminal() -> bool:
    """Whether the console could draw (it does so on standard error) and be typed at."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def _needs_a_terminal() -> None:
    """The console draws on a terminal; without one the head-less commands are named."""
    if not has_terminal():
        raise click.UsageError(f"the console needs a terminal; {_WITHOUT}")
    if os.environ.get("TERM") == "dumb":
        raise click.UsageError(f"the console needs a terminal with cursor control, and TERM=dumb has none; {_WITHOUT}")


_WITHOUT = "`launchready check` and `launchready demo --headless` need none"
