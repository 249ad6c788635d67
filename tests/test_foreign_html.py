"""Hostile HTML is read in a moment, as far as it can be, and breaks nobody who reads it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from launchready_tui.checks.parse import page
from launchready_tui.mail.flow.reading import words_of
from launchready_tui.text import readable
from launchready_tui.workspace.detect.front import find_pages
from launchready_tui.world.sights import Reply

LINK = "<a href='/login'>Log in</a>"
HOSTILE = {
    "tags that never end": "<a " * 100_000,
    "comments that never end": "<!--" * 100_000,
    "instructions that never end": "<?" * 100_000,
    "values that never end": "<a b='" * 100_000,
    "a reference of no number": f"&#{'9' * 5000};",
    "a declaration of no language": "<![x[ y]]>",
}


def test_what_is_read_ends_where_a_thousand_tags_only_begin() -> None:
    assert readable(LINK) == LINK and readable("") == "" and readable("a > b") == "a > b"
    assert readable(f"{LINK}{'<b' * 1000}>") == f"{LINK}{'<b' * 1000}>"
    assert readable(f"{LINK}{'<b' * 1001}>") == LINK


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_links_and_words_before_it_are_read(html: str) -> None:
    """Without the bound the first alone takes Python's parser longer than a test may last."""
    url = "https://www.example.com/"
    assert [ref.url for ref in page.read(LINK + html, url).of("link")][:1] == [f"{url}login"]
    assert "log in" in words_of(b"Content-Type: text/html\r\n\r\n" + f"<p>Log in</p>{html}".encode())
    at = datetime(2026, 11, 24, tzinfo=UTC)
    front = Reply(url=url, method="GET", status=200, headers=(), body=f"{LINK}{html}".encode(), at=at)
    pages, _, _ = find_pages(url, front, frozenset(("www.example.com",)))
    assert [one.url for one in pages] == [url, f"{url}login"]
