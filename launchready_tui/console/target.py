"""What a page's cursor stands on."""

from __future__ import annotations

from dataclasses import dataclass

from ..verdict import Judged, Standing


@dataclass(frozen=True, slots=True)
class Target:
    """A check, and one of its findings where there is one."""

    standing: Standing
    judged: Judged | None = None
