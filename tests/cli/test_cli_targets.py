"""What inspect takes for a target and what it refuses, with the reason, before anything is asked."""

from __future__ import annotations

import pytest

from launchready_tui.cli.targets import ALLOWED, Kind, problem

LONG = ".".join(["label"] * 50)
EVERY: tuple[Kind, ...] = ("url", "server", "domain", "name")
HOSTS: tuple[Kind, ...] = ("server", "domain", "name")


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("a b.test", "it contains a space"),
        ("a\u00a0b.test", "it contains a space"),
        ("a\x07b.test", "an invisible character (U+0007)"),
        ("a\x00.test", "(U+0000)"),
        ("shop.test\u202e", "(U+202E)"),
        ("shop\udcff.test", "(U+DCFF)"),
        ("a..test", "it has an empty part between two dots"),
        (".shop.test", "it has an empty part between two dots"),
        ("x" * 64 + ".test", "has 64 characters; a label has at most 63"),
        (LONG, "it has 299 characters; DNS allows 253"),
        ("shop!.test", "'shop!' is not a valid part of a host name"),
        ("http:/shop.test", "// is missing after the scheme"),
    ],
)
def test_no_kind_of_look_takes_a_broken_name(kind: Kind, text: str, why: str) -> None:
    if text.startswith("http:/") and kind != "url":
        why = "it is a URL"
    found = problem(kind, text)
    assert why in found
    assert found.endswith(f"; expected {ALLOWED[kind]}")


@pytest.mark.parametrize("kind", HOSTS)
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://shop.test", "it is a URL; write only the host: shop.test"),
        ("HTTPS://shop.test/a?b=1", "it is a URL; write only the host: shop.test"),
        ("ftp://user@shop.test", "it is a URL; write only the host: shop.test"),
        ("http://", "it is a URL;"),
        ("shop.test/a", "it contains a path"),
    ],
)
def test_where_a_host_is_asked_a_url_is_told_with_its_host(kind: Kind, text: str, why: str) -> None:
    assert why in problem(kind, text)


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("url", "ftp://shop.test/", "ftp is not a supported scheme"),
        ("url", "http://", "it names no host"),
        ("url", "https://shop.test:99999/", "port 99999 does not exist"),
        ("url", "https://shop.test/a b", "which is %20 in a URL"),
        ("url", "https://[::1/", "cannot be read as a URL"),
        ("server", "shop.test:99999", "'99999' is not a port"),
        ("server", "shop.test:*", "'*' is not a port"),
        ("server", "[2001:db8::1", "both brackets"),
        ("server", ":443", "it names no host"),
        ("server", "-shop.test", "'-shop' is not a valid part of a host name"),
        ("domain", "shop.test:443", "it contains a port"),
        ("domain", "203.0.113.9", "it is an IP address, not a registered domain"),
        ("domain", "localhost", "it is a single label"),
        ("name", "203.0.113.9", "-t PTR 9.113.0.203.in-addr.arpa"),
        ("name", "shop.test:53", "it contains a port"),
    ],
)
def test_what_one_kind_of_look_refuses(kind: Kind, text: str, why: str) -> None:
    assert why in problem(kind, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("url", "shop.test"),
        ("url", "shop.test:8080/a?b=%20"),
        ("url", "http://www.shop.test./"),
        ("url", "https://m\u00fcnchen.test/stra\u00dfe"),
        ("url", "https://[2001:db8::1]:8443/"),
        ("url", "localhost:3000"),
        ("server", "Shop.test"),
        ("server", "shop.test:8443"),
        ("server", "2001:db8::1"),
        ("server", "[2001:db8::1]:443"),
        ("server", "m\u00fcnchen.test"),
        ("domain", "www.shop.co.uk"),
        ("domain", "xn--mnchen-3ya.test."),
        ("name", "_dmarc.shop.test"),
        ("name", "*.shop.test"),
        ("name", "9.113.0.203.in-addr.arpa"),
        ("name", "0/25.113.0.203.in-addr.arpa"),
        ("name", "com"),
        ("name", "."),
        ("name", LONG[:253]),
    ],
)
def test_what_can_be_looked_at_is_let_through(kind: Kind, text: str) -> None:
    assert problem(kind, text) == ""
