"""The team's folder: the same facts without names, contacts, hours and who pays. People are told by what they do.

Whoever is named by type (`PersonId`) gets another name at the door, before a page is written, so that no page has to
think of it. Texts that people typed are searched for names, contacts and ids as well; so is everything that a finding
says which names somebody. What only the outside said is left alone.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from ..findings import Finding, mapped
from ..launch.inventory import Inventory
from ..launch.people import People, Person
from ..launch.records import Happened
from ..persons import NOBODY, PersonId, people_in, renamed, unnamed
from ..roadmap.model import CheckSpec, Light
from ..verdict import Rank, Verdict

if TYPE_CHECKING:
    from ..workspace import Workspace

Profile = Literal["founder", "team"]
SOMEONE = "someone"
NAMES_SOMEONE = "(names someone)"
"""In data for programs, in the place of a text that names people: nothing to compare with."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class Nameless:
    """A launch's people by other names: what they do, counted where several do the same."""

    names: dict[PersonId, PersonId]
    """Everybody who is named by type anywhere, and the name in their place."""
    spoken: dict[str, PersonId]
    """What typed texts call them (ids, names, contacts) and the name in their place."""

    @classmethod
    def of(cls, source: Workspace, verdict: Verdict, happened: tuple[Happened, ...]) -> Nameless:
        """Everybody whom launch file, people, inventory, decisions, the day's log and findings name."""
        launch, people = source.launch, source.people.people
        # Who wrote something down is known by an account's name, which may be a word of any command: `root`.
        taking_part = set(people_in((launch, people, source.inventory)))
        named = taking_part | set(people_in((source.decisions, happened, _of_people(verdict))))
        roles = {one.id: one.role for one in people}
        count: Counter[str] = Counter()
        names: dict[PersonId, PersonId] = {}
        for who in sorted(named):
            role = roles.get(who) or SOMEONE
            count[role] += 1
            names[who] = PersonId(role if count[role] == 1 else f"{role} {count[role]}")
        spoken = {str(who): names[who] for who in taking_part}
        for one in people:
            ways = (one.name, one.contact, one.second_contact)
            # The address that customers write to is public, whoever reads it.
            spoken |= {way: names[one.id] for way in ways if way != launch.email.support}
        spoken |= {alert.to: names[alert.owner] for alert in launch.alerts}
        return cls(names, spoken)

    def person(self, who: PersonId) -> PersonId:
        """The name in the place of an id."""
        return self.names.get(who, PersonId(SOMEONE)) if who else NOBODY

    def text(self, words: str) -> str:
        """A text that somebody typed, without anybody in it."""
        return without(words, self.spoken)

    def finding(self, one: Finding) -> Finding:
        """A finding that names people, with every text of it changed; any other as it is."""
        if not one.people:
            return one
        called = {str(who): self.person(who) for who in one.people} | self.spoken
        hidden = mapped(one, lambda words: without(words, called))
        return msgspec.structs.replace(hidden, people=tuple(map(self.person, one.people)))

    def people(self, known: People) -> People:
        """What they do in place of who they are; no way to reach anybody."""
        return People(
            people=tuple(
                Person(
                    id=self.person(one.id), name=self.person(one.id), role=one.role, kind=one.kind, status=one.status
                )
                for one in known.people
            )
        )

    def data(self, known: Inventory) -> Inventory:
        """The inventory for programs: nobody, no row about somebody, and no text that names anybody. Such a text is
        left out whole: what stands in a name's place depends on what this machine knows."""
        return unnamed(renamed(known, self.person, text=self._left_out))

    def _left_out(self, words: str) -> str:
        return words if self.text(words) == words else NAMES_SOMEONE

    def all(self, known: _T) -> _T:
        """Anything else that the folder is written from: ids by type, and every text that people typed."""
        own: dict[type, Callable[[Any], Any]] = {Finding: self.finding}
        # The roadmap's own words name nobody.
        return renamed(known, self.person, text=self.text, whole=own | dict.fromkeys((CheckSpec, Light, Rank), _same))


def _same(value: Any) -> Any:
    return value


def without(words: str, called: Mapping[str, str]) -> str:
    """A text with other names for people. `called`: what it may call them, and the name in its place."""
    known = frozenset(one for one in called if one.strip())
    return _pattern(known).sub(lambda match: called[match[0]], words) if known else words


@functools.lru_cache(maxsize=64)
def _pattern(called: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(sorted(called), key=len, reverse=True)
    # Within a host name, an address or a hyphenated word it is another word.
    return re.compile(rf"(?<![\w-])(?<!\w\.)(?:{'|'.join(map(re.escape, longest_first))})(?![\w@-])(?!\.\w)")


def _of_people(verdict: Verdict) -> tuple[object, ...]:
    """What of a verdict may name people, without the roadmap that hangs on it."""
    return tuple(
        (one.findings, one.owner, one.parked, one.confirmation, one.notes) for one in verdict.standings.values()
    )
