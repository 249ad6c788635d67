"""The seven stages as data: what is checked, why it matters, how it is verified, what each stage delivers and what
signals its failure."""

from .model import (
    LIGHTS,
    CheckSpec,
    Deliverable,
    Light,
    Roadmap,
    RoadmapError,
    RuleSpec,
    Signal,
    Stage,
    load,
)

__all__ = [
    "LIGHTS",
    "CheckSpec",
    "Deliverable",
    "Light",
    "Roadmap",
    "RoadmapError",
    "RuleSpec",
    "Signal",
    "Stage",
    "load",
]
