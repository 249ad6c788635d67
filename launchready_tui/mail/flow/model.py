"""What is kept of a test of one of the product's mails. No link with its token, no body, no password: only what was
judged."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from ...launch.model import FlowName, MailboxKind

KIND = "mail"
"""The journal keeps tests of mails under this name, and caused mails and refusals under the next two."""
SENT = "mail-sent"
REFUSAL = "mail-refusal"

By = Literal["route", "hand", "paste"]
Outcome = Literal["arrived", "not-arrived", "not-sent", "could-not-look"]
Where = Literal["", "inbox", "spam", "other"]
FLOWS: tuple[FlowName, ...] = ("verification", "password-reset", "invite", "receipt", "notification")
WORDS: dict[str, str] = {
    "verification": "verification mail",
    "password-reset": "password reset",
    "invite": "invitation",
    "receipt": "receipt",
    "notification": "notification",
}


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link in the mail. `shown` is scheme, host and the beginning of the path, never its token."""

    shown: str
    host: str
    secure: bool
    names: str = ""
    """Another host, which the words of the link name."""
    status: int | None = None
    """Of the page at its end; None where it was not opened or did not answer."""
    problem: str = ""
    """Why it does not lead to a page, in words."""
    opened: bool = False
    unseen: bool = False
    """It could not be opened from here, which says nothing of others."""


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """A signature of the mail: where its key stands, and what our own check of it said (pass, fail, permerror,
    temperror)."""

    domain: str
    selector: str
    result: str


class Unsubscribe(msgspec.Struct, frozen=True, kw_only=True):
    """One-click unsubscribe (RFC 8058). `host` is where the request would go; `problems` is empty where it is right."""

    offered: bool = False
    host: str = ""
    problems: tuple[str, ...] = ()


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A mail, judged. `spf`, `dkim` and `dmarc` are the receiver's words (pass, fail, none, …), empty where it says
    nothing."""

    sender: str
    """The domain in From."""
    subject: str
    receiver: str = ""
    """Who wrote the verdicts; empty where nobody did."""
    told_by: Literal["receiver", "console", ""] = ""
    """`console`: the receiver says nothing, and the signatures were verified here."""
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    aligned: bool | None = None
    aligned_by: str = ""
    text_part: bool = False
    missing: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    unsubscribe: Unsubscribe = Unsubscribe()
    problems: tuple[str, ...] = ()
    """What is wrong with its header."""
    signers: tuple[Signer, ...] = ()
    filter_words: str = ""
    """What the receiver's filter noted beside, such as Microsoft's `SCL 5, CAT SPM`."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One test of one mail in one mailbox."""

    flow: FlowName
    mailbox: str
    kind: MailboxKind
    tag: str
    recipient: str
    by: By
    started_at: datetime
    outcome: Outcome
    problem: str = ""
    """Why it did not come, in words."""
    seconds: float | None = None
    """From the request to the mail being there; for one sent by hand from its Date to its arrival."""
    folder: str = ""
    where: Where = ""
    tab: str = ""
    message: Message | None = None
    via: str = ""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal that somebody kept: its codes and the decoded kind, not its text."""

    code: str
    status: str
    provider: str
    kind: str
    whose: str
    lasting: bool | None
    cause: str
    fix: str


def spent(seconds: float) -> str:
    """How long a mail took, in words."""
    return "under 0.1 s" if seconds < 0.1 else f"{seconds:.1f} s"


def encode(kept: Trial | Refusal) -> str:
    """As the journal keeps it."""
    return msgspec.json.encode(kept).decode()


def flow_about(subject: str) -> FlowName | None:
    """The mail that the subject of a finding names, with its mailbox or without; None for any other subject."""
    return next((flow for flow in FLOWS if f"{subject}, ".startswith(f"{WORDS[flow]}, ")), None)


def trial_of(body: str) -> Trial:
    """From the journal. Raises msgspec.MsgspecError for what is none."""
    return msgspec.json.decode(body, type=Trial)


def refusal_of(body: str) -> Refusal:
    """From the journal. Raises msgspec.MsgspecError for what is none."""
    return msgspec.json.decode(body, type=Refusal)
