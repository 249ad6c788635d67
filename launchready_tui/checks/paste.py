"""What to paste on the platform in use: a response header, a redirect, a path that no one may read."""

from __future__ import annotations

import json
import re
from typing import Literal, NamedTuple, cast
from urllib.parse import urlsplit

from ..world.sights import Reply


class Paste(NamedTuple):
    """The exact text to paste, and the system that it is for."""

    text: str
    where: str


Platform = Literal["nginx", "cloudflare", "vercel", "netlify", "caddy", "apache"]
NAMES: dict[str, str] = {
    "nginx": "nginx",
    "cloudflare": "Cloudflare",
    "vercel": "Vercel",
    "netlify": "Netlify",
    "caddy": "Caddy",
    "apache": "Apache",
}

# Header that gives a platform away, what its value must contain (empty: being there is enough), the platform. First
# match wins.
_CLUES: tuple[tuple[str, str, Platform], ...] = (
    ("x-vercel-id", "", "vercel"),
    ("server", "vercel", "vercel"),
    ("x-nf-request-id", "", "netlify"),
    ("server", "netlify", "netlify"),
    ("cf-ray", "", "cloudflare"),
    ("server", "cloudflare", "cloudflare"),
    ("server", "caddy", "caddy"),
    ("server", "apache", "apache"),
    ("server", "nginx", "nginx"),
)


def platform_of(reply: Reply | None) -> Platform:
    """Where headers and redirects of this host are set; nginx where nothing tells."""
    if reply is not None:
        for name, part, platform in _CLUES:
            if any(part in value.lower() for value in reply.all(name)):
                return platform
    return "nginx"


def header(platform: Platform, *pairs: tuple[str, str], host: str, scope: str = "/*") -> Paste:
    """What sets response headers of a host. `scope` is the path they belong to, `*` at its end for all below it."""
    base = scope.removesuffix("*")
    match platform:
        case "cloudflare":
            below = "" if scope == "/*" else f' and starts_with(http.request.uri.path, "{base}")'
            rule = f'http.host eq "{host}"{below}'
            lines = [f"Set static  {name}  {value}" for name, value in pairs]
            paste = "\n".join([f"# Rules > Transform Rules > Modify Response Header, {rule}", *lines])
        case "vercel":
            source = base + "(.*)" if scope.endswith("*") else scope
            rows = [{"source": source, "headers": [{"key": name, "value": value} for name, value in pairs]}]
            paste = json.dumps({"headers": rows}, indent=2)
        case "netlify":
            paste = "\n".join([scope, *(f"  {name}: {value}" for name, value in pairs)])
        case "caddy":
            matcher = "" if scope == "/*" else f"{scope} "
            paste = "\n".join(f'header {matcher}{name} "{_quoted(value)}"' for name, value in pairs)
        case "apache":
            paste = "\n".join(f'Header always set {name} "{_quoted(value)}"' for name, value in pairs)
        case _:
            lines = [_nginx_line(name, value) for name, value in pairs]
            exact = "" if scope.endswith("*") else "= "
            paste = "\n".join(
                lines if scope == "/*" else [f"location {exact}{base} {{", *("    " + line for line in lines), "}"]
            )
    return Paste(paste, place_of(platform, host))


_EXPIRES = {"31536000": "1y", "3600": "1h", "0": "-1"}


def _nginx_line(name: str, value: str) -> str:
    """One header. A lifetime goes by `expires`: an add_header inside a location would drop all those inherited from
    the server block."""
    seconds = re.search(r"max-age=(\d+)", value)
    if name.lower() == "cache-control" and seconds and seconds.group(1) in _EXPIRES:
        return f"expires {_EXPIRES[seconds.group(1)]};"
    return f'add_header {name} "{_quoted(value)}" always;'


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


_WHERE: dict[str, str] = {
    "nginx": "nginx, in the server block of {host}",
    "vercel": "vercel.json",
    "netlify": "_headers",
    "caddy": "Caddyfile, in the site block of {host}",
    "apache": "Apache, in the virtual host of {host}",
}


def place_of(platform: Platform, host: str) -> str:
    """Where a setting of one host stands."""
    return _WHERE.get(platform, NAMES[platform]).format(host=host)


_YEAR = 31536000
# Networks that read their own header for how long they keep a file (Vercel, CDN-Cache-Control; Netlify,
# Netlify-CDN-Cache-Control; RFC 9213; as known 2026-11).
_EDGE_HEADERS = {"Vercel": ("vercel", "CDN-Cache-Control"), "Netlify": ("netlify", "Netlify-CDN-Cache-Control")}


def edge_cache(network: str, host: str, scope: str) -> Paste:
    """The rule by which a shared cache keeps the files below a path, cookies or not. `network` is its name, empty where
    nobody knows it; `scope` ends in `*`."""
    base = scope.removesuffix("*")
    if network == "Cloudflare":
        when = f'http.host eq "{host}" and starts_with(http.request.uri.path, "{base}")'
        rule = f"# Caching > Cache Rules > when: {when}\nEligible for cache\nEdge TTL  ignore the header, 1 year"
        return Paste(f"{rule}\nBrowser TTL  respect the origin", "Cloudflare")
    if network in _EDGE_HEADERS:
        platform, name = _EDGE_HEADERS[network]
        return header(cast(Platform, platform), (name, f"public, max-age={_YEAR}"), host=host, scope=scope)
    if network == "nginx":
        lines = (
            f"location {base} {{",
            "    proxy_pass <your upstream>;",
            "    proxy_cache static;   # proxy_cache_path … keys_zone=static:10m; in the http block",
            "    proxy_cache_valid 200 1y;",
            "    proxy_ignore_headers Set-Cookie;",
            "    proxy_hide_header Set-Cookie;",
            "    add_header X-Cache-Status $upstream_cache_status;",
            "}",
        )
        return Paste("\n".join(lines), place_of("nginx", host))
    rule = f"# a cache rule for https://{host}{scope}\ncache: always, whatever cookies are sent\nkeep: 1 year"
    return Paste(rule, network or "the CDN in front")


