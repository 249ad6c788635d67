"""What a secret looks like: the rule table and the scanner. A found value is never kept: only where, which kind,
prefix and length."""

from .model import Exposure, Rule, SecretRulesError, load
from .scan import Match, Scan, hide, mask, scan
from .shapes import Shape, shapes
from .sourcemap import Source, map_reference, sources

__all__ = [
    "Exposure",
    "Match",
    "Rule",
    "Scan",
    "SecretRulesError",
    "Shape",
    "Source",
    "hide",
    "load",
    "map_reference",
    "mask",
    "scan",
    "shapes",
    "sources",
]
