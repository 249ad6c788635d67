"""`launchready paths`: where everything lies."""

from __future__ import annotations

from pathlib import Path

import click

from .options import Common, common, pass_common
from .say import Exit


@click.command()
@common
@pass_common
def paths(said: Common) -> int:
    """Show where every file is, and whether it exists."""
    rows = places(said.where)
    width = max(len(name) for name, _, _ in rows)
    for name, path, about in rows:
        there = "" if path.exists() else "  (does not exist)"
        click.echo(f"{name:{width}}  {path}{there}")
        click.echo(f"{'':{width}}    {about}")
    return Exit.FINE


def places(folder: Path) -> list[tuple[str, Path, str]]:
    """Name, path and purpose of every file and folder that LaunchReady reads or writes."""
    from ..launch.decisions import DecisionsFile
    from ..launch.inventory import InventoryFile
    from ..launch.load import find
    from ..launch.people import PeopleFile
    from ..launch.records import DRAFTS, KEPT_LOGS, VIEW
    from ..launch.trust import Trust, state_dir
    from ..watch import PLACE
    from ..workspace import JOURNAL
    from ..workspace.crashes import NAME
    from ..workspace.watching import LOG

    base = folder.resolve()
    state = state_dir()
    return [
        ("launch file", find(base), "what is launched; yours, commit it"),
        ("decisions", base / DecisionsFile.NAME, "confirmations, accepted risks, owners, notes; commit it"),
        ("inventory", base / InventoryFile.NAME, "systems, access, backups, recovery, contacts; commit it"),
        ("people", base / PeopleFile.NAME, "names and contacts; on this machine only, ignored by git"),
        ("journal", base / JOURNAL, "the results of all runs; on this machine only, ignored by git"),
        ("watch", base / PLACE, "samples, incidents and messages of the watch; on this machine only, ignored by git"),
        ("watch log", base / LOG, "output of a watch started from the console"),
        ("certificate logs", base / KEPT_LOGS, "names under the domain from the public logs"),
        (
            "drafts",
            base / DRAFTS,
            "unsaved entries of the console's forms; on this machine only, ignored by git",
        ),
        ("view", base / VIEW, "how the console's overview is grouped; on this machine only, ignored by git"),
        ("state", state, "data of this user; LAUNCHREADY_STATE or XDG_STATE_HOME moves it"),
        ("crash log", state / NAME, "where the last internal error happened, without values; for a report"),
        ("trusted files", Trust(state).path, "hashes of approved launch files"),
        ("credential lists", state / "credentials", "names and hosts of credentials; the values are in the keyring"),
    ]
