"""What is wrong with a test of a mail, as plain sentences with their fix: for the check, and for the command that made
the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from ...findings import Severity
from ...launch.names import inside
from .model import WORDS, Message, Trial

if TYPE_CHECKING:
    from ...launch.model import Launch, MailFlow

_DOORS = ("verification", "password-reset")
"""Without these two nobody gets in, or back in."""


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, or could not be seen. `rule` is the last part of the rule's id in email.flows."""

    rule: str
    state: Literal["fail", "warn", "unknown"]
    severity: Severity
    words: str
    fix: str
    paste: str = ""
    where: str = ""
    detail: str = ""
    """What was seen, one line each."""


def flaws(trial: Trial, flow: MailFlow | None, launch: Launch) -> tuple[Flaw, ...]:
    """All flaws of one test, but for where the mail was put: that is email.inbox's."""
    what, heavy = WORDS[trial.flow], Severity.BLOCKER if trial.flow in _DOORS else Severity.HIGH
    if trial.outcome == "could-not-look":
        fix = "Put right what it says; `launchready mail look` tries the log-in alone"
        return (
            _flaw(
                "could-not-look",
                "unknown",
                heavy,
                f"Whether the {what} arrives could not be seen",
                fix,
                detail=trial.problem,
            ),
        )
    if trial.outcome == "not-sent":
        words = f"The product did not take the request for its {what}"
        return (
            _flaw(
                "not-sent",
                "fail",
                heavy,
                words,
                "Look at the answer and the product's log for this run",
                detail=trial.problem,
            ),
        )
    if trial.outcome == "not-arrived":
        fix = (
            "Look in the mail service's log for the test address: not sent, refused (`launchready inspect bounce` "
            "decodes why) or held back"
        )
        return (_flaw("not-arrived", "fail", heavy, f"The {what} did not arrive", fix, detail=trial.problem),)
    found: list[Flaw] = []
    limit = flow.within_s if flow else 60
    if trial.seconds is not None and trial.seconds > limit:
        fix = (
            "See in the mail service's log where it waited: in the product's queue, at the service, or at the "
            "receiver (greylisting)"
        )
        seen = f"{trial.seconds:.0f} s, allowed {limit} s"
        found.append(
            _flaw("late", "warn", Severity.MEDIUM, f"The {what} takes longer than it should", fix, detail=seen)
        )
    message = trial.message
    if message is None:
        words = f"The {what} came, and cannot be read as a mail"
        return (*found, _flaw("malformed", "fail", Severity.HIGH, words, "Let a mail library write it"))
    return (
        *found,
        *_authentication(message, what, launch),
        *_content(message, what),
        *_links(message, what, flow, launch),
        *_leave(message, what, flow),
    )


def _flaw(
    rule: str,
    state: Literal["fail", "warn", "unknown"],
    severity: Severity,
    words: str,
    fix: str,
    *,
    paste: str = "",
    where: str = "",
    detail: str = "",
) -> Flaw:
    return Flaw(
        rule=rule, state=state, severity=severity, words=words, fix=fix, paste=paste, where=where, detail=detail
    )


def _authentication(message: Message, what: str, launch: Launch) -> Iterator[Flaw]:
    seen = told(message)
    own = [launch.domain, *(launch.permission.domains if launch.permission else ())]
    if not message.sender:
        yield _flaw(
            "sender", "fail", Severity.HIGH, f"The {what} has no single sender", "Write one From field with one address"
        )
        return
    if not any(inside(message.sender, domain) for domain in own):
        yield _flaw(
            "sender",
            "warn",
            Severity.MEDIUM,
            f"The {what} comes from another domain than yours",
            "Let the mail service send from an address at your own domain: verify the domain there and set it as From",
            detail=f"From {message.sender}",
        )
    if message.told_by == "console" and message.dkim != "temperror":
        yield from _verified_here(message, what, seen)
        return
    broken = [
        name for name, word in (("SPF", message.spf), ("DKIM", message.dkim), ("DMARC", message.dmarc)) if _bad(word)
    ]
    nothing_passed = "pass" not in (message.spf, message.dkim)
    if nothing_passed and message.told_by == "receiver":
        yield _flaw(
            "unauthenticated",
            "fail",
            Severity.BLOCKER,
            f"The {what} passes neither SPF nor DKIM: most receivers refuse it or put it into spam",
            "Switch on DKIM signing for your domain at the service that sent it, and add the service to the SPF record",
            detail=seen,
        )
    elif message.aligned is False:
        yield _flaw(
            "unaligned",
            "fail",
            Severity.HIGH,
            f"The {what} is authenticated for another domain than the one in From, so DMARC fails",
            "Let the service sign with your own domain (d=), or use a return-path below your domain",
            detail=f"{seen}\n{message.aligned_by}",
        )
    elif broken:
        yield _flaw(
            "authentication",
            "fail" if "DMARC" in broken else "warn",
            Severity.HIGH if "DMARC" in broken else Severity.MEDIUM,
            f"The {what} does not pass {' and '.join(broken)}",
            "Look at that record of the service that sent it; those who send much must pass SPF, DKIM and DMARC",
            detail=seen,
        )
    elif nothing_passed or message.aligned is None:
        words = f"Whether the {what} is authenticated could not be seen"
        yield _flaw("authentication", "unknown", Severity.HIGH, words, _TEST_ELSEWHERE, detail=seen)


