"""The console and a real watcher on the demo marketplace: started with a key, seen, killed, noticed, started again,
ended with it."""

from __future__ import annotations

import os
import signal
from dataclasses import asdict
from pathlib import Path

import pytest
from screen import press, shown
from screen import until as seen
from watchtown import until

from launchready_tui.console.app import Console
from launchready_tui.lab import demo
from launchready_tui.lab.client import Lab
from launchready_tui.watch.lock import watching
from launchready_tui.workspace import Options, Workspace
from launchready_tui.workspace.deploys import mark_deploy


@pytest.mark.timeout(180)
async def test_the_console_starts_watches_and_ends(tmp_path: Path) -> None:
    with Lab.start(fixed="all") as lab:
        made = demo.prepare(tmp_path / "demo", lab, lab.now)
        ws = Workspace.open(tmp_path / "demo", Options(**asdict(made), state_dir=tmp_path / "state"))
        app = Console(ws, live=False)
        async with app.run_test(size=(100, 30)) as pilot:
            # The clock of the page is the machine's; its timer is pressed by hand where nothing else waits.
            app.set_interval(0.25, app.watching.tick)
            await press(pilot, "w")
            await seen(pilot, lambda: "Not watched yet" in shown(app))
            await press(pilot, "B")
            await seen(pilot, lambda: "Watch 6 targets" in shown(app))
            await press(pilot, "y")
            await until(lambda: watching(ws.folder))
            await _comes(pilot, app, " up ")
            mark_deploy(ws, sha="3f9c2a1b77d0")
            await _comes(pilot, app, "last deploy now")
            first = watching(ws.folder)
            assert first
            os.kill(first, signal.SIGKILL)
            await until(lambda: watching(ws.folder) is None)
            await _comes(pilot, app, "Not watched now")
            await press(pilot, "B", "y")
            await until(lambda: watching(ws.folder) not in (None, first))
            await until(lambda: app.watching.doing == "")
            await _goes(pilot, app, "Not watched now")
            second = watching(ws.folder)
        assert second
        await until(lambda: watching(ws.folder) is None)
        ws.close()


async def _comes(pilot: object, app: Console, words: str) -> None:
    for _ in range(4):
        try:
            await seen(pilot, lambda: words in shown(app))  # type: ignore[arg-type]
        except AssertionError:
            continue
        return
    raise AssertionError(f"{words!r} never came\n{shown(app)}")


async def _goes(pilot: object, app: Console, words: str) -> None:
    for _ in range(4):
        try:
            await seen(pilot, lambda: words not in shown(app))  # type: ignore[arg-type]
        except AssertionError:
            continue
        return
    raise AssertionError(f"{words!r} never went\n{shown(app)}")
