"""What people read when something happens: one title and a few plain lines. Foreign text was cleaned where it was
seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..clock import span, stamp
from ..secrets import without_tokens
from ..text import clean, shorten
from ..wording import listed, plural
from .case import Told
from .samples.model import CAUSE_WORDS, Gap, Incident, Latest, Mark, Target

_HEAD: dict[Told, str] = {
    "down": "DOWN",
    "degraded": "FAILING INTERMITTENTLY",
    "slow": "SLOW",
    "worse": "NOW DOWN",
    "flapping": "UNSTABLE",
    "again": "AGAIN",
    "resolved": "RESOLVED",
    "partly": "PARTLY RESOLVED",
}
_OVER: tuple[Told, ...] = ("resolved", "partly")
_AFTER_DEPLOY_S = 1800.0


MOST_NAMED = 3
"""So many targets in a title; the text lists all."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One target's part of a message."""

    incident: Incident
    target: Target
    last: Latest | None = None


def title(product: str, told: Told, incidents: Sequence[Incident], *, joins: bool = False) -> str:
    """`Demo Market: DOWN: api health`, or `Demo Market: DOWN: 7 targets: api, home, search and 4 more`. `joins`: others
    of the same cause were told before."""
    first = incidents[0]
    tail = ""
    if first.deploy and first.deploy_at and 0 <= (first.begun - first.deploy_at).total_seconds() <= _AFTER_DEPLOY_S:
        tail = f", since deploy {first.deploy[:12]}" if told not in _OVER else ""
    head = f"{_HEAD[first.kind]} AGAIN" if told == "again" else f"{'ALSO ' * joins}{_HEAD[told]}"
    names = [one.name for one in incidents]
    named = names[0]
    if len(names) > 1:
        more = len(names) - MOST_NAMED
        named = f"{', '.join(names[:MOST_NAMED])} and {more} more" if more > 1 else listed(names)
        named = f"{plural(len(names), 'target')}: {named}"
    return clean(f"{product}: {head}: {named}{tail}")


def body(
    told: Told,
    troubles: Sequence[Trouble],
    now: datetime,
    *,
    owner: str,
    gaps: Sequence[Gap] = (),
    last_mark: Mark | None = None,
    others: Sequence[str] = (),
    silences: Sequence[str] = (),
) -> str:
    """What, since when, last good, where it failed, last deploy, who acts. `others`: names of what has the same cause,
    was told before and is not over. `silences`: planned ones that are on or were lately."""
    incidents = [one.incident for one in troubles]
    first, many = incidents[0], len(incidents) > 1
    since = min(one.begun for one in incidents)
    lines = []
    if told in _OVER:
        ended = max(one.closed_at or now for one in incidents)
        if any(one.flaps > 1 for one in incidents):
            since = min(one.since for one in incidents)
        up = "They are" if many else "It is"
        lines.append(f"{up} up again after {span((ended - since).total_seconds())}, since {stamp(ended)}.")
    elif told == "flapping":
        flaps = max(one.flaps for one in incidents)
        lines.append(
            f"{'They' if many else 'It'} recovered and failed again {plural(flaps, 'time')}. The next message follows "
            "after 10 stable minutes, or once it has been down for 5."
        )
    elif first.kind == "slow":
        limits = sorted({f"{one.target.target_ms:.0f} ms" for one in troubles})
        lines.append(f"Far more than 1 in 20 responses take longer than {' or '.join(limits)}.")
    else:
        lines.append(f"What: {_what(first)}.")
    for one in troubles:
        where = without_tokens(one.target.url) + (f" ({one.last.address})" if one.last and one.last.address else "")
        lines.append(f"{one.incident.name}: {where}" if many else f"Where: {where}")
    if others:
        lines.append(f"{'Not up yet' if told in _OVER else 'Reported before'}: {listed(others)}")
    if told not in _OVER:
        lines.append(f"Since: {stamp(since)} ({span(max(0.0, (now - since).total_seconds()))})")
        good = [one.last_good for one in incidents if one.last_good]
        if good:
            lines.append(f"Last success: {stamp(max(good))}")
    lines += [f"From elsewhere{f', {one.name}' if many else ''}: {one.elsewhere}" for one in incidents if one.elsewhere]
    mark = (
        (first.deploy, first.deploy_at)
        if first.deploy
        else (last_mark.sha if last_mark else "", last_mark.at if last_mark else None)
    )
    if mark[0] and mark[1] is not None:
        lines.append(f"Previous deploy: {mark[0][:12]}, {span(max(0.0, (since - mark[1]).total_seconds()))} earlier")
    if gaps:
        lines.append(f"Not watched in the last hour: {span(sum(gap.seconds for gap in gaps))}")
    lines += [f"Planned silence: {one}" for one in silences]
    lines.append(f"Who acts: {owner}")
    if first.group or first.id:
        lines.append(f"Incident {first.group or first.id}")
    return "\n".join(clean(line) for line in lines)


def _what(incident: Incident) -> str:
    words = CAUSE_WORDS[incident.cause]
    return f"{words} ({shorten(incident.detail, 160)})" if incident.detail else words


def sentence(incident: Incident) -> str:
    """The cause in one line, for lists."""
    return _what(incident) if incident.kind != "slow" else CAUSE_WORDS["slow"]
