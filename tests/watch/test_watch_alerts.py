"""Messages on their way: a webhook double that answers everything a real one may, a real SMTP server, and deaths in
between."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import certs
import msgspec
import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from loopback import reach
from watchtown import Spoken

from launchready_tui import watch as watch_room
from launchready_tui.clock import FixedClock, SystemClock
from launchready_tui.launch.model import Alert
from launchready_tui.watch import asking as room
from launchready_tui.watch.outbox import GIVE_UP, Outbox
from launchready_tui.watch.samples import (
    STUCK_AFTER,
    Acknowledged,
    Incident,
    Notice,
    WatchReader,
    WatchStore,
    Way,
    silent,
    snapshot,
)
from launchready_tui.watch.senders import Later, Refused, Senders, Sent
from launchready_tui.wire import Reach, Wire

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
HERE = reach()
CALL = Alert(name="on-call", owner="founder", credential="hook", server="127.0.0.1")
MAIL = Alert(
    name="mail",
    owner="founder",
    kind="email",
    server="127.0.0.1:0",
    sender="alerts@market.test",
    to="founder@market.test",
)


def notice(number: int = 1, **more: Any) -> Notice:
    values = {
        "key": f"incident-{number}-down-on-call",
        "event": "down",
        "rule": "on-call",
        "owner": "founder",
        "title": "Market: DOWN: api",
        "text": "What: no connection.\nWho acts: founder",
        "made_at": NOW,
        "next_at": NOW,
    }
    return Notice(**{**values, **more})


def resolved(**more: Any) -> Notice:
    return notice(2, **{"incident": 1, "event": "resolved", "title": "Market: RESOLVED: api", **more})


DOWN = Incident(target=1, name="api", kind="down", worst="down", since=NOW, opened_at=NOW)
TWO = (
    msgspec.structs.replace(CALL, second="other"),
    msgspec.structs.replace(CALL, name="other", credential="hook-two"),
)


def _id(head: str) -> str:
    return head.partition("Idempotency-Key: ")[2].partition("\r")[0]


@dataclass
class Chat:
    """A webhook that answers from a list, the last answer again and again."""

    answers: list[bytes]
    port: int = 0
    heads: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    hang: bool = False

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            size = int(head.lower().partition("content-length: ")[2].partition("\r")[0])
            self.heads.append(head)
            self.texts.append(json.loads(await reader.readexactly(size))["text"])
            if self.hang:
                await reader.read()
            else:
                writer.write(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
                await writer.drain()
        writer.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/T000/B000/{'x' * 24}"


def http(status: str, body: bytes = b"ok", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


OK = http("200 OK")


@contextlib.asynccontextmanager
async def chat(*answers: bytes, hang: bool = False) -> AsyncIterator[Chat]:
    made = Chat(list(answers) or [OK], hang=hang)
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


def senders(secrets: dict[str, str], how: Reach = HERE, clock: Any = None) -> Senders:
    return Senders(
        Wire(how),
        lambda name, host: Spoken(secrets[name]) if name in secrets else None,
        clock or FixedClock(NOW),
        "market.test",
    )


# One attempt

ANSWERS: list[tuple[str, bytes, Any]] = [
    ("ok", OK, Sent("200 ok")),
    ("no content", http("204 No Content", b""), Sent("204")),
    ("slow down", http("429 Too Many Requests", b"", "Retry-After: 7"), Later("status 429", 7.0)),
    (
        "slow down until a time",
        http("429 Too Many", b"", "Retry-After: Tue, 24 Nov 2026 14:00:30 GMT"),
        Later("status 429", 30.0),
    ),
    ("slow down for a day", http("429 Too Many", b"", "Retry-After: 86400"), Later("status 429", 60.0)),
    ("slow down, no time", http("429 Too Many", b"", "Retry-After: soon"), Later("status 429", None)),
    ("no answer from behind", http("504 Gone"), Later("status 504 ok", None, maybe=True)),
    ("not understood", http("400 Bad Request", b"invalid_payload"), Refused("status 400 invalid_payload")),
    ("broken", http("500 Broken", b"server_error"), Later("status 500 server_error", None)),
    ("gone", http("404 Not Found", b"no_service"), Refused("status 404 no_service")),
    ("forbidden", http("403 Forbidden", b"action_prohibited"), Refused("status 403 action_prohibited")),
    ("moved", http("301 Moved", b"", "Location: https://elsewhere.test/"), Refused("status 301")),
]


@pytest.mark.parametrize(("answer", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
async def test_what_a_webhook_answers(answer: bytes, expected: Any) -> None:
    async with chat(answer) as double:
        assert await senders({"hook": double.url}).send(CALL, notice()) == expected
        assert len(double.texts) == 1


async def test_a_webhook_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_LIMITS", room.Limits(connect=1.0, tls=1.0, first_byte=0.3, total=0.5))
    async with chat(hang=True) as double:
        result = await senders({"hook": double.url}).send(CALL, notice())
    assert isinstance(result, Later)
    assert "no answer in time" in result.why
    assert double.url not in result.why


async def test_text_is_escaped_and_carries_its_key() -> None:
    async with chat() as double:
        await senders({"hook": double.url}).send(CALL, notice(title="A <!channel> & *B*", text="<@U1> x"))
        assert double.texts == ["*A &lt;!channel&gt; &amp; \u2217B\u2217*\n&lt;@U1&gt; x"]
        assert "Idempotency-Key: incident-1-down-on-call" in double.heads[0]
        assert "repeat" not in double.texts[0]


async def test_a_secret_url_goes_only_where_the_alert_says_and_never_in_the_clear() -> None:
    async with chat() as double:
        elsewhere = msgspec.structs.replace(CALL, server="hooks.slack.com")
        result = await senders({"hook": double.url}).send(elsewhere, notice())
        assert result == Refused(
            "hooks.slack.com: no permission recorded (the stored URL does not point to hooks.slack.com)"
        )
        clear = msgspec.structs.replace(CALL, server="chat.market.test")
        result = await senders({"hook": "http://chat.market.test/x"}).send(clear, notice())
        assert isinstance(result, Refused)
        assert "https" in result.why
        assert double.texts == []
        assert isinstance(await senders({}).send(CALL, notice()), Refused)  # said at once, and tried on


async def test_the_address_policy_holds_for_webhooks_too() -> None:
    async with chat() as double:
        result = await senders({"hook": double.url}, Reach()).send(CALL, notice())
        assert isinstance(result, Refused)
        assert double.texts == []


async def test_a_webhook_over_tls_through_the_connect_map(tmp_path: Path) -> None:
    made = Chat([OK])
    leaf = certs.issue("hooks.market.test", ("hooks.market.test",), by=certs.authority())
    server = await asyncio.start_server(made.take, "127.0.0.1", 0, ssl=certs.server_context(leaf))
    port = server.sockets[0].getsockname()[1]
    how = reach(f"hooks.market.test:443=127.0.0.1:{port}", ca=certs.ca_file(tmp_path))
    rule = msgspec.structs.replace(CALL, server="hooks.market.test")
    assert await senders({"hook": "https://hooks.market.test/x"}, how).send(rule, notice()) == Sent("200 ok")
    stranger = reach(f"hooks.market.test:443=127.0.0.1:{port}")
    result = await senders({"hook": "https://hooks.market.test/x"}, stranger).send(rule, notice())
    assert isinstance(result, Later)
    assert "certificate" in result.why
    server.close()


# Mail


class Inbox:
    """What aiosmtpd hands over; `refuse` answers RCPT in its place."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuse = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        import email
        import email.policy

        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        return "250 queued"


