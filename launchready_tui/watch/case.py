"""What people are told of one target's troubles: once when it begins, once when it gets worse, once when it is over.

A trouble that comes back within ten minutes is the same one, and told at once, since people were told that it is over.
One that came back twice is unstable: that is told once, and then nothing until it has been calm for ten minutes, unless
it then stays down for five.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from .detect import _WEIGHT, Change
from .samples.model import Incident, Mark, Target

SAME_S = timedelta(minutes=10)
LONG_S = timedelta(minutes=5)
"""An outage of what is known to be unstable is told once it is so long."""
CALM_S = timedelta(minutes=10)
UNSTABLE_AFTER = 2

Told = Literal["down", "degraded", "slow", "worse", "flapping", "again", "resolved", "partly"]
"""`partly`: over for some of those that have one cause."""


class Case:
    """The incidents of one target. `incident` is the newest, open or closed."""

    def __init__(self, target: Target, incident: Incident | None = None) -> None:
        self.target = target
        self.incident = incident
        self.unsure = incident is not None and incident.open and incident.told in ("", "resolved")
        """An earlier watch saw it begin and nobody knows of it: it is told once this watch has seen it too."""

    def change(
        self, change: Change, at: datetime, since: datetime, *, last_good: datetime | None, deploy: Mark | None
    ) -> Incident:
        """Takes a change of the detector and returns the incident as it is now."""
        now, self.unsure = self.incident, False
        if change.what == "closed":
            assert now is not None
            self.incident = msgspec.structs.replace(now, closed_at=at)
        elif now is not None and now.open:
            worst = change.kind if _WEIGHT[change.kind] > _WEIGHT[now.worst] else now.worst
            self.incident = msgspec.structs.replace(
                now, kind=change.kind, worst=worst, cause=change.cause, detail=change.detail
            )
        elif now is not None and now.closed_at is not None and now.told and at - now.closed_at < SAME_S:
            worst = change.kind if _WEIGHT[change.kind] > _WEIGHT[now.worst] else now.worst
            self.incident = msgspec.structs.replace(
                now,
                kind=change.kind,
                worst=worst,
                closed_at=None,
                again_at=since,
                last_good=last_good or now.last_good,
                flaps=now.flaps + 1,
                cause=change.cause,
                detail=change.detail,
            )
        else:
            self.incident = Incident(
                target=self.target.id,
                name=self.target.label,
                kind=change.kind,
                worst=change.kind,
                since=since,
                opened_at=at,
                cause=change.cause,
                detail=change.detail,
                last_good=last_good,
                deploy=deploy.sha if deploy else "",
                deploy_at=deploy.at if deploy else None,
            )
        return self.incident

    def due(self, now: datetime) -> Told | None:
        """What is to be told now. Call it after each change and from time to time; tell it, then `told`."""
        incident = self.incident
        if incident is None or self.unsure:
            return None
        if incident.closed_at is not None:
            if incident.told in ("", "resolved"):
                return None
            unstable = incident.flaps >= UNSTABLE_AFTER
            return "resolved" if not unstable or now - incident.closed_at >= CALM_S else None
        if incident.told == "":
            return incident.kind
        if incident.told == "flapping":
            long = incident.again_at is not None and now - incident.again_at >= LONG_S
            return "worse" if incident.kind == "down" and long else None
        if incident.flaps >= UNSTABLE_AFTER and incident.told == "resolved":
            return "flapping"
        if incident.told == "resolved":
            return "again"
        if incident.kind == "down" and incident.told in ("degraded", "slow"):
            return "worse"
        return None

    def told(self, what: Told, now: datetime, thread: int = 0) -> Incident:
        """It was put into the outbox, filed under this incident."""
        assert self.incident is not None
        word = self.incident.kind if what in ("worse", "again") else what
        group = thread or self.incident.group or self.incident.id
        self.incident = msgspec.structs.replace(self.incident, told=word, told_at=now, group=group)
        return self.incident

    def was_over(self, at: datetime) -> Incident:
        """What an earlier watch saw begin and told nobody is over, before this one saw it."""
        assert self.incident is not None
        self.unsure = False
        self.incident = msgspec.structs.replace(self.incident, closed_at=at)
        return self.incident
