"""Offline tests of a value that has the right shape. Nothing here asks a provider.

Each validator gets the value and the moment of judgement, and answers with the confidence that is left, or None to
drop the match.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .model import Confidence, Rule

Answer = Confidence | None

_PLACEHOLDER = re.compile(
    r"example|placeholder|change.?me|your[_-]|your(?:key|token|secret|api)|dummy|redacted|x{4}|\*{3}|\.{3}|insert[_-]|replace[_-]|notreal|sample|"
    r"0123456789|1234567890|abcdefghij",
    re.IGNORECASE,
)
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def entropy(value: str) -> float:
    """Shannon entropy in bits a character; 0 for an empty text."""
    if not value:
        return 0.0
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())


def is_placeholder(value: str) -> bool:
    """A value written to be replaced: words such as `example`, runs of one character, a counted-up alphabet."""
    return bool(_PLACEHOLDER.search(value)) or len(set(value)) <= 4


def _random(value: str, _now: datetime) -> Answer:
    mixed = any(char.isdigit() for char in value) and any(char.isalpha() for char in value)
    return "medium" if mixed and entropy(value) >= 3.0 else None


def base62(number: int, size: int) -> str:
    """A number as so many base62 digits, 0-9A-Za-z, the highest first."""
    digits = ""
    for _ in range(size):
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits


def crc_ok(body: str) -> bool:
    """GitHub's and npm's check: the last 6 of 36 characters are the base62 CRC32 of the first 30 (GitHub blog,
    2021-04)."""
    return body[30:] == base62(zlib.crc32(body[:30].encode()), 6)


def _crc_github(value: str, _now: datetime) -> Answer:
    body = value.partition("_")[2]
    # Newer installation tokens are longer and carry no such check sum.
    if len(body) != 36:
        return "medium"
    return "high" if crc_ok(body) else "low"


def _crc_npm(value: str, _now: datetime) -> Answer:
    return "high" if crc_ok(value.partition("_")[2]) else "low"


def jwt_payload(value: str) -> dict[str, Any] | None:
    """The claims of a JSON Web Token (RFC 7519), unverified; None where head or claims are no JSON objects."""
    parts = value.split(".")
    found = []
    for part in parts[:2]:
        try:
            decoded = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except (binascii.Error, ValueError, RecursionError):
            return None
        if not isinstance(decoded, dict):
            return None
        found.append(decoded)
    return found[1] if len(found) == 2 and "alg" in found[0] else None


def _expired(claims: dict[str, Any], now: datetime) -> bool:
    until = claims.get("exp")
    return isinstance(until, int | float) and not isinstance(until, bool) and until < now.timestamp()


def _supabase_role(value: str, role: str, now: datetime) -> Answer:
    claims = jwt_payload(value)
    if claims is None or not str(claims.get("iss", "")).startswith("supabase") or claims.get("role") != role:
        return None
    return "low" if claims["iss"] == "supabase-demo" or _expired(claims, now) else "high"


def _jwt_service(value: str, now: datetime) -> Answer:
    return _supabase_role(value, "service_role", now)


def _jwt_anon(value: str, now: datetime) -> Answer:
    return _supabase_role(value, "anon", now)


def _jwt_other(value: str, now: datetime) -> Answer:
    claims = jwt_payload(value)
    if claims is None or (
        str(claims.get("iss", "")).startswith("supabase") and claims.get("role") in ("service_role", "anon")
    ):
        return None
    return "low" if _expired(claims, now) else "medium"


_PEM_BODY = re.compile(r"[A-Za-z0-9+/]{30,}")


def _pem(value: str, _now: datetime) -> Answer:
    # A library that knows the header line holds no key: the body must follow.
    body = value.partition("KEY")[2].partition("-----END")[0]
    joined = re.sub(r"\\[nr]|[\s\\]", "", body)
    match = _PEM_BODY.search(joined)
    return "high" if match and not is_placeholder(match.group()) else None


_NOBODY = re.compile(
    r"^(?:localhost|127\.|0\.0\.0\.0|\[?::1|host\.docker\.internal|host|hostname|server)\b", re.IGNORECASE
)
_DEFAULTS = {
    "postgres",
    "password",
    "pass",
    "passwd",
    "root",
    "admin",
    "secret",
    "user",
    "guest",
    "redis",
    "mysql",
    "pwd",
    "mypassword",
}


def _url_password(value: str, _now: datetime) -> Answer:
    login, _, host = value.partition("://")[2].rpartition("@")
    user, _, password = login.partition(":")
    template = any(mark in login for mark in ("${", "{{", "%s", "{0}", "$(", "+", "(", "*")) or password[:1] in (
        "$",
        "{",
        "%",
        "<",
        "[",
    )
    if template or is_placeholder(password) or password.lower() in _DEFAULTS or password == user:
        return None
    name = host.partition(":")[0].lower()
    # A name without a dot is a machine of somebody's compose file, and no service of this launch.
    if _NOBODY.match(host) or "." not in name or name.endswith((".example", "example.com", "example.org", ".invalid")):
        return None
    return "high"


def _aws_id(value: str, _now: datetime) -> Answer:
    return None if value.endswith("EXAMPLE") or entropy(value[4:]) < 2.5 else "medium"


_TABLE: dict[str, Callable[[str, datetime], Answer]] = {
    "aws-id": _aws_id,
    "crc-github": _crc_github,
    "crc-npm": _crc_npm,
    "jwt-other": _jwt_other,
    "jwt-supabase-anon": _jwt_anon,
    "jwt-supabase-service": _jwt_service,
    "pem": _pem,
    "random": _random,
    "url-password": _url_password,
}
_OWN_PLACEHOLDER_TEST = {"pem", "url-password", "jwt-other", "jwt-supabase-anon", "jwt-supabase-service"}
_RANK = {"high": 2, "medium": 1, "low": 0}


def judge(rule: Rule, value: str, now: datetime) -> Answer:
    """The confidence that a value of this rule's shape is real: the lower of what shape and validator say; None where
    it is none."""
    if rule.validator not in _OWN_PLACEHOLDER_TEST:
        body = value
        for keyword in rule.keywords:
            body = body.removeprefix(keyword)
        if is_placeholder(body):
            return None
    if not rule.validator:
        return rule.confidence
    answer = _TABLE[rule.validator](value, now)
    if answer is None:
        return None
    if rule.validator == "random":
        return rule.confidence
    return min(answer, rule.confidence, key=lambda level: _RANK[level])
