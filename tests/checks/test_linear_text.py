"""Patterns over foreign text do work that grows with its length: a megabyte that takes the square of it never ends
within a test's time limit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from launchready_tui.checks.audit import demo_data
from launchready_tui.checks.parse import page

LONG = 1_000_000


def contacts(text: str) -> list[str]:
    return [match[0] for match in demo_data._CONTACT.finditer(text)]


def refresh(content: str) -> str:
    return page.read(f'<meta http-equiv="refresh" content="{content}">', "https://a.test/").refresh


TEXTS: dict[str, tuple[Callable[[str], object], str, object]] = {
    "one word": (contacts, "a" * LONG, []),
    "words and dots": (contacts, "a." * (LONG // 2), []),
    "signs of a local part": (contacts, "+-" * (LONG // 2), []),
    "blanks in a refresh": (refresh, f"0;url=a{' ' * LONG}b", f"a{' ' * LONG}b"),
    "blanks before a refresh": (refresh, f"{' ' * LONG}x", ""),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_megabyte_is_read(kind: str) -> None:
    read, text, wanted = TEXTS[kind]
    assert read(text) == wanted


def test_what_they_find_is_the_same() -> None:
    assert contacts("mail a.b+c@shop.example.com or (415) 555 0123") == ["a.b+c@shop.example.com", "(415) 555 0123"]
    for content, target in (("0; url=https://a.test/ ", "https://a.test/"), (" 5;URL='/next'", "/next"), ("3", "")):
        assert refresh(content) == target
