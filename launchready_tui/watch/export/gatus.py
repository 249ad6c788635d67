"""Gatus: one small program that asks, shows and tells. Written from its README (5, as known 2026-11); it was not run
here."""

from __future__ import annotations

import re

from ...launch.model import Alert
from ...launch.names import split_port
from ..rules import matching
from ..samples.model import Condition, Target
from ..senders import MAIL_PORT
from . import yamltext
from .plan import Plan, seconds, variable

_PATTERN = re.compile(r"[*?\[\]\\)]")


def config(plan: Plan) -> yamltext.Value:
    """The file `config.yaml`."""
    endpoints: list[yamltext.Value] = [_endpoint(plan, target) for target in plan.targets]
    alerting: dict[str, yamltext.Value] = {}
    for alert in plan.carried:
        alerting.setdefault("email" if alert.kind == "email" else "slack", _provider(alert))
        if alert.second:
            plan.left.append(f"{alert.name}: Gatus has no second channel")
    if any("deploy" in alert.on for alert in plan.alerts):
        plan.left.append("Only `launchready watch` reports failed deploys and responses that got slower after a deploy")
    plan.left.append(
        "Gatus counts only consecutive failures, and compares each response with the time limit on its own"
    )
    storage: dict[str, yamltext.Value] = {"type": "sqlite", "path": "/data/gatus.db", "caching": True}
    made: dict[str, yamltext.Value] = {
        # Three at a time is the default: slow targets would hold up the others.
        "concurrency": max(3, min(50, len(plan.targets))),
        "storage": storage,
        "alerting": alerting,
        "endpoints": endpoints,
    }
    return {key: value for key, value in made.items() if value}


def _endpoint(plan: Plan, target: Target) -> dict[str, yamltext.Value]:
    made: dict[str, yamltext.Value] = {"name": _text(target.name), "group": target.environment}
    if target.kind == "mail":
        made |= {
            "url": f"tcp://{target.url}",
            "interval": seconds(target.every_s),
            "conditions": ["[CONNECTED] == true"],
        }
        plan.left.append(
            f"{target.name}: Gatus checks that the mail server accepts connections, not that it sends its greeting"
        )
    else:
        made |= {"url": _text(target.url), "interval": seconds(target.every_s), "method": target.method}
        headers = {name: _text(value) for name, value in target.headers.items()}
        if target.login:
            headers["Authorization"] = f"Bearer ${{{variable(target.login)}}}"
        if headers:
            made["headers"] = headers
        if target.body:
            made["body"] = _text(target.body)
        made["client"] = {"timeout": "10s", "ignore-redirect": True}
        made["conditions"] = _conditions(plan, target)
    alerts: list[yamltext.Value] = [
        _alert(plan, alert, target) for alert in matching(plan.carried, "down", target.name)
    ]
    if alerts:
        made["alerts"] = alerts
    return made


def _conditions(plan: Plan, target: Target) -> list[yamltext.Value]:
    found: list[yamltext.Value] = []
    if not any(one.kind == "status" for one in target.conditions):
        found += ["[STATUS] >= 200", "[STATUS] < 400"]
    for condition in target.conditions:
        found += [_text(one) for one in _condition(plan, target, condition)]
    if target.url.startswith("https:"):
        found.append(f"[CERTIFICATE_EXPIRATION] > {plan.watch.certificate_days * 24}h")
    found.append(f"[RESPONSE_TIME] < {max(5000, int(target.target_ms * 4))}")
    return found


def _condition(plan: Plan, target: Target, condition: Condition) -> list[str]:
    match condition.kind:
        case "status":
            return [f"[STATUS] == any({condition.value})"]
        case "contains" | "absent":
            if _PATTERN.search(condition.value):
                plan.left.append(
                    f"{target.name}: Gatus reads {condition.value!r} as a pattern. Check that it still means the same"
                )
            return [f"[BODY] {'==' if condition.kind == 'contains' else '!='} pat(*{condition.value}*)"]
        case "json":
            steps = "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in condition.name.split("."))
            return [f"[BODY]{steps} == {condition.value}"]
    plan.left.append(f"{target.name}: Gatus does not check response headers ({condition.words})")
    return []


def _provider(alert: Alert) -> dict[str, yamltext.Value]:
    common: dict[str, yamltext.Value] = {
        "default-alert": {"failure-threshold": 3, "success-threshold": 2, "send-on-resolved": True}
    }
    return _override(alert) | common


def _override(alert: Alert) -> dict[str, yamltext.Value]:
    if alert.kind == "slack":
        return {"webhook-url": f"${{{variable(alert.credential)}}}"}
    host, port = split_port(alert.server)
    made: dict[str, yamltext.Value] = {"from": alert.sender, "to": alert.to, "host": host, "port": port or MAIL_PORT}
    if alert.user:
        made |= {"username": alert.user, "password": f"${{{variable(alert.credential)}}}"}
    return made


def _alert(plan: Plan, alert: Alert, target: Target) -> dict[str, yamltext.Value]:
    kind = "email" if alert.kind == "email" else "slack"
    first = next(one for one in plan.carried if one.kind == alert.kind)
    made: dict[str, yamltext.Value] = {"type": kind, "description": _text(f"{target.name}; who acts: {alert.owner}")}
    if alert is not first:
        made["provider-override"] = _override(alert)
    return made


def _text(text: str) -> str:
    """Gatus puts variables in; a dollar that is meant stands twice."""
    return text.replace("$", "$$")
