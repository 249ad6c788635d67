"""Values at a path in a body that a server sent: whatever it sent."""

from __future__ import annotations

import pytest

from launchready_tui.launch.jsonpath import json_value

BODY = b'{"n": 3, "x": null, "on": true, "checks": [{"ok": "yes"}, {"ok": {"deep": [1, 2]}}], "a.b": 1}'


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("n", "3"),
        ("x", "null"),
        ("on", "true"),
        ("checks.0.ok", "yes"),
        ("checks.1.ok", '{"deep":[1,2]}'),
        ("checks.2.ok", None),
        ("checks.-1.ok", None),
        ("checks.first", None),
        ("n.0", None),
        ("gone", None),
    ],
)
def test_the_value_at_a_path(path: str, found: str | None) -> None:
    assert json_value(BODY, path) == found
    assert json_value(b"\xef\xbb\xbf" + BODY, path) == found, "a byte order mark before it changes nothing"


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b'{"a": 1', b"[" * 200_000, b'{"a":' * 200_000])
def test_what_is_no_json_has_no_values(body: bytes) -> None:
    assert json_value(body, "a") is None
