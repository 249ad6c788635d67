"""Templates: places, forms, plurals, lists, and what is refused."""

from __future__ import annotations

import pytest

from launchready_tui.wording import Value, WordingError, fill, first_clause, listed, minutes, places, plural

FILLED: list[tuple[str, dict[str, Value], str]] = [
    ("{host} is up", {"host": "a.test"}, "a.test is up"),
    ("{n:1 problem|# problems}", {"n": 1}, "1 problem"),
    ("{n:1 problem|# problems}", {"n": 1234}, "1,234 problems"),
    ("{n:no redirects|# redirects}", {"n": 0}, "0 redirects"),
    ("{s:.1f} s", {"s": 2.345}, "2.3 s"),
    ("{users:,}", {"users": 12345}, "12,345"),
    ("{names}", {"names": ("a", "b", "c")}, "a, b and c"),
    ("{{literal}} {x}", {"x": "{y}"}, "{literal} {y}"),
    ("{x}", {"x": "1", "unused": "2"}, "1"),
]


@pytest.mark.parametrize(("template", "values", "wanted"), FILLED, ids=[row[0] for row in FILLED])
def test_a_template_is_filled(template: str, values: dict[str, Value], wanted: str) -> None:
    assert fill(template, values) == wanted


@pytest.mark.parametrize("template", ["{", "{}", "{0}", "{a.b}", "{a[0]}", "{a!r}", "}"])
def test_what_is_no_template_is_refused(template: str) -> None:
    with pytest.raises(WordingError):
        places(template)


def test_a_place_that_nothing_fills_is_refused() -> None:
    with pytest.raises(WordingError, match=r"nothing fills \{b\}"):
        fill("{a} {b}", {"a": "1"})


def test_lists_read_as_people_write_them() -> None:
    assert [listed(()), listed(("a",)), listed(("a", "b")), listed(("a", "b", "c"), "or")] == [
        "",
        "a",
        "a and b",
        "a, b or c",
    ]


@pytest.mark.parametrize(
    ("template", "head"),
    [
        (
            "{subject} seems to run on {company}, but the launch file says {declared}",
            "{subject} seems to run on {company}",
        ),
        ("{n:1 name|# names} of {host} answered; the rest did not", "{n:1 name|# names} of {host} answered"),
        ("{subject}: made for the browser", "{subject}: made for the browser"),
        ("It ends {{soon}} for everybody: renew it", "It ends {{soon}} for everybody"),
        ("Nothing to cut here", "Nothing to cut here"),
    ],
)
def test_the_first_clause_is_cut_in_the_templates_own_words_only(template: str, head: str) -> None:
    assert first_clause(template) == head


def test_what_fills_a_place_never_ends_a_clause() -> None:
    said = fill(first_clause("The page is called {title}; others use it, too"), {"title": "Book now: today, so fast"})
    assert said == "The page is called Book now: today, so fast"


def test_counts_and_minutes_read_as_people_say_them() -> None:
    assert [plural(n, "check") for n in (0, 1, 2)] == ["0 checks", "1 check", "2 checks"]
    assert plural(2, "person", "people") == "2 people" and plural(1, "entry", "entries") == "1 entry"
    assert [minutes(n) for n in (15, 60, 90, 125)] == ["15 min", "1 h", "1 h 30", "2 h 05"]
