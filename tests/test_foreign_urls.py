"""URLs that Python's reader refuses with an exception: a form, a DNS record and a page may hold them all the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from launchready_tui.console.valid import is_url
from launchready_tui.mail.auth.transport import tls_report
from launchready_tui.workspace.detect.front import find_pages
from launchready_tui.world.sights import Reply

UNREADABLE = ("https://[", "https://[x]/", "//[::1", "http://[fe80::1%25/")


@pytest.mark.parametrize("url", [*UNREADABLE, "", "example.com", "ftp://example.com/", "https://"])
def test_a_form_refuses_it_in_words(url: str) -> None:
    assert is_url(url) == "a full URL, such as https://example.com/"
    assert is_url("https://example.com/log-in") == ""


@pytest.mark.parametrize("url", [one for one in UNREADABLE if one.startswith("https")])
def test_a_record_that_names_it_has_a_problem(url: str) -> None:
    assert tls_report(f"v=TLSRPTv1; rua={url}").problems
    assert not tls_report("v=TLSRPTv1; rua=https://reports.example.com/tls").problems


def test_a_page_that_links_to_it_is_read_to_its_end() -> None:
    front = Reply(
        url="https://www.example.com/",
        method="GET",
        status=200,
        headers=(("content-type", "text/html"),),
        body="".join(f'<a href="{link}">x</a>' for link in (*UNREADABLE, "/login")).encode(),
        at=datetime(2026, 11, 24, tzinfo=UTC),
    )
    pages, _, _ = find_pages(front.url, front, frozenset(("www.example.com",)))
    assert [page.url for page in pages] == [front.url, "https://www.example.com/login"]
