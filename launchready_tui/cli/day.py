"""`launchready day`: launch day at a terminal that has no console: the plan, the log, a line for the log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..findings import State
from .options import Common, common, pass_common
from .say import Exit, note
from .values import TO_FILE

if TYPE_CHECKING:
    from ..handover.day import Day, Stop
    from ..launch.plan import Moment


@click.command()
@click.option(
    "--note", "words", default="", metavar="TEXT", help="Append a line to the log, with the time and your name."
)
@click.option(
    "--at",
    "checkpoint",
    default="",
    metavar="CHECKPOINT",
    help="With --note: mark this checkpoint as done. Counted from the launch, such as "
    "T-24h, T-1h (or T-60m), T0, T+15m.",
)
@click.option("--log", "log_file", type=TO_FILE, metavar="FILE", help="Write the log to FILE (Markdown).")
@common
@pass_common
def day(said: Common, words: str, checkpoint: str, log_file: Path | None) -> int:
    """Show the launch-day plan: checkpoints and their state, who decides, how to close and roll back, and the log."""
    from ..handover import day as room

    ws = said.open()
    try:
        now = ws.clock.now()
        if checkpoint and not words:
            raise click.UsageError('--at needs --note "what you saw": the text of the line in the log')
        if words:
            checkpoint = _checkpoint(checkpoint, [one.moment for one in room.day(ws, now=now).stops])
            kind = "checkpoint" if checkpoint else "note"
            room.note(ws, words, by=ws.options.recorded_by, now=now, kind=kind, checkpoint=checkpoint)
            note("kept")
        elif log_file is not None:
            room.export_log(ws, str(log_file))
            note(f"wrote {log_file}")
        else:
            _show(room.day(ws, now=now))
        return Exit.FINE
    finally:
        ws.close()


def _checkpoint(said: str, known: list[Moment]) -> str:
    """The checkpoint as the log names it, however its distance from the launch was written. Raises UsageError."""
    from ..launch.plan import offset

    if not said:
        return ""
    try:
        minutes = offset(said)
    except ValueError:
        minutes = None
    found = next((one for one in known if minutes is not None and one.checkpoint.offset_min == minutes), None)
    if found is None:
        raise click.UsageError(f"no checkpoint is named {said}; known: {', '.join(one.key for one in known)}")
    return found.key


def _show(made: Day) -> None:
    from ..clock import span, stamp
    from ..text import for_terminal

    if made.until_launch is None:
        click.echo("The launch time is not recorded: set [plan] launch_at in inventory.toml")
    else:
        ahead = made.until_launch.total_seconds()
        when = f"in {span(ahead)}" if ahead >= 0 else f"{span(-ahead)} ago"
        click.echo(f"Launch {stamp(made.launch_at or made.at)}, {when}")
    said = f"{made.said.answer}, {made.said.by}, {stamp(made.said.on)}" if made.said else "not decided yet"
    click.echo(
        for_terminal(
            f"Go or no-go: {said} (decider: {made.decider or 'no one named'}); the checks: {made.verdict.label}"
        )
    )
    click.echo("")
    for stop in made.stops:
        mark = {"now": ">", "past": "x" if stop.done else "-", "ahead": " ", "open": " "}[stop.phase]
        when = stamp(stop.moment.at) if stop.moment.at else ""
        # Set in columns outside what is cleaned: cleaning makes one blank of many.
        title = for_terminal(stop.moment.checkpoint.title)
        click.echo(f"{mark} {stop.moment.key:<7} {when:<24}{title}: {_counted(stop)}")
    click.echo("")
    click.echo(for_terminal(f"Take offline: {made.kill_switch or 'not recorded'}"))
    click.echo(for_terminal(f"Roll back: {made.rollback or 'not recorded'}"))
    for line in made.log:
        click.echo(for_terminal(f"{stamp(line.at)} {line.by}: {line.text}"))


def _counted(stop: Stop) -> str:
    """How the checkpoint's checks stand, in words: the worst first."""
    counts = stop.counts
    said = ((State.FAIL, "with problems"), (State.UNKNOWN, "without a result"), (State.WARN, "with warnings"))
    parts = [f"{counts[state]} {words}" for state, words in said if counts.get(state)]
    fine = sum(counts.values()) - sum(counts.get(state, 0) for state, _ in said)
    parts += [f"{fine} fine"] if fine else []
    checks = f"{sum(counts.values())} check{'' if sum(counts.values()) == 1 else 's'}"
    return f"{checks}: {', '.join(parts)}" if parts else "nothing to check"
