"""What a page's cursor stands on."""

from __future__ import annotations

from dataclasses import dataclass

from ..verdict import Judged, Standing


@dataclass(frozen=True, slots=True)
class Target:
    """A check, and one of its findings where there is one."""

    standing: Standing
    judged: Judged | None = None
    together: tuple[Judged, ...] = ()
    """Several findings at once, `judged` the first of them, where the cursor stands on a line for all of them."""

    @property
    def all(self) -> tuple[Judged, ...]:
        """The findings that an action is about."""
        return self.together or ((self.judged,) if self.judged else ())
