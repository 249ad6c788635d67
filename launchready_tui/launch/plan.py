"""Launch day as a timeline: the usual seven moments, or those that are written down, with who decides and what is
looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from .inventory import Checkpoint, Inventory

GO_NO_GO = "go-no-go"
"""What a sign-off of the launch itself is called in decisions.toml."""

_OFFSET = re.compile(r"T?\s*([+-]?)\s*(?:(\d{1,3})h(\d{1,2})?|(\d{1,4})m?)", re.I)
_EVERYTHING = ("audit", "edge", "email", "deploy", "performance", "monitoring", "handover")
_PULSE = ("audit.latency", "audit.hosts", "edge.https", "edge.certificates", "performance.caching")
_MAIL = ("email.mx", "email.spf", "email.dmarc")

USUAL: tuple[Checkpoint, ...] = (
    Checkpoint(
        offset_min=-24 * 60,
        title="24 hours before",
        what="Run all checks. Decide what to fix, accept or put off. From now on, no change without a second person.",
        checks=_EVERYTHING,
    ),
    Checkpoint(
        offset_min=-60,
        title="1 hour before",
        what="Run all checks again. Everyone in the plan confirms that they are present. Decide: go or no-go.",
        checks=_EVERYTHING,
    ),
    Checkpoint(
        offset_min=0,
        title="Launch",
        what="Open the product. Sign up, log in, book and pay once yourself, on a phone.",
        checks=_PULSE,
    ),
    Checkpoint(
        offset_min=15,
        title="15 minutes after",
        what="Check errors, response times, sign-ups, the first payment and whether mail arrives.",
        checks=(*_PULSE, *_MAIL),
    ),
    Checkpoint(
        offset_min=60,
        title="1 hour after",
        what="Check the same again. Read what customers write.",
        checks=(*_PULSE, *_MAIL),
    ),
    Checkpoint(
        offset_min=4 * 60,
        title="4 hours after",
        what="Check the same again. Hand over to the night shift.",
        checks=_PULSE,
    ),
    Checkpoint(
        offset_min=24 * 60,
        title="24 hours after",
        what="Record what happened and what to change. Plan the first fix release.",
        checks=_EVERYTHING,
    ),
)
"""The moments of a launch where nobody has written down their own (Google SRE book, Launch Coordination Checklist)."""

DUTIES: dict[str, str] = {
    "commander": "leads: decides who does what, and does nothing else",
    "operations": "changes the product: releases, rolls back, switches",
    "messages": "informs users and the team at the promised times",
    "support": "answers customers and reports to the team what they see",
    "scribe": "records what happens, with the time",
}

MESSAGES: tuple[tuple[str, str], ...] = (
    (
        "We have a problem",
        "[What] is not working right now. We are fixing it and will post an update at [time]. Nothing you "
        "entered is lost.",
    ),
    ("Still working on it", "[What] is still down. We have found the cause and are fixing it. Next update at [time]."),
    (
        "Solved",
        "[What] has been working again since [time]. Thank you for your patience. If something still looks "
        "wrong, write to [support address].",
    ),
)
"""Status messages, ready to send once the brackets are filled."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A checkpoint at its time; `at` is None as long as no launch moment is written down."""

    checkpoint: Checkpoint
    at: datetime | None

    @property
    def key(self) -> str:
        """How the day's log names it: `T-60`."""
        return offset_words(self.checkpoint.offset_min)


def checkpoints(inventory: Inventory) -> tuple[Checkpoint, ...]:
    """Those written down, else the usual ones; by time."""
    return tuple(sorted(inventory.checkpoints or USUAL, key=lambda one: (one.offset_min, one.title)))


def moments(inventory: Inventory) -> tuple[Moment, ...]:
    """Every checkpoint with its moment, earliest first."""
    start = inventory.plan.launch_at
    return tuple(
        Moment(one, start + timedelta(minutes=one.offset_min) if start else None) for one in checkpoints(inventory)
    )


def go_no_go_at(inventory: Inventory) -> datetime | None:
    """When it is said: as written down, else one hour before the launch."""
    plan = inventory.plan
    return plan.go_no_go_at or (plan.launch_at - timedelta(hours=1) if plan.launch_at else None)


def offset_words(minutes: int) -> str:
    """`T-24h`, `T0`, `T+15m`, `T+1h30`."""
    if minutes == 0:
        return "T0"
    hours, rest = divmod(abs(minutes), 60)
    length = f"{rest}m" if not hours else f"{hours}h{rest:02d}" if rest else f"{hours}h"
    return f"T{'-' if minutes < 0 else '+'}{length}"


def offset(value: str) -> int:
    """Minutes from the launch: `T-24h`, `+15m`, `T+1h30`, `-60`, `T0`. Raises ValueError."""
    found = _OFFSET.fullmatch(value.strip())
    if found is None:
        raise ValueError("a time from the launch, such as T-24h, T-60m, T0 or T+1h30")
    sign, hours, rest, minutes = found.groups()
    count = int(hours) * 60 + int(rest or 0) if hours else int(minutes)
    return -count if sign == "-" else count


def fill(template: str, *, what: str = "", time: str = "", support: str = "") -> str:
    """A status message with what is known put in; what is not stays in its brackets."""
    for mark, value in (
        ("[what]", what),
        ("[What]", what[:1].upper() + what[1:]),
        ("[time]", time),
        ("[support address]", support),
    ):
        if value:
            template = template.replace(mark, value)
    return template
