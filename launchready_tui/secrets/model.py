"""The rule table as types: `rules.toml` beside this module, one table a shape."""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Literal

import msgspec

from ..findings import Severity

Exposure = Literal["secret", "public", "depends"]
Confidence = Literal["high", "medium", "low"]
Boundary = Literal["word", "key", "any"]
Validator = Literal[
    "",
    "aws-id",
    "crc-github",
    "crc-npm",
    "jwt-other",
    "jwt-supabase-anon",
    "jwt-supabase-service",
    "pem",
    "random",
    "url-password",
]

_RIGHT: dict[str, str] = {"word": r"(?![A-Za-z0-9_])", "key": r"(?![A-Za-z0-9_-])", "any": ""}


class SecretRulesError(Exception):
    """The rule table in the package is broken."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One shape of credential. The head of `rules.toml` explains every key."""

    id: str
    provider: str
    title: str
    keywords: tuple[str, ...]
    pattern: str
    back: int = 0
    fold: bool = False
    group: int = 0
    left: Boundary = "word"
    right: Boundary = "word"
    validator: Validator = ""
    confidence: Confidence
    exposure: Exposure
    severity: Severity = Severity.BLOCKER
    condition: str = ""
    near: tuple[str, ...] = ()
    near_exposure: Exposure = "public"
    rotate: str = ""
    dated: str


class _File(msgspec.Struct, forbid_unknown_fields=True):
    rules: tuple[Rule, ...]


@functools.cache
def load() -> tuple[Rule, ...]:
    """All rules, in table order: where two match the same text with equal confidence, the earlier one is right. Raises
    SecretRulesError."""
    import tomllib

    try:
        text = (resources.files(__package__) / "rules.toml").read_text("utf-8")
        rules = msgspec.convert(tomllib.loads(text), _File).rules
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SecretRulesError(f"secrets/rules.toml: {error}") from error
    for rule in rules:
        if rule.fold and any(keyword != keyword.lower() for keyword in rule.keywords):
            raise SecretRulesError(f"secrets/rules.toml: {rule.id}: the keywords of a folded rule are lower case")
    return rules


@functools.cache
def compiled(rule: Rule) -> re.Pattern[str]:
    """The rule's pattern with what may not follow it."""
    return re.compile(rule.pattern + _RIGHT[rule.right])
