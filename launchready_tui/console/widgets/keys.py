"""The footer: the pages by their keys, the open one in full ink; at the right what acts here, where there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from ..actions import BY_ID
from ..ink import Inked, Spans, width_of

if TYPE_CHECKING:
    from ..app import Console

PAGES = (
    "go.overview",
    "go.stage1",
    "go.fixes",
    "go.watch",
    "go.launch",
    "go.people",
    "go.credentials",
    "go.handover",
    "help",
)
SHORT = {"go.credentials": "keys", "go.fixes": "fixes", "go.launch": "launch", "go.overview": "home"}
"""Shorter names, in the order in which they are taken where the line is too long."""
BARE = ("go.credentials", "go.fixes", "go.handover", "go.launch", "go.watch", "go.people")
"""Pages that go by their key alone where that does not do; the open one and help keep their names."""


def labels_for(keys: dict[str, str], here: str, room: int) -> dict[str, str]:
    """What stands beside each page's key so that all fit into `room` cells: names, shorter names, then none."""
    labels = {action: "stages" if action == "go.stage1" else BY_ID[action].label for action in keys}

    def size() -> int:
        return sum(len(keys[one]) + (len(label) + 1 if label else 0) + 2 for one, label in labels.items()) - 2

    for action, short in [*SHORT.items(), *((one, "") for one in BARE if one != here)]:
        if size() <= room:
            break
        labels[action] = short
    return labels


class Keys(Inked, Widget):
    """One line; a click on a name does it."""

    DEFAULT_CSS = "Keys { height: 1; background: $paper; }"

    def __init__(self) -> None:
        super().__init__(id="keys")
        self._places: list[tuple[int, int, str]] = []

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    @property
    def _owner(self) -> Console:
        from ..app import Console

        app = self.app
        assert isinstance(app, Console)
        return app

    def shown_key(self, action: str) -> str:
        """The key as it is mapped now."""
        return self._owner.key_of(action)

    def render_line(self, y: int) -> Strip:
        width, app = self.size.width, self._owner
        page = app.current_mode
        here = "go.stage1" if page.startswith("stage") else f"go.{page}"
        parts: Spans = [(" " * self.axis, "ink")]
        self._places = []

        def put(action: str, key: str, label: str) -> None:
            start = width_of(parts)
            on = action == here
            parts.extend(
                [(key, "accent b" if on else "ink2 b"), (f" {label}" if label else "", "ink" if on else "ink3")]
            )
            self._places.append((start, width_of(parts), action))
            parts.append(("  ", "ink"))

        keys = {action: self.shown_key(action) for action in PAGES}
        keys["go.stage1"] = f"{keys['go.stage1']}–{self.shown_key('go.stage7')}"
        labels = labels_for(keys, here, width - self.axis - 1)
        for action in PAGES:
            put(action, keys[action], labels[action])
        from ..screens.page import Page

        screen = self.screen
        hints = screen.HINTS if isinstance(screen, Page) else ()
        told: Spans = []
        for name in hints:
            told += [("  " if told else "", "ink"), (self.shown_key(name), "ink2 b"), (f" {BY_ID[name].label}", "ink3")]
        room = width - width_of(parts) - 3
        if told and width_of(told) <= room:
            at = width - 3 - width_of(told)
            for name in hints:
                size = len(self.shown_key(name)) + 1 + len(BY_ID[name].label)
                self._places.append((at, at + size, name))
                at += size + 2
            parts += [(" " * (width - 3 - width_of(told) - width_of(parts)), "ink"), *told]
        return self.ink_strip(parts, width)

    async def on_click(self, event: events.Click) -> None:
        for start, end, action in self._places:
            if start <= event.x < end:
                await self.app.run_action(f"do('{action}')")
                return
