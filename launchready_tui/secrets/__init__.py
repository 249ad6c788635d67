"""What a secret looks like: the rule table and the scanner. A found value is never kept: only where, which kind,
prefix and length."""

from .model import Exposure, Rule, SecretRulesError, load
from .scan import Match, Scan, hide, scan
from .shapes import IN_QUERY, QUERY_NAMES, shape, written_out
from .sourcemap import Source, map_reference, sources

__all__ = [
    "IN_QUERY",
    "QUERY_NAMES",
    "Exposure",
    "Match",
    "Rule",
    "Scan",
    "SecretRulesError",
    "Source",
    "hide",
    "load",
    "map_reference",
    "scan",
    "shape",
    "sources",
    "written_out",
]
