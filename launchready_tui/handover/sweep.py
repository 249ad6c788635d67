"""The last look before anything is written: no file of the bundle may carry a secret. A doubt stops the export."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from ..secrets import scan
from .model import SecretFound

Known = Callable[[str], tuple[str, ...]]
"""Names of the secrets this program has read that a text still holds: the vault's redactor."""

# What a document puts between the parts of a value: wbr marks, Markdown's backslashes, HTML's entities.
_WBR = re.compile(r"<wbr>")
_BACKSLASH = re.compile(r"\\(?=[!-/:-@\[-`{-~])")


def check(files: Mapping[str, bytes], known: Known, now: datetime) -> None:
    """Raises SecretFound, naming file and rule, if any file holds a known secret or the shape of one."""
    hits = tuple((name, rule) for name in sorted(files) for rule in _rules(name, files[name], known, now))
    if hits:
        raise SecretFound(hits)


def _rules(name: str, content: bytes, known: Known, now: datetime) -> tuple[str, ...]:
    words = content.decode("utf-8")
    found: dict[str, None] = {}
    for view in _views(name, words):
        found.update(dict.fromkeys(f"the stored credential {secret}" for secret in known(view)))
        seen = scan(view, now=now)
        found.update(dict.fromkeys(match.rule.title for match in seen.matches if match.sure))
        if not seen.complete:
            found["too much content to search"] = None
    return tuple(found)


def _views(name: str, words: str) -> tuple[str, ...]:
    """The file as it is, and as its reader sees it: escaping must not hide what it shows."""
    if name.endswith(".html"):
        return words, html.unescape(_WBR.sub("", words))
    if name.endswith(".md"):
        return words, _BACKSLASH.sub("", words)
    if name.endswith(".json"):
        return words, words.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&").replace(
            "\\n", "\n"
        ).replace('\\"', '"')
    return (words,)
