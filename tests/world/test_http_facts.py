"""What httpcore2 does and does not do, fact by fact, and how our web stands on it. A server on loopback is behind each.

The table at the end names every fact and the test that holds it.
"""

from __future__ import annotations

import asyncio
import inspect
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import certs
import pytest
from loopback import Served, moved, offered_alpn, ok, pages, reach, saying, serve

from launchready_tui.clock import SystemClock
from launchready_tui.failure import Failure
from launchready_tui.wire import Reach, Wire, verifying_context
from launchready_tui.wire.trust import HTTP_ALPN, LOOK_ALPN
from launchready_tui.world.sights import Reply
from launchready_tui.world.tls import Tls
from launchready_tui.world.web import Transport, Web


class Site:
    """A web over loopback, closed after the test; `deadline_s` shortened where a test waits for it."""

    def __init__(self, how: Reach, deadline_s: float = 10.0) -> None:
        self.wire = Wire(how)
        self.web = Web(self.wire, SystemClock(), deadline_s=deadline_s)

    async def __aenter__(self) -> Web:
        return self.web

    async def __aexit__(self, *error: object) -> None:
        await self.web.close()


def failed(answer: Reply | Failure, kind: str) -> Failure:
    assert isinstance(answer, Failure), answer
    assert answer.kind == kind, answer
    return answer


def answered(answer: Reply | Failure) -> Reply:
    assert isinstance(answer, Reply), answer
    return answer


async def test_phases_are_told_and_a_pooled_request_is_marked_as_reused(tmp_path: Path) -> None:
    leaf = certs.issue("shop.example.com", ("shop.example.com",), by=certs.authority())
    async with serve(pages({"/": ok(), "/two": ok()}), tls=certs.server_context(leaf)) as server:
        rule = f"shop.example.com=127.0.0.1:{server.port}"
        async with Site(reach(rule, ca=certs.ca_file(tmp_path))) as web:
            first = answered(await web.get("https://shop.example.com/"))
            second = answered(await web.get("https://shop.example.com/two"))
    assert not first.reused
    assert first.phases.connect is not None
    assert first.phases.tls is not None
    assert first.phases.first_byte is not None
    assert first.phases.total >= first.phases.connect + first.phases.tls
    assert second.reused
    assert (second.phases.connect, second.phases.tls, second.phases.dns) == (None, None, None)
    assert second.address == first.address
    assert server.connections == 1


async def test_our_backend_resolves_while_host_sni_and_verification_keep_the_name(tmp_path: Path) -> None:
    asked: list[str] = []
    names: list[str] = []

    async def lookup(host: str) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",)

    leaf = certs.issue("shop.example.com", ("shop.example.com",), by=certs.authority())
    context = certs.server_context(leaf)
    context.sni_callback = lambda _socket, name, _context: names.append(name or "")
    async with serve(pages({"/": ok()}), tls=context) as server:
        wire = Wire(reach(ca=certs.ca_file(tmp_path)), lookup=lookup)
        web = Web(wire, SystemClock())
        reply = answered(await web.get(server.url(host="shop.example.com", scheme="https")))
        await web.close()
    assert asked == ["shop.example.com"]
    assert names == ["shop.example.com"]
    assert f"Host: shop.example.com:{server.port}".encode() in server.heads[0]
    assert reply.phases.dns is not None
    assert (reply.address, reply.via) == ("127.0.0.1", "")


async def test_a_pinned_address_still_has_to_prove_the_name(tmp_path: Path) -> None:
    good = certs.issue("shop.example.com", ("shop.example.com",), by=certs.authority())
    evil = certs.issue("evil.example.com", ("evil.example.com",), by=certs.authority())
    async with (
        serve(pages({"/": ok(b"good")}), tls=certs.server_context(good)) as right,
        serve(pages({"/": ok(b"evil")}), tls=certs.server_context(evil)) as wrong,
    ):
        rules = (f"203.0.113.10:443=127.0.0.1:{right.port}", f"203.0.113.66:443=127.0.0.1:{wrong.port}")
        async with Site(reach(*rules, ca=certs.ca_file(tmp_path))) as web:
            one = answered(await web.get("https://shop.example.com/", address="203.0.113.10"))
            other = failed(await web.get("https://shop.example.com/", address="203.0.113.66"), "certificate")
            # One pool for both would answer this one over the connection that was verified for the other name.
            third = failed(await web.get("https://evil.example.com/", address="203.0.113.10"), "certificate")
    assert (one.body, one.address, one.via) == (b"good", "203.0.113.10", "connect-map")
    assert other.detail.startswith("62 ")
    assert third.detail.startswith("62 ")


