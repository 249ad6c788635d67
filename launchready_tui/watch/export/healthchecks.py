"""Healthchecks: what must give a sign of life, by itself: the watch, and jobs such as backups. Its Management API v3
makes the checks.

`unique` makes a second run change the check of that name and not make another (healthchecks.io/docs/api, known
2026-11). The API key comes from the environment when the script runs; ping URLs are printed by it, for the vault.
"""

from __future__ import annotations

from .plan import Plan

WATCH_EVERY_S, WATCH_GRACE_S = 60, 60
"""The shortest that Healthchecks takes: the watch pings once a minute."""
_DAY = 86400
MOST_S = 31536000
"""Neither period nor grace may be longer than a year."""


def checks(plan: Plan) -> list[dict[str, object]]:
    """The bodies of the requests, one a check."""
    return [
        {
            "name": f"{plan.product}: the watch is alive",
            "tags": f"launchready {plan.domain}",
            "desc": "Pinged once a minute by the machine that runs the watch. When pings stop, outages go unreported.",
            "timeout": WATCH_EVERY_S,
            "grace": WATCH_GRACE_S,
            "channels": "*",
            "unique": ["name"],
        },
        *(
            {
                "name": f"{plan.product}: {job.name}",
                "tags": f"launchready {plan.domain} backup",
                "desc": f"The job pings this as its last step. Who acts: {job.owner or 'no one named yet'}",
                "timeout": max(60, min(job.every_s or _DAY, MOST_S)),
                "grace": max(60, min(job.grace_s or 3600, MOST_S)),
                "channels": "*",
                "unique": ["name"],
            }
            for job in plan.jobs
        ),
    ]
