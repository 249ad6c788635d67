"""JSON from servers, mailboxes, queues and repositories: read, or none, and never an exception."""

from __future__ import annotations

from typing import Any

import pytest

from launchready_tui.mail.box.session import _status_in
from launchready_tui.secrets.sourcemap import sources
from launchready_tui.sources.queues.in_redis import _enqueued
from launchready_tui.text import json_of
from launchready_tui.world.variables import _in_json

DEEP = b"[" * 200_000
HOSTILE: tuple[bytes, ...] = (
    b"",
    b"<html>",
    b"\xff\xfe\x00",
    b'{"a": 1',
    b'"\\ud800"',
    b"NaN",
    DEEP,
    b'{"a":' * 200_000,
)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b'{"a": [1, null]}', {"a": [1, None]}),
        (b"\xef\xbb\xbf[]", []),
        ('"\N{SNOWMAN}"', "\N{SNOWMAN}"),
        ("null", None),
    ],
)
def test_json_is_read(raw: str | bytes, found: Any) -> None:
    assert json_of(raw) == found


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_json_is_none(raw: bytes) -> None:
    assert json_of(raw) is None
    assert json_of(raw.decode("utf-8", "surrogateescape")) is None


def test_what_lies_in_brackets_without_end_breaks_no_reader() -> None:
    assert _status_in([DEEP, b'{"status": "400"}']) == "400"
    assert _enqueued(DEEP) is None and _enqueued(b'{"enqueued_at": 5}') == 5 and _enqueued(None) is None
    assert list(_in_json(DEEP.decode())) == [] and list(_in_json('{"env": {"API_URL": 1}}')) == ["API_URL"]
    with pytest.raises(ValueError, match="not a source map"):
        sources(b'{"version": 3, "other": ' + DEEP)
