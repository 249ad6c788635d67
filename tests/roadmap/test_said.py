"""A second language is a file: what it has is said in it, the rest stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from launchready_tui.checks.base import Say
from launchready_tui.roadmap import sheet
from launchready_tui.roadmap.said import in_language

GERMAN = """
[rules.loop.messages]
fail = "{subject} leitet im Kreis um: niemand kommt hinein"

[fixes.answer]
text = "https://{host}/ soll ohne Umleitung antworten"
"""


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """edge.redirects with a German file beside its own."""
    own = sheet.home("edge.redirects") / "check.toml"
    (tmp_path / "check.toml").write_text(own.read_text("utf-8"), "utf-8")
    (tmp_path / "check.de.toml").write_text(GERMAN, "utf-8")
    home = sheet.home
    monkeypatch.setattr(sheet, "home", lambda check: tmp_path if check == "edge.redirects" else home(check))
    sheet.sheet_of.cache_clear()
    yield None
    sheet.sheet_of.cache_clear()


def test_a_finding_is_said_in_another_language(german: None) -> None:
    say: Any = Say("edge.redirects")
    one = say.fail("loop", "shop.test", remedy=say.fix("answer", host="shop.test"))
    told = in_language(one, "de")
    assert told.summary == "shop.test leitet im Kreis um: niemand kommt hinein"
    assert told.remedy.text == "https://shop.test/ soll ohne Umleitung antworten"
    assert told.id == one.id and told.values == one.values
    assert in_language(one, "en") == one


def test_what_the_file_lacks_stays(german: None) -> None:
    say: Any = Say("edge.redirects")
    one = say.warn("needs-cookie", "shop.test")
    assert in_language(one, "de") == one
