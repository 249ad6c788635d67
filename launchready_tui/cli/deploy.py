"""`launchready deploy mark`: writes a deploy on the time line of the watch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import Common, common, pass_common
from .say import Exit, note

if TYPE_CHECKING:
    from datetime import datetime

from .values import MOMENT


@click.group()
def deploy() -> None:
    """Record deploys on the timeline of the watch."""


@deploy.command("mark")
@click.option(
    "--sha",
    default="",
    metavar="COMMIT",
    help="Record this commit [default: HEAD of the launch file's repository].",
)
@click.option("--env", default="production", show_default=True, help="Record this environment.")
@click.option("--by", default="", help="Record who deployed it [default: this user].")
@click.option("--at", type=MOMENT, metavar="TIME", help="Record when it went live [default: now].")
@click.option("--failed", is_flag=True, help="Mark it as failed and send the alerts for deploys.")
@common
@pass_common
def mark(said: Common, sha: str, env: str, by: str, at: datetime | None, failed: bool) -> int:
    """Mark a deploy: charts show it, incidents name it, and response times before and after it are compared. Run it as
    the last step of CI."""
    from ..text import clean
    from ..workspace.deploys import mark_deploy

    ws = said.open()
    try:
        made = mark_deploy(ws, sha=clean(sha), env=clean(env), by=clean(by), at=at, failed=failed)
        what = "a failed deploy" if failed else "deploy"
        note(f"recorded {what} {made.sha[:12] or '(no commit named)'} to {made.env} at {made.at:%H:%M:%S} UTC")
        return Exit.FINE
    finally:
        ws.close()
