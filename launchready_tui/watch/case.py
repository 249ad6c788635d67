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

Told = Literal["down", "degraded", "slow", "worse", "flapping", "again", "resolved"]


class Case:
    """The incidents of one target. `incident` is the newest, open or closed."""

    def __init__(self, target: Target, incident: Incident | None = None) -> None:
        self.target = target
        self.incident = incident

    def change(
        self, change: Change, at: datetime, since: datetime, *, last_good: datetime | None, deploy: Mark | None
    ) -> Incident:
        """Takes a change of the detector and returns the incident as it is now."""
        now = self.incident
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
        if incident is None:
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

    def told(self, what: Told, now: datetime) -> Incident:
        """It was put into the outbox."""
        assert self.incident is not None
        word = self.incident.kind if what in ("worse", "again") else what
        self.incident = msgspec.structs.replace(self.incident, told=word, told_at=now)
        return self.incident
