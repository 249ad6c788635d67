"""Whom a finding touches: the host that it speaks of, and the flow of the business."""

from __future__ import annotations

import re

from ..findings import Finding
from ..hostnames import host_of
from ..launch.model import Launch
from ..roadmap.model import CheckSpec

# pay > sign-up and log-in > book > search and list > message > admin > marketing; what touches all ranks with the
# first.
FLOW_WEIGHT: dict[str, int] = {
    "pay": 0,
    "all": 0,
    "sign-up": 1,
    "log-in": 1,
    "book": 2,
    "search": 3,
    "list": 3,
    "message": 4,
    "admin": 5,
    "marketing": 6,
}

_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]*")
_OWN_TOOLS = ("admin", "status", "staging")


def host_in(subject: str, launch: Launch | None = None) -> str:
    """The host that a subject speaks of: `app.example.com/.env` is of app.example.com, `s1._domainkey.example.com` of
    example.com, and the name of a route of that route's host. Empty where it speaks of none, or of a stranger's."""
    for route in launch.routes if launch else ():
        if subject == route.name:
            return host_of(route.url)
    found = _HOST.fullmatch(subject.partition("/")[0].partition(":")[0].lower())
    host = re.sub(r"^.*(?:^|\.)_[^.]*\.", "", found.group()) if found else ""
    ours = launch is None or host == launch.domain or host.endswith("." + launch.domain) or launch.host(host)
    return host if ours else ""


def flow_of(finding: Finding, spec: CheckSpec, launch: Launch | None) -> str:
    """The flow that a finding touches.

    The team's own hosts (admin, status, staging) earn nothing, so what is wrong with one of them touches `admin` and
    not what its check touches elsewhere. Money stays money: a payment key is as open there as anywhere. Otherwise
    the sheet's word on the rule counts, then the flow of the route that the finding speaks of, then the check's.
    """
    usual = spec.flow_of(finding.rule)
    if launch is None or usual == "pay":
        return usual
    host = launch.host(host_in(finding.subject, launch))
    if host is not None and (host.role in _OWN_TOOLS or host.environment != "production"):
        return "admin"
    if usual != spec.flow:
        return usual
    routes = [one.flow for one in launch.routes if finding.subject in (one.name, one.url, one.url.partition("://")[2])]
    return min(routes, key=FLOW_WEIGHT.__getitem__, default=usual)
