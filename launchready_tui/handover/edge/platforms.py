"""The plan as files that Vercel and Netlify read from the repository. Both force https by themselves.

Sources, known 2026-11: vercel.com/docs/project-configuration (redirects, headers, has),
docs.netlify.com/manage/routing/redirects and /manage/routing/headers.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .plan import PAGE, YEAR, HostPlan, Plan


def vercel(plan: Plan) -> str:
    """vercel.json. Merge it into the one that is there; the first redirect that fits counts."""
    redirects: list[dict[str, Any]] = []
    headers: list[dict[str, Any]] = []
    for host in plan.hosts:
        on = [{"type": "host", "value": host.name}]
        redirects += [
            {"source": _literal(path), "has": on, "destination": to, "permanent": True} for path, to in host.old
        ]
        if host.leads_to:
            redirects.append(
                {
                    "source": "/:path((?!\\.well-known/).*)",
                    "has": on,
                    "destination": f"{host.leads_to}/:path",
                    "permanent": True,
                }
            )
        if host.headers:
            headers.append(
                {
                    "source": "/(.*)",
                    "has": on,
                    "headers": [{"key": name, "value": value} for name, value in host.headers],
                }
            )
        if host.fresh_pages:
            headers.append({"source": "/", "has": on, "headers": [{"key": PAGE[0], "value": PAGE[1]}]})
        headers += [
            {"source": f"{folder}(.*)", "has": on, "headers": [{"key": YEAR[0], "value": YEAR[1]}]}
            for folder in host.folders
        ]
    made: dict[str, Any] = {}
    if redirects:
        made["redirects"] = redirects
    if headers:
        made["headers"] = headers
    return json.dumps(made, indent=2) + "\n"


# In Vercel's sources these start a pattern (path-to-regexp); a backslash takes that away.
_PATTERN = re.compile(r"([:*+?(){}!])")
# Netlify has no way to write these letter by letter: a star at the end and a word after a colon are places that match
# anything.
_NETLIFY_PATTERN = re.compile(r"\*|/:")


def _literal(path: str) -> str:
    return _PATTERN.sub(r"\\\1", path)


def netlify_redirects(plan: Plan) -> str:
    """`_redirects`: from, to, status; the first that fits counts, and `!` holds even where a file of that name lies."""
    lines: list[str] = []
    for host in plan.hosts:
        for path, to in host.old:
            odd = bool(_NETLIFY_PATTERN.search(path))
            lines.append(
                f"{'# left out, Netlify would read it as a pattern: ' if odd else ''}https://{host.name}{path}  "
                f"{to}  301!"
            )
        if host.leads_to:
            lines += [f"https://{host.name}/.well-known/*  /.well-known/:splat  200"]
            lines += [f"{scheme}://{host.name}/*  {host.leads_to}/:splat  301!" for scheme in ("http", "https")]
    return "".join(f"{line}\n" for line in lines)


def netlify_headers(plan: Plan) -> str:
    """`_headers` knows paths, not hosts: a part a site, each for the site of its host."""
    parts = [part for host in plan.hosts if (part := _site(host))]
    return "\n".join(parts)


def _site(host: HostPlan) -> str:
    lines: list[str] = []
    if host.headers:
        lines += ["/*", *(f"  {name}: {value}" for name, value in host.headers)]
    if host.fresh_pages:
        lines += ["/", f"  {PAGE[0]}: {PAGE[1]}"]
    for folder in host.folders:
        lines += [f"{folder}*", f"  {YEAR[0]}: {YEAR[1]}"]
    if not lines:
        return ""
    return "\n".join([f"# the site of {host.name}", *lines]) + "\n"
