"""What is wrong with a test of a mail: rules and messages of the check email.flows, with what fills them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ...findings import Severity
from ...launch.names import inside
from .model import Message, Trial

if TYPE_CHECKING:
    from ...launch.model import Launch, MailFlow

_DOORS = ("verification", "password-reset")
"""Without these two nobody gets in, or back in."""


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, or could not be seen. `rule` is the last part of the rule's id in email.flows,
    `message` one of its messages; empty for the state's own."""

    rule: str
    state: Literal["fail", "warn", "unknown"]
    message: str = ""
    severity: Severity | None = None
    """Where it depends on which mail it is; else its message says it."""
    values: dict[str, Any] = {}
    """What fills the message and its fix beside the name of the mail, by place."""
    detail: str = ""
    """What was seen, one line each."""


def flaws(trial: Trial, flow: MailFlow | None, launch: Launch) -> tuple[Flaw, ...]:
    """All flaws of one test, but for where the mail was put: that is email.inbox's."""
    heavy, why = Severity.BLOCKER if trial.flow in _DOORS else Severity.HIGH, trial.problem
    match trial.outcome:
        case "could-not-look":
            return (Flaw(rule="could-not-look", state="unknown", severity=heavy, values={"cause": why}, detail=why),)
        case "not-sent" | "not-arrived":
            return (Flaw(rule=trial.outcome, state="fail", severity=heavy, detail=why),)
    found: list[Flaw] = []
    limit = flow.within_s if flow else 60
    if trial.seconds is not None and trial.seconds > limit:
        seen = f"{trial.seconds:.0f} s, allowed {limit} s"
        found.append(
            Flaw(rule="late", state="warn", values={"seconds": round(trial.seconds), "limit": limit}, detail=seen)
        )
    message = trial.message
    if message is None:
        return (*found, Flaw(rule="malformed", state="fail", severity=heavy))
    return (
        *found,
        *_authentication(message, launch, heavy),
        *_content(message),
        *_links(message, flow, launch, heavy),
        *_leave(message, flow),
    )


def _authentication(message: Message, launch: Launch, heavy: Severity) -> Iterator[Flaw]:
    seen = told(message)
    own = [launch.domain, *(launch.permission.domains if launch.permission else ())]
    if not message.sender:
        yield Flaw(rule="sender", state="fail", severity=heavy)
        return
    if not any(inside(message.sender, domain) for domain in own):
        detail = f"From {message.sender}"
        yield Flaw(rule="sender", state="warn", values={"sender": message.sender}, detail=detail)
    if message.told_by == "console" and message.dkim != "temperror":
        yield from _verified_here(message, seen)
        return
    broken = tuple(
        name for name, word in (("SPF", message.spf), ("DKIM", message.dkim), ("DMARC", message.dmarc)) if _bad(word)
    )
    nothing_passed = "pass" not in (message.spf, message.dkim)
    if nothing_passed and message.told_by == "receiver":
        yield Flaw(rule="unauthenticated", state="fail", detail=seen)
    elif message.aligned is False:
        yield Flaw(rule="unaligned", state="fail", detail=f"{seen}\n{message.aligned_by}")
    elif broken:
        state: Literal["fail", "warn"] = "fail" if "DMARC" in broken else "warn"
        yield Flaw(rule="authentication", state=state, values={"methods": broken}, detail=seen)
    elif nothing_passed or message.aligned is None:
        yield Flaw(rule="authentication", state="unknown", detail=seen)


def _verified_here(message: Message, seen: str) -> Iterator[Flaw]:
    """The receiver wrote nothing: a signature that passes and aligns is as good as its word; SPF only a receiver can
    judge."""
    if message.dkim == "pass" and message.aligned:
        return
    if message.dkim == "pass":
        detail = f"{seen}\n{message.aligned_by}"
        yield Flaw(rule="authentication", state="unknown", message="other-domain", detail=detail)
        return
    kind = "unsigned" if message.dkim == "none" else "bad-signature"
    yield Flaw(rule="authentication", state="fail", message=kind, detail=seen)


def _bad(word: str) -> bool:
    return word not in ("", "pass", "bestguesspass")


def told(message: Message) -> str:
    """The three verdicts in one line, and who told them."""
    words = ", ".join(
        f"{name} {word or 'not told'}"
        for name, word in (("SPF", message.spf), ("DKIM", message.dkim), ("DMARC", message.dmarc))
    )
    who = message.receiver if message.told_by == "receiver" else "verified here, the receiver recorded nothing"
    return f"{words} ({who})"


def _content(message: Message) -> Iterator[Flaw]:
    if message.missing:
        yield Flaw(rule="content", state="fail", detail="\n".join(message.missing))
    if not message.text_part:
        yield Flaw(rule="text-part", state="warn")
    if message.problems:
        yield Flaw(rule="header", state="warn", detail="\n".join(message.problems))


def _links(message: Message, flow: MailFlow | None, launch: Launch, heavy: Severity) -> Iterator[Flaw]:
    dead = [link for link in message.links if link.problem and not link.unseen]
    if dead:
        lines = "\n".join(f"{link.shown}  {link.problem}" for link in dead)
        yield Flaw(rule="link-broken", state="fail", severity=heavy, values={"n": len(dead)}, detail=lines)
    unseen = [link for link in message.links if link.unseen]
    if unseen:
        lines = "\n".join(f"{link.shown}  {link.problem}" for link in unseen)
        cause = {"n": len(unseen), "cause": unseen[0].problem}
        yield Flaw(rule="link-unseen", state="unknown", values=cause, detail=lines)
    plain = [link.shown for link in message.links if not link.secure]
    if plain:
        yield Flaw(rule="link-insecure", state="fail", values={"n": len(plain)}, detail="\n".join(plain))
    lying = [f"{link.shown}  its words name {link.names}" for link in message.links if link.names]
    if lying:
        yield Flaw(rule="link-misleads", state="warn", detail="\n".join(lying))
    known = [launch.domain, *(host.name for host in launch.hosts), *(flow.links if flow else ())]
    foreign = list(
        dict.fromkeys(
            link.host for link in message.links if link.host and not any(inside(link.host, one) for one in known)
        )
    )
    if foreign:
        hosts = tuple(foreign[:5])
        given = {"hosts": hosts, "listed": ", ".join(f'"{host}"' for host in hosts)}
        yield Flaw(rule="link-host", state="warn", values=given, detail="\n".join(foreign))


def _leave(message: Message, flow: MailFlow | None) -> Iterator[Flaw]:
    """One-click unsubscribe: Gmail and Yahoo demand it of advertising; nobody of a password reset."""
    leave = message.unsubscribe
    if flow is None or not flow.marketing:
        return
    if not leave.offered:
        yield Flaw(rule="unsubscribe", state="fail")
    elif leave.problems:
        yield Flaw(rule="unsubscribe", state="fail", message="broken", detail="\n".join(leave.problems))