@contextlib.asynccontextmanager
async def smtp(inbox: Inbox, **options: Any) -> AsyncIterator[int]:
    """aiosmtpd in this very loop, on a free port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(inbox, loop=loop, **options), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def mail_to(port: int, **more: Any) -> Alert:
    return msgspec.structs.replace(MAIL, server=f"127.0.0.1:{port}", **more)


async def test_mail_arrives_with_owner_thread_and_a_name_of_its_own() -> None:
    inbox = Inbox()
    async with smtp(inbox) as port:
        result = await senders({}).send(mail_to(port), notice(incident=7, title="Market: DOWN: Zürich"))
    assert isinstance(result, Sent)
    (message,) = inbox.messages
    assert (message["To"], message["From"], message["Subject"]) == (
        "founder@market.test",
        "alerts@market.test",
        "Market: DOWN: Zürich",
    )
    assert (message["Message-ID"], message["References"]) == (
        "<incident-1-down-on-call@market.test>",
        "<incident-7@market.test>",
    )
    assert message["Auto-Submitted"] == "auto-generated"
    assert "Who acts: founder" in message.get_content()


async def test_no_name_adds_a_header_to_a_mail_or_an_address_a_token() -> None:
    inbox, token = Inbox(), "x9Kd3fLq8AbZ" + "c12Qw9eRtY"
    title = "Market\r\nBcc: evil@evil.test\n\n\u202eDOWN\x1b[2J: api\ud800"
    text = f"Where: https://market.test/reset/{token}\r\n.\r\nQUIT\x00\u202e"
    async with smtp(inbox) as port:
        assert isinstance(await senders({}).send(mail_to(port), notice(title=title, text=text)), Sent)
    (message,) = inbox.messages
    assert message["Bcc"] is None and message["Subject"] == "Market Bcc: evil@evil.test DOWN\ufffd[2J: api"
    content = message.get_content()
    assert "https://market.test/reset/{token}" in content and token not in content
    assert "\u202e" not in content and "\x00" not in content and "QUIT" in content


async def test_mail_over_starttls_with_log_in(tmp_path: Path) -> None:
    inbox = Inbox()
    password = "pw-" + "y" * 12
    seen: list[tuple[bytes, bytes]] = []

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        seen.append((data.login, data.password))
        return AuthResult(success=(data.login, data.password) == (b"alerts", password.encode()), handled=False)

    leaf = certs.issue("127.0.0.1", ("127.0.0.1",), by=certs.authority())
    how = Reach(private=("127.0.0.0/8",), ca_file=certs.ca_file(tmp_path))
    options = {
        "tls_context": certs.server_context(leaf),
        "require_starttls": True,
        "authenticator": check,
        "auth_required": True,
    }
    async with smtp(inbox, **options) as port:
        rule = mail_to(port, user="alerts", credential="smtp-password")
        assert isinstance(await senders({"smtp-password": password}, how).send(rule, notice()), Sent)
        assert seen == [(b"alerts", password.encode())]
        wrong = await senders({"smtp-password": "pw-" + "z" * 12}, how).send(rule, notice())
        assert isinstance(wrong, Refused)
        tried = len(seen)
        stranger = await senders({"smtp-password": password}).send(rule, notice())
        assert isinstance(stranger, Later)  # its certificate may be put right
        assert len(seen) == tried  # no password to a server that cannot show who it is
    assert len(inbox.messages) == 1


async def test_a_password_is_never_sent_in_the_clear() -> None:
    inbox = Inbox()
    async with smtp(inbox, auth_require_tls=False) as port:
        result = await senders({"smtp-password": "pw-" + "y" * 12}).send(
            mail_to(port, user="alerts", credential="smtp-password"), notice()
        )
    assert isinstance(result, Refused)
    assert "no encryption" in result.why


@pytest.mark.parametrize(
    ("refusal", "kind"), [("451 4.7.1 try again later", Later), ("550 5.1.1 no such mailbox", Refused), ("", Sent)]
)
async def test_grey_lists_are_waited_for_and_missing_mailboxes_are_not(refusal: str, kind: type) -> None:
    inbox = Inbox()
    inbox.refuse = refusal
    async with smtp(inbox) as port:
        result = await senders({}).send(mail_to(port), notice())
    assert isinstance(result, kind)
    assert len(inbox.messages) == (kind is Sent)


async def test_a_mail_server_that_is_not_there() -> None:
    import socket

    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert isinstance(await senders({}).send(mail_to(closed.getsockname()[1]), notice()), Later)


# The outbox


@dataclass
class Box:
    """An outbox with a clock that is moved by hand."""

    store: WatchStore
    reader: WatchReader
    outbox: Outbox
    clock: FixedClock

    async def run(self, *steps: float) -> None:
        await self.outbox.flush()
        for step in steps:
            self.clock.move(timedelta(seconds=step))
            await self.outbox.flush()

    def states(self) -> list[tuple[str, str, int]]:
        """Who took it, or whom it was made for; the message's state; attempts through all channels."""
        return [(" ".join(one.through) or one.rule, one.state, one.attempts) for one in reversed(self.reader.notices())]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Callable[..., Box]]:
    with contextlib.ExitStack() as stack:

        def make(secrets: dict[str, str], *rules: Alert, **more: Any) -> Box:
            clock = FixedClock(NOW)
            store = WatchStore.open(tmp_path / "watch.sqlite3")
            stack.callback(store.close)
            reader = stack.enter_context(WatchReader(tmp_path / "watch.sqlite3"))
            table = {rule.name: rule for rule in rules or (CALL,)}
            return Box(store, reader, Outbox(store, senders(secrets, clock=clock), lambda: table, clock, **more), clock)

        yield make


