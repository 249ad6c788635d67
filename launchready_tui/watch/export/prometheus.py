"""Prometheus: what is scraped, and from when on something is said. The limits are those of the watch here, in
Prometheus' words.

`promtool check config`, `check rules` and `test rules` read it in the tests; Prometheus 2.42, blackbox_exporter 0.23
and Alertmanager 0.25 run it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar
from urllib.parse import urlsplit

from ...launch.model import Region
from ..samples.budget import RATES
from ..samples.model import Target
from ..watched import policy_of
from . import yamltext
from .blackbox import TOTAL_S, module_of
from .plan import CA_FILE, Plan, down_for_s, seconds, slow_rule
from .template import Row, fill, text_of

JOB = "launchready"
THERE = "launchready-region"
"""The job of what is seen from other regions: it counts in no budget and no share of this one."""
EVALUATE_S = 5
Key = TypeVar("Key", bound=Hashable)


def config(plan: Plan) -> yamltext.Value:
    """The file `prometheus.yml`."""
    jobs: list[yamltext.Value] = []
    for every, targets in _by(plan.targets, lambda one: one.every_s):
        jobs.append(
            {
                "job_name": f"{JOB}-{seconds(every)}",
                "scrape_interval": seconds(every),
                "scrape_timeout": seconds(min(every, TOTAL_S)),
                "metrics_path": "/probe",
                "static_configs": [_static(plan, target) for target in targets],
            }
        )
    jobs += [_region(plan, region, every, targets) for (region, every), targets in _far(plan)]
    for name, address in (("alertmanager", plan.ports.alertmanager), ("blackbox", plan.ports.blackbox)):
        jobs.append({"job_name": name, "scrape_interval": "15s", "static_configs": [{"targets": [address]}]})
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": seconds(EVALUATE_S)},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [plan.ports.alertmanager]}]}]},
        "scrape_configs": jobs,
    }


def _static(plan: Plan, target: Target, exporter: str = "") -> dict[str, yamltext.Value]:
    # The exporter is the address that is asked; what it shall ask goes as parameters, which are set as labels.
    return {"targets": [exporter or plan.ports.blackbox], "labels": _labels(target)}


def _labels(target: Target) -> dict[str, yamltext.Value]:
    return {
        "__param_module": module_of(target),
        "__param_target": target.url,
        "instance": target.url,
        "job": JOB,
        "target": target.name,
        "kind": target.kind,
        "environment": target.environment,
        "flow": target.flow,
        "every": seconds(target.every_s),
        "target_ms": f"{target.target_ms:g}",
    }


def _far(plan: Plan) -> list[tuple[tuple[Region, float], list[Target]]]:
    by_name = {region.name: region for region, _ in plan.regions}
    found = _by((target for _, target in plan.regions), lambda one: (one.region, one.every_s))
    return [((by_name[name], every), targets) for (name, every), targets in found]


def _region(plan: Plan, region: Region, every: float, targets: list[Target]) -> yamltext.Value:
    """One exporter elsewhere, asked the way the watch here asks it."""
    url = urlsplit(region.url)
    made: dict[str, yamltext.Value] = {
        "job_name": f"{THERE}-{region.name}-{seconds(every)}",
        "scrape_interval": seconds(every),
        "scrape_timeout": seconds(min(every, TOTAL_S + 2)),
        "scheme": url.scheme,
        "metrics_path": f"{url.path.rstrip('/')}/probe",
    }
    if region.credential:
        made["basic_auth"] = {"username": "USER", "password_file": plan.secret(region.credential)}
        plan.left.append(
            f"{region.name}: replace USER in prometheus.yml with the user name, and put only the password into the file"
        )
    if plan.own_ca and url.scheme == "https":
        made["tls_config"] = {"ca_file": CA_FILE}
    made["static_configs"] = [
        _static(plan, target, url.netloc)
        | {
            "labels": _labels(target)
            | {"__param_module": region.module or module_of(target), "job": THERE, "region": region.name}
        }
        for target in targets
    ]
    return made


def rules(plan: Plan) -> yamltext.Value:
    """The file `rules.yml`, by `templates/rules.toml`."""
    rows = _rows(plan)
    groups: list[yamltext.Value] = []
    for group in tomllib.loads(text_of("rules.toml"))["groups"]:
        made: list[yamltext.Value] = [
            _rule(rule, {"job": JOB, "there": THERE} | row)
            for part in group["parts"]
            for row in rows[part["each"]]
            for rule in part["rules"]
        ]
        if made or not group.get("optional"):
            groups.append({"name": group["name"], "rules": made})
    return {"groups": groups}


def _rule(rule: Row, row: Row) -> yamltext.Value:
    """One rule, its words and limits filled in. A label has the name of its value."""
    if "record" in rule:
        return {"record": fill(rule["record"], row), "expr": fill(rule["expr"], row)}
    made: dict[str, yamltext.Value] = {"alert": rule["alert"], "expr": fill(rule["expr"], row)}
    if "for" in rule:
        made["for"] = fill(rule["for"], row)
    made["labels"] = {"event": rule["event"], **{name: row[name] for name in rule.get("labels", ())}}
    made["annotations"] = {key: fill(rule[key], row) for key in ("summary", "description") if key in rule}
    return made


def _rows(plan: Plan) -> dict[str, list[Row]]:
    """What the parts of `rules.toml` are written for: targets that are asked alike share their rules."""
    web = [target for target in plan.targets if target.kind == "web"]
    far = _by((target for _, target in plan.regions), lambda one: (one.every_s, down_for_s(one)))
    return {
        "once": [{"certificate_days": plan.watch.certificate_days}],
        "answers": [{}] if web else [],
        "paces": [_pace(targets[0]) for _, targets in _by(plan.targets, _paces_alike)],
        "limits": [_limit(targets[0]) for _, targets in _by(web, lambda one: (one.every_s, one.target_ms))],
        "far_paces": [
            {"every": seconds(every), "down_for": seconds(down_for), "two": seconds(2 * every)}
            for (every, down_for), _ in far
        ],
        "elsewhere": [{}] if plan.regions else [],
        "burns": _burns(plan),
    }


def _paces_alike(target: Target) -> tuple[float, ...]:
    policy = policy_of(target)
    return (
        target.every_s,
        down_for_s(target),
        policy.window,
        policy.degraded_after,
        policy.calm,
        policy.degraded_long,
    )


def _pace(target: Target) -> Row:
    policy = policy_of(target)
    return {
        "every": seconds(target.every_s),
        "three": seconds(3 * target.every_s),
        "down_for": seconds(down_for_s(target)),
        "window": seconds(policy.window),
        "window_most": policy.degraded_after,
        "calm": seconds(policy.calm),
        "calm_most": policy.degraded_long,
    }


def _limit(target: Target) -> Row:
    over, n, span = slow_rule(target)
    return {
        "every": seconds(target.every_s),
        "target_ms": f"{target.target_ms:g}",
        "limit_s": f"{target.target_ms / 1000:g}",
        "span": seconds(span),
        "over": over,
        "n": n,
    }


def _burns(plan: Plan) -> list[Row]:
    """The two rates that call somebody; the slower ones are seen in the console."""
    allowed = 100 - plan.watch.slo
    return [
        {
            "rate": f"{rate:g}",
            "most": f"{rate * (allowed / 100):.6g}",
            "allowed": f"{allowed:g}",
            "long": seconds(long.total_seconds()),
            "short": seconds(short.total_seconds()),
        }
        for rate, long, short, at_once in RATES
        if at_once
    ]


def _by(targets: Iterable[Target], key: Callable[[Target], Key]) -> list[tuple[Key, list[Target]]]:
    found: dict[Key, list[Target]] = {}
    for target in targets:
        found.setdefault(key(target), []).append(target)
    return list(found.items())
