"""The scanner: keywords by plain text search, the pattern only round each hit, then the offline test. The standard
library is enough; the extra `fast` finds all keywords in one pass.

CPU-bound (about a quarter of a second a megabyte): callers with an event loop run it in a thread. The search
primitives are short, so that a thread running it never holds the interpreter for long.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from .addresses import without_tokens
from .model import Confidence, Exposure, Rule, compiled, load
from .validate import judge

# A file made to be slow is full of keywords that lead nowhere: after so many attempts the keyword is given up, and the
# scan says so.
ATTEMPTS = 60_000
ATTEMPTS_BACK = 10_000
MATCHES = 50
WINDOW = 9_000
_PART = 256 * 1024
NEAR = 600

_WORD = re.compile(r"[A-Za-z0-9_]")
_KEY = re.compile(r"[A-Za-z0-9_./+-]")
_ESCAPED = re.compile(r"(?:\\[nrtbf]|\\u00[0-9a-fA-F]{2}|\\x[0-9a-fA-F]{2}|%[0-9A-Fa-f]{2})\Z")
_RANK = {"high": 2, "medium": 1, "low": 0}


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A credential that was found: which kind and where. The value itself is not here."""

    rule: Rule
    start: int
    end: int
    line: int
    column: int
    """Both counted from 1."""
    prefix: str
    """What may be shown: the fixed part of the shape and at most 4 characters more."""
    length: int
    confidence: Confidence
    exposure: Exposure

    @property
    def sure(self) -> bool:
        """It must go out nowhere: neither made to be public, nor only resembling a secret."""
        return self.exposure != "public" and self.confidence != "low"

    @property
    def shown(self) -> str:
        """`sk_live_51Ab… (107 characters)`."""
        return f"{self.prefix}… ({self.length} characters)"


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in one text. `complete` is False where a limit ended the search early."""

    matches: tuple[Match, ...]
    complete: bool


class _Hit(msgspec.Struct, frozen=True):
    rule: Rule
    order: int
    start: int
    end: int
    confidence: Confidence


def scan(text: str, *, now: datetime | None = None, rules: Iterable[Rule] | None = None) -> Scan:
    """Every credential in the text, in order; of overlapping ones the surest, then the longest, then the first of the
    table."""
    at = now or datetime.now(UTC)
    hits: list[_Hit] = []
    complete = True
    wanted = load() if rules is None else tuple(rules)
    finder = _Finder(text, wanted)
    for order in finder.candidates():
        rule = wanted[order]
        seen: set[tuple[int, int]] = set()
        for keyword in rule.keywords:
            attempts = ATTEMPTS_BACK if rule.back else ATTEMPTS
            for place in finder.places(keyword, rule.fold):
                attempts -= 1
                if attempts < 0 or len(seen) >= MATCHES:
                    complete = False
                    break
                found = _try(rule, text, place)
                if found is None or found.span(rule.group) in seen:
                    continue
                confidence = judge(rule, found.group(rule.group), at)
                if confidence is not None:
                    seen.add(found.span(rule.group))
                    hits.append(_Hit(rule, order, *found.span(rule.group), confidence))
    return Scan(matches=tuple(_describe(text, hit) for hit in _resolve(hits)), complete=complete)


def hide(text: str, *, now: datetime | None = None) -> str:
    """The text with every sure secret replaced by the name of its kind, and without the tokens in its addresses; public
    keys elsewhere, and what only resembles a secret, stay."""
    out: list[str] = []
    end = 0
    for match in scan(text, now=now).matches:
        if not match.sure:
            continue
        out += (text[end : match.start], f"<{match.rule.title}>")
        end = match.end
    return without_tokens("".join((*out, text[end:])) if out else text)


class _Finder:
    """Finds keywords: all in one pass where the extra `fast` is installed, else one by one. One that is compared
    without case needs a lowered copy, made once and only where it keeps every position."""

    def __init__(self, text: str, rules: tuple[Rule, ...]) -> None:
        self.text = text
        self._rules = rules
        self._lower: str | None = None
        self._hits = _hits(text, rules)

    def candidates(self) -> Iterable[int]:
        """The rules that may match, by their place in the table and in its order."""
        if self._hits is None:
            return range(len(self._rules))
        by_word = _rules_of(self._rules)
        return sorted({order for word in self._hits for order in by_word[word]})

    def places(self, keyword: str, fold: bool) -> Iterator[int]:
        if self._hits is not None:
            for place in self._hits.get(keyword.lower(), ()):
                if fold or self.text.startswith(keyword, place):
                    yield place
            return
        if not fold:
            yield from _find(self.text, keyword)
            return
        if self._lower is None:
            self._lower = self.text.lower()
        if len(self._lower) == len(self.text):
            yield from _find(self._lower, keyword)
        else:  # some letters change their length when lowered
            yield from (found.start() for found in re.finditer(re.escape(keyword), self.text, re.IGNORECASE | re.ASCII))


def _hits(text: str, rules: tuple[Rule, ...]) -> dict[str, list[int]] | None:
    """Where each keyword stands, by its lower case; None where that cannot be told in one pass."""
    made = _automaton(rules)
    if made is None or len(lower := text.lower()) != len(text):
        return None
    words, longest = made
    hits: dict[str, list[int]] = {}
    # The search keeps the interpreter until its next hit: a long text is given to it in parts.
    for start in range(0, len(lower), _PART):
        for end, word in words.iter(lower, start, min(len(lower), start + _PART + longest - 1)):
            place = end - len(word) + 1
            if place < start + _PART:
                hits.setdefault(word, []).append(place)
    return hits


@functools.lru_cache(maxsize=4)
def _rules_of(rules: tuple[Rule, ...]) -> dict[str, list[int]]:
    """Keyword in lower case to the rules that have it."""
    found: dict[str, list[int]] = {}
    for order, rule in enumerate(rules):
        for keyword in rule.keywords:
            found.setdefault(keyword.lower(), []).append(order)
    return found


@functools.lru_cache(maxsize=4)
def _automaton(rules: tuple[Rule, ...]) -> tuple[Any, int] | None:
    """All keywords in lower case as one Aho-Corasick automaton, and the length of the longest; None without the
    extra."""
    try:
        import ahocorasick
    except ImportError:
        return None
    words = {keyword.lower() for rule in rules for keyword in rule.keywords}
    made = ahocorasick.Automaton()
    for word in words:
        made.add_word(word, word)
    made.make_automaton()
    return made, max(map(len, words), default=1)


def _find(text: str, keyword: str) -> Iterator[int]:
    place = text.find(keyword)
    while place >= 0:
        yield place
        place = text.find(keyword, place + 1)


def _try(rule: Rule, text: str, place: int) -> re.Match[str] | None:
    pattern = compiled(rule)
    if rule.back:
        found = pattern.search(text, max(0, place - rule.back), place + WINDOW)
        # The keyword must be inside, or the same text is found again and again from later keywords.
        if found is not None and not found.start() <= place < found.end():
            return None
    else:
        found = pattern.match(text, place, place + WINDOW)
    return found if found is not None and _free_left(text, found.start(), rule.left) else None


def _free_left(text: str, start: int, kind: str) -> bool:
    if kind == "any" or start == 0:
        return True
    glued = (_WORD if kind == "word" else _KEY).match(text[start - 1])
    # The last letter of an escape sequence (\n, %22) belongs to the escape, not to the value.
    return glued is None or _ESCAPED.search(text[max(0, start - 6) : start]) is not None


def _resolve(hits: list[_Hit]) -> list[_Hit]:
    kept: list[_Hit] = []
    taken: list[tuple[int, int]] = []
    for hit in sorted(hits, key=lambda one: (-_RANK[one.confidence], one.start - one.end, one.order)):
        if all(hit.end <= start or hit.start >= end for start, end in taken):
            taken.append((hit.start, hit.end))
            kept.append(hit)
    return sorted(kept, key=lambda one: one.start)


def _describe(text: str, hit: _Hit) -> Match:
    value = text[hit.start : hit.end]
    line_start = text.rfind("\n", 0, hit.start) + 1
    return Match(
        rule=hit.rule,
        start=hit.start,
        end=hit.end,
        line=text.count("\n", 0, hit.start) + 1,
        column=hit.start - line_start + 1,
        prefix=_prefix(hit.rule, value),
        length=len(value),
        confidence=hit.confidence,
        exposure=_exposure(hit.rule, text, hit.start, hit.end),
    )


def _prefix(rule: Rule, value: str) -> str:
    if rule.validator == "url-password":
        return value.partition("://")[0] + "://"
    if rule.validator == "pem":
        return value.partition("KEY")[0] + "KEY"
    fixed = next((keyword for keyword in rule.keywords if value.startswith(keyword)), "")
    # Four characters tell two keys apart and leave at least twenty unknown.
    return value[: len(fixed) + 4] if len(value) - len(fixed) >= 24 else fixed


def _exposure(rule: Rule, text: str, start: int, end: int) -> Exposure:
    if rule.near:
        around = text[max(0, start - NEAR) : end + NEAR]
        if any(word in around for word in rule.near):
            return rule.near_exposure
    return rule.exposure
