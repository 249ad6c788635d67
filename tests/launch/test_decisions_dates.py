"""A decision of a later time than now, and a word that no launch may say, are refused with file and line; clocks may
differ by an hour."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from launchready_tui.launch.decisions import DecisionsFile
from launchready_tui.launch.problems import FileProblems

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
FILE = """schema = 1

[[confirmations]]
check = "deploy.ci"
by = "founder"
recorded_by = "engineer"
on = 2026-11-24T13:00:00Z
until = 2026-12-24T13:00:00Z
evidence = "the log"

[[confirmations]]
check = "deploy.secrets"
by = "founder"
recorded_by = "engineer"
on = {on}
until = 2027-12-24T13:00:00Z
evidence = "the scan"

[[accepted]]
rule = "edge.headers.csp"
subject = "example.com"
by = "founder"
recorded_by = "engineer"
reason = "later"
on = {accepted}
until = 2026-12-24T13:00:00Z
"""


def load(folder: Path, on: str, accepted: str = "2026-11-24T13:00:00Z") -> None:
    (folder / "decisions.toml").write_text(FILE.format(on=on, accepted=accepted))
    DecisionsFile(folder).load_at(NOW)


@pytest.mark.parametrize("on", ["2026-11-24T14:00:00Z", "2026-11-24T14:59:00Z", "2026-11-01T00:00:00Z"])
def test_what_is_of_now_or_before_is_read(tmp_path: Path, on: str) -> None:
    load(tmp_path, on)


def test_what_is_of_later_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(FileProblems) as caught:
        load(tmp_path, "2027-01-01T00:00:00Z", "2026-11-25T13:00:00Z")
    first, second = (str(problem) for problem in caught.value.problems)
    assert first.startswith("decisions.toml:15: confirmations[2].on: found 2027-01-01 00:00")
    assert second.startswith("decisions.toml:25: accepted[1].on") and "a time in the past" in second


@pytest.mark.parametrize(("check", "fine"), [("deploy.ai-safety", True), ("deploy.secrets", False), ("gone.one", True)])
def test_what_every_launch_needs_cannot_be_said_not_to_apply(tmp_path: Path, check: str, fine: bool) -> None:
    text = FILE.format(on="2026-11-24T13:00:00Z", accepted="2026-11-24T13:00:00Z")
    text = text.replace('check = "deploy.secrets"', f'check = "{check}"\nanswer = "does-not-apply"')
    (tmp_path / "decisions.toml").write_text(text)
    if fine:
        assert DecisionsFile(tmp_path).load_at(NOW).confirmations[1].answer == "does-not-apply"
        return
    with pytest.raises(FileProblems) as caught:
        DecisionsFile(tmp_path).load_at(NOW)
    (problem,) = caught.value.problems
    assert str(problem) == (
        "decisions.toml:13: confirmations[2].answer: found does-not-apply for deploy.secrets, which every launch "
        "needs; allowed: yes or no"
    )
