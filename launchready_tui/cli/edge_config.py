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
@click.option("--out", type=TO_FOLDER, metavar="DIR", help="Write the files to DIR, not to stdout.")
@common
@pass_common
def edge_config(said: Common, kind: Any, out: Path | None) -> int:
    """Print the edge configuration that the launch file needs and the last checks found missing. Nothing is contacted
    or changed.

    Headers that are already correct are left out. Run `launchready check edge performance.caching` first.
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
                "These hosts have not been checked yet, so the usual headers are written; run `launchready check "
                "edge` first."
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
                        "a folder with this name exists"
                        if (out / name).is_dir()
                        else (error.strerror or str(error)).lower()
                    )
                    raise click.UsageError(
                        f"{out / name} cannot be written: {reason}; name another folder with --out"
                    ) from None
                note(f"wrote {out / name}")
        return Exit.FINE
    finally:
        ws.close()
