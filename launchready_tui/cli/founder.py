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
@click.option("--out", type=TO_FILE, metavar="FILE", help="Write to FILE (Markdown), not to stdout.")
@common
@pass_common
def questions(said: Common, out: Path | None) -> int:
    """Write one file with every question that only a person can answer: send it, have it completed in any editor, and
    import it with `launchready answers`."""
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
                f"{count} questions written to {out}; import the answers with `launchready answers {out.name} "
                "--from PERSON`"
            )
        return Exit.FINE
    finally:
        ws.close()


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "by", required=True, metavar="PERSON", help="Name who answered: an id or name in people.toml.")
@click.option("--dry-run", is_flag=True, help="Show what would be written and what is unusable; write nothing.")
@common
@pass_common
def answers(said: Common, file: Path, by: str, dry_run: bool) -> int:
    """Import a completed question file: confirmations and inventory entries record who answered and who imported them.

    \b
    Exit codes: 0 all answers used, 1 some were unusable (they are listed), 2 wrong use.
    """
    from ..handover.questions import read, take
    from ..text import for_terminal

    if file.stat().st_size > _LARGEST:
        raise click.UsageError(f"{file} is too large to be a question file")
    found = read(file.read_text("utf-8-sig", "replace"))
    if not found:
        note(f"{file} contains no answers yet")
        return Exit.FOUND
    ws = said.open()
    try:
        taken = take(ws, found, by, file=file.name, dry=dry_run)
        for sentence in taken.done:
            click.echo(for_terminal(sentence))
        for problem in taken.problems:
            note(str(problem))
        if dry_run:
            note("Nothing was written (--dry-run)")
        return Exit.FOUND if taken.problems else Exit.FINE
    finally:
        ws.close()


@click.command()
@click.argument("what", metavar="go|no-go|LINE")
@click.option("--by", required=True, metavar="PERSON", help="Sign as PERSON, an id in people.toml.")
@click.option(
    "--note", "reason", default="", metavar="TEXT", help="Give a reason; required for go when the verdict is NO-GO."
)
@common
@pass_common
def sign(said: Common, what: str, by: str, reason: str) -> int:
    """Sign the go or no-go, or a line of the handover checklist (such as owns.registrar or handover.backups).

    Only the person named in the plan ([plan] decider in inventory.toml) can sign go or no-go.
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
    note(f"Signed: {made.what} {made.answer}, {made.by}; recorded by {made.recorded_by}")
    return Exit.FINE
