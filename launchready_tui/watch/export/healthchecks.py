"""Healthchecks: what must give a sign of life, by itself: the watch, and jobs such as backups. Its Management API v3
makes the checks.

`unique` makes a second run change the check of that name and not make another (healthchecks.io/docs/api, known
2026-11). The API key comes from the environment when the script runs; ping URLs are printed by it, for the vault.
"""

from __future__ import annotations

import json
import shlex

from .plan import Plan

WATCH_EVERY_S, WATCH_GRACE_S = 60, 60
"""The shortest that Healthchecks takes: the watch pings once a minute."""
_DAY = 86400
MOST_S = 31536000
"""Neither period nor grace may be longer than a year."""


def checks(plan: Plan) -> list[dict[str, object]]:
    """The bodies of the requests, one a check."""
    made: list[dict[str, object]] = [
        {
            "name": f"{plan.product}: the watch is alive",
            "tags": f"launchready {plan.domain}",
            "desc": "Pinged once a minute by the machine that watches. When pings stop, "
            "nobody would be told of an outage.",
            "timeout": WATCH_EVERY_S,
            "grace": WATCH_GRACE_S,
            "channels": "*",
            "unique": ["name"],
        }
    ]
    for job in plan.jobs:
        if not job.every_s:
            plan.left.append(f"{job.name}: the inventory does not say how often, so a day is taken")
        made.append(
            {
                "name": f"{plan.product}: {job.name}",
                "tags": f"launchready {plan.domain} backup",
                "desc": f"The job pings this as its last step. Who acts: {job.owner or 'nobody named yet'}",
                "timeout": max(60, min(job.every_s or _DAY, MOST_S)),
                "grace": max(60, min(job.grace_s or 3600, MOST_S)),
                "channels": "*",
                "unique": ["name"],
            }
        )
    return made


def script(plan: Plan, made: list[dict[str, object]]) -> str:
    """The file `healthchecks.sh`."""
    lines = [
        "#!/bin/sh",
        f"# Makes or changes the checks of {plan.domain} at Healthchecks, and prints the ping URL of each.",
        "# Needs HEALTHCHECKS_API_KEY (a project's read-write key). Made by `launchready watch export healthchecks`.",
        "set -eu",
        ': "${HEALTHCHECKS_API_KEY:?give the read-write API key of the project in HEALTHCHECKS_API_KEY}"',
        'API="${HEALTHCHECKS_URL:-https://healthchecks.io}/api/v3/checks/"',
        "",
        "make() {",
        # The key goes in through standard input: arguments can be read by every user of the machine.
        """  answer=$(printf 'header = "X-Api-Key: %s"\\n' "$HEALTHCHECKS_API_KEY" | \\""",
        '    curl -fsS -m 30 -K - -H "Content-Type: application/json" --data "$2" "$API")',
        '  url=$(printf %s "$answer" | sed -n \'s/.*"ping_url": *"\\([^"]*\\)".*/\\1/p\')',
        '  printf "%s\\t%s\\n" "$1" "$url"',
        "}",
        "",
    ]
    lines += [
        f"make {shlex.quote(str(body['name']))} {shlex.quote(json.dumps(body, ensure_ascii=False))}" for body in made
    ]
    lines += ["", "echo 'Store the first one: launchready credentials set healthchecks-ping --host hc-ping.com' >&2"]
    lines.append("echo 'and name it in launchready.toml: [watch] heartbeat = \"healthchecks-ping\"' >&2")
    return "\n".join(lines) + "\n"