async def test_a_message_is_sent_once(box: Callable[..., Box]) -> None:
    async with chat() as double:
        made = box({"hook": double.url})
        assert made.store.enqueue([notice(), notice()]) == 1
        await made.run(1, 60, 3600)
        assert (made.states(), len(double.texts)) == ([("on-call", "sent", 1)], 1)
        assert made.store.enqueue([notice()]) == 0  # what was told is not told again
        await made.run(1)
        assert len(double.texts) == 1


async def test_what_was_asked_for_is_waited_and_then_it_arrives(box: Callable[..., Box]) -> None:
    async with chat(http("429 Slow", b"", "Retry-After: 30"), http("500 Broken"), OK) as double:
        made = box({"hook": double.url})
        made.store.enqueue([notice()])
        await made.run(29)
        assert made.states() == [("on-call", "queued", 1)]
        await made.run(1)
        assert made.states() == [("on-call", "queued", 2)]
        await made.run(4)
        assert made.states() == [("on-call", "queued", 2)]
        await made.run(1)
        assert (made.states(), len(double.texts)) == ([("on-call", "sent", 3)], 3)


async def test_a_dead_webhook_hands_over_to_the_second_channel(box: Callable[..., Box]) -> None:
    inbox = Inbox()
    async with smtp(inbox) as port, chat(http("404 Not Found", b"no_service")) as double:
        first = msgspec.structs.replace(CALL, second="mail")
        made = box({"hook": double.url}, first, mail_to(port))
        made.store.enqueue([notice()])
        await made.run(0)
        assert (made.states(), len(double.texts)) == ([("mail", "sent", 2)], 1)
        assert [(way.rule, way.state) for way in made.reader.notices()[0].ways] == [
            ("on-call", "refused"),
            ("mail", "taken"),
        ]
    (message,) = inbox.messages
    assert message["Subject"] == "Market: DOWN: api"
    assert "Sent through mail: on-call has not taken it (status 404 no_service)." in message.get_content()


