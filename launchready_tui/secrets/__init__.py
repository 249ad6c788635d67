"""What a secret looks like: the rule table and the scanner. A found value is never kept: only where, which kind,
prefix and length."""

from .addresses import BLANK, IN_QUERY, QUERY_NAMES, is_token, without_tokens
from .model import Exposure, Rule, SecretRulesError, load
from .scan import Match, Scan, hide, scan
from .shapes import is_jwt, shape, without_values, written_out
from .sourcemap import Source, map_reference, sources

__all__ = [
    "BLANK",
    "IN_QUERY",
    "QUERY_NAMES",
    "Exposure",
    "Match",
    "Rule",
    "Scan",
    "SecretRulesError",
    "Source",
    "hide",
    "is_jwt",
    "is_token",
    "load",
    "map_reference",
    "scan",
    "shape",
    "sources",
    "without_tokens",
    "without_values",
    "written_out",
]
