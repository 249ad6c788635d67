"""Shapes out of the table for those who look for one thing in many lines, and how secrets stand in HTTP."""

from __future__ import annotations

import functools
import re
from typing import Literal

from .addresses import BLANK
from .model import compiled, load
from .scan import scan
from .validate import jwt_payload

_SCHEME = re.compile(r"(?i)(?:bearer|basic|token)\s+\S")
"""What stands before the secret in a header (RFC 7617 section 2, RFC 6750 section 2.1)."""


@functools.cache
def shape(rule: str) -> re.Pattern[str]:
    """The shape of one rule of the table. Raises KeyError for one that it does not have."""
    return compiled({one.id: one for one in load()}[rule])


def is_jwt(value: str) -> bool:
    """Whether it is a signed JSON Web Token as RFC 7519 writes it: head, claims and signature."""
    return value.count(".") == 2 and jwt_payload(value) is not None


def written_out(text: str) -> bool:
    """Whether a text that should name a secret holds one: the whole of a header's scheme and value, or a sure shape."""
    return _SCHEME.match(text) is not None or any(match.sure for match in scan(text).matches)


_TEST_MODE = re.compile(r"(?:[srp]k_test_|rzp_test_|sandbox-|FLWSECK_TEST|SANDBOX|whsec_test_|TEST-)")
_LIVE_MODE = re.compile(r"(?:[sr]k_live_|rzp_live_|production-|EAAA)")


def mode_of(value: str) -> Literal["test", "live", ""]:
    """The mode of a payment provider's key, by its beginning; empty where it tells none."""
    return "test" if _TEST_MODE.match(value) else "live" if _LIVE_MODE.match(value) else ""


def without_values(header: str, value: str) -> str:
    """A header's value as it may be shown: names of cookies stay, with their attributes, and the scheme of a log-in."""
    name = header.strip().lower()
    if name == "set-cookie":
        pair, end, rest = value.partition(";")
        return _nameless(pair) + end + rest
    if name == "cookie":
        return ";".join(map(_nameless, value.split(";")))
    if name in ("authorization", "proxy-authorization"):
        return f"{value.split(' ')[0]} {BLANK}" if " " in value.strip() else BLANK
    return value


def _nameless(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={BLANK}" if equals and value.strip() else pair if equals else BLANK if pair.strip() else pair
