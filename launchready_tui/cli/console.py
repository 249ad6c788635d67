"""`launchready [DIR]`: the console."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from .options import Common, common, pass_common

NO_RUN = click.option("--no-run", is_flag=True, help="Run no check until a key asks for it.")


@click.command()
@click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="[DIR]"
)
@NO_RUN
@common
@pass_common
def console(said: Common, folder: Path | None = None, no_run: bool = False) -> int:
    """Open the console on the launch in DIR [default: this folder].

    Where no check has ever run, all of them start by themselves, if you have approved the launch file.
    """
    if folder is not None:
        said.folder = folder
    _needs_a_terminal()
    ws = said.open()
    try:
        from ..console.app import Console
        from ..console.ending import show

        return show(Console(ws, plain=said.ascii(sys.stdout), runs_first=not no_run and ws.approved))
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
