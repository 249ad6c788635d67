"""What the templates are filled with, and what to know before a kind runs on another machine."""

from __future__ import annotations

import json
import shlex
from urllib.parse import urlsplit

from ...text import for_comment, for_markdown
from . import healthchecks
from .plan import CHANGED, SECRETS, Plan, variable
from .template import Row

UNIT_FILE = "/etc/systemd/system/launchready-watch.service"
START_UNIT = "systemctl daemon-reload && systemctl enable --now launchready-watch"
START_CONTAINER = "docker compose up -d --build"
LATE = "GitHub starts scheduled workflows late, by hours at busy times, and drops some"
SO = "this shows that a deploy works, but it is not monitoring. Keep a monitor or `launchready watch` for outages."

LEADS = (
    "The launch file decides where its hosts lead ([connect], nameservers or ca_file): put its SHA-256 after --trust, "
    "or no credential is sent"
)


def values(plan: Plan) -> Row:
    """Every value that a template may ask for. Made when the notes of the plan are whole: README.md lists them."""
    log_ins = {target.login: target.host for target in plan.targets if target.login}
    return {
        "product": for_comment(plan.product),
        "title": for_markdown(for_comment(plan.product)),
        "domain": plan.domain,
        "folder": f"/srv/launchready/{plan.domain}",
        "changed": CHANGED,
        "unit_file": UNIT_FILE,
        "start_unit": START_UNIT,
        "start_container": START_CONTAINER,
        "prometheus": plan.ports.prometheus,
        "alertmanager": plan.ports.alertmanager,
        "blackbox": plan.ports.blackbox,
        "heartbeat": plan.secret(plan.watch.heartbeat) if plan.watch.heartbeat else "",
        "exporters": ", ".join(dict.fromkeys(region.name for region, _ in plan.regions if not region.module)),
        "environment": _environment(plan),
        "variables": ", ".join(variable(name) for name in plan.credentials if name != plan.watch.heartbeat) or "none",
        "secrets": [{"secret": f"`{SECRETS}/{name}`"} for name in plan.credentials] or [{"secret": "none"}],
        "left": [{"note": note} for note in dict.fromkeys(plan.left)] or [{"note": "nothing"}],
        "late": LATE,
        "so": SO,
        "log_ins": [{"variable": variable(name), "host": host} for name, host in log_ins.items()],
        "needed": ", ".join(map(variable, log_ins)) or "none",
        "checks": [
            {"name": shlex.quote(str(body["name"])), "body": shlex.quote(json.dumps(body, ensure_ascii=False))}
            for body in healthchecks.checks(plan)
        ],
    }


def _environment(plan: Plan) -> list[Row]:
    """Which variables the service needs, each with the hosts that its value may go to. Names only."""
    hosts = {target.login: target.host for target in plan.targets if target.login}
    hosts |= {alert.credential: alert.host for alert in plan.alerts if alert.credential}
    hosts |= {region.credential: urlsplit(region.url).hostname or "" for region, _ in plan.regions if region.credential}
    if plan.watch.heartbeat:
        hosts[plan.watch.heartbeat] = plan.watch.heartbeat_host
    hosts |= dict(plan.own)
    names = dict.fromkeys((*plan.credentials, *(name for name, _ in plan.own)))
    return [{"variable": variable(name), "host": hosts[name]} for name in names]


def for_a_machine(plan: Plan) -> list[str]:
    """What to know before it runs on another machine."""
    said = (
        []
        if plan.watch.always_on
        else ["Set [watch] always_on = true, or the console keeps warning that the machine may be switched off"]
    )
    return [*said, "Then stop the watch on this machine: two watches send every alert twice"]


def for_a_container(plan: Plan) -> list[str]:
    """The same for a container, and what lies outside it."""
    said = for_a_machine(plan)
    said += [f"{path} is on the machine: mount it into the container, or it cannot be read" for path in plan.files]
    if plan.own_ca:
        said.append("The extra certificate authority of the launch file must be copied into the container")
    return said


def for_prometheus(plan: Plan) -> list[str]:
    """Who notices that it died."""
    if plan.watch.heartbeat:
        return []
    return [
        "No dead-man's switch is set ([watch] heartbeat): no one notices when the machine that runs the watch fails"
    ]


def for_healthchecks(plan: Plan) -> list[str]:
    """What was taken because nobody said it."""
    return [
        f"{job.name}: the inventory does not say how often it runs, so once a day is assumed"
        for job in plan.jobs
        if not job.every_s
    ]


def for_github(plan: Plan) -> list[str]:
    """What such a workflow cannot be."""
    return [f"{LATE}: {SO}"]
