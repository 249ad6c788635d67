"""The seven stages as data: what is checked, why it matters, how it is verified, what each stage delivers and what
signals its failure."""

from .model import (
    LIGHTS,
    CheckSpec,
    Deliverable,
    Light,
    Roadmap,
    RuleSpec,
    Signal,
    Stage,
    load,
)
from .sheet import Cause, SheetError, causes_of, flaws, shared_sheet, sheet_of

__all__ = [
    "LIGHTS",
    "Cause",
    "CheckSpec",
    "Deliverable",
    "Light",
    "Roadmap",
    "RuleSpec",
    "SheetError",
    "Signal",
    "Stage",
    "causes_of",
    "flaws",
    "load",
    "shared_sheet",
    "sheet_of",
]
