"""Asking for pages: one question one request, limits, places, addresses, URLs, and servers that close too early."""

from __future__ import annotations

import asyncio
import socket

import pytest
from loopback import Served, ok, pages, reach, saying, serve

from launchready_tui import __version__
from launchready_tui.clock import FixedClock, SystemClock, parse_moment
from launchready_tui.failure import Failure
from launchready_tui.wire import Reach, Wire
from launchready_tui.world import budget
from launchready_tui.world.sights import Reply
from launchready_tui.world.urls import locate, resolve
from launchready_tui.world.web import Web


def web_over(how: Reach, **options: int) -> tuple[Web, Wire]:
    wire = Wire(how)
    return Web(wire, SystemClock(), **options), wire


async def test_ten_askers_of_one_page_cost_one_request_and_so_does_asking_later() -> None:
    async with serve(pages({"/": ok(b"x" * 1000)})) as server:
        web, wire = web_over(reach())
        replies = await asyncio.gather(*(web.get(server.url()) for _ in range(10)))
        again = await web.get(server.url("/#part"))
        short = await web.get(server.url(), cap=10)
        assert (wire.counts.requests, wire.counts.connections) == (1, 1)
        for other in (
            {"method": "HEAD"},
            {"headers": (("Origin", "https://lr-probe.example"),)},
            {"method": "POST", "body": b"a=1"},
            {"address": "127.0.0.1"},
        ):
            assert isinstance(await web.get(server.url(), **other), Reply)  # type: ignore[arg-type]
        assert wire.counts.requests == 5
        await web.close()
    assert all(reply is replies[0] for reply in [*replies, again])
    assert isinstance(short, Reply)
    assert (short.body, short.truncated) == (b"x" * 10, True)


