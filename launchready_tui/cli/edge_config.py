"""`launchready edge-config`: redirects, headers and caching rules to paste, for the platform in use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import Common, common, pass_common
from .say import Exit, note
from .values import TO_FOLDER


@click.command("edge-config")
@click.argument("kind", type=click.Choice(("nginx", "cloudflare", "vercel", "netlify")))
@click.option("--out", type=TO_FOLDER, metavar="DIR", help="Write the files there, not to stdout.")
@common
@pass_common
def edge_config(said: Common, kind: Any, out: Path | None) -> int:
    """Print the edge's configuration: what the launch file wants and the last checks found missing. Nothing is asked
    or changed.

    Headers that are sent as they should be are left alone. Run `launchready check edge performance.caching` first.
    """
    from ..handover.edge import files_of, plan
    from ..handover.snapshot import Snapshot

    ws = said.open()
    try:
        shot = Snapshot.of(ws, ws.clock.now())
        findings = [one.finding for standing in shot.verdict.standings.values() for one in standing.findings]
        made = plan(ws.launch, findings)
        if not any(host.looked_at and not host.leads_to for host in made.hosts):
            note(
                "No check has looked at these hosts yet, so the usual headers are written; `launchready check "
                "edge` looks."
            )
        files = files_of(made, kind, shot.banners)
        for name, body in files.items():
            if out is None:
                if len(files) > 1:
                    click.echo(f"# ---- {name}")
                click.echo(body, nl=False)
            else:
                from ..launch.atomic import write_atomically

                try:
                    out.mkdir(parents=True, exist_ok=True)
                    write_atomically(out / name, body)
                except OSError as error:
                    reason = (
                        "a folder is in its place" if (out / name).is_dir() else (error.strerror or str(error)).lower()
                    )
                    raise click.UsageError(
                        f"{out / name} cannot be written: {reason}; name another folder with --out"
                    ) from None
                note(f"written {out / name}")
        return Exit.FINE
    finally:
        ws.close()
