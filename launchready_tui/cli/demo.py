"""`launchready demo`: the embedded marketplace, walked in the console or head-less."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .console import NO_RUN
from .options import Common, common, pass_common
from .say import CouldNotRun, Exit, note
from .values import FORMATS, TO_FOLDER

if TYPE_CHECKING:
    from ..lab.client import Lab
    from ..workspace import Workspace

_RELEASE = "3f9c2a1"


@click.command()
@click.option(
    "--headless",
    is_flag=True,
    help="Run without a terminal: run all checks, print the verdict, export the handover folder.",
)
@click.option(
    "--fixed",
    multiple=True,
    metavar="ID",
    help="Start with this flaw repaired (`all` for every flaw). May be repeated.",
)
@click.option("--flaws", is_flag=True, help="List the flaws of the demo marketplace and exit.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="Write the report in this format.",
)
@NO_RUN
@click.option("--out", type=TO_FOLDER, metavar="DIR", help="Write the handover folder to DIR.")
@common
@pass_common
def demo(
    said: Common, headless: bool, fixed: tuple[str, ...], flaws: bool, kind: str, no_run: bool, out: Path | None
) -> int:
    """Open the embedded demo marketplace: real servers on this machine, with flaws to find and fix.

    Nothing outside this machine is contacted. With -C DIR the demo's workspace is kept in DIR, otherwise it is deleted
    at the end. A handover folder exported from the console is kept in --out, -C or the current folder.
    """
    if flaws:
        return _list_flaws(said)
    if not headless:
        from .console import has_terminal

        if not has_terminal():
            note("No terminal for the console: running the demo headless")
            headless = True
    with _lab(fixed) as lab, workspace_of(said, lab) as ws:
        return _headless(ws, said, kind, out) if headless else _console(ws, lab, said, out, no_run)


def _list_flaws(said: Common) -> int:
    from ..lab.flaws import load
    from ..verdict.report.ink import pad

    ink = said.ink()
    table = load()
    width = max(len(flaw.id) for flaw in table)
    for flaw in table:
        click.echo(ink.finish(f"{pad(flaw.id, width)}  {pad(flaw.stage, 11)}  {flaw.title}"))
    return Exit.FINE


@contextlib.contextmanager
def _lab(fixed: tuple[str, ...]) -> Iterator[Lab]:
    from ..lab.client import Lab

    note("Starting the demo marketplace")
    with Lab.start(fixed="all" if "all" in fixed else fixed) as lab:
        yield lab


@contextlib.contextmanager
def workspace_of(said: Common, lab: Lab) -> Iterator[Workspace]:
    """The demo's workspace, in the folder of -C or in one that is gone afterwards. The release that is live was marked
    before anybody confirmed anything of it."""
    from ..lab.demo import prepare
    from ..workspace import Options, Workspace
    from ..workspace.deploys import mark_deploy

    with contextlib.ExitStack() as stack:
        folder = said.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="launchready-demo-", ignore_cleanup_errors=True))
        )
        made: Any = prepare(folder, lab, said.now or lab.now)
        options = Options(
            connect=made.connect,
            nameservers=made.nameservers,
            ca_file=made.ca_file,
            demo=made.demo,
            refuse_unmapped=made.refuse_unmapped,
            user=made.user,
            secrets=made.secrets,
        )
        ws = Workspace.open(folder, replace(options, now=said.now, allow=said.options().allow))
        stack.callback(ws.close)
        if not ws.marks().deploy:
            mark_deploy(ws, sha=_RELEASE, at=ws.clock.now() - timedelta(hours=3))
        yield ws


def _console(ws: Workspace, lab: Lab, said: Common, out: Path | None, no_run: bool) -> int:
    from ..console.app import Console
    from ..console.ending import show

    folder = out or said.folder or Path.cwd()
    return show(Console(ws, lab=lab, plain=said.ascii(sys.stdout), out=folder, runs_first=not no_run))


def _headless(ws: Workspace, said: Common, kind: str, out: Path | None) -> int:
    import asyncio

    from . import recovery
    from .check import walk, write
    from .mail_test import walk_demo

    asyncio.run(walk_demo(ws))
    asyncio.run(recovery.walk_demo(ws))
    report = asyncio.run(walk(ws, said, None))
    write(report, kind, said, None)
    _hand_over(ws, out)
    return Exit.FINE


def _hand_over(ws: Workspace, out: Path | None) -> None:
    """Writes the bundle, and tests it as its receiver would."""
    from ..handover import export, verify
    from .handover import fresh_records, not_filled

    with contextlib.ExitStack() as stack:
        where = out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="launchready-bundle-")))
        made = export(ws, where, now=ws.clock.now(), records=fresh_records(ws))
        problems = verify(made.zip)
        if problems:
            raise CouldNotRun(f"the handover folder does not verify: {problems[0]}")
        if out is None:
            note(
                f"The handover folder was exported, verified ({len(made.files)} files) and deleted; --out DIR keeps it"
            )
        else:
            note(f"Handover folder: {made.folder}")
            note(f"Handover zip:    {made.zip}")
        note(f"In the handover folder: {not_filled(made)}")
