"""`launchready drift`: what changed since the handover, proven by looking again."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import Common, common, pass_common
from .say import CouldNotRun, Exit, note
from .values import TO_FILE

if TYPE_CHECKING:
    from ..handover.drift import Drift, Handed
    from ..workspace import Workspace


@click.command()
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.option("--format", "kind", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True)
@click.option("--out", type=TO_FILE, metavar="FILE", help="Write to FILE, not to stdout.")
@click.option("--no-run", is_flag=True, help="Compare with the last results; check nothing again.")
@click.option(
    "--write-ci",
    is_flag=True,
    help="Do not compare; write a monthly GitHub workflow and the data it compares with, without people.",
)
@common
@pass_common
def drift(said: Common, bundle: Path, kind: str, out: Path | None, no_run: bool, write_ci: bool) -> int:
    """Check the live product again: list what matches the handover folder, what changed, what could not be checked.

    BUNDLE is a handover folder, its zip, or its launchready.json.

    \b
    Exit codes: 0 nothing changed, 1 something changed (or the folder itself was altered), 2 wrong use, 3 could not
    run.
    """
    from ..handover import drift as room

    ws = said.open()
    try:
        handed = _load(bundle)
        if write_ci:
            return _write_ci(ws.folder, handed)
        found = _compare(ws, said, handed, no_run)
        _write(found, kind, out)
        _keep(ws, found)
        return Exit.FOUND if found.moved else Exit.FINE
    except room.NotComparable as why:
        raise click.UsageError(str(why)) from why
    finally:
        ws.close()


def _load(bundle: Path) -> Handed:
    from ..handover import drift as room

    return room.load(bundle)


def _compare(ws: Workspace, said: Common, handed: Handed, no_run: bool) -> Drift:
    import asyncio

    from ..handover import drift as room
    from .handover import fresh_records

    room.of_this_launch(ws, handed)
    if not no_run:
        asyncio.run(_look(ws, said))
    return room.compare(ws, handed, now=ws.clock.now(), records=() if no_run else fresh_records(ws))


async def _look(ws: Workspace, said: Common) -> None:
    from ..workspace.run import Finished

    async with aclosing(ws.run()) as events:
        async for event in events:
            if isinstance(event, Finished):
                said.told_saved(event.saved)


def _write(found: Drift, kind: str, out: Path | None) -> None:
    from ..handover.drift_words import render

    body = render(found, kind)
    if out is None:
        click.echo(body, nl=False)
        return
    from ..launch.atomic import write_atomically

    write_atomically(out, body)
    note(found.headline)
    note(f"wrote {out}")


def _keep(ws: Workspace, found: Drift) -> None:
    """The comparison is kept where the check of stage 7 reads it; one at a set time is no real one."""
    if not ws.keeps:
        return
    from ..launch.records import Compared, compared

    line = Compared(
        at=found.at,
        sums=found.handed.sums,
        bundle=found.handed.name,
        made_at=found.handed.made_at,
        whole=not found.handed.problems,
        same=len(found.of("same")),
        changed=tuple(one.sentence for one in found.of("changed"))[:50],
        unseen=tuple(one.sentence for one in found.of("unseen"))[:50],
        demo=ws.demo,
    )
    compared(ws.folder).append(line)


def _write_ci(folder: Path, handed: Handed) -> int:
    from ..handover import ci

    try:
        for path in ci.write(folder, handed):
            click.echo(str(path))
    except FileExistsError as why:
        raise CouldNotRun(str(why)) from why
    note("Commit both files. The job runs on the first of each month and opens an issue if something changed.")
    return Exit.FINE
