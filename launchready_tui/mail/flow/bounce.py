"""What a mail server means when it refuses: the reply code, the enhanced code and the text, decoded to a cause and a
fix.

Formats read: one reply (`550-5.7.26 …`), several lines of one, a log line around it, a whole delivery report (RFC
3464).
"""

from __future__ import annotations

import functools
import re
import tomllib
from fnmatch import fnmatchcase
from importlib import resources
from typing import Literal

import msgspec

from ...text import clean

Provider = Literal["", "gmail", "yahoo", "outlook", "icloud"]
Whose = Literal["sender", "recipient", "receiver", "either"]
LONGEST = 64 * 1024
"""Characters read of a text: a delivery report says what it has to say at its beginning."""

_STATUS = r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d]|\.\d)"
_WITH_STATUS = re.compile(r"(?<![\d.])([45]\d\d)[ \-]+#?" + _STATUS)
_AT_START = re.compile(r"(?m)^\s*([45]\d\d)(?:[ \-]|$)")
_SAID = re.compile(
    r"(?i)(?:said:|smtp;|responded:?|response:?|error:?|code:?|reply:?|status:?)\s{0,9}\"?([45]\d\d)(?![\d.])"
)
_ANYWHERE = re.compile(r"(?<![\d.:/\-#])([45]\d\d)(?![\d.:/])")
_DIAGNOSTIC = re.compile(r"(?im)^diagnostic-code:\s{0,9}(.*(?:\n[ \t].*){0,20})")
_REPORT_STATUS = re.compile(r"(?im)^status:\s{0,9}" + _STATUS)
_MARKS: tuple[tuple[Provider, re.Pattern[str]], ...] = (
    ("gmail", re.compile(r"gsmtp|\bgcdp\b|google\.com|googlemail|gmail")),
    ("yahoo", re.compile(r"yahoo|aol\.com|am0\.yahoodns|\btss\d\d\b")),
    ("outlook", re.compile(r"outlook\.com|hotmail|\bs3140\b|\bs3150\b|microsoft|office365|\b5\.7\.515\b")),
    ("icloud", re.compile(r"icloud|mail\.me\.com|apple\.com")),
)


class Bounce(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal, understood as far as it says. `cause` is empty where nothing known was in it."""

    code: str = ""
    """The reply code, such as `550`; empty where none was given."""
    status: str = ""
    """The enhanced code, such as `5.7.26`."""
    provider: Provider = ""
    lasting: bool | None = None
    """True: trying again will not help. None: it does not say."""
    kind: str = ""
    whose: Whose = "either"
    cause: str = ""
    fix: str = ""
    paste: str = ""

    @property
    def known(self) -> bool:
        """Whether the table has a cause for it."""
        return bool(self.cause)

    @property
    def shown(self) -> str:
        """`550 5.7.26`, as people name it."""
        return " ".join(part for part in (self.code, self.status) if part)

    @property
    def retry(self) -> str:
        """Whether to try again, in words."""
        if self.lasting is None:
            return "It does not say whether a retry helps"
        return (
            "Permanent: a retry of the same mail will not help"
            if self.lasting
            else "Temporary: a retry gets through later"
        )


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    whose: Whose
    cause: str
    fix: str
    provider: Provider = ""
    status: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    says: str = ""
    paste: str = ""

    def fits(self, code: str, status: str, provider: Provider, text: str) -> bool:
        if self.provider and self.provider != provider:
            return False
        if self.status and not any(fnmatchcase(status, pattern) for pattern in self.status):
            return False
        if self.code and code not in self.code:
            return False
        return not self.says or re.search(self.says, text) is not None


@functools.cache
def table() -> tuple[_Row, ...]:
    """The rows of bounces.toml, in their order."""
    raw = tomllib.loads(resources.files(__package__).joinpath("bounces.toml").read_text("utf-8"))
    return msgspec.convert(raw["rows"], tuple[_Row, ...])


def decode(text: str) -> Bounce:
    """What this refusal says. Never raises: what is not understood comes back with empty fields."""
    text = text[:LONGEST]
    plain = clean(text).lower()
    code, status = _codes(text)
    provider: Provider = next((name for name, mark in _MARKS if mark.search(plain)), "")
    lasting = code[0] == "5" if code else status[0] == "5" if status else None
    found = next(
        (row for row in table() if (code or status or row.says) and row.fits(code, status, provider, plain)), None
    )
    if found is None:
        return Bounce(code=code, status=status, provider=provider, lasting=lasting)
    return Bounce(
        code=code,
        status=status,
        provider=provider,
        lasting=lasting,
        kind=found.kind,
        whose=found.whose,
        cause=found.cause,
        fix=found.fix,
        paste=found.paste,
    )


def _codes(text: str) -> tuple[str, str]:
    """Reply code and enhanced code. In a delivery report its Diagnostic-Code comes before everything else."""
    diagnostic = _DIAGNOSTIC.search(text)
    code, status = ("", "")
    for part in (diagnostic[1] if diagnostic else "", text):
        both = _WITH_STATUS.search(part)
        if both:
            return both[1], ".".join(both.groups()[1:])
        if not part:
            continue
        alone = _AT_START.search(part) or _SAID.search(part) or _ANYWHERE.search(part)
        code = code or (alone[1] if alone else "")
        found = (_REPORT_STATUS.search(part) if part is text and diagnostic else None) or re.search(_STATUS, part)
        status = status or (".".join(found.groups()) if found else "")
    return code, status if status[:1] in ("4", "5") else ""
