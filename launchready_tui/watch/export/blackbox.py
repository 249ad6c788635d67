"""blackbox_exporter's modules: how each target is asked, and what its answer must show.

Keys as in the exporter's own CONFIGURATION.md (0.23 to 0.28, as known 2026-11). The exporter's `--config.check` reads
it in the tests.
"""

from __future__ import annotations

import re

from ..rules import slug
from ..samples.model import Target
from . import yamltext
from .plan import CA_FILE, Plan, json_words, seconds

_FINE = (200, 201, 202, 203, 204, 205, 206, 207, 226, 300, 301, 302, 303, 304, 307, 308)
"""What counts as up where nothing else is said: the watch here takes 200 to 399, the exporter wants a list."""
TOTAL_S = 10.0


def module_of(target: Target) -> str:
    """The module's name: targets that are asked alike share one."""
    if target.kind == "mail":
        return "mail"
    own = target.method != "GET" or target.headers or target.body or target.login or target.conditions
    return f"web-{slug(target.name)}" if own else "web"


def config(plan: Plan) -> yamltext.Value:
    """The file `blackbox.yml`."""
    modules: dict[str, yamltext.Value] = {}
    for target in plan.targets:
        modules.setdefault(module_of(target), _mail() if target.kind == "mail" else _web(plan, target))
    return {"modules": modules}


def _mail() -> dict[str, yamltext.Value]:
    greeting: list[yamltext.Value] = [{"expect": "^220[ -]"}, {"send": "QUIT"}]
    tcp: dict[str, yamltext.Value] = {"preferred_ip_protocol": "ip4", "query_response": greeting}
    return {"prober": "tcp", "timeout": seconds(TOTAL_S), "tcp": tcp}


def _web(plan: Plan, target: Target) -> dict[str, yamltext.Value]:
    statuses: list[yamltext.Value] = list(_FINE)
    http: dict[str, yamltext.Value] = {
        "method": target.method,
        "preferred_ip_protocol": "ip4",
        "follow_redirects": False,
    }
    if target.headers:
        http["headers"] = dict(target.headers)
    if target.body:
        http["body"] = target.body
    if target.login:
        http["authorization"] = {"credentials_file": plan.secret(target.login)}
        plan.left.append(f"{plan.secret(target.login)} must contain only the token, which is sent as a bearer token")
    if plan.own_ca:
        http["tls_config"] = {"ca_file": CA_FILE}
    there: list[yamltext.Value] = []
    not_there: list[yamltext.Value] = []
    headers: list[yamltext.Value] = []
    for condition in target.conditions:
        match condition.kind:
            case "status":
                statuses = [int(one) for one in condition.value.split(", ")]
            case "contains":
                there.append(re2(condition.value))
            case "absent":
                not_there.append(re2(condition.value))
            case "header":
                headers.append({"header": condition.name, "regexp": re2(condition.value)})
            case "json":
                there.append(_json(condition.name.split("."), json_words(condition)[1]))
                plan.left.append(f"{target.name}: {condition.words} is matched as text anywhere in the body")
    http["valid_status_codes"] = statuses
    if there:
        http["fail_if_body_not_matches_regexp"] = there
    if not_there:
        http["fail_if_body_matches_regexp"] = not_there
    if headers:
        http["fail_if_header_not_matches"] = headers
    return {"prober": "http", "timeout": seconds(TOTAL_S), "http": http}


def _json(path: list[str], value: str) -> str:
    """The last name of the path with its value, however it is spaced."""
    name = next((step for step in reversed(path) if not step.isdecimal()), "")
    quoted = re2(value)
    return (f'"{re2(name)}"' + r"\s*:\s*" if name else "") + f'(?:"{quoted}"|{quoted}(?:[^\\w.-]|$))'


def re2(text: str) -> str:
    """The text as a regular expression that means just it, for RE2: it knows no escaped letters or blanks."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)
