"""A step's blanks filled in, and values caught from an answer: all in memory, nothing of it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from ..launch.jsonpath import json_value
from ..launch.model import PathStep
from ..mail.flow.sending import fill_body
from ..world.sights import Reply

_BLANK = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


def has(text: str, name: str) -> bool:
    """Whether a text has this blank."""
    return any(mark[1] == name for mark in _BLANK.finditer(text))


def fill(words: str, values: Mapping[str, str]) -> str:
    """What is looked for in an answer or a mail, its blanks filled in as they are."""
    return _BLANK.sub(lambda mark: values[mark[1]], words)


def url_of(step: PathStep, values: Mapping[str, str]) -> str:
    """The address. What stands right after the host may be a whole path, or a URL on that very host, as a Location
    header has it."""
    origin = "/".join(step.url.split("/", 3)[:3]).partition("{{")[0]

    def in_url(mark: re.Match[str]) -> str:
        value = values[mark[1]]
        if mark.start() == len(origin):
            value = value.removeprefix(origin)
            if value.startswith("/"):
                return value
        return quote(value, safe="")

    return _BLANK.sub(in_url, step.url)


def request_of(step: PathStep, values: Mapping[str, str]) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Header fields and body, each blank in the body's own writing."""

    def in_header(mark: re.Match[str]) -> str:
        return re.sub(r"[^\x20-\x7e]", "", values[mark[1]])

    body, kind = fill_body(step.body, step.headers, values, _BLANK)
    headers = tuple((name, _BLANK.sub(in_header, value)) for name, value in step.headers.items())
    return (*headers, *(kind if body else ())), body


def unmet(step: PathStep, reply: Reply, values: Mapping[str, str]) -> str:
    """The first thing that is not as the step wants it, in words; empty where all is. Words of the answer are not
    repeated."""
    wanted = step.status
    if reply.status not in wanted if wanted else not 200 <= reply.status < 400:
        return f"status {reply.status}" + (f", not {' or '.join(map(str, wanted))}" if wanted else "")
    text = reply.text
    for words in step.contains:
        if fill(words, values) not in text:
            return f"the answer does not hold {words!r}"
    for path, value in step.json.items():
        found = json_value(reply.body, path)
        if found != fill(value, values):
            return f"{path} in the answer is {'not there' if found is None else 'something else'}, not {value!r}"
    return ""


def caught(step: PathStep, reply: Reply | None, text: str) -> dict[str, str] | str:
    """What the step captures; or why one of it is not there, in words."""
    found: dict[str, str] = {}
    for name, rule in step.capture.items():
        kind, _, what = rule.partition(" ")
        value: str | None = None
        if kind == "text":
            match = re.search(what, text)
            value = (match[1] if match.re.groups else match[0]) if match else None
        elif reply is not None and kind == "header":
            value = reply.header(what.strip().lower())
        elif reply is not None and kind == "json":
            value = json_value(reply.body, what.strip())
        if not value:
            return f"nothing to capture as {name} ({rule})"
        found[name] = value
    return found
