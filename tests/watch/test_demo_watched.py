"""A demo whose console has watched it: that a watch ran makes nothing worse than it is."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime
from pathlib import Path

from flawtable import Market

from launchready_tui.lab import demo
from launchready_tui.lab.client import Lab
from launchready_tui.workspace.core import Workspace
from launchready_tui.workspace.options import Options
from launchready_tui.workspace.run import Finished
from launchready_tui.workspace.watching import watch


async def test_the_fixed_demo_is_go_while_and_after_it_is_watched(tmp_path: Path) -> None:
    async with Lab.start(fixed="all") as lab:
        how = demo.prepare(tmp_path / "demo", lab, datetime.now(UTC))
        fields = {field.name: getattr(how, field.name) for field in dataclasses.fields(how)}
        workspace = Workspace.open(tmp_path / "demo", Options(**fields, state_dir=tmp_path / "state"))
        try:
            stop, said = asyncio.Event(), []
            watching = asyncio.ensure_future(watch(workspace, stop=stop, say=said.append))
            async with asyncio.timeout(30):
                while not any("watching" in words for words in said):
                    await asyncio.sleep(0.02)
            assert await blockers(workspace) == []
            stop.set()
            await watching
            assert await blockers(workspace) == []
            # What can be tried must be tried: no word stands for a test mail or a walked path.
            market = Market(lab, workspace)
            await market.mail()
            await market.walk()
            names = [name for name in workspace.automated if not name.startswith("monitoring.")]
            async for _ in workspace.run(names):
                pass
            assert workspace.verdict().word == "GO"
        finally:
            workspace.close()


async def blockers(workspace: Workspace) -> list[str]:
    """What the monitoring checks find that is broken or cannot be seen, and no person has confirmed."""
    names = [name for name in workspace.automated if name.startswith("monitoring.")]
    async for event in workspace.run(names):
        assert not isinstance(event, Finished) or event.result.findings
    standings = workspace.verdict().standings
    fine = ("pass", "warn", "not-applicable")  # one market needs no second region
    return [f"{name}: {standings[name].state.value}" for name in names if standings[name].state.value not in fine]
