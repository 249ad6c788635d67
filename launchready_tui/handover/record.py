"""A DNS record, as the handover folder keeps and compares it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Record:
    """One record that was seen: the name without its last dot, lower case; the data as `dig` prints it.

    Without data: it was asked for, and DNS said that there is none.
    """

    name: str
    type: str
    data: str

    def __str__(self) -> str:
        return f"{self.name} {self.type} {self.data}"
