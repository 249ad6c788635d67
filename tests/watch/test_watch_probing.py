"""One probe against real sockets: every phase timed, every way to fail named, no deadline overrun."""

from __future__ import annotations

import asyncio
import socket
import time
from datetime import timedelta
from pathlib import Path

import certs
import pytest
import stubdns
from loopback import ok, pages, reach, saying, serve
from watchtown import Shop, Spoken, web

from launchready_tui.watch import prober as room
from launchready_tui.watch.prober import Answer, Prober, network_kind
from launchready_tui.watch.samples import Condition, Target
from launchready_tui.wire import Reach, Wire

HERE = reach()


def leaf(name: str) -> certs.Signed:
    return certs.issue(name, (name,), by=certs.authority())


async def ask(target: Target, how: Reach = HERE) -> Answer:
    prober = Prober(target, Wire(how))
    try:
        return await prober.probe(time.perf_counter())
    finally:
        prober.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product's deadlines, a few times as short."""
    monkeypatch.setattr(room, "LIMITS", room.Limits(connect=0.8, tls=0.8, first_byte=0.8, total=1.2))
    monkeypatch.setattr(room, "TOTAL_S", 2.0)


async def test_a_probe_opens_a_connection_and_asks_a_second_time_on_it() -> None:
    async with Shop() as shop:
        answer = await ask(web("home", shop.port))
        assert (shop.connections, shop.asked) == (1, 2)
    assert answer.ok
    assert answer.cold
    assert answer.warm is not None
    assert answer.status == 200
    phases = answer.phases
    assert phases.connect is not None and phases.first_byte is not None and phases.transfer is not None
    assert (phases.dns, phases.tls) == (None, None)
    assert answer.total >= phases.connect + phases.first_byte


async def test_within_ten_seconds_the_kept_connection_is_used_unless_a_fresh_one_is_asked_for() -> None:
    async with Shop() as shop:
        prober = Prober(web("home", shop.port), Wire(HERE))
        try:
            first = await prober.probe(time.perf_counter())
            second = await prober.probe(time.perf_counter())
            third = await prober.probe(time.perf_counter(), fresh=True)
        finally:
            prober.close()
        assert [one.cold for one in (first, second, third)] == [True, False, True]
        assert second.phases.connect is None
        assert shop.connections == 2


async def test_a_kept_connection_that_the_server_closed_is_no_outage() -> None:
    async with serve(saying(ok(), ok())) as served:  # hangs up after two answers
        prober = Prober(web("home", served.port), Wire(HERE))
        try:
            answers = [await prober.probe(time.perf_counter()) for _ in range(4)]
        finally:
            prober.close()
    assert [one.ok for one in answers] == [True] * 4


async def test_names_certificates_and_phases_over_tls(tmp_path: Path) -> None:
    context = certs.server_context(leaf("api.market.test"))
    rule = stubdns.zone({("api.market.test", "A"): ("api.market.test. 60 A 203.0.113.20",)})
    async with (
        stubdns.name_server(rule) as names,
        serve(pages({"/healthz": ok(b'{"status":"ok"}', "X-Version: 7c1f")}), tls=context) as served,
    ):
        how = reach(
            f"203.0.113.20:443=127.0.0.1:{served.port}", ca=certs.ca_file(tmp_path), nameservers=(names.address,)
        )
        answer = await ask(
            Target(
                name="health",
                url="https://api.market.test/healthz",
                host="api.market.test",
                port=443,
                conditions=(Condition(kind="json", name="status", value="ok"),),
                version_header="x-version",
            ),
            how,
        )
    assert (answer.cause, answer.detail) == ("", "")
    assert answer.phases.dns is not None and answer.phases.tls is not None
    assert (answer.address, answer.via, answer.version) == ("203.0.113.20", "connect-map", "7c1f")
    assert answer.certificate_ends is not None


async def test_a_name_that_is_gone_and_a_resolver_that_is_silent() -> None:
    target = Target(name="x", url="https://gone.market.test/", host="gone.market.test", port=443)
    async with stubdns.name_server(stubdns.zone({("market.test", "A"): ("market.test. 60 A 203.0.113.1",)})) as names:
        gone = await ask(target, reach(nameservers=(names.address,)))
    assert (gone.cause, gone.kind, gone.detail) == ("dns", "no-such-name", "the name does not exist")
    assert not network_kind(gone)
    async with stubdns.name_server(lambda query, tcp: None) as names:
        silent = await ask(target, reach(nameservers=(names.address,)))
    assert (silent.cause, silent.kind) in (("dns", "timeout"), ("connect", "timeout"))
    assert network_kind(silent)


async def test_an_address_that_must_not_be_reached_is_not_reached() -> None:
    answer = await ask(web("inside", 80), Reach())
    assert (answer.cause, answer.kind) == ("connect", "blocked-address")


