"""Finds things by their words: the matching that every search uses, and the rules and checks of the roadmap by what is
written about them: ids, terms, explanations, messages, fixes and titles."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from .model import Roadmap
from .sheet import sheet_of

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule or a check that contains all the words. `text` is where they are, in one line."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Searchable:
    """What can be found: the words of its short texts (ids, titles), which count more, and those of its long ones."""

    short: str
    long: str

    @classmethod
    def of(cls, short: str, long: str = "") -> Searchable:
        """The words of both, each with a blank before it."""
        return cls(_spaced(short), _spaced(long))

    def missed(self, wanted: tuple[str, ...]) -> int | None:
        """How many of the words are in the long texts only; None where one is in neither.

        Words are compared by their beginnings, so `redirect` finds `redirects`. `wanted` comes from `words_of`.
        """
        missed = 0
        for word in wanted:
            if word not in self.short:
                if word not in self.long:
                    return None
                missed += 1
        return missed


@dataclass(frozen=True, slots=True)
class Entry:
    """A check or a rule of the roadmap, with all that is written about it."""

    hit: Hit
    check: str
    long: tuple[str, ...]
    words: Searchable

    def said(self, wanted: tuple[str, ...]) -> str:
        """The text that contains most of the words; the usual one where they are in its name."""
        if not self.words.missed(wanted):
            return self.hit.text
        return max(self.long, key=lambda one: sum(word in _spaced(one) for word in wanted))


def words_of(asked: str) -> tuple[str, ...]:
    """What somebody typed as words to look for."""
    return tuple(f" {word}" for word in _WORD.findall(asked.casefold()))


def find(roadmap: Roadmap, words: str, limit: int = 20) -> tuple[Hit, ...]:
    """What contains every word, the closest first: a word in an id or a title counts more than one in a long text."""
    wanted = words_of(words)
    if not wanted:
        return ()
    found: list[tuple[int, int, Hit]] = []
    for place, entry in enumerate(entries(roadmap)):
        missed = entry.words.missed(wanted)
        if missed is not None:
            found.append((missed, place, Hit(entry.hit.id, entry.hit.title, entry.said(wanted))))
    return tuple(hit for _, _, hit in sorted(found, key=lambda one: one[:2])[:limit])


def _spaced(text: str) -> str:
    return "".join([f" {word}" for word in _WORD.findall(text.casefold())])


@functools.lru_cache(maxsize=2)
def entries(roadmap: Roadmap) -> tuple[Entry, ...]:
    """Each check and each rule, in the order of the roadmap."""
    out: list[Entry] = []

    def add(hit: Hit, check: str, long: list[str]) -> None:
        out.append(Entry(hit, check, tuple(long), Searchable.of(f"{hit.id} {hit.title}", "\n".join(long))))

    for check in roadmap.checks.values():
        add(Hit(check.id, check.title, check.goal), check.id, [check.goal, check.why, check.verify, check.question])
        sheet = sheet_of(check.id)
        for name, rule in sheet.rules.items():
            if not rule.term:
                continue
            said = [message for key in rule.messages if (message := sheet.message(name, key)) is not None]
            fixes = [sheet.fixes[one.fix].text for one in said if one.fix in sheet.fixes]
            hit = Hit(f"{check.id}.{name}", rule.term, rule.explain)
            add(hit, check.id, [rule.explain, *(one.text for one in said), *fixes])
    return tuple(out)
