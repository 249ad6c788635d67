"""Moments as people and programs write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from launchready_tui.clock import parse_moment

AT = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-11-24T14:02:00Z", " 2026-11-24 14:02 ", "2026-11-24T15:02:00+01:00"])
def test_a_moment_is_read_in_utc(text: str) -> None:
    assert parse_moment(text) == AT and parse_moment(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-13-01", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-24T14:02+99:00"],
)
def test_what_is_no_moment_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time: write it as 2026-11-24T14:02:00Z"):
        parse_moment(text)
