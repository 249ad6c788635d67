"""Writing launchready.toml: once by `init`, with its documentation beside the keys; later only by appending, so that
comments stay."""

from __future__ import annotations

import hashlib
import textwrap
from pathlib import Path
from typing import Any

import msgspec

from ..text import for_comment
from . import render, strict
from .atomic import CannotWrite, folder_lock, write_atomically, write_once
from .load import parse
from .model import Launch, LaunchFile
from .problems import ChangedUnderneath, LaunchFileError, Problem
from .reference import document, reference, table_text

_HEAD = """\
# {name}: the launch file. LaunchReady reads it, and only ever adds tables at its end.
"""
_PLAIN_TABLES = (
    "sprint",
    "permission",
    "apps",
    "payments",
    "safety",
    "email",
    "repository",
    "watch",
    "connect",
    "settings",
)
_MANY = (
    *("hosts", "routes", "pages", "redirects", "legal", "mailboxes", "flows"),
    *("targets", "alerts", "silence", "logs", "queues", "regions", "recovery_path"),
)
_EXAMPLES = {
    "sprint": "start = 2026-11-24T09:00:00Z\nhours = 48",
    "permission": 'by = "founder"\non = 2026-11-24\ndomains = ["{domain}"]',
    "routes": 'name = "search"\nurl = "{canonical}search?q=bike"\nflow = "search"\nsafe = true',
    "pages": 'url = "{canonical}"\nuse = "demo"',
    "redirects": 'from = "{canonical}old"\nto = "{canonical}new"',
    "watch": "every_s = 15\nalways_on = true",
    "targets": 'name = "api health"\nurl = "{canonical}healthz"\njson = {{ status = "ok" }}',
    "alerts": 'name = "on-call"\nowner = "founder"\nkind = "slack"\ncredential = "chat-webhook"',
    "silence": 'from = 2026-12-01T02:00:00Z\nfor = "1h"\nwhy = "database upgrade"',
    "apps": 'ios = ["A1B2C3D4E5.com.example.shop"]\nandroid = ["com.example.shop"]\nprivacy = "{canonical}privacy"',
    "legal": 'kind = "refunds"\nurl = "{canonical}refunds"',
    "payments": 'provider = "stripe"\nwebhook = "https://api.{domain}/webhooks/stripe"',
    "safety": 'rules = "{canonical}rules"\nreport = "report@{domain}"\nowner = "founder"',
    "email": 'senders = ["postmark"]\nselectors = ["pm"]\nsupport = "support@{domain}"',
    "mailboxes": 'name = "gmail"\naddress = "shop.tests@gmail.com"\nkind = "gmail"\nlogin = "gmail-app-password"',
    "flows": 'name = "password-reset"\nsteps = "ask for a new password at '
    '{canonical}forgot"\ncontains = ["Reset your password"]',
    "recovery_path": (
        'name = "log in"\nurl = "{canonical}login"\nmethod = "POST"\nbody = '
        '"email={{{{email}}}}&password={{{{password}}}}"\nstatus = [303]'
    ),
    "queues": 'name = "jobs"\nkind = "redis"\nserver = "redis.{domain}:6379"\ncredential = "redis-reader"',
    "regions": 'name = "us-east"\nurl = "https://probe.us.{domain}:9115"\ncredential = "us-probe"',
    "logs": 'path = "/var/log/nginx/access.log"\nformat = "combined"\nenvironment = "production"',
    "repository": 'path = "../shop"',
}


def text_of(launch: Launch, *, notes: dict[str, str] | None = None) -> str:
    """The whole file as text. `notes` are remarks by table name (what detection saw), written as comments above it."""
    tables = strict.to_table(launch)
    said = notes or {}
    parts = [_HEAD.format(name="launchready.toml")]
    plain = [
        _commented(key.path, tables[key.name])
        for key in reference()
        if not key.table and key.name in tables and not _is_table(key.name)
    ]
    parts.append("".join(plain))
    for name in (*_PLAIN_TABLES[:2], *_MANY, *_PLAIN_TABLES[2:]):
        intro = _comment(table_text(name)) + _comment(for_comment(said.get(name, "")))
        if name in tables and name in _MANY:
            parts.append(
                intro + _keys_of(name) + "\n".join(render.table(name, row, of_many=True) for row in tables[name])
            )
        elif name in tables:
            rows = tables[name].items()
            body = "".join(_commented(f"{name}.{key}", value) for key, value in rows)
            parts.append(f"{intro}[{name}]\n{body}")
        elif name in _EXAMPLES:
            example = _EXAMPLES[name].format(domain=launch.domain, canonical=_with_slash(launch.canonical))
            head = f"[[{name}]]" if name in _MANY else f"[{name}]"
            parts.append(intro + _comment(f"{head}\n{example}", literal=True))
    return "\n".join(parts)


