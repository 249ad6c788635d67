"""`launchready handover` and `launchready verify`: the bundle, and whether one is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import Common, common, pass_common
from .say import Exit, note
from .values import TO_FOLDER

if TYPE_CHECKING:
    from ..handover import Exported, Record
    from ..workspace import Workspace

_FILE = click.Path(dir_okay=False, path_type=Path)
TOLD = 20
"""Gaps that are named on the terminal; the folder names all."""


@click.command()
@click.option("--out", type=TO_FOLDER, metavar="DIR", help="Write it to DIR [default: the launch's folder].")
@click.option(
    "--profile",
    type=click.Choice(("founder", "team")),
    default="founder",
    show_default=True,
    help="Choose the readers; team leaves out names, contacts, hours and payers.",
)
@click.option(
    "--sign",
    "key",
    type=_FILE,
    metavar="KEY",
    help="Sign it with this SSH key (needs ssh-keygen of OpenSSH 8.1 or later).",
)
@click.option(
    "--offline", is_flag=True, help="Query no DNS; the zone file then contains the records that the checks saved."
)
@click.option(
    "--without-comparing",
    is_flag=True,
    help="Export although a stored credential cannot be read, so that no file could be searched for it.",
)
@common
@pass_common
def handover(
    said: Common, out: Path | None, profile: Any, key: Path | None, offline: bool, without_comparing: bool
) -> int:
    """Export the handover folder and its zip: what a founder needs to run the product alone, with every gap listed."""
    from ..handover import export, told

    ws = said.open()
    try:
        records = () if offline else fresh_records(ws)
        made = export(
            ws,
            out or ws.folder,
            now=ws.clock.now(),
            profile=profile,
            key=key,
            records=records,
            without_comparing=without_comparing,
        )
        note(told(made.uncompared) or "No file contains a stored credential, or what looks like a secret")
        verdict = ws.verdict()
        note(f"Verdict: {verdict.label}")
        for gap in made.gaps[:TOLD]:
            note(f"  missing: {gap.text}")
        if len(made.gaps) > TOLD:
            note(f"  and {len(made.gaps) - TOLD} more, listed in START-HERE.html")
        if made.gaps:
            note(f"{not_filled(made)}; the console shows where to fill in each")
        click.echo(str(made.folder))
        click.echo(str(made.zip))
        return Exit.FINE
    finally:
        ws.close()


def not_filled(made: Exported) -> str:
    """How much is missing, as the folder's own page counts it."""
    count = len(made.gaps)
    return f"{count} fact{'' if count == 1 else 's'} not filled in"


def fresh_records(ws: Workspace) -> tuple[Record, ...]:
    """The records of the launch's names as DNS answers now; nothing, and a word about it, where none answers."""
    import asyncio

    from ..handover import ask

    async def look() -> tuple[Record, ...]:
        async with ws.open_world() as world:
            return await ask(world, ws.launch)

    records = asyncio.run(look())
    if not any(record.data for record in records):
        note("DNS did not answer, so the zone file contains the records that the checks saved.")
    return records


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--key", type=_FILE, metavar="FILE", help="Verify the signature too, with this public key or allowed-signers file."
)
def verify(bundle: Path, key: Path | None) -> int:
    """Verify byte by byte that nothing in a handover folder or zip was changed, removed or added since its export."""
    from ..handover import verify as problems_of
    from ..text import for_terminal

    problems = problems_of(bundle, key=key)
    for problem in problems:
        click.echo(for_terminal(str(problem)))
    if problems:
        note(f"{bundle} differs from its export: {len(problems)} {'problem' if len(problems) == 1 else 'problems'}")
        return Exit.FOUND
    note(f"{bundle} is unchanged: every byte is as exported{', and signed by this key' if key else ''}")
    return Exit.FINE
