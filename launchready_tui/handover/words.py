"""The bundle's words: a founder's language, the same as the console's."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ..findings import Severity, State
from ..verdict import FixRow, Judged, Standing
from .blocks import Cell, Column, Tone

STATES: dict[State, tuple[str, str, Tone]] = {
    State.PASS: ("●", "passes", "pass"),
    State.WARN: ("▲", "warning", "warn"),
    State.FAIL: ("✕", "problem", "fail"),
    State.INFO: ("·", "info", "info"),
    State.UNKNOWN: ("?", "could not check", "unknown"),
    State.NOT_APPLICABLE: ("–", "does not apply", "na"),
    State.ACCEPTED: ("◆", "known risk", "accepted"),
    State.LATER: ("↷", "after launch", "later"),
}
STALE = Cell("check again", "state", "stale", "◌")
UNANSWERED = Cell("not answered", "state", "unknown", "?")
UNRUN = Cell("not checked yet", "state", "unknown", "?")
OPEN = Cell("open", "state", "unknown", "?")
YES = Cell("yes", "state", "pass", "●")
NO = Cell("no", "state", "fail", "✕")

SEVERITIES: dict[Severity, str] = {
    Severity.BLOCKER: "stops the launch",
    Severity.HIGH: "high",
    Severity.MEDIUM: "medium",
    Severity.LOW: "low",
}


def weight(judged: Judged) -> str:
    """How heavy a finding is now."""
    return f"{judged.unsure} stop the launch" if judged.unsure else SEVERITIES[judged.finding.severity]


def row_weight(row: FixRow) -> str:
    """How heavy one thing to do is now: as heavy as its heaviest problem."""
    return weight(row.first)


FLOWS: dict[str, str] = {"all": "everything"}
CATEGORIES: dict[str, str] = {
    "registrar": "domain registrar",
    "dns": "DNS",
    "hosting": "hosting",
    "cdn": "CDN",
    "code": "code",
    "ci": "CI",
    "database": "database",
    "queue": "queue",
    "storage": "file storage",
    "secrets": "secrets",
    "email": "mail",
    "sms": "text messages",
    "payments": "payments",
    "app-store": "app store",
    "analytics": "visitor analytics",
    "monitoring": "monitoring",
    "support": "customer support",
    "ai": "AI",
    "other": "other",
}
MFA: dict[str, str] = {"none": "none", "sms": "text message", "totp": "app", "key": "key", "unknown": ""}
PERSON_STATUS: dict[str, str] = {"in": "on the team", "leaving": "is leaving", "left": "has left"}


def state_cell(state: State) -> Cell:
    """A state as glyph and word."""
    glyph, word, tone = STATES[state]
    return Cell(word, "state", tone, glyph)


def standing_cell(standing: Standing) -> Cell:
    """A check as it stands: never answered, to be checked again, or what it says."""
    if standing.stale:
        return STALE
    if standing.state is State.UNKNOWN and standing.result is None and standing.confirmation is None:
        return UNRUN if standing.spec.automated else UNANSWERED
    return state_cell(standing.state)


def is_answered(standing: Standing) -> bool:
    """Whether it is known how the check stands."""
    return standing.state is not State.UNKNOWN


def day(value: date) -> str:
    """`24 November 2026`; written out here, since a locale must not change the bundle."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def moment(at: datetime) -> str:
    """`24 November 2026, 14:02 UTC`."""
    there = at.astimezone(UTC)
    return f"{day(there.date())}, {there:%H:%M} UTC"


def short_moment(at: datetime) -> str:
    """`2026-11-24 14:02`, UTC, for columns that are compared."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def column_list(heads: str) -> tuple[Column, ...]:
    """Columns from heads between bars: `+` before a head gives it room, `#` sets numbers right, `@` says that it names
    people."""
    return tuple(
        Column(head.lstrip("+#@"), number=head.startswith("#"), wide=head.startswith("+"), people=head.startswith("@"))
        for head in heads.split("|")
    )


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
