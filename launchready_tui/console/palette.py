"""The palette lists the actions of the table: the same names, the same keys, the same deeds; and what find finds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any, cast

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

from ..roadmap.find import words_of
from . import search
from .acts import find
from .host import ConsoleHost, Listed
from .laid import nothing, on_top

MOST = 12
"""Things that the palette shows beside the actions; `/` shows all."""


class Palette(CommandPalette):
    """Textual's palette, which leaves once, as all that is laid over a page."""

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """As Textual's, but nothing once it has left."""
        return super().dismiss(result) if on_top(self) else nothing()

    def _action_command_list(self, action: str) -> None:
        with contextlib.suppress(
            KeyError
        ):  # its list pages by lines, and does not know those of options that just came
            super()._action_command_list(action)


class Actions(Provider):
    """`check: re-check  r`, found by name and by what the tooltip says."""

    def _listed(self) -> Iterator[tuple[str, Listed]]:
        for one in cast("ConsoleHost", self.app).actions():
            if one.id != "palette":
                yield f"{one.group}: {one.label}  {one.key}", one

    def _does(self, one: Listed) -> IgnoreReturnCallbackType:
        return partial(self.app.run_action, f"do('{one.id}')")

    async def discover(self) -> Hits:
        for name, one in self._listed():
            yield DiscoveryHit(name, self._does(one), help=one.tooltip)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, one in self._listed():
            score = max(matcher.match(name), 0.8 * matcher.match(one.tooltip))
            if score > 0:
                yield Hit(score, matcher.highlight(name), self._does(one), help=one.tooltip)


class Found(Provider):
    """Problems, checks, rules, hosts and people, by their words."""

    async def search(self, query: str) -> Hits:
        app = cast("ConsoleHost", self.app)
        letters = sum(len(word) - 1 for word in words_of(query))
        for n, thing in enumerate(search.find(app.things(), query, MOST).things):
            # Below an action that is called so, above one whose letters only come in this order.
            score = 2.5 * letters - n / 100
            stage = app.snapshot.roadmap.stages[thing.stage - 1].title if thing.stage else "People and access"
            name = search.named(thing, app.snapshot)
            yield Hit(
                score, f"{thing.mark[0]} {name}".strip(), partial(find.go, app, thing), help=f"{thing.what}, {stage}"
            )
