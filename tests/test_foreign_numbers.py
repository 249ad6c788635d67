"""Numbers in headers, records and logs: as protocols write them, or none; never an exception, however long or odd."""

from __future__ import annotations

import pytest

from launchready_tui.checks.parse import fields
from launchready_tui.console.acts.launchfile import _count
from launchready_tui.console.valid import is_count
from launchready_tui.mail.auth import spf_record
from launchready_tui.sources.logs.entry import _status
from launchready_tui.text import whole

LONG = "9" * 5000
"""Python reads no more than 4300 digits, and raises ValueError."""
ODD = ("", " 1", "-1", "+1", "1_0", "1.0", "\N{SUPERSCRIPT TWO}", "\N{ARABIC-INDIC DIGIT THREE}")


def test_a_number_is_ascii_digits() -> None:
    assert [whole(text) for text in ("0", "007", "31536000")] == [0, 7, 31536000]
    assert [whole(text) for text in ODD] == [None] * len(ODD)
    assert (whole(LONG) or 0) > 10**17


@pytest.mark.parametrize("value", [LONG, *ODD[2:]])
def test_headers_with_odd_numbers_are_read(value: str) -> None:
    cache = fields.cache_control([f"max-age={value}"])
    assert cache.problems and (cache.seconds("max-age") is None) == (value != LONG)
    strict = fields.hsts(f"max-age={value}")
    assert (strict.max_age is None) == (value != LONG) and bool(strict.problems) == (value != LONG)


@pytest.mark.parametrize("value", [LONG, "\N{ARABIC-INDIC DIGIT THREE}", "024", "33"])
def test_a_prefix_of_no_length_is_a_problem_of_the_record(value: str) -> None:
    for term in (f"a/{value}", f"ip4:192.0.2.0/{value}", f"mx/{value}"):
        assert spf_record.read(f"v=spf1 {term} -all").problems
    assert not spf_record.read("v=spf1 a/24 mx/0 ip4:192.0.2.0/32 -all").problems


def test_a_status_of_no_server_is_none() -> None:
    assert [_status(value) for value in (LONG, "-1", "503", 503, "\N{SUPERSCRIPT TWO}", "-503", True, None)] == [
        None,
        -1,
        503,
        503,
        None,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("value", [LONG, *ODD[1:]])
def test_a_form_refuses_it_in_words(value: str) -> None:
    assert is_count(value) == "a whole number" and _count(value) == "a number of milliseconds"
    assert is_count("120") == _count("120") == ""
