"""What detection proposes, and what it saw on the way: seen, not there, or could not be looked at."""

from __future__ import annotations

from typing import Literal

import msgspec

from ...launch.model import Launch

Outcome = Literal["seen", "not-there", "could-not-look"]
Topic = Literal["hosts", "canonical", "pages", "routes", "email"]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One look. `text` is a plain sentence, cleaned."""

    topic: Topic
    outcome: Outcome
    text: str


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A launch to begin with, and the looks it rests on. `launch` is always valid, even where nothing could be seen."""

    launch: Launch
    seen: tuple[Seen, ...]

    @property
    def found(self) -> bool:
        """Whether any host of the domain was seen."""
        return any(look.topic == "hosts" and look.outcome == "seen" for look in self.seen)

    def notes(self) -> dict[str, str]:
        """What could not be seen, by the table of the launch file it belongs to: comments for `write_new`."""
        table = {"hosts": "hosts", "pages": "pages", "routes": "routes", "email": "email"}
        gaps: dict[str, str] = {}
        for look in self.seen:
            if look.outcome == "could-not-look" and look.topic in table:
                gaps[table[look.topic]] = f"{gaps.get(table[look.topic], '')}{look.text}. ".replace("..", ".")
        return {name: f"Could not detect everything: {said.strip()}" for name, said in gaps.items()}
