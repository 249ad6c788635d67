"""Prometheus: what is scraped, and from when on something is said. The limits are those of the watch here, in
Prometheus' words.

`promtool check config`, `check rules` and `test rules` read it in the tests; Prometheus 2.42, blackbox_exporter 0.23
and Alertmanager 0.25 run it. Burn rates as in `watch/samples/budget.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar
from urllib.parse import urlsplit

from ...launch.model import Region
from ..samples.budget import RATES
from ..samples.model import Target
from ..watched import policy_of
from . import yamltext
from .blackbox import TOTAL_S, module_of
from .plan import CA_FILE, CHANGED, Plan, down_for_s, seconds, slow_rule

JOB = "launchready"
THERE = "launchready-region"
"""The job of what is seen from other regions: it counts in no budget and no share of this one."""
EVALUATE_S = 5
Key = TypeVar("Key", bound=Hashable)


def write(plan: Plan) -> str:
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
    head = (
        f"What of {plan.product} is watched, for Prometheus. Made by `launchready watch export prometheus`.\n{CHANGED}"
    )
    return yamltext.dump(
        {
            "global": {"scrape_interval": "15s", "evaluation_interval": seconds(EVALUATE_S)},
            "rule_files": ["rules.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [plan.ports.alertmanager]}]}]},
            "scrape_configs": jobs,
        },
        head=head,
    )


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
            f"{region.name}: write the user name into prometheus.yml in place of USER, and the password alone "
            "into the file"
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


def rules(plan: Plan) -> str:
    """The file `rules.yml`. `event` is the word of `on` in [[alerts]] that a rule falls under."""
    here: list[yamltext.Value] = []
    for (every, down_for, *windows), _ in _by(plan.targets, _pace):
        probes = f'probe_success{{job="{JOB}", every="{seconds(every)}"}}'
        here.append(
            _rule(
                "TargetDown",
                f"{probes} == 0",
                down_for,
                "down",
                "{{ $labels.target }} is down",
                f"{{{{ $labels.instance }}}} gave no right answer for {seconds(down_for)} or longer.",
                every=seconds(every),
            )
        )
        spoilt = "\nor ".join(
            f"count_over_time({probes}[{seconds(window)}]) - sum_over_time({probes}[{seconds(window)}]) >= {most}"
            for window, most in windows
        )
        longest = windows[-1][0]
        # Some fail and some do not; when the last three did, it is on its way to be down. After an outage its failures
        # are no news.
        here.append(
            _rule(
                "TargetDegraded",
                f"({spoilt})\nand max_over_time({probes}[{seconds(3 * every)}]) == 1\n{_unless_down(longest)}",
                0,
                "down",
                "{{ $labels.target }} fails now and then",
                f"{{{{ $value }}}} of the probes of the last {seconds(longest)} got no right answer.",
                every=seconds(every),
            )
        )
    web = [target for target in plan.targets if target.kind == "web"]
    answer = f'sum without (phase) (probe_http_duration_seconds{{job="{JOB}", phase=~"processing|transfer"}})'
    for (every, limit), targets in _by(web, lambda one: (one.every_s, one.target_ms)):
        over, n, span = slow_rule(targets[0])
        times = f'{JOB}:answer_seconds{{every="{seconds(every)}", target_ms="{limit:g}"}}'
        here.append(
            _rule(
                "TargetSlow",
                f"sum_over_time(({times} > bool {limit / 1000:g})[{seconds(span)}:{seconds(every)}]) >= {over}",
                0,
                "slow",
                "{{ $labels.target }} is slow",
                f"{{{{ $value }}}} of the last {n} answers took longer than {limit:g} ms; at most 5 of 100 should.",
                every=seconds(every),
                target_ms=f"{limit:g}",
            )
        )
    here.append(
        _rule(
            "CertificateEnds",
            f'probe_ssl_earliest_cert_expiry{{job="{JOB}"}} - time() < {plan.watch.certificate_days} * 86400',
            60,
            "certificate",
            "The certificate of {{ $labels.target }} ends soon",
            "It ends in {{ $value | humanizeDuration }}. Look why it was not renewed.",
        )
    )
    groups: list[yamltext.Value] = [
        {"name": "launchready-times", "rules": [{"record": f"{JOB}:answer_seconds", "expr": answer}] if web else []},
        {"name": "launchready-targets", "rules": here},
        {"name": "launchready-budget", "rules": _burning(plan)},
        {"name": "launchready-watch", "rules": _itself()},
    ]
    if plan.regions:
        groups.insert(2, {"name": "launchready-regions", "rules": _from_there(plan)})
    head = (
        f"When somebody is told of {plan.product}. Made by `launchready watch export prometheus`.\n{CHANGED}\n"
        "The exporter opens a new connection each time; what is compared with the target is the answer without "
        "lookup, connect and TLS."
    )
    return yamltext.dump({"groups": groups}, head=head)


def _unless_down(within_s: float) -> str:
    return (
        f'unless on (target) max_over_time(ALERTS{{alertname="TargetDown", alertstate="firing"}}[{seconds(within_s)}])'
    )


def _from_there(plan: Plan) -> list[yamltext.Value]:
    """What is down from elsewhere, and from where nothing is known. How quick it is there stands in the console."""
    made: list[yamltext.Value] = []
    for (every, down_for), _ in _by((target for _, target in plan.regions), lambda one: (one.every_s, down_for_s(one))):
        made.append(
            _rule(
                "TargetDownThere",
                # While it is down from here too that is one thing and told once.
                f'probe_success{{job="{THERE}", every="{seconds(every)}"}} == 0\n{_unless_down(2 * every)}',
                down_for,
                "down",
                "{{ $labels.target }} is down from {{ $labels.region }}",
                f"{{{{ $labels.instance }}}} gave no right answer to the prober there for "
                f"{seconds(down_for)} or longer.",
                every=seconds(every),
            )
        )
    made.append(
        _rule(
            "RegionBlind",
            f'max by (region) (up{{job="{THERE}"}}) == 0',
            300,
            "down",
            "Nothing is known from {{ $labels.region }}",
            "The exporter there does not answer.",
        )
    )
    return made


def _pace(target: Target) -> tuple[float, float, tuple[float, int], tuple[float, int]]:
    policy = policy_of(target)
    return (
        target.every_s,
        down_for_s(target),
        (policy.window, policy.degraded_after),
        (policy.calm, policy.degraded_long),
    )


def _burning(plan: Plan) -> list[yamltext.Value]:
    """The two rates that call somebody; the slower ones are seen in the console."""
    allowed = (100 - plan.watch.slo) / 100
    made: list[yamltext.Value] = []
    for rate, long, short, at_once in RATES:
        if not at_once:
            continue
        parts = [
            f'1 - avg_over_time(probe_success{{job="{JOB}"}}[{seconds(span.total_seconds())}]) > {rate * allowed:.6g}'
            for span in (long, short)
        ]
        made.append(
            _rule(
                "BudgetBurns",
                "\nand ".join(parts),
                60,
                "down",
                "{{ $labels.target }} fails too often",
                f"At this pace the month's share of failures ({100 - plan.watch.slo:g} %) is used up {rate:g} "
                "times too fast.",
                rate=f"{rate:g}",
            )
        )
    return made


def _itself() -> list[yamltext.Value]:
    """Whoever watches is watched too."""
    return [
        _rule(
            "WatchBlind",
            'up{job=~"launchready|blackbox"} == 0',
            60,
            "down",
            "Nothing is known of the product",
            "The exporter that asks it does not answer: {{ $labels.instance }}",
        ),
        _rule(
            "MessagesFail",
            "increase(alertmanager_notifications_failed_total[10m]) > 0",
            0,
            "down",
            "Messages do not get through ({{ $labels.integration }})",
            "Alertmanager could not deliver; its log says why.",
        ),
        {
            "alert": "Watchdog",
            "expr": "vector(1)",
            "labels": {"event": "alive"},
            "annotations": {"summary": "Always there."},
        },
    ]


def _rule(
    name: str, expr: str, for_s: float, event: str, summary: str, text: str, **labels: str
) -> dict[str, yamltext.Value]:
    made: dict[str, yamltext.Value] = {"alert": name, "expr": expr}
    if for_s:
        made["for"] = seconds(for_s)
    made["labels"] = {"event": event, **labels}
    made["annotations"] = {"summary": summary, "description": text}
    return made


def _by(targets: Iterable[Target], key: Callable[[Target], Key]) -> list[tuple[Key, list[Target]]]:
    found: dict[Key, list[Target]] = {}
    for target in targets:
        found.setdefault(key(target), []).append(target)
    return list(found.items())