_NGINX = re.compile(r"nginx/(\d{1,3})\.(\d{1,3})\.(\d{1,3})")


def knows_http2(server: str) -> bool | None:
    """Whether the nginx that names itself so (`nginx/1.26.0`) has the directive `http2`, which came with 1.25.1; None
    where it does not say its version."""
    found = _NGINX.search(server)
    return tuple(map(int, found.groups())) >= (1, 25, 1) if found else None


def http2(server: str) -> str:
    """What turns HTTP/2 on in nginx. The parameter of `listen` is read by all versions; newer ones call it
    deprecated."""
    knows = knows_http2(server)
    note = "" if knows is False else "   # nginx 1.25.1 and newer: http2 on;"
    return "http2 on;" if knows else f"listen 443 ssl http2;{note}"


def host_redirect(platform: Platform, host: str, to_origin: str, *, plain: bool) -> Paste:
    """One permanent redirect of a whole host, path and query kept. `plain` says that it starts at http."""
    scheme = "http" if plain else "https"
    match platform:
        case "cloudflare":
            paste = (
                f'# Rules > Redirect Rules > when: http.host eq "{host}"\n'
                f'Dynamic  concat("{to_origin}", http.request.uri.path)  301  Preserve query string: on'
            )
        case "vercel":
            row = {
                "source": "/:path*",
                "has": [{"type": "host", "value": host}],
                "destination": f"{to_origin}/:path*",
                "permanent": True,
            }
            paste = json.dumps({"redirects": [row]}, indent=2)
        case "netlify":
            paste = f"{scheme}://{host}/*  {to_origin}/:splat  301!"
        case "caddy":
            paste = f"{scheme}://{host} {{\n    redir {to_origin}{{uri}} permanent\n}}"
        case "apache":
            port = 80 if plain else 443
            paste = (
                f'<VirtualHost *:{port}>\n    ServerName {host}\n    Redirect permanent "/" '
                f'"{to_origin}/"\n</VirtualHost>'
            )
        case _:
            listen = "80" if plain else "443 ssl"
            paste = (
                f"server {{\n    listen {listen};\n    server_name {host};\n    return 301 {to_origin}$request_uri;\n}}"
            )
    where = {"netlify": "_redirects", "vercel": "vercel.json"}.get(platform, NAMES[platform])
    return Paste(paste, where)


def path_redirect(platform: Platform, old: str, new: str) -> Paste:
    """One permanent redirect of one old URL."""
    parts = urlsplit(old)
    path = parts.path or "/"
    match platform:
        case "cloudflare":
            paste = f"# Rules > Bulk Redirects: source,target,status\n{parts.hostname or ''}{path},{new},301"
        case "vercel":
            paste = json.dumps({"redirects": [{"source": path, "destination": new, "permanent": True}]}, indent=2)
        case "netlify":
            paste = f"{path}  {new}  301!"
        case "caddy":
            paste = f"redir {path} {new} permanent"
        case "apache":
            paste = f'RedirectMatch permanent "^{path}$" "{new}"'
        case _:
            paste = f"location = {path} {{ return 301 {new}; }}"
    where = "_redirects" if platform == "netlify" else place_of(platform, parts.hostname or "")
    return Paste(paste, where)


def hidden(platform: Platform, host: str, path: str) -> Paste:
    """One path of a host that nobody outside may read: `/.env`, a folder `/.git/`, or an ending `*.map`."""
    ending = path.removeprefix("*") if path.startswith("*") else ""
    folder = path.endswith("/")
    match platform:
        case "cloudflare":
            field = "http.request.uri.path"
            test = (
                f'ends_with({field}, "{ending}")'
                if ending
                else f'starts_with({field}, "{path}")'
                if folder
                else f'{field} eq "{path}"'
            )
            paste = f'# Security > WAF > Custom rules > action Block\n(http.host eq "{host}" and {test})'
        case "vercel":
            paste = f"# .vercelignore\n{path.strip('/')}"
        case "netlify":
            paste = f"{path + '*' if folder else path}  /404.html  404!"
        case "caddy":
            paste = f"@inside path {path + '*' if folder else path}\nrespond @inside 404"
        case "apache":
            paste = (
                "RedirectMatch 404 "
                f'"{re.escape(ending) + "$" if ending else "^" + re.escape(path) + ("" if folder else "$")}"'
            )
        case _:
            place = f"~ {re.escape(ending)}$" if ending else f"^~ {path}" if folder else f"= {path}"
            paste = f"location {place} {{ return 404; }}"
    where = {"netlify": "_redirects", "vercel": ".vercelignore"}.get(platform) or place_of(platform, host)
    return Paste(paste, where)


def zone_line(name: str, rdtype: str, value: str, ttl: int = 3600) -> str:
    """A record as a zone file line: absolute name, TXT quoted and split at 255 octets."""
    from ..text import for_zone

    shown = for_zone(value.encode("utf-8", "replace")) if rdtype == "TXT" else value
    return f"{name}. {ttl} IN {rdtype} {shown}"
