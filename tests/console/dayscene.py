"""The middle of a launch day, for pictures and tests: the doors open in an hour, two checkpoints have come, the log
has begun."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from double import Double

from launchready_tui.launch.inventory import Duty
from launchready_tui.launch.plan import USUAL
from launchready_tui.launch.records import Happened, day_log

OWNERS = ("launch-engineer", "founder", "founder", "launch-engineer", "support", "launch-engineer", "founder")
SAID: tuple[tuple[int, str, str, str, str], ...] = (
    (1439, "launch-engineer", "checkpoint", "T-24h", "three blockers left, each has an owner"),
    (302, "launch-engineer", "note", "", "code freeze: only fixes with a second pair of eyes from here"),
    (161, "support", "note", "", "restore tried into an empty database, 34 min, the newest booking is there"),
    (95, "launch-engineer", "note", "", "DNS set to 60 s, old zone exported"),
    (
        41,
        "support",
        "message",
        "",
        "We know that paying does not work right now. We are on it and will write again at 13:45 UTC.",
    ),
    (18, "support", "message", "", "Paying works again since 13:40 UTC."),
    (3, "launch-engineer", "note", "", "rollback command read aloud, everybody has it"),
)


def launch_day(double: Double) -> None:
    """Sets the plan around the double's clock and writes the log."""
    now = double.clock.now()
    at = now.replace(hour=15, minute=0, second=0)
    plan = msgspec.structs.replace(
        double.inventory.plan, launch_at=at, decider="founder", go_no_go_at=at - timedelta(minutes=30)
    )
    checkpoints = tuple(msgspec.structs.replace(one, owner=who) for one, who in zip(USUAL, OWNERS, strict=True))
    duties = (Duty(duty="commander", person="launch-engineer"), Duty(duty="messages", person="support"))
    double.save_inventory(msgspec.structs.replace(double.inventory, plan=plan, checkpoints=checkpoints, duties=duties))
    for minutes, by, kind, checkpoint, words in SAID:
        day_log(double.folder).append(
            Happened(at=now - timedelta(minutes=minutes), text=words, by=by, kind=kind, checkpoint=checkpoint)
        )
