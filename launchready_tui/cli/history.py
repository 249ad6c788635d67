"""`launchready history`: past runs, the results of one, or one saved result."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from .options import Common, common, pass_common
from .say import CouldNotRun, Exit, note

if TYPE_CHECKING:
    from ..findings import CheckResult
    from ..journal import Journal, RunRow
    from ..verdict.report.ink import Ink


@click.command()
@click.argument("what", required=False, metavar="[RUN|SAVED_ID]")
@click.option("--limit", type=click.IntRange(1, 10000), default=20, show_default=True, help="List this many runs.")
@click.option("--format", "kind", type=click.Choice(("text", "json")), default="text", show_default=True)
@common
@pass_common
def history(said: Common, what: str | None, limit: int, kind: str) -> int:
    """List past runs, the results of one run (by its number), or one result (by the id from `check --verbose`)."""
    from ..journal import Journal
    from ..workspace import JOURNAL

    path = said.where / JOURNAL
    if not path.exists():
        raise CouldNotRun(f"no journal in {said.where.resolve()}; `launchready check` creates one")
    with Journal.open(path) as journal:
        if what is None:
            return _runs(journal, limit, kind, said.ink())
        if what.isdigit():
            return _run(journal, int(what), kind, said.ink())
        result = journal.read(what)
        if result is None:
            note(f"no result is saved under {what}")
            return Exit.FOUND
        return _show([(what, result)], kind, said.ink(), whole=True)


def _runs(journal: Journal, limit: int, kind: str, ink: Ink) -> int:
    import msgspec

    rows = journal.runs(limit)
    if kind == "json":
        click.echo(json.dumps([msgspec.to_builtins(row) for row in rows], indent=2))
        return Exit.FINE
    from ..clock import stamp

    for row in rows:
        click.echo(ink.finish(f"{row.run:5}  {stamp(row.started_at)}  {_how(row):28}  {row.results:3} results"))
    if not rows:
        note("No runs yet.")
    return Exit.FINE


def _how(row: RunRow) -> str:
    words = ["all checks" if row.full else "some checks", row.outcome or "interrupted"]
    words += ["demo"] if row.demo else []
    words += ["with --now"] if not row.kept else []
    words += ["connect map"] if row.via and not row.demo else []
    return ", ".join(words)


def _run(journal: Journal, run: int, kind: str, ink: Ink) -> int:
    saved = journal.saved_in(run)
    if not saved and run not in {row.run for row in journal.runs(10**6)}:
        note(f"no run has the number {run}")
        return Exit.FOUND
    return _show(saved, kind, ink, whole=False)


def _show(saved: list[tuple[str, CheckResult]], kind: str, ink: Ink, *, whole: bool) -> int:
    import msgspec

    if kind == "json":
        found = [{"saved": saved_id, **msgspec.to_builtins(result)} for saved_id, result in saved]
        click.echo(json.dumps(found[0] if whole else found, indent=2))
        return Exit.FINE
    for saved_id, result in saved:
        click.echo(
            ink.finish(
                f"{saved_id:>16}  {ink.glyph(str(result.state))} {result.check:24}  {result.duration_ms / 1000:.2f} s"
            )
        )
        if whole:
            _whole(result, ink)
    return Exit.FINE


def _whole(result: CheckResult, ink: Ink) -> None:
    from ..clock import stamp
    from ..text import clean_block

    click.echo(f"  seen {stamp(result.started_at)}" + (f", {result.via}" if result.via else ""))
    for finding in result.findings:
        click.echo(ink.finish(f"  {ink.state(str(finding.state))}  {ink.fit(finding.summary, 20)}"))
        click.echo(ink.finish(f"      {finding.rule}  {ink.fit(finding.subject, 40)}"))
        for evidence in finding.evidence:
            for number, line in enumerate(clean_block(evidence.text).splitlines()):
                click.echo(f"      {ink.fit(evidence.label, 60) + ': ' if not number else '  '}{line}")
