"""`launchready forget`: deletes what this machine keeps of a launch; the user's own files stay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import Common, common, pass_common
from .say import CouldNotRun, Exit, note

if TYPE_CHECKING:
    from ..launch.model import LaunchFile


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@common
@pass_common
def forget(said: Common, yes: bool) -> int:
    """Delete the journal, the watch data, the stored credentials and the approval of this launch.

    Launch file, decisions, people and inventory are kept.
    """
    from ..launch.load import find, load
    from ..launch.problems import LaunchFileError

    file: LaunchFile | None = None
    try:
        file = load(find(said.where))
    except LaunchFileError as error:
        note(f"The launch file cannot be read, so its credentials and approval are kept: {str(error).splitlines()[0]}")
    journal = _journal_files(said.where)
    names = _credentials(file)
    if not (journal or names or file):
        raise CouldNotRun(f"no launch data is stored for {said.where.resolve()}")
    for path in journal:
        note(f"  journal      {path}")
    for name in names:
        note(f"  credential   {name}")
    if not yes and not _sure():
        note("Nothing was deleted.")
        return Exit.FINE
    _stop_watching(said.where)
    left = _delete(file, journal)
    if left:
        raise CouldNotRun(f"still in the keyring: {', '.join(left)}; unlock it and try again")
    note("Forgotten.")
    return Exit.FINE


def _sure() -> bool:
    """Asks. Raises UsageError where nobody can answer, Abort where it was interrupted; nothing was deleted then."""
    try:
        return click.confirm("Delete this permanently?", default=False, err=True)
    except click.Abort as end:
        if isinstance(end.__context__, EOFError):
            note("")
            raise click.UsageError(
                "standard input is closed, so there was no answer: nothing was deleted (--yes skips the question)"
            ) from None
        note("\nNothing was deleted.")
        raise


def _stop_watching(folder: Path) -> None:
    """A watch that runs would write into what is deleted."""
    from ..watch.lock import watching
    from ..workspace.watching import stop_watcher

    pid = watching(folder)
    if pid is None:
        return
    if not stop_watcher(folder):
        raise CouldNotRun(f"process {pid or '?'} is still watching this launch: stop it first")
    note("Stopped the watch of this launch.")


def _journal_files(folder: Path) -> list[Path]:
    """The journal, what was watched and asked, launch day's and the handover's records, SQLite's files beside, copies
    of migrations."""
    from ..launch.records import DRAFTS, KEPT_LOGS, RECORDS, VIEW
    from ..workspace import JOURNAL

    path = folder / JOURNAL
    if not path.parent.is_dir():
        return []
    ours = (f"{path.stem}.", "watch.", KEPT_LOGS.name, DRAFTS.name, VIEW.name, *RECORDS)
    kinds = ("sqlite3", "watch.log", "watch.lock", KEPT_LOGS.name, DRAFTS.name, VIEW.name, *RECORDS)
    return sorted(
        one
        for one in path.parent.iterdir()
        if one.is_file() and one.name.startswith(ours) and any(kind in one.name for kind in kinds)
    )


def _credentials(file: LaunchFile | None) -> list[str]:
    if file is None:
        return []
    from ..launch.trust import state_dir
    from ..vault import Vault

    return [entry.name for entry in Vault(file.launch.domain, state_dir()).entries() if entry.place == "keyring"]


def _delete(file: LaunchFile | None, journal: list[Path]) -> tuple[str, ...]:
    """Returns the credentials that the keyring would not give up."""
    left: tuple[str, ...] = ()
    if file is not None:
        from ..launch.trust import Trust, permission_hash, state_dir
        from ..vault import Vault

        left = Vault(file.launch.domain, state_dir()).forget_all()
        for approved in (file.sha256, permission_hash(file.launch)):
            Trust(state_dir()).forget(approved)
    for path in journal:
        path.unlink(missing_ok=True)
    return left
