"""A rule is found by its words: in its id, its term, its messages and its fix."""

from __future__ import annotations

import pytest

from launchready_tui import roadmap
from launchready_tui.roadmap.find import find

ASKED = [
    ("redirect loop", "edge.redirects.loop"),
    ("hsts preload", "edge.headers.preload"),
    ("loop cookie accepted", "edge.redirects.needs-cookie"),
    ("edge.redirects.old-address", "edge.redirects.old-address"),
    ("permanent redirects one hour", "edge.redirects.no-cache-rule"),
]


@pytest.mark.parametrize(("words", "rule"), ASKED)
def test_a_rule_is_found_by_its_words(words: str, rule: str) -> None:
    assert rule in [hit.id for hit in find(roadmap.load(), words)][:3]


def test_a_word_of_an_id_comes_before_a_word_of_a_text() -> None:
    hits = [hit.id for hit in find(roadmap.load(), "loop")]
    assert hits[0] == "edge.redirects.loop"


@pytest.mark.parametrize("words", ["", "  !? ", "unfindable-word-of-nothing", "redirects zebra"])
def test_what_is_nowhere_is_not_found(words: str) -> None:
    assert find(roadmap.load(), words) == ()
