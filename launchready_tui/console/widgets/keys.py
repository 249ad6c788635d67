"""The footer: the pages by their keys, the open one in full ink; at the right what acts here, where there is room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from textual import events
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from ..ink import Inked, Spans, width_of

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


class Named(Protocol):
    """Who knows how actions are called, and by which keys they are done now."""

    def key_of(self, action: str) -> str:
        """As it is written on screens; the first, where there are several."""

    def label_of(self, action: str) -> str:
        """The short word beside the key."""


class Key(NamedTuple):
    """An action in the footer."""

    action: str
    key: str
    label: str


def _labels_for(keys: Sequence[Key], here: str, room: int) -> Mapping[str, str]:
    """What stands beside each page's key so that all fit into `room` cells: names, shorter names, then none."""
    labels = {one.action: one.label for one in keys}

    def size() -> int:
        return sum(len(one.key) + (len(labels[one.action]) + 1 if labels[one.action] else 0) + 2 for one in keys) - 2

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
        self.here = ""
        self.pages: tuple[Key, ...] = ()
        self.hints: tuple[Key, ...] = ()

    def follow(self, mode: str, hints: Sequence[str], names: Named) -> None:
        """The page that is open, by its mode, what acts there, and the keys of both as they are mapped now."""
        self.here = "go.stage1" if mode.startswith("stage") else f"go.{mode}"
        keys = {action: Key(action, names.key_of(action), names.label_of(action)) for action in PAGES}
        first = keys["go.stage1"]
        keys["go.stage1"] = Key(first.action, f"{first.key}–{names.key_of('go.stage7')}", "stages")
        self.pages = tuple(keys.values())
        self.hints = tuple(Key(action, names.key_of(action), names.label_of(action)) for action in hints)
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        parts: Spans = [(" " * self.axis, "ink")]
        self._places = []

        def put(action: str, key: str, label: str) -> None:
            start = width_of(parts)
            on = action == self.here
            parts.extend(
                [(key, "accent b" if on else "ink2 b"), (f" {label}" if label else "", "ink" if on else "ink3")]
            )
            self._places.append((start, width_of(parts), action))
            parts.append(("  ", "ink"))

        labels = _labels_for(self.pages, self.here, width - self.axis - 1)
        for one in self.pages:
            put(one.action, one.key, labels[one.action])
        told: Spans = []
        for one in self.hints:
            told += [("  " if told else "", "ink"), (one.key, "ink2 b"), (f" {one.label}", "ink3")]
        room = width - width_of(parts) - 3
        if told and width_of(told) <= room:
            at = width - 3 - width_of(told)
            for one in self.hints:
                size = len(one.key) + 1 + len(one.label)
                self._places.append((at, at + size, one.action))
                at += size + 2
            parts += [(" " * (width - 3 - width_of(told) - width_of(parts)), "ink"), *told]
        return self.ink_strip(parts, width)

    async def on_click(self, event: events.Click) -> None:
        for start, end, action in self._places:
            if start <= event.x < end:
                await self.app.run_action(f"do('{action}')")
                return