async def test_where_both_refuse_both_are_tried_again_and_it_is_shown(box: Callable[..., Box]) -> None:
    async with chat(http("410 Gone")) as double:
        first = msgspec.structs.replace(CALL, second="other")
        other = msgspec.structs.replace(CALL, name="other")
        made = box({"hook": double.url}, first, other)
        made.store.enqueue([notice()])
        await made.run(0)
        (kept,) = made.reader.notices()
        assert ([(way.rule, way.state) for way in kept.ways], kept.state, kept.stuck) == (
            [("on-call", "refused"), ("other", "refused")],
            "queued",
            True,
        )
        await made.run(60)
        assert "cannot be delivered: status 410" in made.outbox.undelivered
        double.answers[:] = [OK]
        await made.run(60)
        assert [(state, attempts > 4) for _, state, attempts in made.states()] == [("sent", True)]


REFUSALS = [
    http("404 Not Found", b"no_service"),
    http("403 Forbidden"),
    http("302 Found", b"", "Location: https://elsewhere.test/"),
    http("400 Bad Request"),
    http("500 Broken"),
    http("429 Slow", b"", "Retry-After: 3600"),
]
NAMES = ["404", "403", "302", "400", "500", "429"]


@pytest.mark.parametrize("answer", REFUSALS, ids=NAMES)
async def test_a_down_that_is_turned_away_is_tried_until_it_is_taken(answer: bytes, box: Callable[..., Box]) -> None:
    """With growing pauses, and as long as the incident goes on."""
    async with chat(answer) as double:
        made = box({"hook": double.url})
        incident = made.store.save_incident(DOWN)
        made.store.enqueue([notice(incident=incident.id)])
        await made.run(*[30.0] * 20)
        tried = len(double.texts)
        assert 5 <= tried <= 12
        assert made.states() == [("on-call", "queued", tried)]
        made.store.save_incident(msgspec.structs.replace(incident, closed_at=NOW))
        other = made.store.save_incident(msgspec.structs.replace(DOWN, target=2, group=incident.id))
        await made.run(GIVE_UP.total_seconds(), 300)
        assert made.states()[0][1] == "queued", "an incident of the same cause still goes on"
        assert other.open
        double.answers[:] = [OK]
        await made.run(300)
        assert (made.states()[0][1], double.texts[-1]) == ("sent", double.texts[0])