async def test_an_asker_that_gives_up_takes_nothing_from_the_others() -> None:
    free = asyncio.Event()

    async def slow(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.heads.append(await reader.readuntil(b"\r\n\r\n"))
        await free.wait()
        writer.write(ok())

    async with serve(slow) as server:
        web, _ = web_over(reach())
        first = asyncio.ensure_future(web.get(server.url()))
        second = asyncio.ensure_future(web.get(server.url()))
        while not server.heads:
            await asyncio.sleep(0)
        first.cancel()
        free.set()
        reply = await second
        await web.close()
    assert isinstance(reply, Reply)
    assert first.cancelled()
    assert len(server.heads) == 1


async def test_what_we_say_of_ourselves() -> None:
    async with serve(pages({"/": ok()})) as server:
        web, _ = web_over(reach())
        await web.get(server.url())
        await web.get(server.url(), headers=(("accept-encoding", "br"), ("X-One", "1"), ("X-One", "2")))
        await web.close()
    plain, own = (head.decode() for head in server.heads)
    assert f"User-Agent: LaunchReady/{__version__}\r\n" in plain
    assert "Accept-Encoding: gzip\r\n" in plain
    assert "accept-encoding: br\r\n" in own
    assert "gzip" not in own
    assert "X-One: 1\r\nX-One: 2\r\n" in own


async def test_a_host_has_so_many_requests_a_run_and_the_crawl_its_own() -> None:
    answers = {f"/{n}": ok() for n in range(60)}
    async with serve(pages(answers)) as server:
        web, wire = web_over(reach(f"shop.example.com=127.0.0.1:{server.port}"), requests_per_host=5)
        got = [await web.get(server.url(f"/{n}")) for n in range(7)]
        crawled = [await web.get(server.url(f"/{n}"), crawl=True) for n in range(10, 53)]
        other = await web.get("http://shop.example.com/1")
        known = await web.get(server.url("/1"))
        await web.close()
    assert [isinstance(one, Reply) for one in got] == [True] * 5 + [False] * 2
    assert isinstance(got[6], Failure)
    assert (got[6].kind, got[6].target) == ("limit", "127.0.0.1")
    assert sum(isinstance(one, Reply) for one in crawled) == budget.CRAWL_REQUESTS == 40
    assert isinstance(other, Reply)
    assert known is got[1]
    assert wire.counts.requests == 5 + 40 + 1


async def test_eight_requests_to_a_host_are_in_flight_at_most_and_two_worlds_share_them() -> None:
    waiting: list[asyncio.Event] = []
    most = 0

    async def hold(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal most
        await reader.readuntil(b"\r\n\r\n")
        event = asyncio.Event()
        waiting.append(event)
        most = max(most, len(waiting))
        await event.wait()
        writer.write(ok(b"ok", "Connection: close"))
        await writer.drain()

    async with serve(hold) as server:
        (one, _), (two, _) = web_over(reach()), web_over(reach())
        asked = [asyncio.ensure_future(web.get(server.url(f"/{n}"))) for n in range(12) for web in (one, two)]
        answered = 0
        while answered < len(asked):
            while len(waiting) < min(budget.IN_FLIGHT, len(asked) - answered):
                await asyncio.sleep(0.001)
            for _ in range(300):
                await asyncio.sleep(0)  # room for a ninth to show up, if anything let it through
            answered += len(waiting)
            batch, waiting[:] = list(waiting), []
            for event in batch:
                event.set()
        replies = await asyncio.gather(*asked)
        await one.close()
        await two.close()
    assert all(isinstance(reply, Reply) for reply in replies)
    assert most == budget.IN_FLIGHT == 8


async def test_each_address_of_a_host_has_its_own_connection() -> None:
    async with serve(pages({"/": ok(b"one")})) as one, serve(pages({"/": ok(b"two")})) as two:
        web, wire = web_over(reach(f"203.0.113.1=127.0.0.1:{one.port}", f"203.0.113.2=127.0.0.1:{two.port}"))
        first = await web.get("http://shop.example.com/", address="203.0.113.1")
        second = await web.get("http://shop.example.com/", address="203.0.113.2")
        await web.close()
    assert isinstance(first, Reply)
    assert isinstance(second, Reply)
    assert (first.body, second.body) == (b"one", b"two")
    assert (first.address, second.address) == ("203.0.113.1", "203.0.113.2")
    assert wire.counts.connections == 2


async def test_a_connection_closed_while_idle_is_opened_anew() -> None:
    """The server answers the first request as if it kept the connection, and drops it when the second comes."""

    async def once(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(ok())
        await writer.drain()
        served.heads.append(await reader.readuntil(b"\r\n\r\n"))

    async with serve(once) as server:
        web, _ = web_over(reach())
        first = await web.get(server.url("/1"))
        second = await web.get(server.url("/2"))
        await web.get(server.url("/3"), method="POST")
        await web.close()
    assert isinstance(first, Reply)
    assert isinstance(second, Reply)
    assert not second.reused
    posts = [head for head in server.heads if head.startswith(b"POST")]
    assert len(posts) == 1  # a request that may change something is not sent twice


async def test_a_closed_port_is_refused_and_a_server_that_hangs_up_is_a_broken_protocol() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        web, _ = web_over(reach())
        refused = await web.get(f"http://127.0.0.1:{port}/")
    async with serve(saying()) as server:
        hung_up = await web.get(server.url())
    await web.close()
    assert isinstance(refused, Failure)
    assert (refused.kind, refused.target) == ("refused", f"127.0.0.1:{port}")
    assert isinstance(hung_up, Failure)
    assert hung_up.kind in ("protocol", "reset")


async def test_plain_http_on_the_tls_port_is_a_tls_failure() -> None:
    async def plain(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(ok())

    async with serve(plain) as server:
        web, _ = web_over(reach())
        failure = await web.get(server.url(scheme="https"))
        await web.close()
    assert isinstance(failure, Failure)
    assert failure.kind in ("tls", "reset")


async def test_sights_carry_the_run_s_clock() -> None:
    at = parse_moment("2026-11-24T14:00:00Z")
    async with serve(pages({"/": ok()})) as server:
        web = Web(Wire(reach()), FixedClock(at))
        reply = await web.get(server.url())
        await web.close()
    assert isinstance(reply, Reply)
    assert reply.at == at


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "scheme"),
        ("shop.example.com/", "scheme"),
        ("ftp://shop.example.com/", "ftp scheme"),
        ("mailto:a@example.com", "mailto scheme"),
        ("https://", "no host"),
        ("https:///path", "no host"),
        ("https://shop.example.com:0/", "port 0"),
        ("https://shop.example.com:99999/", "port"),
        ("https://shop.example.com:https/", "not a URL"),
        ("https://[::1/", "not a URL"),
        ("https://exa mple.com/", "not a host name"),
        ("https://shop..example.com/", "not a host name"),
        ("https://-.example.com%00/", "not a host name"),
        ("https://" + "a" * 64 + ".com/", "not a host name"),
        ("https://" + "a." * 130 + "com/", "not a host name"),
        ("https://shop.example.com/\x00", "not a URL"),
        ("https://shop.example.com/" + "a" * 70_000, "not a URL"),
        ("https://999.1.1.1/", "not a URL"),
        ("https://\u2603\u200b\u202e/", "not a URL"),
    ],
)
async def test_what_cannot_be_asked_says_why(url: str, words: str) -> None:
    web, wire = web_over(reach())
    failure = await web.get(url)
    await web.close()
    assert isinstance(failure, Failure)
    assert failure.kind == "protocol"
    assert words in failure.detail
    assert wire.counts.requests == 0


@pytest.mark.parametrize(
    ("url", "located"),
    [
        ("HTTPS://Shop.Example.COM", ("https://shop.example.com/", "shop.example.com", 443)),
        ("https://shop.example.com.:443/a#b", ("https://shop.example.com/a", "shop.example.com", 443)),
        (
            "http://user:pass@shop.example.com:8080/?q=a b",
            ("http://shop.example.com:8080/?q=a%20b", "shop.example.com", 8080),
        ),
        ("https://b\u00fccher.example/", ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443)),
        ("https://stra\u00dfe.example/", ("https://xn--strae-oqa.example/", "xn--strae-oqa.example", 443)),
        ("https://[2001:db8::1]:8443/", ("https://[2001:db8::1]:8443/", "2001:db8::1", 8443)),
        ("http://_dmarc.example.com/", ("http://_dmarc.example.com/", "_dmarc.example.com", 80)),
    ],
)
def test_a_url_is_normalised(url: str, located: tuple[str, str, int]) -> None:
    found = locate(url)
    assert not isinstance(found, Failure), found
    assert (found.url, found.host, found.port) == located


@pytest.mark.parametrize(
    ("base", "reference", "target"),
    [
        ("https://a.example/x/y", "z", "https://a.example/x/z"),
        ("https://a.example/x/y", "/z?q", "https://a.example/z?q"),
        ("https://a.example/x", "//b.example/", "https://b.example/"),
        ("https://a.example/x", "?y=1", "https://a.example/x?y=1"),
        ("https://a.example/x", " http://b.example/\t", "http://b.example/"),
        ("https://a.example/x", "\xc3\xa9", "https://a.example/\u00e9"),
        ("https://a.example/x", "\xe9", "https://a.example/\u00e9"),
    ],
)
def test_a_location_is_resolved_against_its_page(base: str, reference: str, target: str) -> None:
    assert resolve(base, reference) == target
