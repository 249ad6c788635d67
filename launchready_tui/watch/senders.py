"""How a message leaves: over HTTP (`posts` knows what each service wants), or by mail. Each answers whether it was
taken, put off, or refused."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, parsedate_to_datetime
from typing import TYPE_CHECKING

import msgspec

from ..clock import Clock
from ..failure import Failure
from ..launch.model import Alert, Method
from ..launch.names import split_port
from ..probe.exchange import Timed
from ..secrets import hide
from ..text import clean, clean_block, shorten
from ..wire import Wire
from ..wire.trust import verifying_context
from . import posts
from .asking import DEADLINE_S, ask
from .samples.model import Notice

if TYPE_CHECKING:
    from ..vault import Secret

MAIL_PORT = 587
_TRY_LATER = frozenset((408, 425, 429))
MOST_WAIT_S = 60.0
"""No service makes an alert wait longer, whatever its Retry-After says."""
_REMARK_S = 2.0
_KEEP = 1 << 16
"""Bytes of an answer: ntfy and Telegram send the message back with it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """It was taken."""

    answer: str


@dataclass(frozen=True, slots=True)
class Later:
    """Not now. `after_s` is what the other side asked for, where it did. `maybe`: it had left before, so that it may
    have been taken all the same."""

    why: str
    after_s: float | None = None
    maybe: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Turned away: a webhook that was deleted or moved, a mailbox that is not there, a credential that is not stored.
    Somebody has to mend it; until then it is tried seldom."""

    why: str


Result = Sent | Later | Refused


@dataclass(slots=True)
class Left:
    """Whether the message has left: a failure from then on does not show that it was not taken."""

    yes: bool = False

    def now(self) -> None:
        """It leaves."""
        self.yes = True


class Senders:
    """Sends through the channel of an alert rule."""

    def __init__(
        self,
        wire: Wire,
        credential: Callable[[str, str], Secret | None],
        clock: Clock,
        domain: str,
        remark: Callable[[], str] | None = None,
    ) -> None:
        """`remark`: what every message says besides, asked in a thread for two seconds at most; empty where there is
        nothing."""
        self._wire = wire
        self._credential = credential
        self._clock = clock
        self._domain = domain
        self._remark = remark

    async def send(self, rule: Alert, notice: Notice) -> Result:
        """One attempt, ended within some ten seconds. Never raises for what the other side does.

        The notice's text is whole, but for the remark: that it may be a repeat is in it, and no sender adds to it. It
        is made safe here for all of them: no control character, no secret, and a title of one line.
        """
        left = Left()
        if self._remark is not None:
            with contextlib.suppress(TimeoutError):  # it never holds up what is told
                remark = await asyncio.wait_for(asyncio.to_thread(self._remark), _REMARK_S)
                notice = msgspec.structs.replace(notice, text=f"{notice.text}\n{clean(remark)}".rstrip())
        title, text = clean(hide(notice.title)), clean_block(hide(notice.text))
        notice = msgspec.structs.replace(notice, title=title, text=text)
        try:
            async with asyncio.timeout(DEADLINE_S + 2):
                return await (
                    self._mail(rule, notice, left) if rule.kind == "email" else self._post(rule, notice, left)
                )
        except TimeoutError:
            return Later(f"not done within {DEADLINE_S:g} s", maybe=left.yes)

    # Over HTTP

    async def _post(self, rule: Alert, notice: Notice, left: Left, chat: str = "") -> Result:
        """`chat`: where a Telegram group went when it became a supergroup; it is followed once, and said."""
        host = rule.host
        credential = await asyncio.to_thread(self._credential, rule.credential, host)
        if credential is None:
            what = posts.STORED.get(rule.kind, "webhook")
            return Refused(f"the {what} {rule.credential!r} is not stored for {host}; {_store(rule.credential, host)}")
        made = posts.post(rule, notice, credential.reveal().strip(), self._domain, chat=chat)
        if isinstance(made, str):
            return Refused(made)
        headers = (("Content-Type", "application/json"), ("Idempotency-Key", notice.key), *made.headers)
        answer = await self.exchange(made.url, "POST", made.body, headers, host=host, keep=_KEEP, leaving=left.now)
        if isinstance(answer, Failure):
            if left.yes or answer.kind not in ("protocol", "no-permission", "blocked-address"):
                return Later(str(answer), maybe=left.yes)
            return Refused(str(answer))
        said = posts.read(rule.kind, answer.status, answer.body)
        if said.chat and not chat:
            return await self._post(rule, notice, left, said.chat)
        words = said.words
        for secret in made.secrets:
            words = words.replace(secret, "…") if len(secret) > 3 else words
        moved = f'; the chat has a new id: to = "{chat}"' if chat else ""
        if said.taken:
            return Sent(f"{answer.status} {words}{moved}".strip())
        why = f"status {answer.status} {words}{moved}".strip()
        if answer.status < 300 or answer.status in _TRY_LATER or answer.status >= 500:
            asked = self._retry_after(dict(answer.headers).get("retry-after", ""))
            after = asked if said.after_s is None else min(said.after_s, MOST_WAIT_S)
            return Later(why, after, maybe=answer.status == 504)
        return Refused(why)

    async def exchange(
        self,
        url: str,
        method: Method,
        body: bytes = b"",
        headers: tuple[tuple[str, str], ...] = (),
        *,
        host: str = "",
        keep: int = 4096,
        leaving: Callable[[], None] = lambda: None,
    ) -> Timed | Failure:
        """One request on a connection of its own; redirects are not followed. `host`: the only one that the URL may
        name.

        The URL may be a secret, so it stands in no failure. Plain http is for this machine only.
        """
        return await ask(self._wire, url, method, body, headers, host=host, agent="alerts", keep=keep, leaving=leaving)

    def _retry_after(self, value: str) -> float | None:
        """Seconds or a date (RFC 9110 section 10.2.3), at most a minute."""
        if value.strip().isdecimal():
            return min(float(value), MOST_WAIT_S)
        with contextlib.suppress(ValueError, TypeError):
            return min(max(0.0, (parsedate_to_datetime(value) - self._clock.now()).total_seconds()), MOST_WAIT_S)
        return None

    # Mail

    async def _mail(self, rule: Alert, notice: Notice, left: Left) -> Result:
        import aiosmtplib

        host, port = split_port(rule.server)
        password = ""
        if rule.user:
            credential = await asyncio.to_thread(self._credential, rule.credential, host)
            if credential is None:
                return Refused(
                    f"the password {rule.credential!r} is not stored for {host}; {_store(rule.credential, host)}"
                )
            password = credential.reveal()
        connected = await self._wire.connect(host, port or MAIL_PORT, deadline_s=5.0)
        if isinstance(connected, Failure):
            return Later(str(connected)) if connected.kind != "blocked-address" else Refused(str(connected))
        at_once = (port or MAIL_PORT) == 465
        secured = verifying_context(self._wire.reach, ())
        client = aiosmtplib.SMTP(
            hostname=host,
            sock=connected.sock,
            local_hostname=self._domain,
            timeout=DEADLINE_S,
            use_tls=at_once,
            start_tls=False,
            tls_context=secured if at_once else None,
        )
        try:
            await client.connect()
            secure = at_once
            if not at_once:
                await client.ehlo()
                if client.supports_extension("starttls"):
                    await client.starttls(server_hostname=host, tls_context=secured)
                    secure = True
            if rule.user:
                if not secure:
                    return Refused(f"{host} offers no encryption, so the password was not sent")
                await client.login(rule.user, password)
            left.now()
            _, answer = await client.send_message(self._mail_of(rule, notice))
            return Sent(shorten(clean(answer), 120))
        except aiosmtplib.SMTPRecipientsRefused as problem:
            codes = [one.code for one in problem.recipients]
            return Refused(str(problem)) if all(code >= 500 for code in codes) else Later(_said(problem))
        except aiosmtplib.SMTPResponseException as problem:
            return Refused(_said(problem)) if problem.code >= 500 else Later(_said(problem))
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as problem:
            return Later(_said(problem), maybe=left.yes)
        finally:
            client.close()

    def _mail_of(self, rule: Alert, notice: Notice) -> EmailMessage:
        """The message. Its Message-ID comes from the notice's key: a repeat after a crash is known as one (RFC 5322
        section 3.6.4)."""
        message = EmailMessage()
        message["From"] = rule.sender
        message["To"] = rule.to
        message["Subject"] = notice.title
        message["Date"] = formatdate(notice.made_at.timestamp(), usegmt=True)
        message["Message-ID"] = f"<{notice.key.replace(' ', '-')}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        if notice.incident:
            message["References"] = f"<incident-{notice.incident}@{self._domain}>"
        message.set_content(notice.text + "\n")
        return message


def _store(name: str, host: str) -> str:
    return f"launchready credentials set {name} --host {host}"


def _said(problem: BaseException) -> str:
    return shorten(clean(str(problem) or type(problem).__name__), 160)
