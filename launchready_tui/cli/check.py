"""`launchready check`: runs checks, prints what they found, and ends with a code that CI can act on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..wording import plural
from .options import Common, common, pass_common
from .say import Exit, note
from .values import FORMATS, TO_FILE, CheckName

if TYPE_CHECKING:
    from ..verdict.report import Report
    from ..wire import Counts
    from ..workspace import Workspace
    from ..workspace.run import Ended

FAIL_ON = ("blocker", "high", "medium", "low", "never")


@click.command()
@click.argument("names", nargs=-1, type=CheckName(), metavar="[STAGE|CHECK]...")
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="Write the report in this format.",
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of --format json and exit.")
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    default="blocker",
    show_default=True,
    help="Exit with 1 if an open finding has at least this severity, or a full run ends in NO-GO; never: always 0.",
)
@click.option("--out", type=TO_FILE, metavar="FILE", help="Write the report to FILE, not to stdout.")
@common
@pass_common
def check(
    said: Common, names: tuple[tuple[str, ...], ...], kind: str, schema: bool, fail_on: str, out: Path | None
) -> int:
    """Run all automated checks, or only those named, and print the findings.

    Name a stage by id or number, a check by id, such as `edge` or `edge.redirects`. Each result is
    saved to disk as its check ends; --verbose prints its `saved ID` line to stderr. A run of only some checks has no
    verdict.

    \b
    Exit codes: 0 nothing at or above --fail-on, 1 something is (or NO-GO on a full run), 2 wrong use or a bad file,
    3 could not run, 130 interrupted.
    """
    if schema:
        from ..verdict.report import schema as text

        click.echo(text(), nl=False)
        return Exit.FINE
    import asyncio

    from ..findings import Severity

    chosen = tuple(dict.fromkeys(name for group in names for name in group)) if names else None
    ws = said.open()
    try:
        report = asyncio.run(walk(ws, said, chosen))
        write(report, kind, said, out)
        return Exit.FOUND if report.fails(None if fail_on == "never" else Severity(fail_on)) else Exit.FINE
    finally:
        ws.close()


async def walk(ws: Workspace, said: Common, chosen: Sequence[str] | None) -> Report:
    """Runs the checks, tells the progress on stderr, and returns the report. A part is told apart from the whole by
    `chosen`."""
    from ..verdict.report import Report
    from ..verdict.report import of as standings_of
    from ..workspace.run import Doing, Ended, Finished, Started

    started_at = ws.clock.now()
    progress = _Progress()
    ran: set[str] = set()
    ended: Ended | None = None
    if chosen is not None and not set(chosen) & set(ws.automated):
        note("None of these checks is automated: a person answers them.")
    try:
        async with aclosing(ws.run(chosen)) as events:
            async for event in events:
                if isinstance(event, Started):
                    progress.started(event.check, event.total)
                elif isinstance(event, Doing):
                    progress.step(event.check, event.text)
                elif isinstance(event, Finished):
                    ran.add(event.result.check)
                    progress.finished(event.result.check, event.done)
                    said.told_saved(event.saved)
                elif isinstance(event, Ended):
                    ended = event
    finally:
        progress.end()
    verdict = ws.verdict()
    if ended is not None and ended.counts is not None:
        note(_told(ended, ended.counts, len(ran)))
    return Report(
        name=ws.launch.name,
        domain=ws.launch.domain,
        started_at=started_at,
        finished_at=ws.clock.now(),
        verdict=verdict,
        roadmap=ws.roadmap,
        standings=standings_of(verdict, ws.roadmap, chosen),
        full=chosen is None,
        outcome=ended.outcome if ended else "done",
        via=ws.via,
        kept=ws.keeps,
        changes=ws.journal.changes() if ws.keeps else None,
        launch_file=ws.launch_file.path,
        ran=frozenset(ran),
    )


def _told(ended: Ended, counts: Counts, ran: int) -> str:
    """What the run cost, in one line."""
    looks = (
        plural(counts.dns_queries, "DNS query", "DNS queries"),
        plural(counts.requests, "request"),
        plural(counts.connections, "connection"),
        plural(counts.tls_handshakes, "TLS handshake"),
    )
    done = f"{plural(ran, 'check')} in {ended.seconds:.1f} s"
    return f"{done}: {', '.join(looks)}; longest stall {ended.longest_stall_ms:.0f} ms"


def write(report: Report, kind: str, said: Common, out: Path | None) -> None:
    """Writes the report to stdout, or whole or not at all into a file."""
    from ..verdict.report import Ink, render

    if out is None:
        click.echo(render(report, kind, said.ink()), nl=False)
        return
    from ..launch.atomic import write_atomically

    write_atomically(out, render(report, kind, Ink(plain=said.plain)))
    note(f"wrote {out}")


class _Progress:
    """One line at the terminal's foot that says what is being looked at; silent where stderr is no terminal."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()
        self._open: list[str] = []
        self._steps: dict[str, str] = {}
        self._total = 0
        self._done = 0

    def started(self, check: str, total: int) -> None:
        self._open.append(check)
        self._total = total
        self._draw()

    def step(self, check: str, text: str) -> None:
        self._steps[check] = text
        self._draw()

    def finished(self, check: str, done: int) -> None:
        self._open.remove(check)
        self._done = done
        self.end()
        self._draw()

    def end(self) -> None:
        """Takes the line away, so that the next one stands clean."""
        if self._shows:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()

    def _draw(self) -> None:
        if self._shows and self._open:
            more = f" and {len(self._open) - 1} more" if len(self._open) > 1 else ""
            told = self._steps.get(self._open[0], "") if not more else ""
            step = f"  {told}" if told else ""
            sys.stderr.write(f"\r\x1b[2Kchecking {self._done}/{self._total}  {self._open[0]}{more}{step}")
            sys.stderr.flush()
