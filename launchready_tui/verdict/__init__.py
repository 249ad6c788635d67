"""GO, GO WITH ACCEPTED RISKS or NO-GO: the minimum bar, the fix order and the next step."""

from __future__ import annotations

from .model import Judged, LightNow, Rank, Standing, Step, StepKind, Verdict, Word

__all__ = ["Judged", "LightNow", "Rank", "Standing", "Step", "StepKind", "Verdict", "Word"]
