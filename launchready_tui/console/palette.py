"""The palette lists the actions of the table: the same names, the same keys, the same deeds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

from .host import ConsoleHost, Listed


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
