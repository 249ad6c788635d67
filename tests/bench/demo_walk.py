"""Benchmark: the demo walked by its own suggestion alone, to a GO with nothing wrong left.

    python tests/bench/demo_walk.py [WIDTHxHEIGHT]

The console runs over the real demo marketplace without a terminal. Each turn presses exactly the key that the band or
the open sheet names; where a form asks for a name, the first letter and the right arrow take what it suggests. Counted
are keys and seconds; it ends with an error unless the verdict is GO and every flaw is off.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from textual.widgets import Input

from launchready_tui.cli.demo import workspace_of
from launchready_tui.cli.options import Common
from launchready_tui.console.app import Console
from launchready_tui.console.screens.dialog import Sheet
from launchready_tui.lab.client import Lab

MOST_KEYS = 400


async def idle(app: Console, pilot: Any) -> None:
    """Until nothing runs and everything is drawn."""
    for _ in range(6000):
        if not app.is_running:
            break
        await pilot.pause(0.02)
        sheet = app.screen if isinstance(app.screen, Sheet) else None
        on = getattr(sheet, "phase", "") == "on" or getattr(app.page, "exporting", False)
        if app.snapshot.progress is None and not app.doing and not on:
            await pilot.pause(0.06)
            return
    raise SystemExit("the console never came to rest")


def keys_of(app: Console) -> list[str]:
    """What the open sheet or the band suggests."""
    if isinstance(app.screen, Sheet):
        empty = app.focused if isinstance(app.focused, Input) and not app.focused.value else None
        if empty is not None and empty.suggester is not None:
            return [next(iter(empty.placeholder)), "right", "enter"]
        return [app.screen.keys[0][0]]
    page = app.page
    return [page.next_key] if page is not None else ["escape"]


async def walk(app: Console, size: tuple[int, int]) -> list[str]:
    """Presses until there is nothing left to do; the steps as they came, each with its keys."""
    taken: list[str] = []
    pressed, began = 0, time.monotonic()
    async with app.run_test(size=size) as pilot:
        await idle(app, pilot)
        print(f"{time.monotonic() - began:6.1f} s  first run over: {app.snapshot.verdict.word}")
        while pressed < MOST_KEYS:
            step = app.snapshot.step
            if step.kind == "done" and not isinstance(app.screen, Sheet):
                break
            keys = keys_of(app)
            await pilot.press(*keys)
            await idle(app, pilot)
            pressed += len(keys)
            taken.append(f"{pressed:3} {' '.join(keys):14} {step.kind:6} {step.text[:90]} ({step.why})")
            print(f"{time.monotonic() - began:6.1f} s {taken[-1]}  -> {app.snapshot.verdict.word}", flush=True)
        print(
            f"{pressed} keys, {time.monotonic() - began:.1f} s, {app.snapshot.verdict.label}: {app.snapshot.step.text}"
        )
    return taken


def main(size: tuple[int, int]) -> None:
    with Lab.start() as lab, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as room:
        with workspace_of(Common(folder=Path(room) / "launch"), lab) as ws:
            app = Console(ws, lab=lab, live=False, runs_first=True, out=Path(room))
            asyncio.run(walk(app, size))
            verdict = ws.verdict()
        print(f"flaws left on: {sorted(lab.on) or 'none'}; {verdict.word} {verdict.reasons}")
        if lab.on or verdict.word != "GO":
            raise SystemExit(1)


if __name__ == "__main__":
    width, _, height = (sys.argv[1] if len(sys.argv) > 1 else "100x30").partition("x")
    main((int(width), int(height)))
