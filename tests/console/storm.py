"""A storm of keys: many at once, on every page, with forms, resizes and a run between. Seeded; says what it pressed."""

from __future__ import annotations

import random
from pathlib import Path

from double import Double, LabDouble
from screen import until
from textual import events
from textual.geometry import Size
from textual.keys import _character_to_key
from textual.pilot import Pilot

from launchready_tui.console.app import Console

PAGES = ["0", *"1234567", "x", "w", "l", "p", "k", "b", "h", "g", "e"]
MOVES = ["up", "down", "left", "right", "enter", "enter", "enter", "escape", "escape", "tab", "shift+tab"]
OTHERS = [
    *("pageup", "pagedown", "home", "end", "space", "backspace", "delete", "question_mark", "slash", "ctrl+p", "f1"),
    *"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ0123456789.:-",
]
SIZES = [(80, 24), (100, 30), (140, 40), (60, 12), (200, 60)]
ENDS = {"q", "Q", "ctrl+q", "ctrl+c"}
"""Keys that end the console, which is not what a storm is for."""


def key(name: str) -> events.Key:
    """One key as the terminal sends it."""
    code = _character_to_key(name) if len(name) == 1 and not name.isalnum() else name
    return events.Key(code, name if len(name) == 1 else None)


def gusts(dice: random.Random, keys: int) -> list[list[str]]:
    """Keys in gusts of one to twelve, some of one key held down."""
    made: list[list[str]] = []
    left = keys
    while left > 0:
        size = min(left, dice.choice([1, 1, 2, 3, 5, 8, 12]))
        kind = dice.random()
        if kind < 0.25:
            gust = [dice.choice(["escape", "enter", "up", "down", "tab", *PAGES])] * size
        else:
            pool = [PAGES, MOVES, MOVES, OTHERS]
            gust = [dice.choice(dice.choice(pool)) for _ in range(size)]
        made.append([name for name in gust if name not in ENDS])
        left -= size
    return made


async def blow(folder: Path, seed: int, keys: int, size: tuple[int, int]) -> list[str]:
    """Presses so many keys and gives the last of them. What the console raises is raised."""
    dice = random.Random(seed)
    app = Console(Double.recorded(folder), lab=LabDouble(), live=False, theme="ledger-night")  # type: ignore[arg-type]
    leave = app.exit
    # Quitting is what `q` and the palette are for; after an exception the console ends.
    app.exit = lambda *given, **more: leave(*given, **more) if app._exception else None  # type: ignore[method-assign]
    pressed: list[str] = []
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for gust in gusts(dice, keys):
            if dice.random() < 0.02:
                width, height = dice.choice(SIZES)
                app.post_message(events.Resize(Size(width, height), Size(width, height)))
                pressed.append(f"resize {width}x{height}")
            send(pilot, gust)
            pressed += gust
            await pilot.pause()
            if not app.is_running:
                raise AssertionError(f"the console ended after {pressed[-30:]}")
        await until(pilot, lambda: app.message_queue_size == 0, "the last key is taken")
    return pressed


def send(pilot: Pilot[int], gust: list[str]) -> None:
    """All keys of a gust at once, before the console has done anything about the first."""
    driver = pilot.app._driver
    assert driver is not None
    for name in gust:
        event = key(name)
        event.set_sender(pilot.app)
        driver.send_message(event)