async def test_a_failed_verification_tells_its_code_and_a_look_of_its_own_reads_the_chain(tmp_path: Path) -> None:
    expired = certs.issue(
        "shop.example.com",
        ("shop.example.com",),
        by=certs.authority(),
        start=certs.NOW.replace(year=2020),
        end=certs.NOW.replace(year=2021),
    )
    async with serve(pages({"/": ok()}), tls=certs.server_context(expired)) as server:
        how = reach(f"shop.example.com=127.0.0.1:{server.port}", ca=certs.ca_file(tmp_path))
        async with Site(how) as web:
            failure = failed(await web.get("https://shop.example.com/"), "certificate")
        tls = Tls(Wire(how), SystemClock())
        sight = await tls.look("shop.example.com")
        await tls.close()
    assert failure.detail == "10 certificate has expired"
    assert not isinstance(sight, Failure)
    assert (sight.verified, sight.verify_code, sight.leaf.names) == (False, 10, ("shop.example.com",))


async def test_contexts_are_made_once_and_apart_for_pages_and_looks() -> None:
    pages_context = verifying_context(Reach(), HTTP_ALPN)
    assert verifying_context(Reach(), HTTP_ALPN) is pages_context
    looks_context = verifying_context(Reach(), LOOK_ALPN)
    assert looks_context is not pages_context
    # The library writes its ALPN list into the context it is given: a shared one would change under the looks.
    transport = Transport(Wire(Reach()), "")
    assert transport._pool._ssl_context is pages_context
    await transport.aclose()


ODD_LOCATIONS = (
    "mailto:sales@example.com",
    "tel:+4912345",
    "http://[::1",
    "https://x:99999/",
    "",
    "/a b",
    "//other.example/é",
    "intent://x#Intent;end",
)


@pytest.mark.parametrize("location", ODD_LOCATIONS)
async def test_a_redirect_to_anywhere_is_an_answer_to_read(location: str) -> None:
    async with serve(pages({"/": moved(location)})) as server, Site(reach()) as web:
        reply = answered(await web.get(server.url()))
    assert (reply.status, reply.header("location")) == (301, location)


