"""`launchready receipt`: what the sprint found and fixed, on one page."""

from __future__ import annotations

from pathlib import Path

import click

from .options import Common, common, pass_common
from .say import Exit, note
from .values import TO_FILE


@click.command()
@click.option(
    "--format",
    "kind",
    type=click.Choice(("markdown", "html")),
    help="Write in this format [default: by the extension of --out (.html, .md), else markdown].",
)
@click.option("--out", type=TO_FILE, metavar="FILE", help="Write to FILE, not to stdout.")
@common
@pass_common
def receipt(said: Common, kind: str | None, out: Path | None) -> int:
    """Compare the first run with now, by sprint item: found, fixed, left, accepted, put off. One page to send with the
    invoice."""
    from ..handover import receipt as room

    by_name = _by_name(out) if kind is None else ""
    ws = said.open()
    try:
        made = room.receipt(ws, now=ws.clock.now())
        html = (kind or by_name) == "html"
        words = room.as_html(made) if html else room.as_markdown(made)
        if out is None:
            click.echo(words, nl=False)
        else:
            from ..launch.atomic import write_atomically

            write_atomically(out, words)
            note(f"wrote {out}: {made.total('found')} found, {made.total('fixed')} fixed, {made.total('left')} left")
        return Exit.FINE
    finally:
        ws.close()


ENDINGS = {
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "markdown",
    "": "markdown",
}


def _by_name(out: Path | None) -> str:
    """The format that a file's ending asks for. Raises UsageError where it is none of ours."""
    if out is None:
        return "markdown"
    found = ENDINGS.get(out.suffix.lower())
    if found is None:
        raise click.UsageError(
            f"{out.suffix} is not a format for a receipt; use .html, .md, or --format html or markdown with any "
            "name. For a PDF, write .html and print it to a file from a browser"
        )
    return found
