"""Alertmanager: who hears of what, through which channel. `amtool check-config` reads it in the tests; 0.25 and newer
run it."""

from __future__ import annotations

import json

from ...launch.model import Alert
from ...launch.names import split_port
from ..senders import MAIL_PORT
from . import yamltext
from .blackbox import re2
from .plan import Plan

NOBODY = "nobody"
_TITLE = '{{ if eq .Status "resolved" }}Resolved: {{ end }}{{ .CommonAnnotations.summary }}'
_EACH = '{{ range .Alerts }}{{ .Annotations.description }}\nSince {{ .StartsAt.UTC.Format "15:04:05" }} UTC\n{{ end }}'


def config(plan: Plan) -> yamltext.Value:
    """The file `alertmanager.yml`."""
    routes: list[yamltext.Value] = [{"receiver": NOBODY, "matchers": ['alertname="Watchdog"']}]
    receivers: list[yamltext.Value] = [{"name": NOBODY}]
    for alert in plan.carried:
        routes.append({"receiver": alert.name, "matchers": _matchers(alert), "continue": True})
        receivers.append({"name": alert.name, **(_mail(plan, alert) if alert.kind == "email" else _chat(plan, alert))})
        if alert.second:
            plan.left.append(
                f"{alert.name}: Alertmanager has no second channel. If a channel fails, all the others are alerted "
                f"(MessagesFail)"
            )
        if "deploy" in alert.on:
            plan.left.append(
                f"{alert.name}: only `launchready watch` reports failed deploys and responses that got slower after "
                f"a deploy"
            )
    lesser = 'alertname=~"TargetDegraded|TargetSlow|BudgetBurns"'
    return {
        "route": {
            "receiver": NOBODY,
            "group_by": ["alertname", "target", "region"] if plan.regions else ["alertname", "target"],
            "group_wait": "5s",
            "group_interval": "30s",
            "repeat_interval": "4h",
            "routes": routes,
        },
        "inhibit_rules": [
            {"source_matchers": ['alertname="TargetDown"'], "target_matchers": [lesser], "equal": ["target"]}
        ],
        "receivers": receivers,
    }


def _matchers(alert: Alert) -> list[yamltext.Value]:
    """What belongs to no target (that nothing is known, that messages fail) goes to all who hear of outages."""
    found: list[yamltext.Value] = [f"event=~{_value('|'.join(alert.on))}"]
    if alert.targets:
        found.append(f"target=~{_value('|'.join([*map(re2, alert.targets), '']))}")
    return found


def _value(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _chat(plan: Plan, alert: Alert) -> dict[str, yamltext.Value]:
    one: dict[str, yamltext.Value] = {
        "api_url_file": plan.secret(alert.credential),
        "send_resolved": True,
        "title": f"{_plain(plan.product)}: {_TITLE}",
        "text": f"{_EACH}Who acts: {_plain(alert.owner)}",
        "fallback": f"{_plain(plan.product)}: {_TITLE}",
    }
    return {"slack_configs": [one]}


def _mail(plan: Plan, alert: Alert) -> dict[str, yamltext.Value]:
    host, port = split_port(alert.server)
    one: dict[str, yamltext.Value] = {
        "to": alert.to,
        "from": alert.sender,
        "smarthost": f"{host}:{port or MAIL_PORT}",
        "require_tls": bool(alert.user) or port != 25,
        "send_resolved": True,
    }
    if alert.user:
        one |= {"auth_username": alert.user, "auth_password_file": plan.secret(alert.credential)}
    one["headers"] = {"Subject": f"{_plain(plan.product)}: {_TITLE}", "Auto-Submitted": "auto-generated"}
    one["html"] = ""
    one["text"] = f"{_EACH}\nWho acts: {_plain(alert.owner)}"
    return {"email_configs": [one]}


def _plain(text: str) -> str:
    """Text that a Go template writes as it is."""
    return text.replace("{{", '{{ "{{" }}')
