"""Finds a rule or a check by its words: in ids, terms, explanations, messages, fixes and titles."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .model import Roadmap
from .sheet import sheet_of

_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule or a check that holds all the words. `text` is where they stand, in one line."""

    id: str
    title: str
    text: str


def find(roadmap: Roadmap, words: str, limit: int = 20) -> tuple[Hit, ...]:
    """What holds every word, the closest first: a hit in an id or a title counts more than one in a long text.

    Words are compared by their beginnings, so `redirect` finds `redirects`.
    """
    wanted = _WORD.findall(words.lower())
    if not wanted:
        return ()
    found: list[tuple[int, int, Hit]] = []
    for place, (hit, short, long) in enumerate(_entries(roadmap)):
        heads, bodies = _starts(short), _starts(" ".join(long))
        if not all(any(one.startswith(word) for one in heads | bodies) for word in wanted):
            continue
        missed = sum(not any(one.startswith(word) for one in heads) for word in wanted)
        found.append((missed, place, Hit(hit.id, hit.title, _line(long, wanted) if missed else hit.text)))
    return tuple(hit for _, _, hit in sorted(found, key=lambda one: one[:2])[:limit])


def _starts(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def _line(texts: list[str], wanted: list[str]) -> str:
    """The text that holds most of the words."""
    return max(texts, key=lambda one: sum(any(has.startswith(word) for has in _starts(one)) for word in wanted))


def _entries(roadmap: Roadmap) -> list[tuple[Hit, str, list[str]]]:
    """Each check and rule with its short texts and its long ones."""
    out: list[tuple[Hit, str, list[str]]] = []
    for check in roadmap.checks.values():
        hit = Hit(check.id, check.title, check.goal)
        out.append((hit, f"{check.id} {check.title}", [check.goal, check.why, check.verify, check.question]))
        sheet = sheet_of(check.id)
        for name, rule in sheet.rules.items():
            if not rule.term:
                continue
            said = [message for key in rule.messages if (message := sheet.message(name, key)) is not None]
            fixes = [sheet.fixes[one.fix].text for one in said if one.fix in sheet.fixes]
            hit = Hit(f"{check.id}.{name}", rule.term, rule.explain)
            out.append((hit, f"{hit.id} {rule.term}", [rule.explain, *(one.text for one in said), *fixes]))
    return out
