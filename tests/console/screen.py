"""How a test reads the screen and waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot
from textual.strip import Strip

from launchready_tui.console.app import Console


def lines(app: Console) -> list[str]:
    """What stands on the screen, line by line."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def shown(app: Console) -> str:
    """What stands on the screen, as one text."""
    return "\n".join(lines(app))


async def until(pilot: Pilot[int], met: Callable[[], object], what: str = "") -> None:
    """Lets the console work until the condition holds; fails after a long while."""
    for _ in range(400):
        await pilot.pause()
        if met():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"never happened: {what or met}\n{shown(pilot.app)}")  # type: ignore[arg-type]


async def press(pilot: Pilot[int], *keys: str) -> None:
    """Presses keys one by one and lets each take effect."""
    for key in keys:
        await pilot.press(key)
    await pilot.pause()


async def settled(pilot: Pilot[int]) -> None:
    """Waits until the screen has stopped changing: the same words and places over several looks."""
    before: list[Strip] = []
    same = 0
    for _ in range(400):
        await pilot.pause()
        await asyncio.sleep(0.01)
        now = pilot.app.screen._compositor.render_strips()
        same = same + 1 if now == before else 0
        if same >= 6:
            return
        before = now
    raise AssertionError("the screen never stands still")
