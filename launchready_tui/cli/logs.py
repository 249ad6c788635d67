"""`launchready logs`: errors by route and environment, kinds of failure, and what should not stand in a log."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import Common, common, pass_common
from .say import CouldNotRun, Exit, note, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ..sources.logs import Reading, Source

SCHEMA = 1
_MOST = 25


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="[FILE]...")
@click.option(
    "--as",
    "form",
    type=click.Choice(("auto", "combined", "json")),
    default="auto",
    show_default=True,
    help="Read lines in this format.",
)
@click.option(
    "--env",
    default="production",
    show_default=True,
    metavar="NAME",
    help="Assume this environment for lines that name none.",
)
@click.option("--since", "hours", type=click.FloatRange(0.01, 10**5), metavar="HOURS", help="Read only the last HOURS.")
@click.option("--format", "shown", type=click.Choice(("text", "json")), default="text", show_default=True)
@common
@pass_common
def logs(said: Common, files: tuple[Path, ...], form: Any, env: str, hours: float | None, shown: str) -> int:
    """Read access and application logs: FILE…, - for standard input, or those named in the launch file.

    Logs are read as a stream in bounded memory, gzip included. The output contains no log lines, only counts, routes
    without ids, and messages without numbers, addresses and names. Exit code 1: requests failed, or personal data was
    found.
    """
    from datetime import UTC, datetime, timedelta

    from ..sources.logs import Source, read

    now = said.now or datetime.now(UTC)
    since = now - timedelta(hours=hours) if hours else None
    if files:
        sources = [Source(path=path, format=form, environment=env) for path in files if str(path) != "-"]
        taken = [_standard_input(form, env, since)] if any(str(path) == "-" for path in files) else []
    else:
        sources, taken = _named(said), []
    try:
        if sources:
            taken.append(read(sources, since=since))
    except (OSError, EOFError) as why:
        raise CouldNotRun(words_of(why)) from None
    found = any(_is_bad(reading) for reading in taken)
    for reading in taken:
        if shown == "json":
            click.echo(_json(reading))
        else:
            _text(reading, said)
    return Exit.FOUND if found else Exit.FINE


def _named(said: Common) -> list[Source]:
    from ..sources.logs import Source

    ws = said.open()
    try:
        if not ws.launch.logs:
            raise click.UsageError("name a FILE, or add [[logs]] to the launch file")
        return [
            Source(path=ws.folder / Path(log.path).expanduser(), format=log.format, environment=log.environment)
            for log in ws.launch.logs
        ]
    finally:
        ws.close()


def _standard_input(form: Any, env: str, since: datetime | None) -> Reading:
    from ..sources.logs import Source, read_lines
    from ..sources.logs.read import lines_of

    source = Source(path=Path("standard input"), format=form, environment=env)
    return read_lines(source, (line for line, _ in lines_of(sys.stdin.buffer)), since=since)


def _is_bad(reading: Reading) -> bool:
    return (
        bool(reading.personal)
        or any(row.errors for row in reading.routes)
        or bool(reading.kinds().keys() - {"log-in", "gave-up"})
    )


def _json(reading: Reading) -> str:
    import msgspec

    body: dict[str, Any] = {"schema": SCHEMA} | msgspec.to_builtins(reading)
    body["routes"] = [
        row | {"share": round(one.share, 6)} for row, one in zip(body["routes"], reading.routes, strict=True)
    ]
    return msgspec.json.encode(body).decode()


def _text(reading: Reading, said: Common) -> None:
    from ..clock import stamp
    from ..text import printable
    from ..wording import plural

    ink = said.ink()

    def line(words: str) -> None:
        click.echo(ink.finish(printable(words)))

    times = f", {stamp(reading.since)} to {stamp(reading.until)}" if reading.since and reading.until else ""
    line(f"{', '.join(reading.files)}: {reading.lines:,} lines{times}")
    if reading.strange:
        line(f"{reading.strange:,} of them are in an unknown format")
    if reading.ours:
        line(f"{plural(reading.ours, 'request')} from LaunchReady itself, not counted below")
    for block in (_routes, _groups, _personal):
        for words in block(reading):
            line(words)
    if reading.understood:
        line(f"request id in {reading.with_id / reading.understood:.0%} of the lines")
    if not reading.lines:
        note("The logs are empty.")
    if not reading.whole:
        note("Note: the logs were not read to their end: they are too large, or one never ends.")


def _routes(reading: Reading) -> Iterator[str]:
    if not reading.routes:
        return
    yield ""
    yield f"{'errors':>8} {'requests':>10} {'p95 ms':>8}  route"
    for row in reading.routes[:_MOST]:
        p95 = f"{row.p95:.0f}" if row.p95 is not None else "-"
        few = "  few requests" if row.few else ""
        yield f"{row.share:>8.1%} {row.n:>10,} {p95:>8}  {row.route}  {row.environment}{few}"
    if len(reading.routes) > _MOST:
        rest = reading.routes[_MOST:]
        yield f"{'':8} {sum(row.n for row in rest):>10,} {'':8}  {len(rest)} more routes"


def _groups(reading: Reading) -> Iterator[str]:
    if not reading.groups:
        return
    from ..sources.logs.model import KIND_WORDS

    yield ""
    for kind, count in sorted(reading.kinds().items(), key=lambda one: -one[1]):
        yield f"{count:>8,}  {KIND_WORDS[kind]}"
        for group in [one for one in reading.groups if one.kind == kind][:5]:
            yield f"{'':8}  {group.count:,} x {group.signature}"


def _personal(reading: Reading) -> Iterator[str]:
    if not reading.personal:
        return
    from ..sources.logs.model import PERSONAL_WORDS

    yield ""
    for one in reading.personal:
        yield f"{one.count:>8,}  lines with {PERSONAL_WORDS[one.kind]}, the first is line {one.line} of {one.file}"
