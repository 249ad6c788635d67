"""What a check found: a state, a plain sentence, the evidence, and the exact fix."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

import msgspec

from . import facts as _facts
from . import text as _text
from .facts import KINDS, Fact
from .persons import PersonId
from .wording import Value

_F = TypeVar("_F")
_S = TypeVar("_S", bound=msgspec.Struct)


class State(StrEnum):
    """The state of a finding or a check. ACCEPTED and LATER are laid over by decisions, never given by a check."""

    PASS = "pass"  # noqa: S105  a state, not a password
    WARN = "warn"
    FAIL = "fail"
    INFO = "info"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"
    ACCEPTED = "accepted"
    LATER = "later"


class Severity(StrEnum):
    """How bad it is if the finding stands at launch."""

    BLOCKER = "blocker"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def weight(self) -> int:
        """0 for a blocker to 3 for low: smaller sorts first."""
        return list(Severity).index(self)


# Which state speaks for many. INFO says nothing of its own about a check.
_WORST = (
    State.FAIL,
    State.UNKNOWN,
    State.WARN,
    State.ACCEPTED,
    State.LATER,
    State.PASS,
    State.NOT_APPLICABLE,
)


def worst(states: Collection[State]) -> State:
    """The state that speaks for all. Nothing, or only INFO, is UNKNOWN: nothing was judged."""
    for state in _WORST:
        if state in states:
            return state
    return State.UNKNOWN


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen: `text` raw, for people, and `fact` the same as data, for programs. Both are cleaned here, at the
    border between raw sight and text."""

    label: str
    text: str
    source: str = ""
    at: datetime | None = None
    fact: Fact | None = None

    @classmethod
    def of(
        cls, label: str, raw: str | bytes, *, source: str = "", at: datetime | None = None, fact: Fact | None = None
    ) -> Evidence:
        """Evidence from foreign text: cleaned, line breaks kept."""
        clean = fact and _with_texts(fact, _text.clean)
        return cls(label=label, text=_text.clean_block(raw), source=_text.clean(source), at=at, fact=clean)


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: one sentence, and the exact record, header, rule or command. `where` names the system the paste is
    for."""

    text: str
    paste: str = ""
    where: str = ""
    fix: str = ""
    """The fix of the check's sheet that this is; empty where code has made it."""
    values: dict[str, Value] = {}
    """What the places of the fix were filled with."""

    def __hash__(self) -> int:
        """By its texts; `values` is a mapping, which has no hash."""
        return hash((self.text, self.paste, self.where))


WHOLE_LAUNCH = "launch"
"""The subject of a finding that speaks of a whole check, not of a host or a page."""


def finding_id(rule: str, subject: str) -> str:
    """12 hex digits from rule and subject: stable between runs and machines."""
    return hashlib.sha256(f"{rule}\0{subject}".encode("utf-8", "backslashreplace")).hexdigest()[:12]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One judgement. `subject` (host, route, path) never holds a value that changes by itself, so that findings
    compare between runs.

    `summary` is the rule's message `message`, its places filled with `values`. Programs read rule, message, values and
    facts, never a sentence.
    """

    check: str
    rule: str
    subject: str
    state: State
    severity: Severity
    summary: str
    evidence: tuple[Evidence, ...] = ()
    remedy: Remedy | None = None
    via: str = ""
    message: str = ""
    values: dict[str, Value] = {}
    brief: str = ""
    """Its message's first clause, filled, for lists; empty from a journal of before there were any."""
    people: tuple[PersonId, ...] = ()
    """Everybody whom any of its texts names, by id."""

    def __hash__(self) -> int:
        """By what makes it this finding; `values` is a mapping, which has no hash."""
        return hash((self.rule, self.subject, self.state, self.summary))

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it was judged from, as data."""
        return tuple(one.fact for one in self.evidence if one.fact is not None)

    def fact(self, kind: type[_F]) -> _F | None:
        """The first fact of a kind; None where there is none."""
        return next((fact for fact in self.facts if isinstance(fact, kind)), None)

    @property
    def id(self) -> str:
        """The hash of rule and subject: the same in every run, so decisions and drift go by it."""
        return finding_id(self.rule, self.subject)

    @property
    def is_open(self) -> bool:
        """Something to act on: it failed, warns, or could not be seen."""
        return self.state in (State.FAIL, State.WARN, State.UNKNOWN)


def _texts(value: object) -> list[str]:
    """Every text in a value of plain types, keys of mappings apart."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return []
    return [text for one in value for text in _texts(one)]


def _changed(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: one if key == "kind" and one in KINDS else _changed(one, change) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_changed(one, change) for one in value]
    return value


def _with_texts(whole: _S, change: Callable[[str], str]) -> _S:
    """The same with every text in it changed; times and kinds of facts stay."""
    return msgspec.convert(_changed(msgspec.to_builtins(whole, builtin_types=(datetime,)), change), type(whole))


class _Spoken(msgspec.Struct, frozen=True):
    """The parts of a finding that hold text from outside."""

    subject: str
    summary: str
    brief: str
    evidence: tuple[Evidence, ...]
    remedy: Remedy | None
    values: dict[str, Value]


def mapped(finding: Finding, change: Callable[[str], str]) -> Finding:
    """The finding with every text in it changed, such as by what hides secrets; itself where nothing changes."""
    parts = _Spoken(finding.subject, finding.summary, finding.brief, finding.evidence, finding.remedy, finding.values)
    # One look at all of them is many times cheaper than one at each, and mostly nothing is to be changed.
    together = "\0".join(_texts(msgspec.to_builtins(parts, builtin_types=(datetime,))))
    if change(together) == together:
        return finding
    return msgspec.structs.replace(finding, **msgspec.structs.asdict(_with_texts(parts, change)))


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One check's answer in one run."""

    check: str
    state: State
    findings: tuple[Finding, ...]
    started_at: datetime
    duration_ms: int
    via: str = ""
    commit: str = ""
    """The repository's commit that the answer belongs to; empty where unknown."""
    deploy: str = ""
    """The deploy in production that the answer belongs to; empty where unknown."""
    papers: str = ""
    """The state of people and inventory that the answer was read from; empty where it was not read from them."""
    facts: int = _facts.VERSION
    """The version of the facts that the findings carry; the journal says 0 of results from before there were any."""

    @property
    def readable(self) -> bool:
        """Whether the facts are of the kind that this version reads; otherwise the check is to be run again."""
        return self.facts == _facts.VERSION