@pytest.mark.parametrize("answer", REFUSALS, ids=NAMES)
async def test_the_second_channel_is_used_within_30_s_whatever_the_first_answers(
    answer: bytes, box: Callable[..., Box]
) -> None:
    async with chat(answer) as double, chat() as other:
        made = box({"hook": double.url, "hook-two": other.url}, *TWO)
        made.store.enqueue([notice()])
        await made.run(10, 10, 10)
        assert [text.splitlines()[0] for text in other.texts] == ["*Market: DOWN: api*"]
        assert "Sent through other: on-call has not taken it (status" in other.texts[0]
        tried = len(double.texts)
        await made.run(60, 3600)
        assert (len(double.texts), made.states()[0][:2]) == (tried, ("other", "sent")), "taken is taken"


async def test_the_second_channel_is_used_while_the_first_hangs_and_no_one_hears_it_four_times(
    box: Callable[..., Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_LIMITS", room.Limits(connect=1.0, tls=1.0, first_byte=0.1, total=0.2))
    async with chat(hang=True) as double, chat() as other:
        made = box({"hook": double.url, "hook-two": other.url}, *TWO)
        made.store.enqueue([notice()])
        await made.run(29)
        assert (len(double.texts), other.texts) == (1, [])
        await made.run(1)
        assert len(other.texts) == 1
        assert "no answer in time" in other.texts[0]
        await made.run(60, 600)
        assert (len(double.texts), len(other.texts), made.states()[0][1]) == (2, 1, "sent")


async def test_a_repeat_after_a_hang_says_so_and_carries_the_same_id(
    box: Callable[..., Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_LIMITS", room.Limits(connect=1.0, tls=1.0, first_byte=0.1, total=0.2))
    async with chat(hang=True) as double:
        made = box({"hook": double.url})
        made.store.enqueue([notice(incident=7)])
        await made.run(29)
        assert len(double.texts) == 1
        double.hang = False
        await made.run(1)
        assert (len(double.texts), made.states()) == (2, [("on-call", "sent", 2)])
        assert ["repeat" in text for text in double.texts] == [False, True]
        assert "launchready watch ack 7" in double.texts[1]
        assert len({_id(head) for head in double.heads}) == 1


async def test_resolved_goes_where_down_went(box: Callable[..., Box]) -> None:
    async with chat(http("404 Not Found")) as double, chat() as other:
        made = box({"hook": double.url, "hook-two": other.url}, *TWO)
        made.store.enqueue([notice(incident=1)])
        await made.run(0)
        double.answers[:] = [OK]  # the first channel works again
        made.store.enqueue([resolved()])
        await made.run()
        assert [text.splitlines()[0] for text in other.texts] == ["*Market: DOWN: api*", "*Market: RESOLVED: api*"]
        assert len(double.texts) == 1
        assert "could not be delivered" not in other.texts[1]


async def test_resolved_of_some_goes_where_down_went_and_that_of_all_too(box: Callable[..., Box]) -> None:
    async with chat(http("404 Not Found")) as double, chat() as other:
        made = box({"hook": double.url, "hook-two": other.url}, *TWO)
        made.store.enqueue([notice(incident=1)])
        await made.run(0)
        double.answers[:] = [OK]
        made.store.enqueue([resolved(event="partly", title="Market: PARTLY"), resolved(key="all")])
        await made.run(0)
        assert [text.splitlines()[0] for text in other.texts[1:]] == ["*Market: PARTLY*", "*Market: RESOLVED: api*"]
        assert len(double.texts) == 1


async def test_resolved_goes_to_each_channel_that_down_may_have_reached(
    box: Callable[..., Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_LIMITS", room.Limits(connect=1.0, tls=1.0, first_byte=0.1, total=0.2))
    async with chat(hang=True) as double, chat(OK, http("500 Broken"), OK) as other:
        made = box({"hook": double.url, "hook-two": other.url}, *TWO)
        made.store.enqueue([notice(incident=1)])
        await made.run(30)
        double.hang = False
        made.store.enqueue([resolved()])
        await made.run()
        assert double.texts[-1].startswith("*Market: RESOLVED: api*")
        assert made.states()[1] == ("on-call", "queued", 2), "the second has still to take it"
        await made.run(1)
        assert made.states()[1] == ("on-call other", "sent", 3)
        assert other.texts[-1].startswith("*Market: RESOLVED: api*")


async def test_where_down_could_not_be_delivered_resolved_tells_of_it_once(box: Callable[..., Box]) -> None:
    async with chat(http("404 Not Found", b"no_service")) as double:
        made = box({"hook": double.url})
        made.store.enqueue([notice(incident=1)])
        await made.run(1, 5)
        made.store.enqueue([resolved()])
        await made.run(0)
        double.answers[:] = [OK]
        await made.run(300)
        assert [state for _, state, _ in made.states()] == ["dropped", "sent"]
        assert double.texts[-1].splitlines()[-1] == (
            'The alert "Market: DOWN: api" of 2026-11-24 14:00:00 UTC could not be delivered: status 404 no_service.'
        )
        tried = len(double.texts)
        await made.run(300, 3600)
        assert len(double.texts) == tried


async def test_what_somebody_acts_on_is_not_tried_again(box: Callable[..., Box]) -> None:
    async with chat(http("500 Broken")) as double:
        made = box({"hook": double.url})
        made.store.enqueue([notice(incident=1)])
        await made.run(1)
        made.store.acknowledge(1, Acknowledged(at=made.clock.now(), by="engineer"))
        tried = len(double.texts)
        await made.run(300, 300)
        assert (len(double.texts), made.reader.notices()[0].answer) == (tried, "engineer acts on it")
        made.store.enqueue([notice(2, incident=1, event="worse", made_at=made.clock.now())])
        double.answers[:] = [OK]
        await made.run()
        assert made.states()[1][1] == "sent", "news that came after that is told"


async def test_a_test_goes_through_its_own_channel_only_and_a_refusal_ends_it(box: Callable[..., Box]) -> None:
    async with chat(http("404 Not Found")) as double, chat() as other:
        made = box({"hook": double.url, "hook-two": other.url}, *TWO)
        made.store.enqueue([notice(event="test")])
        await made.run(60, 60)
        assert (made.states(), other.texts) == ([("on-call", "failed", 1)], [])


async def test_a_channel_that_took_nothing_is_known_at_once_and_until_it_takes_something(
    box: Callable[..., Box],
) -> None:
    async with chat(http("404 Not Found", b"no_service")) as double, chat() as other:
        made = box({"hook": double.url, "hook-two": other.url}, *TWO)
        made.store.enqueue([notice()])
        await made.run(0)
        assert [(way.rule, way.answer) for way in silent(made.reader.notices())] == [
            ("on-call", "status 404 no_service")
        ]
        double.answers[:] = [OK]
        made.store.enqueue([notice(2)])
        await made.run()
        assert silent(made.reader.notices()) == ()


async def test_a_stuck_channel_hands_over_and_comes_back(box: Callable[..., Box]) -> None:
    async with chat(http("500 Broken")) as broken, chat(http("503 Busy")) as busy:
        first = msgspec.structs.replace(CALL, second="other")
        other = msgspec.structs.replace(CALL, name="other", credential="hook-two")
        made = box({"hook": broken.url, "hook-two": busy.url}, first, other)
        made.store.enqueue([notice()])
        await made.run(*[60.0] * 12)
        assert len(broken.texts) >= STUCK_AFTER
        assert busy.texts
        assert made.outbox.undelivered
        broken.answers[:] = [OK]
        busy.answers[:] = [OK]
        await made.run(300, 300)
        assert made.states()[0][1] == "sent"
        await made.run(1)
        assert made.outbox.undelivered == ""


@pytest.mark.parametrize(
    ("state", "way", "stuck"),
    [
        ("queued", {"attempts": STUCK_AFTER - 1}, False),
        ("queued", {"attempts": STUCK_AFTER}, True),
        ("queued", {"attempts": 1, "state": "refused"}, True),
        ("queued", {"attempts": 1, "maybe": True}, True),
        ("failed", {"attempts": 1}, True),
        ("sent", {"attempts": STUCK_AFTER, "state": "taken"}, False),
        ("dropped", {"attempts": STUCK_AFTER}, False),
    ],
)
def test_one_rule_says_when_a_message_is_stuck(
    state: Any, way: dict[str, Any], stuck: bool, box: Callable[..., Box]
) -> None:
    """The outbox, the panes, the metrics and monitoring.alerts read it from the message."""
    one = notice(state=state, ways=(Way(rule="on-call", next_at=NOW, **way),))
    assert one.stuck is stuck
    made = box({})
    made.store.enqueue([one])
    assert bool(snapshot(made.reader, NOW, timedelta(hours=1)).stuck) is stuck
    folder = Path(watch_room.__file__).parents[1]
    rules = [
        path.name for path in folder.rglob("*.py") if re.search(r"\battempts\s*[<>]=?\s*", path.read_text("utf-8"))
    ]
    assert sorted(rules) == ["in_postgres.py", "model.py", "scan.py"], "a job queue's, the message's, the scanner's own"


async def test_after_a_day_it_is_given_up(box: Callable[..., Box]) -> None:
    async with chat(http("500 Broken")) as double:
        made = box({"hook": double.url})
        made.store.enqueue([notice()])
        await made.run(GIVE_UP.total_seconds() + 1, 1)
        assert made.states() == [("on-call", "failed", 2)]


async def test_messages_of_one_incident_keep_their_order_and_others_do_not_wait_for_them(
    box: Callable[..., Box],
) -> None:
    async with chat(http("500 Broken"), OK) as double:
        made = box({"hook": double.url})
        made.store.enqueue(
            [notice(1, incident=1), notice(2, incident=1, title="RESOLVED"), notice(3, incident=2, title="OTHER")]
        )
        await made.run()
        assert [text.splitlines()[0] for text in double.texts] == ["*Market: DOWN: api*", "*OTHER*"]
        await made.run(1, 1)
        assert [text.splitlines()[0] for text in double.texts[2:]] == ["*Market: DOWN: api*", "*RESOLVED*"]


async def test_a_channel_that_hangs_does_not_hold_up_the_others(
    box: Callable[..., Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_LIMITS", room.Limits(connect=5.0, tls=5.0, first_byte=30.0, total=30.0))
    async with chat(hang=True) as stuck, chat() as fine:
        other = msgspec.structs.replace(CALL, name="other", credential="hook-two")
        made = box({"hook": stuck.url, "hook-two": fine.url}, CALL, other)
        running = asyncio.ensure_future(made.outbox.run())
        made.store.enqueue([notice(1)])
        async with asyncio.timeout(10):
            while not stuck.texts:
                made.outbox.wake.set()
                await asyncio.sleep(0.01)
            made.store.enqueue([notice(2, rule="other")])
            while not fine.texts:
                made.outbox.wake.set()
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_rule_that_is_gone_and_news_that_is_old_are_dropped(box: Callable[..., Box]) -> None:
    async with chat() as double:
        made = box({"hook": double.url}, CALL, still=lambda one: one.event != "blind")
        made.store.enqueue([notice(1, rule="left"), notice(2, event="blind")])
        await made.run()
        assert ([state for _, state, _ in made.states()], double.texts) == (["dropped", "dropped"], [])


async def test_after_a_death_between_sending_and_writing_it_down_it_says_that_it_may_be_a_repeat(
    box: Callable[..., Box],
) -> None:
    async with chat() as double:
        made = box({"hook": double.url})
        made.store.enqueue([notice()])
        (queued,) = made.store.queued()
        made.store.save_notice(queued.with_way(Way(rule="on-call", next_at=NOW, trying=True, attempts=1)))
        await made.run()
        assert double.texts[0].endswith("(This may be a repeat.)")
        assert made.states() == [("on-call", "sent", 2)]


CHILD = """
import asyncio, sys
from pathlib import Path
from launchready_tui.clock import SystemClock
from launchready_tui.launch.model import Alert
from launchready_tui.watch.samples import WatchStore
from launchready_tui.watch.outbox import Outbox
from launchready_tui.watch.senders import Senders
from launchready_tui.wire import Reach, Wire

class Url:
    def __init__(self, url): self.url = url
    def reveal(self): return self.url

store = WatchStore.open(Path(sys.argv[1]))
rules = {
    "on-call": Alert(name="on-call", owner="founder", credential="hook", server="127.0.0.1", second="other"),
    "other": Alert(name="other", owner="founder", credential="hook-two", server="127.0.0.1"),
}
if len(sys.argv) < 4: del rules["other"]
url = lambda name, host: Url(sys.argv[3 if name == "hook-two" else 2])
senders = Senders(Wire(Reach(private=("127.0.0.0/8",))), url, SystemClock(), "market.test")
outbox = Outbox(store, senders, lambda: rules, SystemClock())
print("ready", flush=True)
asyncio.run(outbox.run())
"""


def _child(path: Path, *urls: str) -> subprocess.Popen[str]:
    root = str(Path(__file__).resolve().parents[2])
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), *urls],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


async def test_killed_again_and_again_every_message_arrives(tmp_path: Path) -> None:
    path = tmp_path / "watch.sqlite3"
    store = WatchStore.open(path)
    now = SystemClock().now()
    keys = [f"incident-{number}-down-on-call" for number in range(15)]
    async with chat() as double:
        store.enqueue([notice(number, made_at=now, next_at=now) for number in range(15)])
        kills = 0
        async with asyncio.timeout(60):
            while store.queued():
                child = await asyncio.to_thread(_child, path, double.url)
                before = len(double.heads)
                while len(double.heads) < before + 3 and store.queued():
                    await asyncio.sleep(0.002)
                child.send_signal(signal.SIGKILL)
                await asyncio.to_thread(child.wait)
                assert child.stdout is not None
                child.stdout.close()
                kills += 1
        arrived = [_id(head) for head in double.heads]
        assert kills >= 3
        assert set(arrived) == set(keys)
        repeated = [place for place, key in enumerate(arrived) if key in arrived[:place]]
        assert all("may be a repeat" in double.texts[place] for place in repeated)
        assert len(repeated) <= kills
    store.close()
    _whole_file(path)


async def test_killed_while_a_message_hangs_it_goes_on_where_it_was(tmp_path: Path) -> None:
    """The next one marks its attempt as a repeat, and the second channel does not wait for another 30 s."""
    path = tmp_path / "watch.sqlite3"
    store = WatchStore.open(path)
    earlier = SystemClock().now() - timedelta(seconds=40)
    async with chat(hang=True) as double, chat() as other:
        store.enqueue([notice(made_at=earlier, next_at=earlier)])
        async with asyncio.timeout(60):
            for attempt in (1, 2):
                child = await asyncio.to_thread(_child, path, double.url, other.url)
                while len(double.texts) < attempt:
                    await asyncio.sleep(0.01)
                if attempt == 2:
                    while store.queued():
                        await asyncio.sleep(0.01)
                child.send_signal(signal.SIGKILL)
                await asyncio.to_thread(child.wait)
                assert child.stdout is not None
                child.stdout.close()
                (kept,) = store.about(0)
                if attempt == 1:
                    assert [(way.rule, way.trying, way.attempts) for way in kept.ways] == [("on-call", True, 1)]
                    long_ago = msgspec.structs.replace(kept.ways[0], began_at=earlier)
                    store.save_notice(kept.with_way(long_ago))
        assert ["may be a repeat" in text for text in double.texts] == [False, True]
        assert len({_id(head) for head in (*double.heads, *other.heads)}) == 1
        assert (kept.state, kept.through) == ("sent", ("other",))
        assert len(other.texts) == 1
    store.close()
    _whole_file(path)


def _whole_file(path: Path) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