async def test_nobody_listens() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        answer = await ask(web("home", closed.getsockname()[1]))
    assert (answer.cause, answer.kind, answer.detail) == ("connect", "refused", "the connection was refused")
    assert not network_kind(answer)


async def test_a_server_that_takes_connections_and_never_answers() -> None:
    async with Shop(hold=asyncio.Event()) as shop:
        answer = await ask(web("home", shop.port))
    assert (answer.cause, answer.kind, answer.detail) == ("answer", "timeout", "no answer in time")


async def test_a_handshake_that_never_comes(tmp_path: Path) -> None:
    async with Shop(hold=asyncio.Event()) as shop:
        target = Target(name="x", url=f"https://127.0.0.1:{shop.port}/", host="127.0.0.1", port=shop.port)
        answer = await ask(target)
    assert (answer.cause, answer.kind) == ("tls", "timeout")


@pytest.mark.parametrize(
    ("days", "name", "said"), [(-1, "127.0.0.1", "expired"), (30, "other.test", "mismatch"), (30, "127.0.0.1", "")]
)
async def test_certificates(days: int, name: str, said: str, tmp_path: Path) -> None:

    shown = certs.issue(
        "x", (name,), by=certs.authority(), end=certs.NOW + timedelta(days=days), start=certs.NOW - timedelta(days=60)
    )
    async with serve(pages({"/": ok()}), tls=certs.server_context(shown)) as served:
        target = Target(name="x", url=f"https://127.0.0.1:{served.port}/", host="127.0.0.1", port=served.port)
        answer = await ask(target, Reach(private=("127.0.0.0/8",), ca_file=certs.ca_file(tmp_path)))
    if said:
        assert (answer.cause, answer.kind) == ("tls", "certificate")
        assert said in answer.detail
    else:
        assert answer.ok


DRIP = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"


async def test_a_server_that_drips_is_left_at_the_deadline() -> None:
    async def drip(served: object, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(DRIP)
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with serve(drip) as served:
        answer = await ask(web("home", served.port))
    assert (answer.cause, answer.kind) == ("answer", "timeout")
    assert answer.total < 10_000


WRONG: list[tuple[str, bytes, str, str]] = [
    ("an error", ok(b"", status="500 Broken"), "status", "status"),
    ("garbage", b"\x00\x01\x02 garbage\r\n\r\n", "answer", "protocol"),
    ("closed in the middle", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "answer", "protocol"),
    ("closed at once", b"", "answer", "reset"),
    ("giant headers", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 400_000 + b"\r\n\r\n", "answer", "protocol"),
]


@pytest.mark.parametrize(("said", "cause", "kind"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
async def test_answers_that_are_none(said: bytes, cause: str, kind: str) -> None:
    async with serve(saying(said)) as served:
        answer = await ask(web("home", served.port))
    assert (answer.cause, answer.kind) == (cause, kind)
    assert not network_kind(answer)


async def test_a_right_page_in_the_wrong_place() -> None:
    async with serve(pages({"/": ok(b"It works!")})) as served:
        target = web("home", served.port, conditions=[{"kind": "contains", "value": "Demo Market"}])
        answer = await ask(target)
    assert (answer.cause, answer.kind) == ("condition", "contains")
    assert "Demo Market" in answer.detail


async def test_a_log_in_route_carries_its_credential_and_is_not_asked_without_one(tmp_path: Path) -> None:
    async with serve(pages({"/me": ok()}), tls=certs.server_context(leaf("127.0.0.1"))) as served:
        target = Target(
            name="me", url=f"https://127.0.0.1:{served.port}/me", host="127.0.0.1", port=served.port, login="shop-login"
        )
        how = Reach(private=("127.0.0.0/8",), ca_file=certs.ca_file(tmp_path))
        value = "tok-" + "a" * 20
        prober = Prober(
            target, Wire(how), lambda name, host: Spoken(value) if (name, host) == ("shop-login", "127.0.0.1") else None
        )
        answer = await prober.probe(time.perf_counter())
        prober.close()
        assert answer.ok
        assert f"Authorization: Bearer {value}".encode() in served.heads[0]
        without = await ask(target, how)
        assert (without.cause, without.kind) == ("line", "no-permission")
        assert len(served.heads) == 2


@pytest.mark.parametrize(
    ("greeting", "cause"),
    [
        (b"220 mail ready\r\n", ""),
        (b"220-mail\r\n220 ready\r\n", ""),
        (b"554 go away\r\n", "status"),
        (b"", "answer"),
        (b"hello\r\n", "status"),
    ],
)
async def test_a_mail_server_greets(greeting: bytes, cause: str) -> None:
    said: list[bytes] = []

    async def greet(served: object, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()
        if greeting:
            said.append(await reader.read(100))

    async with serve(greet) as served:
        target = Target(name="mail", kind="mail", url=f"127.0.0.1:{served.port}", host="127.0.0.1", port=served.port)
        answer = await ask(target)
        assert answer.cause == cause
        assert all(line in (b"QUIT\r\n", b"") for line in said)
