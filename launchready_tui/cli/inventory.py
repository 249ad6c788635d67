"""`launchready inventory` and `launchready without`: what is written down, what could be, and what one person holds
up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import Common, common, pass_common
from .say import Exit, note

if TYPE_CHECKING:
    from ..workspace import Workspace


@click.command()
@click.option(
    "--take",
    is_flag=True,
    help="Write the proposals into inventory.toml; owners and payers are left for you to fill in.",
)
@common
@pass_common
def inventory(said: Common, take: bool) -> int:
    """Show the recorded systems, access, backups and recovery cards, and what the checks found in addition.

    With --take the proposals are written: systems that were found, and a recovery card for each of nine usual
    breakdowns.
    """
    from ..handover import proposals
    from ..handover import take as merged

    ws = said.open()
    try:
        _list(ws)
        found = proposals(ws)
        for one in found:
            click.echo(f"proposed  {_plain(one.title)}: {_plain(one.why)}")
        if take and found:
            ws.save_inventory(merged(ws.inventory, found))
            note(f"{len(found)} entries added: fill in account owners, payers and access (console, key p)")
        elif found:
            note(f"{len(found)} proposals; --take writes them into inventory.toml")
        return Exit.FINE
    finally:
        ws.close()


def _list(ws: Workspace) -> None:
    from ..handover.words import CATEGORIES

    for system in ws.inventory.systems:
        gets_in = len({one.person for one in ws.inventory.access if one.system == system.id})
        payer = f"paid by {system.billing_owner}" if system.billing_owner else "payer not named"
        pays = "free" if system.no_bill else payer
        click.echo(
            f"system    {_plain(system.name or system.id)} ({CATEGORIES[system.category]}): {gets_in} with access, "
            f"{_plain(pays)}"
        )
    for backup in ws.inventory.backups:
        click.echo(f"backup    {_plain(backup.store)}: restored {backup.last_restore_test or 'never'}")
    for card in ws.inventory.recovery:
        click.echo(f"card      {_plain(card.title)}: tried {card.rehearsed or 'never'}")


@click.command()
@click.argument("person")
@click.option("--format", "kind", type=click.Choice(("text", "json")), default="text", show_default=True)
@common
@pass_common
def without(said: Common, person: str, kind: str) -> int:
    """Show what breaks when PERSON (an id in people.toml) leaves, and what to do first.

    \b
    Exit codes: 0 nothing breaks, 1 something does, 2 wrong use.
    """
    import difflib

    from ..handover import without as look

    ws = said.open()
    try:
        known = {one.id for one in ws.people.people} | {one.person for one in ws.inventory.access}
        if person not in known:
            near = difflib.get_close_matches(person, sorted(known), n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known)) or 'no one yet'}"
            raise click.UsageError(f"no one has the id {person!r}; {hint}")
        found = look(ws, person)
        if kind == "json":
            import json

            rows = [
                {"area": one.area, "what": one.what, "severity": str(one.severity), "first": one.first}
                for one in found.breaks
            ]
            told = {"schema": 1, "person": person, "breaks": rows, "systems": list(found.systems)}
            click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            for one in found.breaks:
                click.echo(f"{one.severity!s:<8} {one.area:<13} {_plain(one.what)}")
            if found.breaks:
                click.echo("\nFirst:")
            for number, words in enumerate(found.first, 1):
                click.echo(f"{number:>3}. {_plain(words)}")
            if found.systems:
                click.echo(f"\nOn their last day, close their access to: {', '.join(map(_plain, found.systems))}")
        if not found.breaks:
            note(f"Nothing breaks without {person}, according to the inventory")
        return Exit.FOUND if found.breaks else Exit.FINE
    finally:
        ws.close()


def _plain(words: str) -> str:
    from ..text import for_terminal

    return for_terminal(words)
