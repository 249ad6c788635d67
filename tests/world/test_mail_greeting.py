"""Mail servers that greet, refuse, stall and babble; STARTTLS seen through."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import certs
import pytest
from loopback import Served, reach, serve

from launchready_tui.clock import SystemClock
from launchready_tui.failure import Failure
from launchready_tui.wire import Wire
from launchready_tui.world.mail import Mail
from launchready_tui.world.sights import SmtpSight, TlsSight
from launchready_tui.world.tls import Tls

HOST = "mx.example.com"
Handler = Callable[[Served, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def smtp(
    greeting: bytes, ehlo: bytes = b"250 mx.example.com\r\n", starttls: bytes = b"", tls: ssl.SSLContext | None = None
) -> Handler:
    async def handle(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        while True:
            line = await reader.readline()
            if not line:
                return
            served.heads.append(line)
            if line.startswith(b"EHLO"):
                writer.write(ehlo)
            elif line.startswith(b"STARTTLS"):
                writer.write(starttls)
                await writer.drain()
                if tls is not None:
                    await writer.start_tls(tls)
            elif line.startswith(b"QUIT"):
                return
            await writer.drain()

    return handle


async def greet(handler: Handler, deadline_s: float = 5.0) -> tuple[SmtpSight | Failure, Served]:
    async with serve(handler) as server:
        mail = Mail(Wire(reach(f"{HOST}:25=127.0.0.1:{server.port}")), SystemClock(), deadline_s=deadline_s)
        sight = await mail.greet("MX.example.com.")
        assert await mail.greet(HOST) is sight
        await mail.close()
    return sight, server


async def test_greeting_and_capabilities_are_told_and_no_mail_is_begun() -> None:
    ehlo = b"250-mx.example.com at your service\r\n250-size 10240000\r\n250-StartTLS\r\n250 8BITMIME\r\n"
    sight, server = await greet(smtp(b"220-mx.example.com\r\n220 ESMTP \xe9\r\n", ehlo))
    assert isinstance(sight, SmtpSight)
    assert (sight.code, sight.banner) == (220, "mx.example.com\nESMTP \xe9")
    assert sight.capabilities == ("SIZE 10240000", "STARTTLS", "8BITMIME")
    assert sight.starttls
    assert (sight.address, sight.via) == ("127.0.0.1", "connect-map")
    assert server.heads[0] == b"EHLO [127.0.0.1]\r\n"
    assert not any(head.startswith((b"MAIL", b"RCPT", b"DATA")) for head in server.heads)


@pytest.mark.parametrize(("greeting", "code"), [(b"554 no\r\n", 554), (b"421 4.7.0 later\r\n", 421)])
async def test_a_server_that_turns_us_away_is_a_sight_with_its_code(greeting: bytes, code: int) -> None:
    sight, server = await greet(smtp(greeting))
    assert isinstance(sight, SmtpSight)
    assert (sight.code, sight.starttls, sight.capabilities) == (code, False, ())
    assert not any(head.startswith(b"EHLO") for head in server.heads)


async def test_a_server_that_knows_no_ehlo_has_no_capabilities() -> None:
    sight, _ = await greet(smtp(b"220 hi\r\n", b"502 what\r\n"))
    assert isinstance(sight, SmtpSight)
    assert (sight.code, sight.capabilities, sight.starttls) == (220, (), False)


async def _endless(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"220-more\r\n" * 50)
        await writer.drain()
        await asyncio.sleep(0)


async def _one_long_line(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def _silent(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(100):
        pass


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (smtp(b"SSH-2.0-OpenSSH_9\r\n"), "protocol"),
        (smtp(b"\xff\xfe\x00\r\n"), "protocol"),
        (smtp(b"220 hi\r\n", b"nonsense\r\n"), "protocol"),
        (_endless, "protocol"),
        (_one_long_line, "protocol"),
        (_silent, "timeout"),
    ],
)
async def test_what_does_not_speak_smtp_is_a_failure(handler: Handler, kind: str) -> None:
    sight, _ = await greet(handler, deadline_s=0.3 if kind == "timeout" else 30)
    assert isinstance(sight, Failure)
    assert sight.kind == kind


async def test_hanging_up_at_once_is_a_reset() -> None:
    async def gone(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        return

    sight, _ = await greet(gone)
    assert isinstance(sight, Failure)
    assert sight.kind == "reset"


async def tls_look(handler: Handler, folder: Path) -> TlsSight | Failure:
    async with serve(handler) as server:
        tls = Tls(
            Wire(reach(f"{HOST}:25=127.0.0.1:{server.port}", ca=certs.ca_file(folder))), SystemClock(), deadline_s=5
        )
        sight = await tls.look(HOST, 25, starttls="smtp")
        await tls.close()
    return sight


OFFERED = b"250-mx\r\n250 STARTTLS\r\n"


async def test_the_certificate_behind_starttls_is_seen(tmp_path: Path) -> None:
    good = certs.server_context(certs.issue(HOST, (HOST,), by=certs.authority()))
    sight = await tls_look(smtp(b"220 hi\r\n", OFFERED, b"220 go\r\n", good), tmp_path)
    assert isinstance(sight, TlsSight)
    assert (sight.verified, sight.leaf.names) == (True, (HOST,))
    own = certs.server_context(certs.issue(HOST, (HOST,)))
    sight = await tls_look(smtp(b"220 hi\r\n", OFFERED, b"220 go\r\n", own), tmp_path)
    assert isinstance(sight, TlsSight)
    assert (sight.verified, sight.verify_code) == (False, 18)


@pytest.mark.parametrize(
    ("handler", "kind", "words"),
    [
        (smtp(b"220 hi\r\n"), "tls", "does not offer STARTTLS"),
        (smtp(b"220 hi\r\n", OFFERED, b"454 not now\r\n"), "tls", "454"),
        (smtp(b"554 no\r\n"), "refused", "554"),
        (smtp(b"hello\r\n"), "protocol", "not an SMTP reply"),
    ],
)
async def test_starttls_that_does_not_come_is_a_failure(
    handler: Handler, kind: str, words: str, tmp_path: Path
) -> None:
    failure = await tls_look(handler, tmp_path)
    assert isinstance(failure, Failure)
    assert failure.kind == kind
    assert words in failure.detail
