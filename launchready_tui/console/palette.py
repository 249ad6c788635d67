"""The palette lists the actions of the table: the same names, the same keys, the same deeds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider

from .actions import ACTIONS, Action

if TYPE_CHECKING:
    from .app import Console


class Actions(Provider):
    """`check: re-check  r`, found by name and by what the tooltip says."""

    def _listed(self) -> Iterator[tuple[str, Action]]:
        console = self._console
        for action in ACTIONS:
            if action.id != "palette" and (not action.demo or console.lab is not None):
                yield f"{action.group}: {action.label}  {console.key_of(action.id)}", action

    @property
    def _console(self) -> Console:
        from .app import Console

        app = self.app
        assert isinstance(app, Console)
        return app

    async def discover(self) -> Hits:
        for name, action in self._listed():
            yield DiscoveryHit(name, partial(self._console.action_do, action.id), help=action.tooltip)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, action in self._listed():
            score = max(matcher.match(name), 0.8 * matcher.match(action.tooltip))
            if score > 0:
                yield Hit(
                    score, matcher.highlight(name), partial(self._console.action_do, action.id), help=action.tooltip
                )
