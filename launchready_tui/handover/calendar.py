"""calendar/renewals.ics: what ends or comes up again, as a calendar that any program takes (RFC 5545)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from .. import text
from ..findings import State
from ..launch.decisions import Acceptance
from ..verdict import accepted_until
from .hosts import domain_rows, seen_certificate_end, seen_expiry
from .snapshot import Snapshot
from .words import CATEGORIES

_AHEAD = {"domain": (30, 7, 1), "system": (30, 7, 1), "contract": (30, 7, 1), "certificate": (7, 1)}
"""Days before at which an event of its own stands: some calendars throw alarms of an imported file away."""
_REVIEW = timedelta(days=90)
_RESTORE = timedelta(days=30)
_COMPARE = timedelta(days=30)


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """A day to remember. Kind and subject tell one event from another, also when its day moves."""

    on: date
    kind: str
    subject: str
    title: str
    note: str = ""


def events(shot: Snapshot) -> tuple[Event, ...]:
    """Everything with a day, in its order."""
    return tuple(sorted({*_seen(shot), *_written(shot), *_due(shot)}))


def _seen(shot: Snapshot) -> Iterable[Event]:
    for row in domain_rows(shot):
        if (ends := seen_expiry(shot, row.domain)) is not None:
            yield Event(
                ends.date(),
                "domain",
                row.domain,
                f"{row.domain} expires",
                f"Registered at {row.registrar or 'its registrar'}.",
            )
    for host in shot.launch.hosts:
        if (ends := seen_certificate_end(shot, host.name)) is not None:
            note = "It should renew automatically weeks earlier. Check why if it has not."
            yield Event(
                ends.date(), "certificate", host.name, f"The certificate for {text.clean(host.name)} expires", note
            )


def _written(shot: Snapshot) -> Iterable[Event]:
    for system in shot.inventory.systems:
        if system.renewal:
            name = text.clean(system.name or system.id)
            payer = (
                f"Paid by {shot.person(system.billing_owner)}."
                if system.billing_owner
                else "No one is named to pay for it."
            )
            yield Event(
                system.renewal, "system", system.id, f"{name} renews or expires ({CATEGORIES[system.category]})", payer
            )
    for one in shot.inventory.renewals:
        how = "It renews automatically." if one.auto else "It does not renew automatically."
        owner = f" {shot.person(one.owner)} is responsible." if one.owner else ""
        yield Event(one.on, "contract", one.subject, f"{text.clean(one.subject)} expires", f"{how}{owner}")
    for way in shot.inventory.access:
        if way.remove_by:
            name = shot.inventory.name_of(way.system)
            yield Event(
                way.remove_by, "access", f"{way.system}/{way.person}", f"Remove {shot.person(way.person)} from {name}"
            )
    if shot.inventory.plan.watch_until:
        yield Event(shot.inventory.plan.watch_until, "plan", "watch", "The close watch after launch ends")


def _due(shot: Snapshot) -> Iterable[Event]:
    reviewed = [one.reviewed for one in shot.inventory.access if one.reviewed]
    if reviewed:
        yield Event(
            min(reviewed) + _REVIEW, "review", "access", "Review who has access", "Due every 90 days. See 08-access.md."
        )
    for backup in shot.inventory.backups:
        if backup.last_restore_test:
            due = backup.last_restore_test + _RESTORE
            yield Event(
                due,
                "restore",
                backup.store,
                f"Test-restore {text.clean(backup.store)}",
                "Due every 30 days. See 09-recovery.md.",
            )
    for standing in shot.verdict.standings.values():
        for one in standing.findings:
            if one.state is State.ACCEPTED and isinstance(one.decision, Acceptance):
                ends = accepted_until(one.decision).date()
                yield Event(
                    ends,
                    "risk",
                    one.finding.id,
                    f"An accepted risk is due for review: {text.clean(one.finding.summary)}",
                )
    due = shot.made_at.astimezone(UTC).date() + _COMPARE
    yield Event(
        due,
        "compare",
        "handover",
        "Compare the handover folder with the live product",
        "Run launchready drift with this folder's zip.",
    )


def render(shot: Snapshot) -> bytes:
    """The calendar, CRLF, no line longer than 75 octets. The same event keeps its UID, so that a later file moves
    it."""
    stamp = f"{shot.made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    sequence = int(shot.made_at.timestamp()) // 60
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//LaunchReady//handover//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{text.for_ics(f'{shot.launch.name}: renewals')}",
    ]
    for event in events(shot):
        lines += _event(shot, event, event.on, 0, stamp, sequence)
        for days in _AHEAD.get(event.kind, ()):
            ahead = event.on - timedelta(days=days)
            if ahead > shot.made_at.date():
                lines += _event(shot, event, ahead, days, stamp, sequence)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in fold(line)).encode("utf-8")


def _event(shot: Snapshot, event: Event, on: date, ahead: int, stamp: str, sequence: int) -> list[str]:
    name = "\0".join((shot.launch.domain, event.kind, event.subject, str(ahead)))
    uid = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:32]
    lead = "" if not ahead else "Tomorrow: " if ahead == 1 else f"In {ahead} days: "
    note = " ".join([event.note, *shot.banners]).strip()
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}@launchready",
        f"DTSTAMP:{stamp}",
        f"SEQUENCE:{sequence}",
        f"DTSTART;VALUE=DATE:{on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{on + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{text.for_ics(lead + event.title)}",
        *([f"DESCRIPTION:{text.for_ics(note)}"] if note else []),
        f"CATEGORIES:{event.kind.upper()}",
        "TRANSP:TRANSPARENT",
    ]
    if not ahead:
        lines += [
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{text.for_ics(event.title)}",
            "TRIGGER:-P1D",
            "END:VALARM",
        ]
    return [*lines, "END:VEVENT"]


def fold(line: str) -> list[str]:
    """A content line in pieces of at most 75 octets, the later ones behind a blank (RFC 5545 section 3.1); no
    character is cut."""
    out: list[str] = []
    piece, size = "", 0
    for char in line:
        octets = len(char.encode("utf-8"))
        if size + octets > 75:
            out.append(piece)
            piece, size = " ", 1
        piece += char
        size += octets
    return [*out, piece]