async def test_repeated_headers_stay_apart_and_no_cookie_is_sent_back() -> None:
    first = ok(
        b"",
        "Set-Cookie: a=1, b",
        "Set-Cookie: session=2",
        "Location: /a",
        "Location: /b",
        "X-Odd: \xe9",
        status="302 Found",
    )
    async with serve(pages({"/": first, "/next": ok()})) as server, Site(reach()) as web:
        reply = answered(await web.get(server.url()))
        answered(await web.get(server.url("/next")))
    assert reply.all("set-cookie") == ("a=1, b", "session=2")
    assert reply.all("location") == ("/a", "/b")
    assert reply.header("x-odd") == "\xe9"
    assert [name for name, _ in reply.headers] == [
        "content-length",
        "set-cookie",
        "set-cookie",
        "location",
        "location",
        "x-odd",
    ]
    assert b"cookie" not in server.heads[1].lower()


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1024 * 1024)
    return b"".join([*(packer.compress(block) for _ in range(size // len(block))), packer.flush()])


async def test_a_bomb_and_an_endless_body_cost_no_more_than_the_cap() -> None:
    packed = bomb(256 * 1024 * 1024)

    async def endless(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with (
        serve(pages({"/": ok(packed, "Content-Encoding: gzip")})) as bombing,
        serve(endless) as flooding,
        Site(reach()) as web,
    ):
        tracemalloc.start()
        blown = answered(await web.get(bombing.url()))
        flooded = answered(await web.get(flooding.url(), cap=100_000))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (len(blown.body), blown.truncated) == (512 * 1024, True)
    assert blown.wire_bytes <= 512 * 1024
    assert (len(flooded.body), flooded.truncated) == (100_000, True)
    assert peak < 8 * 1024 * 1024


async def test_an_honest_gzip_body_is_inflated_and_its_wire_size_told() -> None:
    text = b"<p>hello</p>" * 1000
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(text) + packer.flush()
    async with serve(pages({"/": ok(packed, "Content-Encoding: gzip")})) as server, Site(reach()) as web:
        reply = answered(await web.get(server.url()))
    assert (reply.body, reply.wire_bytes, reply.truncated) == (text, len(packed), False)


async def test_a_drip_ends_at_the_deadline_and_no_proxy_is_taken_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dripping = asyncio.Event()
    stop = asyncio.Event()

    async def drip(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        dripping.set()
        while not stop.is_set():
            writer.write(b"x")
            await writer.drain()
            await asyncio.wait([asyncio.ensure_future(stop.wait())], timeout=0.02)

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with serve(drip) as server, Site(reach(), deadline_s=0.3) as web:
        failure = failed(await web.get(server.url()), "timeout")
        stop.set()
    assert dripping.is_set()
    assert "0.3 s" in failure.detail


# What the server sends, and what must become of it: a status, or a failure's kind.
BAD_SERVERS: dict[str, tuple[bytes, int | str]] = {
    "space before the colon": (b"HTTP/1.1 200 OK\r\nX-A : 1\r\nContent-Length: 2\r\n\r\nok", "protocol"),
    "NUL in a header": (b"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 2\r\n\r\nok", "protocol"),
    "two Content-Lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "protocol"),
    "nothing at all": (b"", "protocol"),
    "a body cut short": (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok", "protocol"),
    "garbage": (b"\x15\x03\x01\x00\x02\x02\x46", "protocol"),
    "a chunk that is none": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n", "protocol"),
    "gzip that is none": (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok", "protocol"),
    "gzip broken off": (ok(bomb(1024 * 1024)[:100], "Content-Encoding: gzip"), "protocol"),
    "a header of 1 MB": (b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 1_000_000 + b"\r\n\r\n", "protocol"),
    "folded header": (b"HTTP/1.1 200 OK\r\nX-A: 1\r\n  more\r\nContent-Length: 2\r\n\r\nok", 200),
    "bare line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\nok", 200),
    "status 999": (b"HTTP/1.1 999 X\r\nContent-Length: 2\r\n\r\nok", 999),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", 200),
    "early hints": (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        200,
    ),
    "an unknown encoding": (b"HTTP/1.1 200 OK\r\nContent-Encoding: foo\r\nContent-Length: 2\r\n\r\nok", 200),
    "both lengths": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        200,
    ),
    "a header of 80 KB": (b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 80_000 + b"\r\nContent-Length: 2\r\n\r\nok", 200),
}


@pytest.mark.parametrize("what", BAD_SERVERS)
async def test_a_bad_server_is_a_typed_answer(what: str) -> None:
    sends, expected = BAD_SERVERS[what]
    async with serve(saying(sends)) as server, Site(reach(), deadline_s=5) as web:
        answer = await web.get(server.url())
    if isinstance(expected, int):
        assert (answered(answer).status, answered(answer).body) == (expected, b"ok")
    else:
        assert failed(answer, expected).detail


async def test_a_header_of_120_kb_ends_one_way_or_the_other() -> None:
    """Whether it passes depends on how the octets are cut into reads: both ends are fine, a traceback is not."""
    sends = b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 120_000 + b"\r\nContent-Length: 2\r\n\r\nok"
    async with serve(saying(sends)) as server, Site(reach()) as web:
        answer = await web.get(server.url())
    assert len(answer.header("x-a") or "") == 120_000 if isinstance(answer, Reply) else answer.kind == "protocol"


async def test_pages_are_asked_over_http_1_and_looks_offer_h2_first(tmp_path: Path) -> None:
    async def hello(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readexactly(5)
        served.heads.append(head + await reader.readexactly(int.from_bytes(head[3:5], "big")))

    async with serve(hello) as server:
        how = reach(f"shop.example.com=127.0.0.1:{server.port}", ca=certs.ca_file(tmp_path))
        async with Site(how) as web:
            failed(await web.get("https://shop.example.com/"), "reset")
        tls = Tls(Wire(how), SystemClock())
        assert isinstance(await tls.look("shop.example.com"), Failure)
        await tls.close()
    offers = [offered_alpn(head) for head in server.heads]
    assert offers[0] == ["http/1.1"]
    assert len(offers) > 1 and all(one == ["h2", "http/1.1"] for one in offers[1:])


HTTP_FACTS: dict[int, tuple[str, Callable[..., Any]]] = {
    1: (
        "trace events tell the phases; a pooled request has no connect event",
        test_phases_are_told_and_a_pooled_request_is_marked_as_reused,
    ),
    2: (
        "resolving is hidden in its connect: our own backend splits it off",
        test_our_backend_resolves_while_host_sni_and_verification_keep_the_name,
    ),
    3: (
        "an address can be pinned below the pool without loosening verification",
        test_a_pinned_address_still_has_to_prove_the_name,
    ),
    4: (
        "a failed verification leaves no certificate behind, only a code",
        test_a_failed_verification_tells_its_code_and_a_look_of_its_own_reads_the_chain,
    ),
    5: (
        "a TLS context is dear, and the library writes its ALPN into it",
        test_contexts_are_made_once_and_apart_for_pages_and_looks,
    ),
    6: (
        "it follows nothing and reads no Location: where it leads is ours to judge",
        test_a_redirect_to_anywhere_is_an_answer_to_read,
    ),
    7: (
        "headers stay apart as they were sent, no cookie is kept",
        test_repeated_headers_stay_apart_and_no_cookie_is_sent_back,
    ),
    8: (
        "it decodes nothing: what a body inflates to is ours to cap",
        test_a_bomb_and_an_endless_body_cost_no_more_than_the_cap,
    ),
    9: (
        "its timeouts are per read, the deadline is ours; no proxy is taken from the environment",
        test_a_drip_ends_at_the_deadline_and_no_proxy_is_taken_from_the_environment,
    ),
    10: (
        "broken servers raise many errors, some pass",
        test_a_bad_server_is_a_typed_answer,
    ),
    11: (
        "a pool without h2 offers http/1.1 alone: whether h2 is there is a look of its own",
        test_pages_are_asked_over_http_1_and_looks_offer_h2_first,
    ),
}


def test_every_fact_has_a_test_that_runs() -> None:
    assert list(HTTP_FACTS) == list(range(1, 12))
    held = [test for _, test in HTTP_FACTS.values()]
    assert len(set(held)) == len(held)
    for test in held:
        assert inspect.getmodule(test) is inspect.getmodule(Site)
        assert test.__name__.startswith("test_")
