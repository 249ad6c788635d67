"""Authentication-Results: what a receiver found, as RFC 8601 has it and as Gmail and Microsoft really write it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from ...hostnames import comparable

_METHOD = re.compile(
    r"\s*(?P<method>[A-Za-z][A-Za-z0-9_-]*)\s*(?:/\s*\d+\s*)?=\s*(?P<result>[A-Za-z][A-Za-z0-9_-]*)(?P<rest>.*)",
    re.DOTALL,
)
_PAIR = re.compile(
    r"(?P<key>[A-Za-z][A-Za-z0-9_-]*(?:\s*\.\s*[A-Za-z0-9_-]+)?)\s*=\s*(?P<value>\"(?:[^\"\\]|\\.)*\"|[^\s;\"]+)"
)
_VERSION = re.compile(r"\s+\d+\s*$")
_FOLD = re.compile(r"\r?\n[ \t]*")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One method's finding: `properties` such as `header.d`, `smtp.mailfrom`, and Microsoft's bare `action`, keys in
    lower case."""

    method: str
    result: str
    reason: str = ""
    comment: str = ""
    """The first comment, such as `sender IP is 203.0.113.25`."""
    properties: tuple[tuple[str, str], ...] = ()

    def get(self, *names: str) -> str:
        """The value of the first of these properties that is there."""
        given = dict(self.properties)
        return next((given[name] for name in names if name in given), "")

    @property
    def selector(self) -> str:
        """`header.s` of a DKIM result (RFC 8601, section 2.7.1); empty where it is not said."""
        return self.get("header.s")

    @property
    def domain(self) -> str:
        """The domain that the result speaks of: d= or i= of a signature, the envelope's or the From's."""
        value = self.get("header.d", "header.i", "smtp.mailfrom", "smtp.mail", "smtp.helo", "header.from")
        return comparable(value.rpartition("@")[2].strip("<>"))


class Verdicts(msgspec.Struct, frozen=True, kw_only=True):
    """One header field. `authserv_id` is None where the receiver gives none, as Microsoft does."""

    authserv_id: str | None
    results: tuple[Result, ...]

    def of(self, method: str) -> tuple[Result, ...]:
        """The results of one method, in order."""
        return tuple(one for one in self.results if one.method == method)

    def word(self, method: str) -> str:
        """The best result of a method: pass where one passed, else the first; empty where there is none."""
        words = [one.result for one in self.of(method)]
        return "pass" if "pass" in words else words[0] if words else ""


def parse(value: str) -> Verdicts:
    """Reads a header's value. Never raises: what cannot be read is left out."""
    parts = _split(_FOLD.sub(" ", value))
    first, rest = (parts[0], parts[1:]) if parts else (("", ""), [])
    authserv: str | None = None
    if "=" in first[0]:
        rest = parts  # Microsoft: the results begin at once
    else:
        authserv = _VERSION.sub("", " " + first[0].strip()).strip() or None
        authserv = authserv.strip('"') if authserv else None
    found = [one for text, comment in rest if (one := _result(text, comment)) is not None]
    return Verdicts(authserv_id=authserv, results=tuple(found))


def merged(values: Iterable[str]) -> Verdicts | None:
    """The receiver's own verdicts from all such fields of a message, the topmost first: those below that carry the
    same id join it.

    Fields of other hops, further down, could be anybody's and do not count.
    """
    read = [parse(value) for value in values]
    top = next((one for one in read if one.results), None)
    if top is None:
        return read[0] if read else None
    own = [one for one in read if one.authserv_id == top.authserv_id]
    results = [result for one in own for result in one.results] if top.authserv_id is not None else list(top.results)
    return Verdicts(authserv_id=top.authserv_id, results=tuple(dict.fromkeys(results)))


def _result(text: str, comment: str) -> Result | None:
    found = _METHOD.match(text)
    if found is None:
        return None
    pairs: dict[str, str] = {}
    for pair in _PAIR.finditer(found["rest"]):
        key = re.sub(r"\s+", "", pair["key"]).lower()
        value = pair["value"]
        pairs.setdefault(key, re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value)
    reason = pairs.pop("reason", "")
    return Result(
        method=found["method"].lower(),
        result=found["result"].lower(),
        reason=reason,
        comment=comment,
        properties=tuple(pairs.items()),
    )


def _split(value: str) -> list[tuple[str, str]]:
    """The parts between semicolons without their comments, each with its first comment. Quotes and nested comments are
    minded."""
    parts: list[tuple[str, str]] = []
    text: list[str] = []
    comment: list[str] = []
    first = ""
    depth, quoted, skip = 0, False, False
    for char in value:
        if skip:
            (comment if depth else text).append(char)
            skip = False
        elif char == "\\" and (quoted or depth):
            skip = True
            if not depth:
                text.append(char)
        elif depth:
            depth += (char == "(") - (char == ")")
            if depth:
                comment.append(char)
            else:
                first, comment = first or "".join(comment), []
        elif char == '"':
            quoted = not quoted
            text.append(char)
        elif char == "(" and not quoted:
            depth = 1
            text.append(" ")
        elif char == ";" and not quoted:
            parts.append(("".join(text), first))
            text, first = [], ""
        else:
            text.append(char)
    parts.append(("".join(text), first))
    return parts if len(parts) > 1 or parts[0][0].strip() else []
