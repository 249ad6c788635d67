"""What is often left on a web server by mistake, and the content that proves it. A status proves nothing; values are
never kept."""

from __future__ import annotations

import re
from collections.abc import Callable

from ....text import json_of
from ....world.sights import Reply
from ...parse.addresses import origin

Reader = Callable[[Reply], str]
"""What the answer gives away, in names only; empty where it is not what it would be."""

_VARIABLE = re.compile(r"^[ \t]{0,8}(?:export[ \t]{1,8})?([A-Z][A-Z0-9_]{0,80})[ \t]{0,8}=", re.MULTILINE)
_HEAD = re.compile(r"ref: refs/\S{1,200}|[0-9a-f]{40}|[0-9a-f]{64}")
_SECTION = re.compile(r"^\[([a-z]{1,40})[^\]\n]{0,200}\]", re.MULTILINE)
_SERVICES = re.compile(r"^services:[ \t]{0,40}(?:#.{0,200})?$", re.MULTILINE)
_SERVICE = re.compile(r"^[ ]{2,4}([A-Za-z0-9_.-]{1,60}):[ \t]{0,40}$", re.MULTILINE)
_PHPINFO = re.compile(r"<title>[^<]{0,60}phpinfo\(\)</title>", re.IGNORECASE)
_STUB_STATUS = re.compile(r"^Active connections: \d+", re.MULTILINE)
_LISTING = re.compile(r"<title>\s{0,20}(?:Index of|Directory listing for)\b", re.IGNORECASE)
_MOST = 12


def _is_page(reply: Reply) -> bool:
    """HTML by its type or by how it begins: a page that speaks of such a file is not the file."""
    return reply.is_html or reply.body[:400].lstrip().startswith(b"<")


def _names(found: list[str]) -> str:
    names = list(dict.fromkeys(found))
    return "\n".join([*names[:_MOST], *([f"and {len(names) - _MOST} more"] if len(names) > _MOST else [])])


def environment(reply: Reply) -> str:
    """Names of the variables of a .env file: two or more, and no page."""
    found = [] if _is_page(reply) else _VARIABLE.findall(reply.text[:65536])
    return _names([f"{name}=…" for name in found]) if len(set(found)) >= 2 else ""


def _git_head(reply: Reply) -> str:
    """Where the repository stands (gitrepository-layout: HEAD)."""
    text = reply.text[:300].strip()
    return text if not _is_page(reply) and _HEAD.fullmatch(text) else ""


def _git_config(reply: Reply) -> str:
    """Sections of the repository's settings. Their values may hold log-ins and are left out."""
    sections = [] if _is_page(reply) else _SECTION.findall(reply.text[:65536])
    return _names([f"[{name}]" for name in sections]) if "core" in sections else ""


def desktop(reply: Reply) -> str:
    """A Finder index, which names every file of its folder."""
    return "a list of the files in this folder (.DS_Store)" if reply.body[:8] == b"\0\0\0\1Bud1" else ""


def compose(reply: Reply) -> str:
    """Names of the services of a compose file."""
    if _is_page(reply) or not _SERVICES.search(reply.text[:65536]):
        return ""
    after = reply.text[:65536].split("services:", 1)[1]
    return _names([f"service {name}" for name in _SERVICE.findall(after)]) or "services"


def _server_status(reply: Reply) -> str:
    """Apache's mod_status, or nginx's stub_status."""
    text = reply.text[:65536]
    if "<title>Apache Status</title>" in text or "Apache Server Status for" in text:
        return "Apache's own status page: every request of every visitor"
    return "nginx's own status page" if not _is_page(reply) and _STUB_STATUS.search(text) else ""


def actuator(reply: Reply) -> str:
    """Spring Boot's environment: names of its property sources."""
    told = json_of(reply.body)
    sources = told.get("propertySources") if isinstance(told, dict) else None
    if not isinstance(sources, list):
        return ""
    return _names([str(source.get("name", "")) for source in sources if isinstance(source, dict)]) or "property sources"


