"""`launchready next`: the one next step of a launch, and the command that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import Common, common, pass_common
from .say import Exit

if TYPE_CHECKING:
    from ..verdict import Step

_COMMANDS = {
    "mail": "launchready mail test --allow mail",
    "path": "launchready recovery --allow smoke",
    "watch": "launchready watch",
    "drill": "launchready watch drill",
    "prove": "launchready watch test",
    "deploy": "launchready deploy mark",
    "answer": "launchready questions --out questions.md",
    "sign": "launchready sign go --by PERSON",
    "export": "launchready handover --out DIR",
    "permission": "launchready explain permission",
    "repository": "launchready explain repository",
    "alert": "launchready explain alerts",
    "entry": "launchready inventory",
    "plan": "launchready day",
}
"""The command for each form of a step; what is written by hand has the one that shows how."""


def command_of(step: Step) -> str:
    """The command that does a step; empty where there is nothing left, or only a hand can do it."""
    if step.kind == "run":
        return f"launchready check {' '.join(step.checks)}" if len(step.checks) <= _NAMED else "launchready check"
    if step.kind == "fix" and not step.form:
        return f"launchready check {step.check}"
    return _COMMANDS.get(step.form, "")


_NAMED = 5
"""More checks than these are run all at once."""


@click.command("next")
@common
@pass_common
def next_(said: Common) -> int:
    """Show the one next step towards a GO, why it comes now, and the command that does it.

    It is the step that `n` takes in the console. A step without a command is done by hand; then the command checks it.

    \b
    Exit codes: 0 nothing is left to do, 1 something is.
    """
    from ..text import for_terminal

    ws = said.open()
    try:
        step = ws.next_step()
    finally:
        ws.close()
    click.echo(for_terminal(step.text))
    why = f"{step.why}; {step.note}" if step.why and step.note else step.why or step.note
    for label, words in (("why", why), ("command", command_of(step))):
        if words:
            click.echo(f"  {label:8} {for_terminal(words)}")
    return Exit.FINE if step.kind == "done" else Exit.FOUND
