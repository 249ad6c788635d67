"""A page's text: its declared charset, and what a hostile declaration must not do."""

from __future__ import annotations

import pytest

from launchready_tui.clock import parse_moment
from launchready_tui.world.sights import Reply

AT = parse_moment("2026-11-24T14:00:00Z")


def reply(content_type: str | None, body: bytes) -> Reply:
    headers = () if content_type is None else (("content-type", content_type),)
    return Reply(url="https://example.com/", method="GET", status=200, headers=headers, body=body, at=AT)


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        (None, "caf\u00e9".encode(), "caf\u00e9"),
        ("text/html", b"caf\xe9", "caf\ufffd"),
        ("text/html; charset=iso-8859-1", b"caf\xe9", "caf\u00e9"),
        ('text/html; Charset = "Windows-1252"', b"\x80", "\u20ac"),
        ("text/html; charset=shift_jis", "\u30c6".encode("shift_jis"), "\u30c6"),
        ("text/html; charset=no-such-thing", b"plain", "plain"),
        ("text/html; charset=", b"plain", "plain"),
        ("text/html; charset=hex", b"plain", "plain"),
        ("text/html; charset=idna", b"xn--", "xn--"),
        ("text/html; charset=undefined", b"plain", "plain"),
        ("text/html; charset=unicode_escape", b"\\q \\u12", "\\q \\u12"),
        ("text/html; charset=raw_unicode_escape", b"\\u12", "\\u12"),
        ("text/html; charset=punycode", b"a-" * 200_000, "a-" * 200_000),
        ("text/html; charset=utf-16", b"\xff", "\ufffd"),
    ],
)
def test_text_is_decoded_as_declared_or_as_utf_8(content_type: str | None, body: bytes, text: str) -> None:
    assert reply(content_type, body).text == text


def test_the_media_type_stands_alone() -> None:
    page = reply("Text/HTML ; charset=utf-8", b"")
    assert page.content_type == "text/html"
    assert page.is_html
    assert not reply(None, b"").is_html
