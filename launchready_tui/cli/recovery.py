"""`launchready recovery`: walks the path from log-in to notification, times each step, and keeps what was seen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from ..wording import plural
from .options import Common, common, pass_common
from .say import Exit, note

if TYPE_CHECKING:
    from ..trials import Walk
    from ..workspace import Workspace

CHECK = "handover.recovery"


@click.command()
@click.option("--steps", "only_show", is_flag=True, help="Show the steps without walking them.")
@click.option("--format", "shown", type=click.Choice(("text", "json")), default="text", show_default=True)
@common
@pass_common
def recovery(said: Common, only_show: bool, shown: str) -> int:
    """Walk the launch file's [[recovery_path]] as a test user: requests with captures and checks, mails that must
    arrive.

    It signs up, logs in and books in the product, so it needs --allow smoke and a recorded permission. The result is
    saved without bodies, captured values and credentials, and handover.recovery uses it for 30 days.

    \b
    Exit codes: 0 the whole path works, 1 a step fails, 2 wrong use or no consent.
    """
    from ..text import for_terminal
    from ..trials import Refused, encode
    from ..trials.walking import asked_of

    ws = said.open()
    try:
        if only_show:
            if not ws.launch.recovery_path:
                note("The launch file has no [[recovery_path]]; `launchready explain recovery_path` shows its keys")
            for number, step in enumerate(ws.launch.recovery_path, 1):
                click.echo(f"{number:>2}  {for_terminal(asked_of(step))}")
            return Exit.FINE
        try:
            walk = asyncio.run(_walk(ws))
        except Refused as why:
            raise click.UsageError(str(why)) from None
        if shown == "json":
            click.echo(encode(walk))
        else:
            _print(said, walk)
        return Exit.FOUND if walk.broken else Exit.FINE
    finally:
        ws.close()


async def walk_demo(ws: Workspace) -> None:
    """The demo's path, as a step of a walk through it: nothing leaves this machine, so nobody has to allow it."""
    from ..workspace.walks import walk_path

    walk = await walk_path(ws, lambda words: None, consent=True)
    problem = f"breaks at “{walk.broken.name}”" if walk.broken else f"works, {plural(walk.of, 'step')}"
    note(f"Path from log-in to notification: {problem} in {walk.seconds:.1f} s")


async def _walk(ws: Workspace) -> Walk:
    from ..workspace.walks import walk_path

    found = await walk_path(ws, note)
    async for _ in ws.run((CHECK,)):
        pass
    return found


def _print(said: Common, walk: Walk) -> None:
    ink = said.ink()
    for step in walk.steps:
        glyph = ink.glyph("fail" if step.problem else "pass")
        words = step.problem or step.asked
        click.echo(ink.finish(f"{glyph} {step.ms:>6} ms  {ink.fit(f'{step.name}: {words}', 14)}").rstrip())
    if len(walk.steps) < walk.of:
        click.echo(f"  not tried after it: {plural(walk.of - len(walk.steps), 'step')}")
    click.echo(f"{walk.seconds:.1f} s in total, as {walk.address}; saved")