def write_new(path: Path, launch: Launch, *, notes: dict[str, str] | None = None) -> LaunchFile:
    """Writes a launch file that was not there. Raises FileExistsError, LaunchFileError (it would not be valid) and
    CannotWrite."""
    raw = text_of(launch, notes=notes).encode()
    again = parse(raw, path.name, path.parent)
    if again != launch:
        raise LaunchFileError([Problem(file=path.name, allowed="this launch cannot be saved without changing it")])
    write_once(path, raw)
    return LaunchFile(launch=launch, path=path, sha256=hashlib.sha256(raw).hexdigest())


def append(path: Path, table: str, *items: msgspec.Struct, expected: str = "") -> LaunchFile:
    """Adds tables at the end, the rest of the file untouched, and checks the whole before it takes the old one's place.

    A table that a launch has once, such as `permission`, is added where there is none yet; else it is to be changed by
    hand, and LaunchFileError says so.

    `expected` is the SHA-256 of the file the caller has read: raises ChangedUnderneath where it is another by now.
    Raises LaunchFileError where the new file would not be valid, CannotWrite where it cannot be written; the old file
    then stays. The caller is to remember the new hash as trusted: the change was made by the person at the keys.
    """
    with folder_lock(path.parent):
        try:
            old = path.read_bytes()
        except OSError as why:
            raise CannotWrite(path, why) from why
        if expected and hashlib.sha256(old).hexdigest() != expected:
            raise ChangedUnderneath(path.name)
        before = parse(old, path.name, path.parent)
        if table not in _MANY and getattr(before, table) is not None:
            there = Problem(
                file=path.name, key=table, found="there already", allowed="to be changed in the file itself"
            )
            raise LaunchFileError([there])
        rows = "\n".join(render.table(table, strict.to_table(item), of_many=table in _MANY) for item in items)
        new = old + _in_style_of(old, rows)
        try:
            after = parse(new, path.name, path.parent)
        except LaunchFileError as why:
            raise _explained(why, path.name, table, old) from None
        wanted = (*getattr(before, table), *items) if table in _MANY else items[0]
        if getattr(after, table) != wanted:
            raise LaunchFileError(
                [
                    Problem(
                        file=path.name,
                        key=table,
                        allowed="the addition could not be saved unchanged: add it by hand",
                    )
                ]
            )
        write_atomically(path, new)
    return LaunchFile(launch=after, path=path, sha256=hashlib.sha256(new).hexdigest())


def _in_style_of(old: bytes, rows: str) -> bytes:
    """One blank line before, and the line ends the file has."""
    gap = "\n" if old.endswith(b"\n") or not old else "\n\n"
    added = (gap + rows).encode()
    return added.replace(b"\n", b"\r\n") if b"\r\n" in old else added


def _explained(why: LaunchFileError, file: str, table: str, old: bytes) -> LaunchFileError:
    """A list written in brackets cannot be added to by tables; say that instead of the syntax error it gives."""
    if isinstance(strict.parse_toml(old, file).get(table), list) and f"[[{table}]]".encode() not in old.replace(
        b" ", b""
    ):
        return LaunchFileError(
            [
                Problem(
                    file=file,
                    key=table,
                    found="a list in brackets",
                    allowed=f"each written as [[{table}]], so that more can be added",
                )
            ]
        )
    return why


def _keys_of(table: str) -> str:
    """The keys a row may have, one comment line each."""
    keys = [key for key in reference() if key.table == table]
    return "".join(_comment(f"  {key.name}: {key.text}", literal=True) for key in keys)


def _is_table(name: str) -> bool:
    return name in _PLAIN_TABLES or name in _MANY


def _commented(path: str, value: Any) -> str:
    known = document(path)
    name = render.key(path.rpartition(".")[2]) if known else render.key(path.partition(".")[2])
    return f"{_comment(known.text if known else '')}{name} = {render.value(value)}\n"


def _comment(text: str, *, literal: bool = False) -> str:
    """Comment lines of at most some 110 characters; a control character would end the comment or the file."""
    lines = text.split("\n")
    if not literal:
        lines = [part for line in lines for part in textwrap.wrap(line, 110)]
    return "".join(
        f"# {''.join(char for char in line if char.isprintable())}".rstrip() + "\n" for line in lines if line
    )


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else url + "/"
