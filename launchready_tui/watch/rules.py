"""Which alert rules a message goes to, and the messages made for each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal

from ..launch.model import Alert, AlertEvent
from .case import Told
from .messages import Trouble
from .samples.model import Incident, Notice

Event = Literal["incident", "certificate", "regression", "deploy", "blind", "queue"]
_ASKS: dict[str, AlertEvent] = {
    "certificate": "certificate",
    "regression": "deploy",
    "deploy": "deploy",
    "blind": "down",
    "queue": "queue",
}


def asked(incident: Incident) -> AlertEvent:
    """Under which word of `on` an incident falls: what was only ever slow is slow, all else is down."""
    return "slow" if incident.worst == "slow" else "down"


def matching(alerts: Iterable[Alert], event: AlertEvent, target: str) -> tuple[Alert, ...]:
    """The rules that want to hear of it; `target` empty is about all of them."""
    plain = target.rpartition(" (")[0]  # as seen from a region
    return tuple(
        one
        for one in alerts
        if event in one.on and (not one.targets or not target or target in one.targets or plain in one.targets)
    )


def incident_notices(
    alerts: Iterable[Alert],
    troubles: Sequence[Trouble],
    words: Callable[[Alert, Sequence[Trouble]], tuple[Told, str, str]],
    now: datetime,
) -> list[Notice]:
    """One message a rule, about those of the troubles that it wants to hear of; `words` makes event, title and text.
    All of one thread. The key holds thread and moment, so that the same is never enqueued twice."""
    number, made = int(now.timestamp() * 1000), []
    for rule in alerts:
        heard = [one for one in troubles if matching((rule,), asked(one.incident), one.incident.name)]
        if not heard:
            continue
        told, title, text = words(rule, heard)
        made.append(
            Notice(
                key=f"incident-{heard[0].incident.group}-{told}-{number}-{slug(rule.name)}",
                event=told,
                rule=rule.name,
                owner=rule.owner,
                title=title,
                text=text,
                incident=heard[0].incident.group,
                made_at=now,
                next_at=now,
            )
        )
    return made


def other_notices(
    alerts: Iterable[Alert], event: Event, what: str, target: str, title: str, text: str, now: datetime
) -> list[Notice]:
    """Messages that belong to no incident; `what` names the one thing they are about, and is said once."""
    return [
        Notice(
            key=f"{event}-{what}-{slug(rule.name)}",
            event=event,
            rule=rule.name,
            owner=rule.owner,
            title=title,
            text=f"{text}\nWho acts: {rule.owner}".lstrip(),
            made_at=now,
            next_at=now,
        )
        for rule in matching(alerts, _ASKS[event], target)
    ]


def slug(name: str) -> str:
    """A rule's name as it may stand in a key and in a Message-ID: ASCII letters, digits and dashes."""
    plain = "".join(char if char.isascii() and char.isalnum() else "-" for char in name.lower()).strip("-")
    return plain if plain == name.lower() else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
