"""HTTP header values: list splitting, Cache-Control (RFC 9111), HSTS (RFC 6797), structured fields (RFC 9651),
Referrer-Policy."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches

from ...text import whole


def split_list(value: str, separator: str = ",") -> list[str]:
    """Splits at separators outside quoted strings and trims; empty members are left out (RFC 9110 section 5.6.1)."""
    parts: list[str] = []
    current: list[str] = []
    quoted = escaped = False
    for char in value:
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == separator and not quoted:
            parts.append("".join(current).strip())
            current = []
            continue
        current.append(char)
    parts.append("".join(current).strip())
    return [part for part in parts if part]


def unquote(value: str) -> str:
    """The content of a quoted-string, else the value itself."""
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value


@dataclass(frozen=True)
class CacheControl:
    """Directives by lower-case name; the first of a name counts, None where it has no value."""

    directives: dict[str, str | None]
    problems: tuple[str, ...] = ()

    def has(self, name: str) -> bool:
        """`name` is lower case."""
        return name in self.directives

    def seconds(self, name: str) -> int | None:
        """A delta-seconds directive; None where it is absent or no number."""
        value = self.directives.get(name)
        return whole(value or "")

    @property
    def shared(self) -> bool:
        """Says outright that shared caches may keep it (`public` or a positive `s-maxage`), and nothing forbids it."""
        if self.has("no-store") or self.has("private"):
            return False
        return self.has("public") or bool(self.seconds("s-maxage"))

    @property
    def browser_seconds(self) -> int:
        """For how long a browser uses it unasked."""
        if self.has("no-store") or self.has("no-cache"):
            return 0
        return self.seconds("max-age") or 0


_VALUELESS = {
    "no-store",
    "public",
    "must-revalidate",
    "proxy-revalidate",
    "no-transform",
    "immutable",
    "must-understand",
    "only-if-cached",
}
_VALUED = {"max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"}
_EITHER = {"no-cache", "private", "pre-check", "post-check", "max-stale", "min-fresh"}
_KNOWN_DIRECTIVES = _VALUELESS | _VALUED | _EITHER


def cache_control(values: tuple[str, ...] | list[str]) -> CacheControl:
    """Reads all Cache-Control headers of an answer together."""
    found: dict[str, str | None] = {}
    problems = []
    for part in (part for value in values for part in split_list(value)):
        name, equals, raw = part.partition("=")
        key, given = name.strip().lower(), unquote(raw.strip()) if equals else None
        if key in found:
            problems.append(f"{key} is repeated")
            continue
        found[key] = given
        if key in _VALUED and whole(given or "") is None:
            problems.append(f"{key} must be a number of seconds")
        elif key in _VALUELESS and given is not None:
            problems.append(f"{key} must not have a value")
        elif key not in _KNOWN_DIRECTIVES:
            near = get_close_matches(key, _KNOWN_DIRECTIVES, n=1)
            # Caches may understand words of their own; one letter beside a known word is a slip.
            problems += [f"{key} is not a directive (did you mean {near[0]}?)"] if near else []
        elif key == "max-age" and (whole(given or "") or 0) > 10**9:
            problems.append(f"max-age={given} is more than 30 years: are these milliseconds?")
    if "no-store" in found and "max-age" in found and found["max-age"] != "0":
        problems.append("no-store and max-age contradict each other")
    if "public" in found and "private" in found:
        problems.append("public and private contradict each other")
    return CacheControl(found, tuple(problems))


@dataclass(frozen=True)
class Hsts:
    """One Strict-Transport-Security value. `max_age` is None where it is missing or no number."""

    max_age: int | None
    include_subdomains: bool
    preload: bool
    problems: tuple[str, ...] = ()


_TOKEN = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")


def hsts(value: str) -> Hsts:
    """RFC 6797 section 6.1: directives separated by semicolons, names in any case, values as token or quoted-string,
    each at most once."""
    seen: dict[str, str | None] = {}
    problems: list[str] = []
    for part in split_list(value, ";"):
        name, equals, raw = part.partition("=")
        key, given = name.strip().lower(), raw.strip() if equals else None
        if not _TOKEN.match(key):
            problems.append(f"{part!r} is not a directive")
            continue
        if key in seen:
            problems.append(f"{key} is repeated")
            continue
        seen[key] = None if given is None else unquote(given)
    age = seen.get("max-age")
    max_age = whole(age or "")
    if "max-age" not in seen:
        problems.append("max-age is missing")
    elif max_age is None:
        problems.append(f"max-age={age or ''} is not a number of seconds")
    problems += [
        f"{key} must not have a value" for key in ("includesubdomains", "preload") if seen.get(key) is not None
    ]
    return Hsts(max_age, "includesubdomains" in seen, "preload" in seen, tuple(problems))


@dataclass(frozen=True)
class Item:
    """A structured-field item: a token, string, number or boolean as text, with its parameters."""

    value: str
    kind: str
    """token, string, number, boolean or bytes."""
    params: dict[str, str] = field(default_factory=dict)


_SF_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*")
_SF_STRING = re.compile(r'"((?:[^"\\\x00-\x1f\x7f]|\\["\\])*)"')
_SF_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,3})?")
_SF_BYTES = re.compile(r":[A-Za-z0-9+/=]*:")
_SF_BOOLEAN = re.compile(r"\?[01]")
_SF_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_SF_KINDS = (
    ("string", _SF_STRING),
    ("bytes", _SF_BYTES),
    ("boolean", _SF_BOOLEAN),
    ("number", _SF_NUMBER),
    ("token", _SF_TOKEN),
)


def sf_item(text: str) -> Item | None:
    """One item with parameters (RFC 9651 section 4.2.3); None where the syntax is broken."""
    text = text.strip(" ")
    for kind, pattern in _SF_KINDS:
        if found := pattern.match(text):
            value = found.group(1) if kind == "string" else found.group(0)
            value = re.sub(r"\\(.)", r"\1", value) if kind == "string" else value
            params = _sf_params(text[found.end() :])
            return None if params is None else Item(value, kind, params)
    return None


def _sf_params(rest: str) -> dict[str, str] | None:
    params: dict[str, str] = {}
    while rest:
        if not rest.startswith(";"):
            return None
        rest = rest[1:].lstrip(" ")
        key = _SF_KEY.match(rest)
        if not key:
            return None
        rest, value = rest[key.end() :], "?1"
        if rest.startswith("="):
            for kind, pattern in _SF_KINDS:
                if found := pattern.match(rest, 1):
                    value, rest = found.group(1) if kind == "string" else found.group(0), rest[found.end() :]
                    break
            else:
                return None
        params[key.group()] = value
    return params


def sf_list(values: tuple[str, ...] | list[str]) -> list[Item] | None:
    """A list of items over all header lines; None where one member is broken (the whole field is then ignored)."""
    items = []
    for part in split_list(", ".join(values)):
        item = sf_item(part)
        if item is None:
            return None
        items.append(item)
    return items


REFERRER_TOKENS = (
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
)


def referrer_policy(values: tuple[str, ...] | list[str]) -> str:
    """The policy in force: the last token a browser knows (Referrer Policy section 8.1); empty where there is none."""
    known = [part.lower() for value in values for part in split_list(value) if part.lower() in REFERRER_TOKENS]
    return known[-1] if known else ""