def phpinfo(reply: Reply) -> str:
    """The page that phpinfo() writes, known by its title: a page that only speaks of it is none."""
    return "PHP's own settings page (phpinfo)" if _PHPINFO.search(reply.text[:65536]) else ""


def _console(reply: Reply) -> str:
    """Werkzeug's console, which runs code."""
    return "Werkzeug's console: it runs Python on the server" if "CONSOLE_MODE = true" in reply.text[:4096] else ""


def _profiler(reply: Reply) -> str:
    """Symfony's profiler: every request with its headers, settings and queries."""
    found = "<title>Symfony Profiler</title>" in reply.text[:4096]
    return "Symfony's profiler: every request with its headers and queries" if found else ""


def _ignition(reply: Reply) -> str:
    """Laravel's error page at its health check, which says that it can run commands."""
    told = json_of(reply.body)
    found = isinstance(told, dict) and isinstance(told.get("can_execute_commands"), bool)
    return "Laravel's error page (Ignition), in debug mode" if found else ""


def _rails(reply: Reply) -> str:
    """Rails' list of routes, which it shows in development alone."""
    head = reply.text[:65536]
    return "Rails' own list of all routes" if "<title>Routes</title>" in head and "Helper" in head else ""


def listing(reply: Reply) -> str:
    """A folder's list of files, as nginx, Apache, Caddy and Python write it."""
    found = _LISTING.search(reply.text[:4096])
    return "a list of all files in this folder" if found else ""


def graphql(reply: Reply) -> str:
    """An answer to the question for a schema (GraphQL October 2021, section 4.1)."""
    told = json_of(reply.body)
    data = told.get("data") if isinstance(told, dict) else None
    return (
        "the whole schema, by introspection"
        if isinstance(data, dict) and isinstance(data.get("__schema"), dict)
        else ""
    )


def openapi(reply: Reply) -> str:
    """An OpenAPI or Swagger description: its paths."""
    told = json_of(reply.body)
    if not isinstance(told, dict) or not isinstance(told.get("openapi", told.get("swagger")), str):
        return ""
    paths = told.get("paths")
    return _names(list(map(str, paths))) if isinstance(paths, dict) and paths else "an API description"


def _api_page(reply: Reply) -> str:
    """A page that draws an API description (Swagger UI, ReDoc)."""
    text = reply.text[:65536].lower()
    return (
        "a page that shows every call of the API" if reply.is_html and ("swagger-ui" in text or "redoc" in text) else ""
    )


# Rule, path, and how the answer proves itself.
FILES: tuple[tuple[str, str, Reader], ...] = (
    ("env-file", "/.env", environment),
    ("env-file", "/.env.local", environment),
    ("env-file", "/.env.production", environment),
    ("repository", "/.git/HEAD", _git_head),
    ("repository", "/.git/config", _git_config),
    ("leftover", "/.DS_Store", desktop),
    ("leftover", "/docker-compose.yml", compose),
    ("debug-page", "/server-status", _server_status),
    ("debug-page", "/actuator/env", actuator),
    ("debug-page", "/phpinfo.php", phpinfo),
    ("debug-page", "/console", _console),
    ("debug-page", "/_profiler/", _profiler),
    ("debug-page", "/_ignition/health-check", _ignition),
    ("debug-page", "/rails/info/routes", _rails),
)
# What an API tells of itself: a fact, since some do it on purpose.
DESCRIPTIONS: tuple[tuple[str, str, Reader], ...] = (
    ("api-description", "/openapi.json", openapi),
    ("api-description", "/docs", _api_page),
)
GRAPHQL = "/graphql"
INTROSPECTION = b'{"query":"{__schema{queryType{name}}}"}'
UPLOADS = ("/uploads/", "/backup/")


def folders(urls: list[str], home: str) -> list[str]:
    """The first three folders of this site that its own page loads files from, without the root."""
    found = [url.partition("?")[0].rsplit("/", 1)[0] + "/" for url in urls if origin(url) == origin(home)]
    return [folder for folder in dict.fromkeys(found) if folder != origin(home) + "/"][:3]
