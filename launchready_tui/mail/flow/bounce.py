"""What a mail server means when it refuses: the reply code, the enhanced code and the text, decoded to a cause and a
fix.

Formats read: one reply (`550-5.7.26 …`), several lines of one, a log line around it, a whole delivery report (RFC
3464). Of a report only the reply counts, with the host that gave it: not its own header, and not the returned mail.
"""

from __future__ import annotations

import functools
import re
import tomllib
from fnmatch import fnmatchcase
from importlib import resources
from typing import Literal, NamedTuple

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
_FIELD = re.compile(r"(?im)^(diagnostic-code|status|remote-mta):[ \t]{0,9}(.*(?:\r?\n[ \t]+\S.*){0,20})")
_RETURNED = re.compile(
    r"(?im)^(?:content-type:[ \t]{0,9}(?:message/rfc822|message/global|text/rfc822-headers)|original message headers:"
    r"|-{2,}.{0,20}(?:below this line is a copy|this is a copy of|original message|undelivered message"
    r"|returned message)).*$"
)
_HEADER = re.compile(
    r"(?im)^(?:received|from|to|cc|subject|date|message-id|mime-version|content-[a-z-]+|return-path|delivered-to|sender"
    r"|reply-to|references|in-reply-to|auto-submitted|precedence|user-agent|feedback-id|dkim-signature"
    r"|authentication-results|arc-[a-z-]+|list-[a-z-]+|x-[a-z0-9-]+|(?:reporting|received-from)-mta|arrival-date"
    r"|last-attempt-date|(?:final|original)-recipient|action):.*(?:\r?\n[ \t]+\S.*){0,50}"
)
_SAYS = re.compile(
    r"(?i)(?:said:|remote server returned|remote mail server after [^:\n]{1,60}:(?: host [^:\n]{1,120}:)?"
    r"|response from the remote server was:|refused to talk to me:)"
)
_HOST = re.compile(r"(?i)([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,9})\s?(?:\[[0-9a-f.:]{2,45}\])?\)?\s{0,9}\Z")
_PARAGRAPH = re.compile(r"\n[ \t]*\r?\n")
_ADDRESS = re.compile(r"<[^<>\s]*>|(?<![^\s<>\"'(),;:])[^\s<>\"'(),;:@]{1,64}@[^\s<>\"'(),;:@]{1,253}")
_MARKS: tuple[tuple[Provider, re.Pattern[str]], ...] = (
    ("gmail", re.compile(r"gsmtp|\bgcdp\b|google(?:mail)?\.com|\bgmail\b")),
    ("yahoo", re.compile(r"yahoo|aol\.com|\btss\d\d\b")),
    (
        "outlook",
        re.compile(
            r"outlook\.com|hotmail|\bs3140\b|\bs3150\b|microsoft|office365|aka\.ms/"
            r"|\bbanned send(?:er|ing ip)\b|sender\.office\.com|\b5\.7\.515\b"
            r"|storedrv\b|tenantattribution|\bresolver\.(?:adr|rst)\.|\brouting\.loop|\bqueue\.expired|\btransport\.rules\."
        ),
    ),
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
    reply = _reply(text[:LONGEST])
    code, status = _codes(reply)
    plain = _ADDRESS.sub("(address)", clean(reply.text)).lower()
    marked = f"{reply.host.lower()} {plain}"
    provider: Provider = next((name for name, mark in _MARKS if mark.search(marked)), "")
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


class _Reply(NamedTuple):
    """What the server said: its words, its host, and the Status field of the report around them."""

    text: str
    host: str = ""
    status: str = ""


def _reply(text: str) -> _Reply:
    """The reply in a text. Of a delivery report its Diagnostic-Code and Status (RFC 3464 section 2.3), else what
    follows "said:", else everything but header lines and the returned mail."""
    returned = _RETURNED.search(text)
    own = text[: returned.start()] if returned and returned.start() else text
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(own):
        fields.setdefault(name.lower(), value)
    host, status = fields.get("remote-mta", "").rpartition(";")[2].strip(), fields.get("status", "")
    if "diagnostic-code" in fields:
        return _Reply(fields["diagnostic-code"], host, status)
    says = _SAYS.search(own)
    if says:
        before = _HOST.search(own, max(0, says.start() - 300), says.start())
        words = says[0] if says[0].lower().startswith("remote mail server") else ""
        reply = _PARAGRAPH.split(own[says.end() :].lstrip(), maxsplit=1)[0]
        return _Reply(reply, host or f"{before[1] if before else ''} {words}".strip(), status)
    return _Reply(_HEADER.sub("", own), host, status)


def _codes(reply: _Reply) -> tuple[str, str]:
    """Reply code and enhanced code; the report's Status only where the reply has no enhanced code itself."""
    text = reply.text
    both = _WITH_STATUS.search(text)
    if both:
        return both[1], ".".join(both.groups()[1:])
    alone = _AT_START.search(text) or _SAID.search(text) or _ANYWHERE.search(text)
    found = re.search(_STATUS, text) or re.search(_STATUS, reply.status)
    status = ".".join(found.groups()) if found else ""
    return alone[1] if alone else "", status if status[:1] in ("4", "5") else ""
