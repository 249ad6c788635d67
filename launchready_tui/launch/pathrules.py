"""What `[[recovery_path]]` must mean: each step a request or a mail, blanks that an earlier step fills, captures that
can be caught."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .judging import Found, Say, rows
from .strict import joined, nearest

GIVEN = ("email", "password", "run_id")
_BLANK = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")


def steps(data: dict[str, Any], broken: set[str], say: Say) -> None:
    """The steps in their order, each with what is known by then."""
    boxes = [row["name"] for _, row in rows(data, "mailboxes") if isinstance(row.get("name"), str)]
    known = list(GIVEN)
    for key, row in rows(data, "recovery_path"):
        url, box = row.get("url", ""), row.get("mailbox", "")
        if bool(url) == bool(box):
            say(
                f"{key}.url",
                Found("both" if url else "nothing"),
                "a request (url), or a mail that must arrive (mailbox): one of the two",
            )
        if isinstance(box, str) and box and box not in boxes:
            say(f"{key}.mailbox", box, "the name of one of [[mailboxes]]", nearest(box, boxes))
        for blank, where in _blanks(row):
            if blank not in known:
                allowed = f"one of {', '.join(known)}, or a name that an earlier step captures"
                say(f"{key}.{where}", Found("{{" + blank + "}}"), allowed, nearest(blank, known))
        headers, body = row.get("headers"), row.get("body", "")
        sent = [name for name in headers if name.lower() == "authorization"] if isinstance(headers, dict) else []
        if sent and row.get("login") and "password" not in _BLANK.findall(body if isinstance(body, str) else ""):
            say(f"{key}.login", Found("a credential beside an Authorization header"), "one of the two")
        if row.get("as") and (row.get("login") or not url):
            say(f"{key}.as", row["as"], "an account for a request (url) without `login`: its password is {{password}}")
        within = row.get("within_s", 0)
        if within and url and row.get("method", "GET") not in ("GET", "HEAD"):
            say(f"{key}.within_s", within, "0: only a GET is repeated; other methods change something each time")
        captures = row.get("capture")
        for name, rule in captures.items() if isinstance(captures, dict) else ():
            _capture(joined(f"{key}.capture", name), name, rule, bool(box), say)
            known.append(name)


def _capture(key: str, name: str, rule: object, mail: bool, say: Say) -> None:
    if not _NAME.fullmatch(name) or name in GIVEN:
        say(key, name, f"a name of letters, digits and _, other than {', '.join(GIVEN)}")
    if not isinstance(rule, str):
        return
    kind, _, what = rule.partition(" ")
    if kind not in (("text",) if mail else ("json", "header", "text")) or not what.strip():
        say(key, rule, "text PATTERN" if mail else "json PATH, header NAME or text PATTERN")
    elif kind == "text":
        try:
            re.compile(what)
        except re.error as why:
            say(key, rule, f"a valid regular expression ({why})")


def _blanks(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    headers, contains, expected = row.get("headers"), row.get("contains"), row.get("json")
    texts: list[tuple[object, str]] = [(row.get("url", ""), "url"), (row.get("body", ""), "body")]
    texts += [(value, "headers") for value in (headers.values() if isinstance(headers, dict) else ())]
    texts += [(value, "contains") for value in (contains if isinstance(contains, list) else ())]
    texts += [(value, "json") for value in (expected.values() if isinstance(expected, dict) else ())]
    for text, where in texts:
        for blank in _BLANK.findall(text) if isinstance(text, str) else ():
            yield blank, where
