"""What a check says is safe for people, whatever the outside calls itself."""

from __future__ import annotations

import pytest
from hostile import TEXTS
from market import NOW, result

from launchready_tui.checks.base import Say
from launchready_tui.failure import Failure
from launchready_tui.findings import Evidence, Remedy
from launchready_tui.journal import Journal


@pytest.mark.parametrize("kind", TEXTS)
def test_hostile_names_are_cleaned_and_can_be_saved(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    said = TEXTS[kind]
    remedy, seen = Remedy(text=said, paste=said, where=said), [Evidence.of("chain", said)]
    finding = Say("edge.redirects").warn("off-host", said, other=said, evidence=seen, remedy=remedy)
    assert finding.remedy is not None
    one_line = (finding.subject, finding.summary, finding.remedy.text, finding.remedy.where)
    assert all(text.isprintable() for text in one_line)
    assert all(line.isprintable() for line in (finding.remedy.paste + "\n" + finding.evidence[0].text).split("\n"))
    given = result("edge.redirects", finding)
    with Journal.open(tmp_path_factory.mktemp("j") / "journal.sqlite3") as journal:
        run = journal.begin(kind="run", full=True, now=NOW, launch="example.com")
        assert journal.read(journal.save(run, given)) == given


def test_why_something_could_not_be_seen_is_data() -> None:
    failure = Failure(kind="no-such-name", target="api.example.com")
    finding = Say("edge.https").unknown("plain-http", "api.example.com", failure=failure)
    assert finding.values == {"cause": "the name does not exist", "failure": "no-such-name"}
