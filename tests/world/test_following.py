"""Redirects followed by hand: what each server sends, where the way ends and why."""

from __future__ import annotations

from pathlib import Path

import certs
import pytest
from loopback import moved, ok, pages, reach, serve

from launchready_tui.clock import SystemClock
from launchready_tui.failure import Failure
from launchready_tui.wire import Wire
from launchready_tui.world.follow import meta_refreshes
from launchready_tui.world.sights import Chain, Reply
from launchready_tui.world.web import Web

HTML = "Content-Type: text/html; charset=utf-8"


async def chase(answers: dict[str, bytes], limit: int = 10) -> tuple[Chain, int]:
    """The chain from http://shop.example.com/ on, and how many requests it cost."""
    async with serve(pages(answers)) as server:
        wire = Wire(reach(f"shop.example.com=127.0.0.1:{server.port}", f"www.shop.example.com=127.0.0.1:{server.port}"))
        web = Web(wire, SystemClock())
        chain = await web.follow("http://shop.example.com/", limit=limit)
        await web.close()
    return chain, wire.counts.requests


async def test_a_chain_over_location_refresh_and_meta_is_told_hop_by_hop() -> None:
    page = b"<html><head><META content=\"0; URL='/four?a=1&amp;b=2'\" http-equiv=Refresh></head></html>"
    chain, requests = await chase(
        {
            "/": moved("http://www.shop.example.com/two"),
            "/two": moved("three", "308 Permanent Redirect"),
            "/three": ok(b"", "Refresh: 3;url=/page"),
            "/page": ok(page, HTML),
            "/four?a=1&b=2": ok(b"there"),
        }
    )
    assert [(hop.url, hop.status, hop.kind) for hop in chain.hops] == [
        ("http://shop.example.com/", 301, "location"),
        ("http://www.shop.example.com/two", 308, "location"),
        ("http://www.shop.example.com/three", 200, "refresh"),
        ("http://www.shop.example.com/page", 200, "meta"),
        ("http://www.shop.example.com/four?a=1&b=2", 200, "end"),
    ]
    assert isinstance(chain.end, Reply)
    assert (chain.end.body, chain.problem, chain.redirects, requests) == (b"there", "", 4, 5)
    assert chain.end.via == "connect-map"


# the first answer (path / unless said), the problem, and words of its detail
BROKEN: tuple[tuple[dict[str, bytes], str, str], ...] = (
    ({"/": ok(b"", status="302 Found")}, "bad-location", "without Location"),
    ({"/": moved("")}, "bad-location", "empty"),
    ({"/": moved("   ")}, "bad-location", "empty"),
    ({"/": ok(b"", "Location: /a", "Location: /b", status="301 M")}, "bad-location", "several different"),
    ({"/": moved("mailto:sales@example.com")}, "bad-location", "mailto:"),
    ({"/": moved("tel:+4912345")}, "bad-location", "tel:"),
    ({"/": moved("javascript:alert(1)")}, "bad-location", "javascript:"),
    ({"/": moved("http://[::1")}, "bad-location", "not a URL"),
    ({"/": moved("https://shop.example.com:99999/")}, "bad-location", "port"),
    ({"/": moved("http://")}, "bad-location", "host"),
    ({"/": moved("myapp://open/1")}, "other-scheme", "myapp:"),
    ({"/": moved("intent://x#Intent;end")}, "other-scheme", "intent:"),
    ({"/": moved("/")}, "loop", "back to http://shop.example.com/"),
    ({"/": moved("/a"), "/a": moved("/#top")}, "loop", "back to"),
    ({"/": moved("http://10.1.2.3/admin")}, "private-target", "10.1.2.3 is a private network"),
    ({"/": moved("http://169.254.169.254/latest/meta-data/")}, "private-target", "metadata"),
    ({"/": moved("http://[::ffff:10.0.0.1]/")}, "private-target", "IPv4-mapped"),
    ({"/": ok(b'<meta http-equiv="refresh" content="0;url=tel:1">', HTML)}, "bad-location", "tel:"),
)


