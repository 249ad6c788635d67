"""The founder's side: a sheet of questions to send, answers read back with their author, and signatures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import Common, common, pass_common
from .say import Exit, note
from .values import TO_FILE

_LARGEST = 1024 * 1024


@click.command()
@click.option("--out", type=TO_FILE, metavar="FILE", help="Write it there (Markdown), not to stdout.")
@common
@pass_common
def questions(said: Common, out: Path | None) -> int:
    """Write one file with every question that only a person can answer, to be sent, filled in with any editor, and
    read back."""
    from ..handover.questions import questions as asked
    from ..handover.questions import sheet

    ws = said.open()
    try:
        words = sheet(ws, now=ws.clock.now())
        count = len(asked(ws))
        if out is None:
            click.echo(words, nl=False)
        else:
            from ..launch.atomic import write_atomically

            write_atomically(out, words)
            note(
                f"{count} questions written to {out}; read the answers back with `launchready answers {out.name} "
                "--from PERSON`"
            )
        return Exit.FINE
    finally:
        ws.close()


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "by", required=True, metavar="PERSON", help="Who answered: an id or name of people.toml.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and what could not be used; write nothing.")
@common
@pass_common
def answers(said: Common, file: Path, by: str, dry_run: bool) -> int:
    """Read a filled sheet back: confirmations and inventory get their author; who wrote them down is recorded too.

    \b
    Exit codes: 0 all used, 1 some could not be (they are named), 2 wrong use.
    """
    from ..handover.questions import read, take
    from ..text import for_terminal

    if file.stat().st_size > _LARGEST:
        raise click.UsageError(f"{file} is larger than any sheet of questions")
    found = read(file.read_text("utf-8-sig", "replace"))
    if not found:
        note(f"{file} holds no answer yet")
        return Exit.FOUND
    ws = said.open()
    try:
        taken = take(ws, found, by, file=file.name, dry=dry_run)
        for sentence in taken.done:
            click.echo(for_terminal(sentence))
        for problem in taken.problems:
            note(str(problem))
        if dry_run:
            note("Nothing was written; without --dry-run it is")
        return Exit.FOUND if taken.problems else Exit.FINE
    finally:
        ws.close()


@click.command()
@click.argument("what", metavar="go|no-go|LINE")
@click.option("--by", required=True, metavar="PERSON", help="Whose name it carries: an id of people.toml.")
@click.option("--note", "reason", default="", metavar="TEXT", help="Why; needed for go where the checks say NO-GO.")
@common
@pass_common
def sign(said: Common, what: str, by: str, reason: str) -> int:
    """Put a name under the go or no-go, or under a line of the handover checklist (such as owns.registrar,
    handover.backups).

    Go and no-go are said by the person named in the plan ([plan] decider in inventory.toml).
    """
    from ..handover import signing

    ws = said.open()
    try:
        answer: Any = what if what in ("go", "no-go") else "signed"
        line = "go-no-go" if answer != "signed" else what
        made = signing.sign(ws, line, answer, by, recorded_by=ws.options.recorded_by, now=ws.clock.now(), note=reason)
    except signing.NotSigned as why:
        raise click.UsageError(str(why)) from why
    finally:
        ws.close()
    note(f"Signed: {made.what} {made.answer}, {made.by}; written down by {made.recorded_by}")
    return Exit.FINE
