"""`launchready watch export` and `watch metrics`: the watch for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import Common, common, pass_common
from .say import Exit, note
from .values import TO_FILE, TO_FOLDER


@click.command()
@click.argument(
    "kind", type=click.Choice(("systemd", "docker", "prometheus", "gatus", "healthchecks", "github-actions"))
)
@click.option("--out", type=TO_FOLDER, metavar="DIR", help="Write the files to DIR, not to stdout.")
@common
@pass_common
def export(said: Common, kind: Any, out: Path | None) -> int:
    """Print files that run the watch elsewhere, or the same watch in another program.

    Secrets appear only as references.

    \b
    systemd         a unit that keeps `launchready watch` running on a machine that stays on
    docker          the same as a container, with a compose file
    prometheus      Prometheus, Alertmanager and blackbox_exporter, with a compose file
    gatus           one small program with a page
    healthchecks    a script that creates dead man's switches for the watch and for backups
    github-actions  a smoke test after each deploy; not a watch, as GitHub starts it late
    """
    from ..watch.export import Plan, jobs_of
    from ..watch.export import export as made_for

    ws = said.open()
    try:
        made = made_for(Plan.of(ws.launch, jobs=jobs_of(ws.inventory)), kind)
        for name, body in made.files.items():
            if out is None:
                if len(made.files) > 1:
                    click.echo(f"# ---- {name}")
                click.echo(body, nl=False)
            else:
                from ..launch.atomic import write_atomically
                from ..launch.ours import make_folder

                make_folder((out / name).parent)
                write_atomically(out / name, body, mode=0o755 if name.endswith(".sh") else 0o644)
                note(f"wrote {out / name}")
        for line in made.notes:
            note(f"Note: {line}")
        return Exit.FINE
    finally:
        ws.close()


@click.command()
@click.option(
    "--window",
    type=click.FloatRange(60, 7 * 86400),
    default=3600,
    show_default=True,
    metavar="SECONDS",
    help="Count over this period.",
)
@click.option("--out", type=TO_FILE, metavar="FILE", help="Write to FILE, atomically.")
@common
@pass_common
def metrics(said: Common, window: float, out: Path | None) -> int:
    """Print the watch's metrics in Prometheus text format (textfile collector)."""
    from datetime import timedelta

    from ..watch import PLACE
    from ..watch.metrics import metrics as written
    from ..watch.samples import WatchReader, snapshot

    ws = said.open()
    try:
        try:
            with WatchReader(ws.folder / PLACE) as reader:
                text = written(snapshot(reader, ws.clock.now(), timedelta(seconds=window)), product=ws.launch.name)
        except FileNotFoundError:
            note("Nothing has been watched here yet: start `launchready watch`.")
            return Exit.COULD_NOT_RUN
        if out is None:
            click.echo(text, nl=False)
        else:
            from ..launch.atomic import write_atomically

            write_atomically(out, text)
        return Exit.FINE
    finally:
        ws.close()
