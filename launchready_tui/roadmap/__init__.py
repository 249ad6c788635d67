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
from .sheet import SheetError, flaws, shared_sheet, sheet_of

__all__ = [
    "LIGHTS",
    "CheckSpec",
    "Deliverable",
    "Light",
    "Roadmap",
    "RuleSpec",
    "SheetError",
    "Signal",
    "Stage",
    "flaws",
    "load",
    "shared_sheet",
    "sheet_of",
]
