"""The plan as nginx server blocks (nginx.org/en/docs, known 2026-11)."""

from __future__ import annotations

import re
from urllib.parse import unquote

from .plan import PAGE, HostPlan, Plan

_WELL_KNOWN = [
    "    # apps and certificate authorities verify ownership here and do not follow redirects",
    "    location ^~ /.well-known/ { root /var/www/html; }",
]


def write(plan: Plan, *, old: bool = True) -> str:
    """Whole server blocks for what only leads on; lines to put into the existing block for the others.

    Without `old` the old addresses are left to a file of their own.
    """
    lines = ["# Test before you reload nginx: nginx -t", *_lifetimes(plan)]
    to_https = [host.name for host in plan.hosts if host.http == "redirect"]
    refused = [host.name for host in plan.hosts if host.http == "refuse"]
    if to_https:
        lines += [
            "",
            "# redirect plain HTTP to HTTPS on the same host, keeping path and query",
            *_block("80", to_https, "https://$host"),
        ]
    if refused:
        lines += ["", "# refuse plain HTTP: an app that is redirected has already sent its token in the clear"]
        lines += [
            "server {",
            "    listen 80;",
            "    listen [::]:80;",
            f"    server_name {' '.join(refused)};",
            "    return 403;",
            "}",
        ]
    for host in plan.hosts:
        lines += ["", *(_leads_on(host, old) if host.leads_to else _own(host, old))]
    return "\n".join(lines) + "\n"


def _lifetimes(plan: Plan) -> list[str]:
    """Beside the server blocks: a location for these files would drop the headers and the proxy of the others."""
    rows = [f"    ~^{re.escape(host.name + folder)} 1y;" for host in plan.hosts for folder in host.folders]
    if not rows:
        return []
    return [
        "",
        "# files with a hash in their name",
        "map $host$uri $edge_expires {",
        "    default off;",
        *rows,
        "}",
    ]


def _block(port: str, names: list[str], to: str) -> list[str]:
    return [
        "server {",
        f"    listen {port};",
        f"    listen [::]:{port};",
        f"    server_name {' '.join(names)};",
        *_WELL_KNOWN,
        f"    location / {{ return 301 {to}$request_uri; }}",
        "}",
    ]


def _leads_on(host: HostPlan, old: bool) -> list[str]:
    lines = [
        f"# {host.name} only redirects to {host.leads_to}",
        "server {",
        f"    listen 443 ssl{' http2' if host.http2 == 'listen' else ''};",
        f"    listen [::]:443 ssl{' http2' if host.http2 == 'listen' else ''};",
        *(["    http2 on;"] if host.http2 == "on" else []),
        f"    server_name {host.name};",
        f"    ssl_certificate /etc/letsencrypt/live/{host.name}/fullchain.pem;",
        f"    ssl_certificate_key /etc/letsencrypt/live/{host.name}/privkey.pem;",
        *_tls(host),
        *_headers(host),
        *_WELL_KNOWN,
    ]
    lines += [_old_address(path, to) for path, to in host.old if old and path != "/"]
    return [*lines, f"    location / {{ return 301 {host.leads_to}$request_uri; }}", "}"]


def _own(host: HostPlan, old: bool) -> list[str]:
    """Lines for a server block that is already there."""
    lines = [*_tls(host), *_headers(host)]
    if host.http2 == "on":
        lines.append("    http2 on;")
    elif host.http2:
        lines.append("    # HTTP/2: add http2 to the listen line of port 443; nginx 1.25.1 and newer: http2 on;")
    if host.compress:
        lines += ["    gzip on;", "    gzip_vary on;"]
        lines += [
            "    gzip_types text/css application/javascript application/json application/manifest+json image/svg+xml;"
        ]
    if host.fresh_pages:
        lines += [
            "    # pages: put this into the location that serves them",
            f'    # add_header Cache-Control "{PAGE[1]}";',
        ]
    if host.folders:
        lines += ["    expires $edge_expires;"]
    lines += [_old_address(path, to) for path, to in host.old if old]
    note = "" if host.looked_at else " (its headers have not been checked: the usual ones)"
    kept = [f"# already sent, leave them as they are: {', '.join(host.sent)}"] if host.sent else []
    if not lines:
        return [f"# {host.name}: nothing to change", *kept]
    return [f"# put this into the server block of {host.name}, listen 443{note}", *kept, *(line[4:] for line in lines)]


def _old_address(path: str, to: str) -> str:
    """nginx compares with the decoded path (nginx.org/en/docs/http/ngx_http_core_module.html#location), so it is
    written decoded."""
    plain = unquote(path)
    if plain != path or not re.fullmatch(r"[A-Za-z0-9._~/-]+", plain):
        plain = '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"    location = {plain} {{ return 301 {to}; }}"


def _tls(host: HostPlan) -> list[str]:
    return ["    ssl_protocols TLSv1.2 TLSv1.3;"] if host.modern_tls else []


def _headers(host: HostPlan) -> list[str]:
    lines = []
    for name, value in host.headers:
        if name == "Strict-Transport-Security":
            lines.append("    # start carefully: max-age=86400 for a day, 604800 for a week, then this")
        if name.endswith("-Report-Only"):
            lines.append("    # report-only; check a browser's console for a day, then enforce it under its short name")
        lines.append(f'    add_header {name} "{value}" always;')
    return lines
