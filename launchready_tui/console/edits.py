"""Changes of people and inventory, so that the newest can be taken back, in turn with decisions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ..launch.decisions import Decisions
    from ..launch.inventory import Inventory
    from ..launch.people import People
    from ..workspace import Workspace

Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class _Edit:
    words: str
    people: tuple[People, People]
    """Before and after."""
    inventory: tuple[Inventory, Inventory]
    decisions: Decisions
    """Those that stood then: other ones mean that something was decided since."""


class Edits:
    """What was changed in this session."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._done: list[_Edit] = []

    def do(self, words: str, act: Callable[[], Given]) -> Given:
        """Changes people or inventory and remembers how they were. `words` are `deed: about what`."""
        ws = self.workspace
        people, inventory = ws.people, ws.inventory
        given = act()
        if ws.people != people or ws.inventory != inventory:
            self._done.append(_Edit(words, (people, ws.people), (inventory, ws.inventory), ws.decisions))
        return given

    def undo(self) -> str:
        """Takes the newest change or decision back, and says which. Raises ValueError where there is none, or it was
        changed since."""
        ws = self.workspace
        edit = self._done[-1] if self._done else None
        if edit is None or (edit.decisions is not ws.decisions and ws.can_undo):
            return ws.undo()
        if edit.people[1] != ws.people or edit.inventory[1] != ws.inventory:
            self._done.pop()
            raise ValueError("Someone else has changed it since, so it was left as it is")
        if edit.people[0] != ws.people:
            ws.save_people(edit.people[0])
        if edit.inventory[0] != ws.inventory:
            ws.save_inventory(edit.inventory[0])
        self._done.pop()
        return edit.words
