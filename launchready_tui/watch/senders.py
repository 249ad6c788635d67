"""How a message leaves: a Slack-compatible webhook, or mail. Each answers whether it was taken, should be tried again, or never will be."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from .. import __version__
from ..clock import Clock
from ..failure import Failure
from ..launch.model import Alert, Method, Route
from ..launch.names import split_port
from ..probe.exchange import ExchangeError, Limits, Line, Timed
from ..probe.measure import request_headers
from ..probe.model import Dial, Job
from ..samples.model import Notice
from ..text import clean, shorten
from ..wire import Door, Wire, is_address
from ..wire.trust import HTTP_ALPN, verifying_context

if TYPE_CHECKING:
    from .prober import Credential

DEADLINE_S = 10.0
SLACK_HOST = "hooks.slack.com"
MAIL_PORT = 587
_AGENT = f"LaunchReady/{__version__} (alerts)"
_LIMITS = Limits(connect=5.0, tls=5.0, first_byte=8.0, total=DEADLINE_S)
_TRY_LATER = frozenset((408, 425, 429))
_MOST_WAIT_S = 3600.0


@dataclass(frozen=True, slots=True)
class Sent:
    """It was taken."""

    answer: str


@dataclass(frozen=True, slots=True)
class Later:
    """Not now. `after_s` is what the other side asked for, where it did."""

    why: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Dead:
    """Never, through this channel: a webhook that was deleted, a mailbox that is not there."""

    why: str


Result = Sent | Later | Dead


class Senders:
    """Sends through the channel of an alert rule."""

    def __init__(
        self,
        wire: Wire,
        credential: Callable[[str, str], Credential | None],
        clock: Clock,
        domain: str,
    ) -> None:
        self._wire = wire
        self._credential = credential
        self._clock = clock
        self._domain = domain

    async def send(self, rule: Alert, notice: Notice) -> Result:
        """One attempt, ended within some ten seconds. Never raises for what the other side does."""
        try:
            async with asyncio.timeout(DEADLINE_S + 2):
                return await (self._mail(rule, notice) if rule.kind == "email" else self._slack(rule, notice))
        except TimeoutError:
            return Later(f"not done within {DEADLINE_S:g} s")

    # Webhook

    async def _slack(self, rule: Alert, notice: Notice) -> Result:
        host = rule.server or SLACK_HOST
        credential = await asyncio.to_thread(self._credential, rule.credential, host.partition(":")[0])
        if credential is None:
            return Later(f"the webhook {rule.credential!r} is not stored for {host}; {_store(rule.credential, host)}")
        again = "\n(This may be a repeat.)" if notice.trying else ""
        text = f"*{_slack_text(notice.title)}*\n{_slack_text(notice.text)}{again}"
        body = msgspec.json.encode({"text": text})
        answer = await self.exchange(
            credential.reveal().strip(),
            "POST",
            body,
            (("Content-Type", "application/json"), ("Idempotency-Key", notice.key)),
            host=host.partition(":")[0],
        )
        if isinstance(answer, Failure):
            return Later(str(answer)) if answer.kind not in ("protocol", "no-permission", "blocked-address") else Dead(str(answer))
        said = shorten(clean(answer.body.decode("utf-8", "replace")), 120)
        if 200 <= answer.status < 300:
            return Sent(f"{answer.status} {said}".strip())
        why = f"status {answer.status} {said}".strip()
        if answer.status in _TRY_LATER or answer.status >= 500:
            return Later(why, self._retry_after(dict(answer.headers).get("retry-after", "")))
        return Dead(why)

    async def exchange(
        self, url: str, method: Method, body: bytes = b"", headers: tuple[tuple[str, str], ...] = (), *, host: str = ""
    ) -> Timed | Failure:
        """One request on a connection of its own; redirects are not followed. `host`: the only one that the URL may name.

        The URL may be a secret, so it stands in no failure. Plain http is for this machine only.
        """
        try:
            parts = urlsplit(url)
            name, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return Failure(kind="protocol", detail="what is stored is no URL")
        if parts.scheme not in ("http", "https") or not name or not url.isascii():
            return Failure(kind="protocol", detail="what is stored is no web URL")
        if host and name != host:
            return Failure(kind="no-permission", detail=f"the stored URL does not lead to {host}", target=host)
        if parts.scheme == "http" and name not in ("127.0.0.1", "localhost", "::1"):
            return Failure(kind="protocol", detail="a secret URL must be https", target=name)
        doors = await self._doors(name, port)
        if isinstance(doors, Failure):
            return doors
        lines = request_headers(
            Route(name="alert", url=url, method=method, headers={}), parts.netloc, None, agent=_AGENT, encodings="identity"
        )
        lines = tuple(line for line in lines if line[0] != "Content-Length")
        if body or method == "POST":
            lines = (*lines, ("Content-Length", str(len(body))))
        job = Job(
            scheme=parts.scheme,
            host=name,
            port=port,
            dial=tuple(Dial(*door.to) for door in doors),
            method=method,
            target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            headers=(*lines, *headers),
            body=body,
            samples=1,
            rate=1,
            target_ms=1,
            exchange_s=DEADLINE_S,
            deadline_s=DEADLINE_S,
        )
        line = Line(job, verifying_context(self._wire.reach, HTTP_ALPN) if parts.scheme == "https" else None, limits=_LIMITS, keep=4096)
        try:
            await line.open()
            return await line.exchange()
        except ExchangeError as problem:
            kind = problem.kind if problem.kind in _KINDS else "protocol"
            return Failure(kind=kind, detail=problem.detail, target=name)  # type: ignore[arg-type]
        finally:
            line.close()

    async def _doors(self, host: str, port: int) -> list[Door] | Failure:
        named = self._wire.reach.connect.target(host, port)
        found: tuple[str, ...] | Failure = (host,)
        if not is_address(host):
            found = ("",) if named is not None and named.named else await self._wire.lookup(host)
        if isinstance(found, Failure):
            return found
        doors = [self._wire.door(host, port, address) for address in found[:4]]
        opened = [door for door in doors if isinstance(door, Door)]
        return opened or next(door for door in doors if isinstance(door, Failure))

    def _retry_after(self, value: str) -> float | None:
        """Seconds or a date (RFC 9110 section 10.2.3), at most an hour."""
        if value.strip().isdecimal():
            return min(float(value), _MOST_WAIT_S)
        with contextlib.suppress(ValueError, TypeError):
            return min(max(0.0, (parsedate_to_datetime(value) - self._clock.now()).total_seconds()), _MOST_WAIT_S)
        return None

    # Mail

    async def _mail(self, rule: Alert, notice: Notice) -> Result:
        import aiosmtplib

        host, port = split_port(rule.server)
        password = ""
        if rule.user:
            credential = await asyncio.to_thread(self._credential, rule.credential, host)
            if credential is None:
                return Later(f"the password {rule.credential!r} is not stored for {host}; {_store(rule.credential, host)}")
            password = credential.reveal()
        connected = await self._wire.connect(host, port or MAIL_PORT, deadline_s=5.0)
        if isinstance(connected, Failure):
            return Later(str(connected)) if connected.kind != "blocked-address" else Dead(str(connected))
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
                    return Dead(f"{host} offers no secure connection, so the password was not sent")
                await client.login(rule.user, password)
            _, answer = await client.send_message(self.mail_of(rule, notice))
            return Sent(shorten(clean(answer), 120))
        except aiosmtplib.SMTPRecipientsRefused as problem:
            codes = [one.code for one in problem.recipients]
            return Dead(str(problem)) if all(code >= 500 for code in codes) else Later(_said(problem))
        except aiosmtplib.SMTPResponseException as problem:
            return Dead(_said(problem)) if problem.code >= 500 else Later(_said(problem))
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as problem:
            return Later(_said(problem))
        finally:
            client.close()

    def mail_of(self, rule: Alert, notice: Notice) -> EmailMessage:
        """The message. Its Message-ID comes from the notice's key: a repeat after a crash is known as one (RFC 5322 section 3.6.4)."""
        message = EmailMessage()
        message["From"] = rule.sender
        message["To"] = rule.to
        message["Subject"] = notice.title
        message["Date"] = formatdate(notice.made_at.timestamp(), usegmt=True)
        message["Message-ID"] = f"<{notice.key.replace(' ', '-')}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        if notice.incident:
            message["References"] = f"<incident-{notice.incident}@{self._domain}>"
        message.set_content(notice.text + ("\n\n(This may be a repeat.)" if notice.trying else "") + "\n")
        return message


_KINDS = frozenset(("timeout", "refused", "reset", "unreachable", "certificate", "tls", "protocol", "too-large", "no-address"))


def _slack_text(text: str) -> str:
    """The three characters that Slack's text formatting reserves (docs.slack.dev, formatting message text, as known 2026-11)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _store(name: str, host: str) -> str:
    return f"launchready credentials set {name} --host {host}"


def _said(problem: BaseException) -> str:
    return shorten(clean(str(problem) or type(problem).__name__), 160)
