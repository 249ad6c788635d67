"""Content-Security-Policy as browsers read it (CSP Level 3, section 2.2): policies, directives, source expressions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

FETCH = (
    "child-src",
    "connect-src",
    "default-src",
    "fenced-frame-src",
    "font-src",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "object-src",
    "prefetch-src",
    "script-src",
    "script-src-attr",
    "script-src-elem",
    "style-src",
    "style-src-attr",
    "style-src-elem",
    "worker-src",
)
OTHER = (
    "base-uri",
    "block-all-mixed-content",
    "form-action",
    "frame-ancestors",
    "navigate-to",
    "plugin-types",
    "referrer",
    "reflected-xss",
    "report-to",
    "report-uri",
    "require-sri-for",
    "require-trusted-types-for",
    "sandbox",
    "trusted-types",
    "upgrade-insecure-requests",
    "webrtc",
)
START = "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
"""A policy to begin with, for a site that loads its own files only."""
KNOWN = frozenset(FETCH + OTHER)
_NOT_IN_META = frozenset({"frame-ancestors", "report-uri", "sandbox"})
_KEYWORDS = frozenset(
    {
        "self",
        "none",
        "unsafe-inline",
        "unsafe-eval",
        "strict-dynamic",
        "unsafe-hashes",
        "report-sample",
        "wasm-unsafe-eval",
        "trusted-types-eval",
        "inline-speculation-rules",
        "report-sha256",
        "report-sha384",
        "report-sha512",
        "unsafe-allow-redirects",
        "unsafe-webtransport-hashes",
    }
)
_NONCE = re.compile(r"^'nonce-([A-Za-z0-9+/_=-]+)'$", re.IGNORECASE)
_HASH = re.compile(r"^'sha(256|384|512)-[A-Za-z0-9+/_=-]+'$", re.IGNORECASE)
_HOST = re.compile(
    r"(?:([a-z][a-z0-9+.-]{0,40}):/{2})?(\*|(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,126}\.?)"
    r"(?::(?:\d{1,5}|\*))?(/.{0,2000})?",
    re.IGNORECASE,
)
_BARE_NONCE = re.compile(r"^(nonce-|sha(256|384|512)-)", re.IGNORECASE)


@dataclass(frozen=True)
class Policy:
    """One policy. `directives` holds lower-case names with their source expressions as written; the first of a name
    counts."""

    raw: str
    directives: dict[str, tuple[str, ...]]
    problems: tuple[str, ...] = ()

    def sources(self, *names: str) -> tuple[str, ...] | None:
        """The expressions of the first of these directives that is there, lower case; None where none is."""
        for name in names:
            if name in self.directives:
                return tuple(
                    source if _NONCE.match(source) or _HASH.match(source) else source.lower()
                    for source in self.directives[name]
                )
        return None

    @cached_property
    def scripts(self) -> tuple[str, ...] | None:
        """What may load as a script; None where nothing limits it."""
        return self.sources("script-src-elem", "script-src", "default-src")

    @cached_property
    def handlers(self) -> tuple[str, ...] | None:
        """What may run as an event handler in the markup; None where nothing limits it."""
        return self.sources("script-src-attr", "script-src", "default-src")

    @cached_property
    def nonces(self) -> tuple[str, ...]:
        """All nonces the policy names, in order."""
        found = [_NONCE.match(source) for sources in self.directives.values() for source in sources]
        return tuple(dict.fromkeys(match.group(1) for match in found if match))


def host_of_source(source: str) -> tuple[str, str] | None:
    """Host, lower case and perhaps with `*.` before it, and path of a host source (section 2.3.1); None for every other
    expression."""
    found = _HOST.fullmatch(source)
    return (found[2].lower().rstrip("."), found[3] or "") if found else None


def has_nonce_or_hash(sources: tuple[str, ...]) -> bool:
    """Whether something vouches for single scripts, so that browsers ignore 'unsafe-inline'."""
    return any(_NONCE.match(source) or _HASH.match(source) for source in sources)


def _read_one(raw: str, in_meta: bool) -> Policy:
    directives: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for part in raw.split(";"):
        words = part.split()
        if not words:
            continue
        name, sources = words[0].lower(), tuple(words[1:])
        if in_meta and name in _NOT_IN_META:
            problems.append(f"{name} has no effect in a meta tag")
            continue
        if name in directives:
            problems.append(f"{name} is repeated and only the first one counts")
            continue
        if name not in KNOWN:
            problems.append(f"{words[0]} is not a directive")
            continue
        directives[name] = sources
        if name in FETCH or name in ("base-uri", "form-action", "frame-ancestors"):
            problems += [text for source in sources if (text := _source_problem(name, source))]
            if len(sources) > 1 and any(source.lower() == "'none'" for source in sources):
                problems.append(f"{name}: 'none' is ignored beside other sources")
    return Policy(raw.strip(), directives, tuple(problems))


def _source_problem(directive: str, source: str) -> str:
    lower = source.lower()
    if lower in KNOWN:
        return f"{directive}: a semicolon is missing before {source}"
    if lower in _KEYWORDS or _BARE_NONCE.match(source):
        return f"{directive}: {source} needs single quotes"
    vouched = _NONCE.match(source) or _HASH.match(source) or lower.strip("'") in _KEYWORDS
    if source[:1] in '‘’“”"' or (lower.startswith("'") and not vouched):
        return f"{directive}: {source} is not a source"
    return ""


def policies(values: tuple[str, ...] | list[str], *, in_meta: bool = False) -> list[Policy]:
    """All policies of these headers (each may hold several, split at commas) or meta tags, in order; empty ones are
    left out."""
    found = []
    for value in values:
        found += [_read_one(raw, in_meta) for raw in value.split(",") if raw.strip()]
    return found
