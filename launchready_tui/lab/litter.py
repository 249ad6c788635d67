"""What some flaws leave lying on the marketplace's servers: files that should never have gone along. All values in
them are made up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection

from . import files
from . import places as at
from .web import Program, Request, Response, content, html


def _made_up(name: str) -> str:
    return hashlib.sha256(f"{name} of the demo marketplace".encode()).hexdigest()[:32]


def _environment() -> Response:
    rows = [
        "# production",
        "APP_ENV=production",
        f"SESSION_SECRET={_made_up('session')}",
        f"DATABASE_PASSWORD={_made_up('database')}",
    ]
    return content("\n".join([*rows, "MAIL_HOST=mail.demo-market.test", ""]), "text/plain; charset=utf-8")


def _git_head() -> Response:
    return content("ref: refs/heads/main\n", "application/octet-stream")


def _git_config() -> Response:
    text = '[core]\n\trepositoryformatversion = 0\n\tbare = false\n[branch "main"]\n\tremote = origin\n'
    return content(text, "application/octet-stream")


def _compose() -> Response:
    text = (
        "services:\n  web:\n    image: demo-market/web\n    ports: ['8080:8080']\n  database:\n    image: postgres:16\n"
    )
    return content(text, "application/yaml")


def _server_status() -> Response:
    rows = "<dl><dt>Server uptime: 12 days</dt><dt>Total accesses: 48211</dt></dl><pre>W___K____\n</pre>"
    return html(
        "<!DOCTYPE html>\n<html><head>\n<title>Apache Status</title>\n</head><body><h1>Apache Server "
        f"Status</h1>{rows}</body></html>\n"
    )


def _listing() -> Response:
    names = [path.rpartition("/")[2] for path in (files.CSS, files.SITE_JS, files.LOGO)] + ["customers-2025.csv"]
    rows = "\n".join(f'<a href="{name}">{name}</a>' for name in names)
    return html(
        "<html>\n<head><title>Index of /assets/</title></head>\n<body>\n<h1>Index of "
        f"/assets/</h1><hr><pre>{rows}\n</pre></body></html>\n"
    )


def _map() -> Response:
    source = (
        "// favourites.ts: what a visitor keeps in mind stays in this browser\nexport const shelf = "
        "'demo-market-favourites';\n"
    )
    told = {
        "version": 3,
        "file": "site.js",
        "sources": ["favourites.ts"],
        "sourcesContent": [source],
        "names": [],
        "mappings": "AAAA",
    }
    return content(json.dumps(told), "application/json", cache=files.FOR_A_YEAR)


_LITTER: dict[tuple[str, str], tuple[str, Callable[[], Response]]] = {
    (at.APP, "/.env"): ("env-file", _environment),
    (at.APEX, "/.git/HEAD"): ("git-folder", _git_head),
    (at.APEX, "/.git/config"): ("git-folder", _git_config),
    (at.APEX, "/docker-compose.yml"): ("compose-file", _compose),
    (at.STATUS, "/server-status"): ("debug-page", _server_status),
    (at.APEX, "/assets/"): ("directory-listing", _listing),
    (at.APEX, f"{files.SITE_JS}.map"): ("unnamed-source-map", _map),
}
"""By host and path: the flaw that leaves it there, and what it is."""


def littered(program: Program, flaws: Collection[str]) -> Program:
    """The program with what the flaws left beside it."""

    async def answer(request: Request) -> Response:
        flaw, make = _LITTER.get((request.host, request.path), ("", None))
        if make is not None and flaw in flaws and request.method in ("GET", "HEAD"):
            return make()
        return await program(request)

    return answer
