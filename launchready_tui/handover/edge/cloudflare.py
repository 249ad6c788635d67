"""The plan for Cloudflare: what to enter in the dashboard, and the same as rule sets for its API.

Sources, known 2026-11: developers.cloudflare.com/rules/url-forwarding/single-redirects,
/rules/transform/response-header-modification, /cache/how-to/cache-rules, /ruleset-engine/rulesets-api.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from .plan import YEAR, HostPlan, Plan


def write(plan: Plan, *, old: bool = True) -> str:
    """Steps for the dashboard, each with what to paste. Without `old` the list of old addresses is left to a file of
    its own."""
    lines = [
        "# SSL/TLS > Overview: Full (strict). Flexible causes redirect loops and leaves the connection to your "
        "server unencrypted."
    ]
    if all(host.http == "redirect" for host in plan.hosts):
        lines += ["# SSL/TLS > Edge Certificates > Always Use HTTPS: on"]
    else:
        lines += ["# SSL/TLS > Edge Certificates > Always Use HTTPS: off; the rules below do it per host"]
    if any(host.modern_tls for host in plan.hosts):
        lines += ["# SSL/TLS > Edge Certificates > Minimum TLS Version: TLS 1.2; TLS 1.3: on"]
    for where, rules in (
        ("Security > WAF > Custom rules", _refusals(plan)),
        ("Rules > Redirect Rules > Single Redirects, in this order", _redirects(plan)),
        ("Rules > Transform Rules > Modify Response Header", _headers(plan)),
        ("Caching > Cache Rules", _caching(plan)),
    ):
        if rules:
            lines += ["", f"# {where}"]
            for rule in rules:
                lines += [
                    f"# {rule['description']}",
                    f"When   {rule['expression']}",
                    *(f"Then   {line}" for line in _then(rule)),
                ]
    if old and any(host.old for host in plan.hosts):
        lines += [
            "",
            "# Rules > Redirect Rules > Bulk Redirects: import this as a list (source, target, status), then enable it",
        ]
        lines.append(bulk(plan).rstrip())
    kept = [
        f"# {host.name} already sends these headers, leave them as they are: {', '.join(host.sent)}"
        for host in plan.hosts
        if host.sent
    ]
    unseen = [
        f"# {host.name}: its headers have not been checked, so the usual ones are set"
        for host in plan.hosts
        if not host.looked_at
    ]
    notes = [*kept, *unseen]
    return "\n".join([*lines, *([""] if notes else []), *notes]) + "\n"


def api(plan: Plan) -> str:
    """Rule sets by phase: the body of `PUT /zones/ZONE/rulesets/phases/PHASE/entrypoint`, which replaces the rules of
    that phase."""
    phases = {
        "http_request_firewall_custom": _refusals(plan),
        "http_request_dynamic_redirect": _redirects(plan),
        "http_response_headers_transform": _headers(plan),
        "http_request_cache_settings": _caching(plan),
    }
    return json.dumps({phase: {"rules": rules} for phase, rules in phases.items() if rules}, indent=2) + "\n"


def bulk(plan: Plan) -> str:
    """SOURCE_URL,TARGET_URL,STATUS_CODE without a head line. A source without a scheme holds for http and https."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for host in plan.hosts:
        writer.writerows([f"{host.name}{path}", to, 301] for path, to in host.old)
    return out.getvalue()


def _when(host: HostPlan, *more: str) -> str:
    return "(" + " and ".join([f'http.host eq "{host.name}"', *more]) + ")"


_NOT_WELL_KNOWN = 'not starts_with(http.request.uri.path, "/.well-known/")'


def _refusals(plan: Plan) -> list[dict[str, Any]]:
    return [
        {"description": f"{host.name}: no plain HTTP", "expression": _when(host, "not ssl"), "action": "block"}
        for host in plan.hosts
        if host.http == "refuse"
    ]


def _redirects(plan: Plan) -> list[dict[str, Any]]:
    rules = []
    led = [host.name for host in plan.hosts if host.http == "redirect"]
    if len(led) < len(plan.hosts):
        names = " ".join(f'"{name}"' for name in led)
        when = f"(http.host in {{{names}}} and not ssl and {_NOT_WELL_KNOWN})"
        rules.append(_redirect("HTTPS first", when, 'concat("https://", http.host, http.request.uri.path)'))
    for host in plan.hosts:
        if host.leads_to:
            paths = [f'http.request.uri.path ne "{path}"' for path, _ in host.old]
            to = f'concat("{host.leads_to}", http.request.uri.path)'
            rules.append(_redirect(f"{host.name} to the main address", _when(host, _NOT_WELL_KNOWN, *paths), to))
    return rules


def _redirect(about: str, when: str, to: str) -> dict[str, Any]:
    value = {"status_code": 301, "target_url": {"expression": to}, "preserve_query_string": True}
    return {"description": about, "expression": when, "action": "redirect", "action_parameters": {"from_value": value}}


def _headers(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "description": f"{host.name}: security headers",
            "expression": _when(host),
            "action": "rewrite",
            "action_parameters": {
                "headers": {name: {"operation": "set", "value": value} for name, value in host.headers}
            },
        }
        for host in plan.hosts
        if host.headers
    ]


def _caching(plan: Plan) -> list[dict[str, Any]]:
    rules = []
    for host in plan.hosts:
        for folder in host.folders:
            seconds = 31536000
            rules.append(
                {
                    "description": f"{host.name}: files with a hash in their name",
                    "expression": _when(host, f'starts_with(http.request.uri.path, "{folder}")'),
                    "action": "set_cache_settings",
                    "action_parameters": {
                        "cache": True,
                        "edge_ttl": {"mode": "override_origin", "default": seconds},
                        "browser_ttl": {"mode": "override_origin", "default": seconds},
                    },
                }
            )
    return rules


def _then(rule: dict[str, Any]) -> list[str]:
    given = rule.get("action_parameters", {})
    match rule["action"]:
        case "redirect":
            value = given["from_value"]
            return [f"Dynamic  {value['target_url']['expression']}  {value['status_code']}  Preserve query string: on"]
        case "rewrite":
            return [f"Set static  {name}  {one['value']}" for name, one in given["headers"].items()]
        case "set_cache_settings":
            return [f"Eligible for cache; edge TTL and browser TTL: ignore the header and use 1 year ({YEAR[1]})"]
        case _:
            return ["Block"]
