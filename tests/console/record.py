"""Records a run of the embedded demo for the pictures: `python tests/console/record.py`. Times of day are set to one
fixed minute."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from launchready_tui.findings import CheckResult
from launchready_tui.lab.client import Lab
from launchready_tui.lab.demo import prepare
from launchready_tui.mail.flow import session
from launchready_tui.workspace import Options, Workspace
from launchready_tui.workspace.run import Finished

WHERE = Path(__file__).parent / "data"
FILES = ("launchready.toml", "decisions.toml", "people.toml", "inventory.toml")
SEEN = timedelta(minutes=4)


def normalised(result: CheckResult, at: datetime) -> CheckResult:
    """The same result, seen at a fixed time and within a rounded length of time."""
    findings = tuple(
        msgspec.structs.replace(
            one, evidence=tuple(msgspec.structs.replace(seen, at=at if seen.at else None) for seen in one.evidence)
        )
        for one in sorted(result.findings, key=lambda one: (one.rule, one.subject))
    )
    spent = max(10, round(result.duration_ms, -1))
    return msgspec.structs.replace(
        result, findings=findings, started_at=at, duration_ms=spent, papers="", commit="", deploy=""
    )


async def record() -> None:
    """Makes the product send its mails, then runs every check, against the lab with all flaws on."""
    async with Lab.start() as lab:
        now = lab.now.astimezone(UTC).replace(hour=14, minute=2, second=11, microsecond=0)
        with tempfile.TemporaryDirectory() as room:
            made = prepare(Path(room), lab, now)
            options = Options(
                connect=made.connect,
                nameservers=made.nameservers,
                ca_file=made.ca_file,
                demo=True,
                refuse_unmapped=True,
                user=made.user,
                secrets=made.secrets,
            )
            workspace = Workspace.open(Path(room), options)
            planned = session.plan(
                workspace.launch, workspace.launch.flows, workspace.launch.mailboxes, now, (), wait_s=20
            )
            async with workspace.open_world(also=frozenset({"mail"})) as world:
                async for trial in session.run(world, planned, workspace.keep_trial, lambda wanted, words: None):
                    print(trial.flow, trial.outcome, trial.folder)
            results = [event.result async for event in workspace.run() if isinstance(event, Finished)]
            workspace.close()
            WHERE.mkdir(exist_ok=True)
            for name in FILES:
                shutil.copyfile(Path(room) / name, WHERE / name)
    results.sort(key=lambda one: list(workspace.roadmap.checks).index(one.check))
    shown = {"now": now.isoformat(), "results": [msgspec.to_builtins(normalised(one, now - SEEN)) for one in results]}
    text = json.dumps(shown, indent=1, ensure_ascii=False, default=str)
    (WHERE / "demo-run.json").write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:5300", text) + "\n", "utf-8")
    print(WHERE, len(results), "checks")


if __name__ == "__main__":
    asyncio.run(record())
