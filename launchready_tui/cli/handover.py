"""`launchready handover` and `launchready verify`: the bundle, and whether one is whole."""

from __future__ import annotations

from pathlib import Path

import click

from .options import Common, common, pass_common
from .say import Exit, note


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where it goes; default: the launch's folder.")
@common
@pass_common
def handover(said: Common, out: Path | None) -> int:
    """Write the handover folder and its zip: what a founder needs to run the product alone, with every gap in sight."""
    from ..handover import export

    ws = said.open()
    try:
        made = export(ws, out or ws.folder, now=ws.clock.now())
        verdict = ws.verdict()
        note(f"Verdict: {verdict.label}")
        for gap in made.gaps:
            note(f"  not filled: {gap.text}")
        if made.gaps:
            note(f"{len(made.gaps)} gaps; the console leads to the place where each is filled")
        click.echo(str(made.folder))
        click.echo(str(made.zip))
        return Exit.FINE
    finally:
        ws.close()


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
def verify(bundle: Path) -> int:
    """Test a handover folder or zip byte by byte: nothing changed, missing or added since the export."""
    from ..handover import verify as problems_of
    from ..text import for_terminal

    problems = problems_of(bundle)
    for problem in problems:
        click.echo(for_terminal(str(problem)))
    if problems:
        note(f"{bundle} is not what was exported: {len(problems)} {'problem' if len(problems) == 1 else 'problems'}")
        return Exit.FOUND
    note(f"{bundle} is whole: every byte is as it was exported")
    return Exit.FINE
