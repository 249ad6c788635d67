"""What is written down beside the launch file, as checks read it: people, inventory, and what was handed over."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from .inventory import Inventory, InventoryFile
from .people import People, PeopleFile, Person
from .records import Compared, HandedOver, compared, handed_over


@dataclass(frozen=True)
class Papers:
    """One frozen look. `handed_over` and `compared` are the newest of each kind, None before the first."""

    people: People = field(default_factory=People)
    inventory: Inventory = field(default_factory=Inventory)
    handed_over: HandedOver | None = None
    compared: Compared | None = None

    @classmethod
    def of(cls, folder: Path, people: People, inventory: Inventory, *, demo: bool) -> Papers:
        """With the newest records that lie in this folder, the demo's and real ones apart."""
        return cls(
            people,
            inventory,
            next((one for one in reversed(handed_over(folder).read()) if one.demo == demo), None),
            next((one for one in reversed(compared(folder).read()) if one.demo == demo), None),
        )

    @functools.cached_property
    def digest(self) -> str:
        """What an answer read from people and inventory belongs to. Records are left out: an export must not make
        answers old."""
        parts = (InventoryFile.render(self.inventory), PeopleFile.render(self.people))
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def person(self, who: str) -> Person | None:
        """The person with this id, where this machine knows one."""
        return self.people.find(who)

    def has_left(self, who: str) -> bool:
        """Whether somebody is written down as gone."""
        found = self.people.find(who)
        return found is not None and found.status == "left"

    def is_leaving(self, who: str) -> bool:
        """False also for one whom people.toml does not name."""
        found = self.people.find(who)
        return found is not None and found.status == "leaving"

    def inside(self, system: str) -> tuple[str, ...]:
        """Ids of those who can get into a system and have not left, each once."""
        entries = (one.person for one in self.inventory.access if one.system == system)
        return tuple(dict.fromkeys(who for who in entries if not self.has_left(who)))
