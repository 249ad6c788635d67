"""Which further files a script loads: names that it writes out, and names that a bundler's loader puts together.

Read as text and never run. Each pattern is bounded and looks only where a piece of it stands.
"""

from __future__ import annotations

import re

from ...parse import page as html

_CHUNK = re.compile(
    r"""["'`]((?:https?://|/|\.{1,2}/)?[A-Za-z0-9_@~./()-]{1,200}\.(?:m?js|bundle))(\?[A-Za-z0-9=&._%-]{0,300})?\\?["'`]"""
)
"""A script's name in quotes (Rollup, Vite, Next, Metro); in the data of a page the quotes are escaped."""
_FOLDERS = ("assets/", "static/", "_next/", "_expo/", "chunks/", "js/")
"""With such a start a name counts from where the site's files lie and not from the script."""
_PREFIX = re.compile(r"""["']([\w@~./-]{0,120})["']\s{0,4}\+\s{0,4}\(?""")
_MAP = re.compile(r"""\(?\{([^{}]{0,60000})\}\)?\[\w{1,12}\]""")
_ENTRY = re.compile(r"""(?:^|,)\s{0,8}["']?([\w~.@-]{1,80})["']?\s{0,4}:\s{0,4}["']([\w~.@-]{1,80})["']""")
_OR_ID = re.compile(r"""\s{0,4}\|\|\s{0,4}\w{1,12}\)?""")
_ID = re.compile(r"\w{1,12}")
_BETWEEN = re.compile(r"""\s{0,4}\+\s{0,4}["']([-._~])["']\s{0,4}\+\s{0,4}""")
_END = re.compile(r"""\s{0,4}\+\s{0,4}["']([\w~.-]{0,40}\.m?js)["']""")
_PUBLIC = re.compile(r"""\b\w{1,12}\.p\s{0,4}=\s{0,4}["']((?:https?:/)?/[^"'\s]{0,200}|)["']""")
_CALL = re.compile(r"""\.e\(\s{0,4}["']?([\w~.@-]{1,80})["']?\s{0,4}\)""")
_LOADER = re.compile(r"\.p\s{0,4}\+\s{0,4}\Z|\.u\s{0,4}=")
MOST_NAMES = 2000


def named(page: str, url: str, script: str) -> list[str]:
    """Absolute URLs of the scripts that a text names, in order, without a repetition. `page` is the page that loads it,
    `url` its own address."""
    found: list[str] = []
    for match in _CHUNK.finditer(script):
        raw, query = match[1], match[2] or ""
        if raw.startswith("static/") and "/_next/" in url:
            raw = f"_next/{raw}"  # Next's manifest names its chunks from its own folder
        target = _absolute(page, url, raw)
        found.append(target + (query if raw.endswith(".bundle") and target else ""))
    found += _composed(page, url, script)
    return list(dict.fromkeys(target for target in found if target))[:MOST_NAMES]


def _absolute(page: str, url: str, raw: str) -> str:
    """A name as its bundler means it: from the site's files where it starts with a folder, beside the script else."""
    folder = next((one for one in _FOLDERS if raw.startswith(one)), "")
    if not folder:
        return html.absolute(url, raw)
    at = url.find(f"/{folder}", url.find("://") + 3)
    return html.absolute(url, url[: at + 1] + raw) if at >= 0 else html.absolute(page, "/" + raw)


def _composed(page: str, url: str, script: str) -> list[str]:
    """webpack's loader: a folder, an id or the name that a table has for it, the hash of another table, an ending."""
    public = [match[1] for match in _PUBLIC.finditer(script)]
    base = html.absolute(page, public[-1] or ".") if public else ""
    calls: list[str] | None = None
    found: list[str] = []
    for start in _PREFIX.finditer(script):
        table, hashes, between, end, open_ = _pieces(script, start.end())
        if not end or len(found) >= MOST_NAMES:
            continue
        if open_ and not hashes and _LOADER.search(script, max(0, start.start() - 60), start.start()):
            calls = list(dict.fromkeys(_CALL.findall(script))) if calls is None else calls
            names = [table.get(one, one) for one in calls]
        elif hashes:
            names = [f"{table.get(one, one)}{between}{hash_}" for one, hash_ in hashes]
        else:
            names = list(table.values())
        found += [
            html.absolute(base, start[1] + one + end) if base else _absolute(page, url, start[1] + one + end)
            for one in names
        ]
    return found


def _pieces(script: str, at: int) -> tuple[dict[str, str], list[tuple[str, str]], str, str, bool]:
    """What stands between the folder and the end, `({7:"about"}[e]||e)+"."+{7:"8a2f"}[e]+".js"`: names by id, hashes by
    id, what joins them, the ending (empty where it is none of this) and whether an id without a name stands for
    itself."""
    table: dict[str, str] = {}
    open_ = True
    if (first := _MAP.match(script, at)) is not None:
        table, at = dict(_ENTRY.findall(first[1])), first.end()
        other = _OR_ID.match(script, at)
        open_, at = other is not None, other.end() if other else at
    elif (alone := _ID.match(script, at)) is not None:
        at = alone.end()
    else:
        return {}, [], "", "", False
    hashes: list[tuple[str, str]] = []
    between = _BETWEEN.match(script, at)
    second = _MAP.match(script, between.end()) if between else None
    if between and second:
        hashes, at = _ENTRY.findall(second[1]), second.end()
    end = _END.match(script, at)
    return table, hashes, between[1] if between and second else "", end[1] if end else "", open_
