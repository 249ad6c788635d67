"""`launchready day`: launch day at a terminal that has no console: the plan, the log, a line for the log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import Common, common, pass_common
from .say import Exit, note
from .values import TO_FILE

if TYPE_CHECKING:
    from ..handover.day import Day


@click.command()
@click.option("--note", "words", default="", metavar="TEXT", help="Append a line to the log, with the time and your name.")
@click.option("--at", "checkpoint", default="", metavar="T-60m", help="The line says that this checkpoint was gone through.")
@click.option("--log", "log_file", type=TO_FILE, metavar="FILE", help="Write the log there (Markdown).")
@common
@pass_common
def day(said: Common, words: str, checkpoint: str, log_file: Path | None) -> int:
    """Show launch day: what is looked at when and how it stands, who decides, how to close and go back, and what happened."""
    from ..handover import day as room

    ws = said.open()
    try:
        now = ws.clock.now()
        if words:
            known = {one.moment.key for one in room.day(ws, now=now).stops}
            if checkpoint and checkpoint not in known:
                raise click.UsageError(f"there is no checkpoint {checkpoint}; there are {', '.join(sorted(known))}")
            kind = "checkpoint" if checkpoint else "note"
            room.note(ws, words, by=ws.options.recorded_by, now=now, kind=kind, checkpoint=checkpoint)
            note("kept")
        elif log_file is not None:
            room.export_log(ws, str(log_file))
            note(f"written {log_file}")
        else:
            _show(room.day(ws, now=now))
        return Exit.FINE
    finally:
        ws.close()


def _show(made: Day) -> None:
    from ..clock import span, stamp
    from ..text import for_terminal

    if made.until_launch is None:
        click.echo("No launch moment is written down: [plan] launch_at in inventory.toml")
    else:
        ahead = made.until_launch.total_seconds()
        when = f"in {span(ahead)}" if ahead >= 0 else f"{span(-ahead)} ago"
        click.echo(f"Launch {stamp(made.launch_at or made.at)}, {when}")
    said = f"{made.said.answer}, {made.said.by}, {stamp(made.said.on)}" if made.said else "not said yet"
    click.echo(for_terminal(f"Go or no-go: {said} (decides: {made.decider or 'nobody is named'}); checks say {made.verdict.label}"))
    click.echo("")
    for stop in made.stops:
        mark = {"now": ">", "past": "x" if stop.done else "-", "ahead": " ", "open": " "}[stop.phase]
        when = stamp(stop.moment.at) if stop.moment.at else ""
        click.echo(for_terminal(f"{mark} {stop.moment.key:<7} {when:<24}{stop.moment.checkpoint.title}: {stop.state}"))
    click.echo("")
    click.echo(for_terminal(f"Close the doors: {made.kill_switch or 'not written down'}"))
    click.echo(for_terminal(f"Go back: {made.rollback or 'not written down'}"))
    for line in made.log:
        click.echo(for_terminal(f"{stamp(line.at)} {line.by}: {line.text}"))