@pytest.mark.parametrize(("answers", "problem", "detail"), BROKEN)
async def test_a_way_that_leads_nowhere_is_stopped_with_its_reason(
    answers: dict[str, bytes], problem: str, detail: str
) -> None:
    chain, requests = await chase(answers)
    assert chain.problem == problem
    assert detail in chain.detail
    assert requests == len(answers)
    assert chain.hops[-1].kind != "end"


async def test_too_many_hops_stop_at_the_limit() -> None:
    chain, requests = await chase({f"/{n or ''}": moved(f"/{n + 1}") for n in range(40)}, limit=10)
    assert (chain.problem, chain.redirects, requests) == ("too-many", 11, 11)
    assert isinstance(chain.end, Reply)


@pytest.mark.parametrize(
    "answer",
    [
        ok(b'<meta http-equiv="refresh" content="300">', HTML),
        ok(b'<meta http-equiv="refresh" content="5; url=/">', HTML),
        ok(b'<meta http-equiv="refresh" content="60; url=/later">', HTML),
        ok(b'<noscript><meta http-equiv="refresh" content="0; url=/nojs"></noscript>', HTML),
        ok(b'<!-- <meta http-equiv="refresh" content="0; url=/old"> -->', HTML),
        ok(b'<script>"<meta http-equiv=refresh content=0;url=/js>"</script>', HTML),
        ok(b'<meta http-equiv="refresh" content="0; url=/text">', "Content-Type: text/plain"),
        ok(b"", "Refresh: 300; url=/later"),
        ok(b"", "Refresh: soon"),
        ok(b"", "Location: /ignored"),
        ok(b"", "Location: /ignored", status="304 Not Modified"),
    ],
)
async def test_what_is_no_redirect_is_the_end(answer: bytes) -> None:
    chain, requests = await chase({"/": answer})
    assert (chain.problem, chain.redirects, requests) == ("", 0, 1)
    assert [hop.kind for hop in chain.hops] == ["end"]


async def test_a_location_in_utf_8_is_asked_for_as_a_browser_does() -> None:
    raw = "/caf\u00e9 au lait".encode().decode("latin-1")
    chain, _ = await chase({"/": moved(raw), "/caf%C3%A9%20au%20lait": ok(b"oui")})
    assert isinstance(chain.end, Reply)
    assert chain.end.body == b"oui"
    assert chain.hops[0].location == raw


async def test_a_broken_certificate_on_the_way_is_the_end_of_it(tmp_path: Path) -> None:
    stranger = certs.issue("www.shop.example.com", ("www.shop.example.com",), by=certs.stranger())
    async with (
        serve(pages({"/": moved("https://www.shop.example.com/")})) as plain,
        serve(pages({"/": ok()}), tls=certs.server_context(stranger)) as secure,
    ):
        rules = (f"shop.example.com=127.0.0.1:{plain.port}", f"www.shop.example.com:443=127.0.0.1:{secure.port}")
        web = Web(Wire(reach(*rules, ca=certs.ca_file(tmp_path))), SystemClock())
        chain = await web.follow("http://shop.example.com/")
        await web.close()
    assert isinstance(chain.end, Failure)
    assert (chain.end.kind, chain.problem, chain.redirects) == ("certificate", "", 1)


async def test_the_given_address_holds_for_the_first_host_only() -> None:
    async with (
        serve(pages({"/": moved("/two"), "/two": moved("http://www.shop.example.com/")})) as one,
        serve(pages({"/": ok()})) as two,
    ):
        rules = (
            f"203.0.113.10=127.0.0.1:{one.port}",
            f"www.shop.example.com=127.0.0.1:{two.port}",
        )
        web = Web(Wire(reach(*rules)), SystemClock())
        chain = await web.follow("http://shop.example.com/", address="203.0.113.10")
        await web.close()
    assert [hop.url for hop in chain.hops] == [
        "http://shop.example.com/",
        "http://shop.example.com/two",
        "http://www.shop.example.com/",
    ]
    assert (len(one.heads), len(two.heads)) == (2, 1)


@pytest.mark.parametrize(
    "hostile",
    ["<meta " * 12_000, "<!--" * 16_000, "<!-- -->" * 8_000, "<meta http-equiv=" + " " * 60_000, '<meta a="' * 8_000],
)
def test_a_hostile_page_has_no_refresh(hostile: str) -> None:
    assert meta_refreshes(hostile) == []
