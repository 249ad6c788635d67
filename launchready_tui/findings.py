"""What a check found: a state, a plain sentence, the evidence, and the exact fix."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from datetime import datetime
from enum import StrEnum

import msgspec

from . import text as _text


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


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen. `text` is cleaned here, at the border between raw sight and text for people."""

    label: str
    text: str
    source: str = ""
    at: datetime | None = None

    @classmethod
    def of(cls, label: str, raw: str | bytes, *, source: str = "", at: datetime | None = None) -> Evidence:
        """Evidence from foreign text: cleaned, line breaks kept."""
        return cls(label=label, text=_text.clean_block(raw), source=_text.clean(source), at=at)


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: one sentence, and the exact record, header, rule or command. `where` names the system the paste is
    for."""

    text: str
    paste: str = ""
    where: str = ""


WHOLE_LAUNCH = "launch"
"""The subject of a finding that speaks of a whole check, not of a host or a page."""


def finding_id(rule: str, subject: str) -> str:
    """12 hex digits from rule and subject: stable between runs and machines."""
    return hashlib.sha256(f"{rule}\0{subject}".encode("utf-8", "backslashreplace")).hexdigest()[:12]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One judged fact. `subject` (host, route, path) never holds a value that changes by itself, so that findings
    compare between runs."""

    check: str
    rule: str
    subject: str
    state: State
    severity: Severity
    summary: str
    evidence: tuple[Evidence, ...] = ()
    remedy: Remedy | None = None
    via: str = ""

    @property
    def id(self) -> str:
        return finding_id(self.rule, self.subject)

    @property
    def is_open(self) -> bool:
        """Something to act on: it failed, warns, or could not be seen."""
        return self.state in (State.FAIL, State.WARN, State.UNKNOWN)


def mapped(finding: Finding, change: Callable[[str], str]) -> Finding:
    """The finding with every text in it changed, such as by what hides secrets; itself where nothing changes."""
    remedy = finding.remedy
    texts = [
        finding.subject,
        finding.summary,
        *(part for one in finding.evidence for part in (one.label, one.text, one.source)),
    ]
    texts += [remedy.text, remedy.paste, remedy.where] if remedy else []
    # One look at all of them is many times cheaper than one at each, and mostly nothing is to be changed.
    together = "\0".join(texts)
    if change(together) == together:
        return finding
    return msgspec.structs.replace(
        finding,
        subject=change(finding.subject),
        summary=change(finding.summary),
        evidence=tuple(
            Evidence(label=change(one.label), text=change(one.text), source=change(one.source), at=one.at)
            for one in finding.evidence
        ),
        remedy=remedy and Remedy(text=change(remedy.text), paste=change(remedy.paste), where=change(remedy.where)),
    )


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