_TEST_ELSEWHERE = "Test with a mailbox at Gmail or Outlook: they write down what they saw"


def _verified_here(message: Message, what: str, seen: str) -> Iterator[Flaw]:
    """The receiver wrote nothing: a signature that passes and aligns is as good as its word; SPF only a receiver can
    judge."""
    if message.dkim == "pass" and message.aligned:
        return
    if message.dkim == "pass":
        words = (
            f"The {what} is signed by another domain than the one in From; whether SPF "
            "makes up for it could not be seen"
        )
        yield _flaw(
            "authentication", "unknown", Severity.HIGH, words, _TEST_ELSEWHERE, detail=f"{seen}\n{message.aligned_by}"
        )
        return
    words = (
        f"The {what} is not signed (DKIM)"
        if message.dkim == "none"
        else f"The signature of the {what} does not verify (DKIM)"
    )
    fix = (
        "Switch on DKIM signing for your domain at the service that sent it, publish its key, and let "
        "nothing change "
        "the mail on its way"
    )
    yield _flaw("authentication", "fail", Severity.HIGH, words, fix, detail=seen)


def _bad(word: str) -> bool:
    return word not in ("", "pass", "bestguesspass")


def told(message: Message) -> str:
    """The three verdicts in one line, and who told them."""
    words = ", ".join(
        f"{name} {word or 'not told'}"
        for name, word in (("SPF", message.spf), ("DKIM", message.dkim), ("DMARC", message.dmarc))
    )
    who = message.receiver if message.told_by == "receiver" else "verified here, the receiver wrote nothing"
    return f"{words} ({who})"


def _content(message: Message, what: str) -> Iterator[Flaw]:
    if message.missing:
        yield _flaw(
            "content",
            "fail",
            Severity.HIGH,
            f"The {what} lacks what must be in it",
            "Look at its template, or put the right text into [[flows]] contains",
            detail="\n".join(message.missing),
        )
    if not message.text_part:
        yield _flaw(
            "text-part",
            "warn",
            Severity.LOW,
            f"The {what} has no plain text part: filters and some readers want one",
            "Send multipart/alternative: text/plain first, then text/html",
        )
    if message.problems:
        yield _flaw(
            "header",
            "warn",
            Severity.MEDIUM,
            f"The header of the {what} breaks the standard",
            "Let a mail library write Date, Message-ID and one From",
            detail="\n".join(message.problems),
        )


def _links(message: Message, what: str, flow: MailFlow | None, launch: Launch) -> Iterator[Flaw]:
    dead = [link for link in message.links if link.problem and not link.unseen]
    if dead:
        lines = "\n".join(f"{link.shown}  {link.problem}" for link in dead)
        yield _flaw(
            "link-broken",
            "fail",
            Severity.HIGH,
            f"A link in the {what} leads nowhere",
            "Correct the link in its template",
            detail=lines,
        )
    unseen = [link for link in message.links if link.unseen]
    if unseen:
        lines = "\n".join(f"{link.shown}  {link.problem}" for link in unseen)
        yield _flaw(
            "link-unseen",
            "unknown",
            Severity.MEDIUM,
            f"A link in the {what} could not be opened from here",
            "Open it by hand, or test again",
            detail=lines,
        )
    plain = [link.shown for link in message.links if not link.secure]
    if plain:
        yield _flaw(
            "link-insecure",
            "fail",
            Severity.HIGH,
            f"A link in the {what} is not encrypted, and may carry a secret",
            "Write it with https",
            detail="\n".join(plain),
        )
    lying = [f"{link.shown}  its words name {link.names}" for link in message.links if link.names]
    if lying:
        yield _flaw(
            "link-misleads",
            "warn",
            Severity.MEDIUM,
            f"A link in the {what} shows one address and leads to another, as in phishing",
            "Write words in place of an address, or lead click counting through your own domain",
            detail="\n".join(lying),
        )
    known = [launch.domain, *(host.name for host in launch.hosts), *(flow.links if flow else ())]
    foreign = list(
        dict.fromkeys(
            link.host for link in message.links if link.host and not any(inside(link.host, one) for one in known)
        )
    )
    if foreign:
        listed = ", ".join(f'"{host}"' for host in foreign[:5])
        yield _flaw(
            "link-host",
            "warn",
            Severity.LOW,
            f"A link in the {what} leads to a host that the launch does not name",
            "Where that is right (click counting, a store), name the host in its [[flows]]",
            paste=f"links = [{listed}]",
            where="launchready.toml",
            detail="\n".join(foreign),
        )


def _leave(message: Message, what: str, flow: MailFlow | None) -> Iterator[Flaw]:
    """One-click unsubscribe: Gmail and Yahoo demand it of advertising; nobody of a password reset."""
    leave = message.unsubscribe
    if flow is None or not flow.marketing:
        return
    paste = (
        "List-Unsubscribe: <https://YOUR-DOMAIN/unsubscribe/TOKEN>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click"
    )
    fix = (
        "Let the mail service add both header fields and sign them; the address takes a POST without log-in or redirect"
    )
    if not leave.offered:
        yield _flaw(
            "unsubscribe",
            "fail",
            Severity.HIGH,
            f"The {what} advertises and offers no way out by one click",
            fix,
            paste=paste,
        )
    elif leave.problems:
        words = f"One-click unsubscribe of the {what} does not work"
        yield _flaw("unsubscribe", "fail", Severity.HIGH, words, fix, paste=paste, detail="\n".join(leave.problems))
