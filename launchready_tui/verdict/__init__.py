"""GO, GO WITH ACCEPTED RISKS or NO-GO: the minimum bar, the fix order and the next step."""

from __future__ import annotations

from .judge import LONGEST, LONGEST_ACCEPTANCE, accepted_until, confirmed_until, judge
from .model import Deed, Deeds, FixRow, Form, Gap, Judged, LightNow, Rank, Standing, Step, StepKind, Verdict, Word
from .ranking import minutes_of
from .steps import next_step

__all__ = [
    "LONGEST",
    "LONGEST_ACCEPTANCE",
    "Deed",
    "Deeds",
    "FixRow",
    "Form",
    "Gap",
    "Judged",
    "LightNow",
    "Rank",
    "Standing",
    "Step",
    "StepKind",
    "Verdict",
    "Word",
    "accepted_until",
    "confirmed_until",
    "judge",
    "minutes_of",
    "next_step",
]
