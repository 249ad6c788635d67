"""What people read when something happens: one title and a few plain lines. Foreign text was cleaned where it was
seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..clock import span, stamp
from ..text import clean, shorten
from ..wording import plural
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
}
_AFTER_DEPLOY_S = 1800.0


def title(product: str, told: Told, incident: Incident) -> str:
    """`Demo Market: DOWN: api health`."""
    tail = ""
    if (
        incident.deploy
        and incident.deploy_at
        and 0 <= (incident.since - incident.deploy_at).total_seconds() <= _AFTER_DEPLOY_S
    ):
        tail = f", since deploy {incident.deploy[:12]}" if told != "resolved" else ""
    head = _HEAD[told]
    if told == "again":
        head = f"{_HEAD[incident.kind]} AGAIN"
    return clean(f"{product}: {head}: {incident.name}{tail}")


def body(
    told: Told,
    incident: Incident,
    target: Target,
    now: datetime,
    *,
    owner: str,
    last: Latest | None = None,
    gaps: Sequence[Gap] = (),
    last_mark: Mark | None = None,
) -> str:
    """What, since when, last good, where it failed, last deploy, who acts."""
    lines = []
    if told == "resolved":
        ended = incident.closed_at or now
        lines.append(f"It is up again after {span((ended - incident.since).total_seconds())}, since {stamp(ended)}.")
    elif told == "flapping":
        lines.append(
            f"It recovered and failed again {plural(incident.flaps, 'time')}. The next message follows once it has "
            "been stable for 10 minutes."
        )
    elif incident.kind == "slow":
        lines.append(f"Far more than 1 in 20 responses take longer than {target.target_ms:.0f} ms.")
    else:
        lines.append(f"What: {_what(incident)}.")
    lines.append(f"Where: {target.url}" + (f" ({last.address})" if last and last.address else ""))
    if told != "resolved":
        lines.append(f"Since: {stamp(incident.since)} ({span(max(0.0, (now - incident.since).total_seconds()))})")
        if incident.last_good:
            lines.append(f"Last success: {stamp(incident.last_good)}")
    if incident.elsewhere:
        lines.append(f"From elsewhere: {incident.elsewhere}")
    mark = (
        (incident.deploy, incident.deploy_at)
        if incident.deploy
        else (last_mark.sha if last_mark else "", last_mark.at if last_mark else None)
    )
    if mark[0] and mark[1] is not None:
        lines.append(
            f"Previous deploy: {mark[0][:12]}, {span(max(0.0, (incident.since - mark[1]).total_seconds()))} earlier"
        )
    if gaps:
        lines.append(f"Not watched in the last hour: {span(sum(gap.seconds for gap in gaps))}")
    lines.append(f"Who acts: {owner}")
    if incident.id:
        lines.append(f"Incident {incident.id}")
    return "\n".join(clean(line) for line in lines)


def _what(incident: Incident) -> str:
    words = CAUSE_WORDS[incident.cause]
    return f"{words} ({shorten(incident.detail, 160)})" if incident.detail else words


def sentence(incident: Incident) -> str:
    """The cause in one line, for lists."""
    return _what(incident) if incident.kind != "slow" else CAUSE_WORDS["slow"]
