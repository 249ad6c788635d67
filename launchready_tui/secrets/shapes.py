"""Shapes out of the table for those who look for one thing in many lines, and how secrets stand in HTTP."""

from __future__ import annotations

import functools
import re

from .model import compiled, load
from .scan import scan

QUERY_NAMES = ("access_token", "api_key", "auth", "client_secret", "password", "reset_token", "secret", "token")
"""Names of values in a query that carry a secret."""
IN_QUERY = re.compile(rf"(?i)[?&]({'|'.join(QUERY_NAMES)})=")
_SCHEME = re.compile(r"(?i)(?:bearer|basic|token)\s+\S")
"""What stands before the secret in a header (RFC 7617 section 2, RFC 6750 section 2.1)."""


@functools.cache
def shape(rule: str) -> re.Pattern[str]:
    """The shape of one rule of the table. Raises KeyError for one that it does not have."""
    return compiled({one.id: one for one in load()}[rule])


def written_out(text: str) -> bool:
    """Whether a text that should name a secret holds one: the whole of a header's scheme and value, or a sure shape."""
    return _SCHEME.match(text) is not None or any(match.sure for match in scan(text).matches)
