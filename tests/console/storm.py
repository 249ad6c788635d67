"""A storm of keys: many at once, on every page, with forms, pastes, resizes, runs and messages of workers between.
Seeded; says what it pressed and where it came."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from double import Double, LabDouble
from screen import until
from textual import events
from textual.geometry import Size
from textual.keys import _character_to_key
from textual.message import Message
from textual.pilot import Pilot

from launchready_tui.console.app import Console
from launchready_tui.console.messages import Repaired, Walking
from launchready_tui.console.watching import Handled, Seen
from launchready_tui.console.widgets.form import Form

PAGES = ["0", *"1234567", "x", "w", "l", "p", "k", "b", "h", "g", "e"]
MOVES = ["up", "down", "left", "right", "enter", "enter", "enter", "escape", "escape", "tab", "shift+tab"]
OTHERS = [
    *("pageup", "pagedown", "home", "end", "space", "backspace", "delete", "question_mark", "slash", "ctrl+p", "f1"),
    *"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ0123456789.:-",
]
SIZES = [(80, 24), (100, 30), (140, 40), (60, 12), (200, 60), (24, 8), (4, 2)]
ENDS = {"q", "Q", "ctrl+q", "ctrl+c"}
"""Keys that end the console, which is not what a storm is for."""


TO_FORMS = [
    ["escape", "escape", *way] for way in (["p", "plus"], ["2", "down", "a"], ["x", "i"], ["l", "P"], ["b", "enter"])
]
"""Ways to a form from wherever the storm is."""
GUSTS = [1, 2, 3, 5, 8, 12, 20, 40, 80, 120]
"""How many keys come before the console has done anything about the first."""


@dataclass
class Blown:
    """What a storm was: all that was sent, in order, the places that it came to, and how many forms it opened."""

    sent: list[str] = field(default_factory=list)
    places: set[str] = field(default_factory=set)
    forms: int = 0


def key(name: str) -> events.Key:
    """One key as the terminal sends it."""
    code = _character_to_key(name) if len(name) == 1 and not name.isalnum() else name
    return events.Key(code, name if len(name) == 1 else None)


def gusts(dice: random.Random, keys: int) -> list[list[str]]:
    """So many keys in gusts, some of one key held down."""
    made: list[list[str]] = []
    left = keys
    while left > 0:
        size = min(left, dice.choice(GUSTS))
        if dice.random() < 0.25:
            gust = [dice.choice(["escape", "enter", "up", "down", "tab", *PAGES])] * size
        else:
            gust = [dice.choice(dice.choice([PAGES, MOVES, MOVES, OTHERS])) for _ in range(size)]
        if dice.random() < 0.1:
            gust[:0] = dice.choice(TO_FORMS)
        made.append([name for name in gust if name not in ENDS])
        left -= len(made[-1])
    return made


def news(dice: random.Random, names: tuple[str, ...]) -> events.Event | Message:
    """What may come at any moment beside keys: a paste, another size, or what a worker has to say."""
    width, height = dice.choice(SIZES)
    return dice.choice(
        [
            events.Resize(Size(width, height), Size(width, height)),
            events.Resize(Size(width, height), Size(width, height)),
            events.Paste("Subject: two\n\nlines of it\x1b[2J"),
            Walking("A step of the path"),
            Walking("The path could not be walked", ended=True, wrong=True),
            Repaired(),
            Repaired(("A record is there again",), dice.sample(names, 2)),
            Seen(None),
            Seen(None, "The watch cannot be read"),
            Handled("The test alert arrived"),
            Handled("The test alert failed", wrong=True, checks=dice.sample(names, 1)),
        ]
    )


async def blow(folder: Path, seed: int, keys: int, size: tuple[int, int]) -> Blown:
    """Presses so many keys. What the console raises is raised."""
    dice = random.Random(seed)
    app = Console(Double.recorded(folder), lab=LabDouble(), live=False, theme="ledger-night")  # type: ignore[arg-type]
    leave = app.exit
    # Quitting is what `q` and the palette are for; after an exception the console ends.
    app.exit = lambda *given, **more: leave(*given, **more) if app._exception else None  # type: ignore[method-assign]
    blown = Blown()
    form = None
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for gust in gusts(dice, keys):
            if dice.random() < 0.2:
                came = news(dice, app.workspace.automated)
                app.post_message(came)
                blown.sent.append(repr(came))
            send(pilot, gust)
            blown.sent += gust
            await pilot.pause()
            if not app.is_running:
                raise AssertionError(f"the console ended after {blown.sent[-100:]}")
            blown.places.add(app.current_mode)
            blown.places |= {type(screen).__name__ for screen in app.screen_stack[1:]}
            before, form = form, app.screen.query_one_optional(Form)
            blown.forms += form is not None and form is not before
        await until(pilot, lambda: app.message_queue_size == 0, "the last key is taken")
    return blown


def send(pilot: Pilot[int], gust: list[str]) -> None:
    """All keys of a gust at once, before the console has done anything about the first."""
    driver = pilot.app._driver
    assert driver is not None
    for name in gust:
        event = key(name)
        event.set_sender(pilot.app)
        driver.send_message(event)
