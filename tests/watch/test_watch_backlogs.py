"""Queues that people are told of: late ones, growing ones, unreadable ones; each once, and once more when it is
over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from launchready_tui.failure import Failure
from launchready_tui.launch.load import load
from launchready_tui.launch.model import Alert
from launchready_tui.launch.problems import FileProblems
from launchready_tui.sources.queues.model import Backlog
from launchready_tui.watch.backlogs import UNREAD_AFTER, Backlogs
from launchready_tui.watch.rules import other_notices

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def jobs(ready: int, oldest_s: float | None, at: datetime = NOW, **more: object) -> Backlog:
    made = Backlog(at=at, source="jobs", system="rq", queue="mails", ready=ready, oldest_s=oldest_s)
    return msgspec.structs.replace(made, **more)


def titles(judge: Backlogs, rows: list[Backlog], at: datetime = NOW) -> list[str]:
    return [word.title for word in judge.read("jobs", rows, at)]


def test_a_late_queue_is_told_once_and_once_more_when_it_is_over() -> None:
    judge = Backlogs()
    assert titles(judge, [jobs(900, 119.0)]) == [], "long, and worked off"
    (word,) = judge.read("jobs", [jobs(41, 360.0, workers=0)], NOW)
    assert word.title == "the queue mails is late: its oldest job has waited for 6 min"
    assert (
        "41 jobs are waiting" in word.text
        and "No worker is running" in word.text
        and "rq, jobs, production" in word.text
    )
    assert titles(judge, [jobs(60, 420.0)]) == [], "told already"
    assert titles(judge, [jobs(3, 5.0)]) == [] and titles(judge, [jobs(70, 121.0)]) == [], (
        "well for one reading is not over"
    )
    assert titles(judge, [jobs(3, 5.0)]) == []
    assert titles(judge, [], NOW + 2 * MINUTE) == ["Resolved: the queue mails keeps up again"], (
        "an empty queue is named no more"
    )
    assert titles(judge, [jobs(1, 125.0)]) == ["the queue mails is late: its oldest job has waited for 2 min"], (
        "the next one is told again"
    )


def test_what_was_told_is_known_to_the_next_watch() -> None:
    first = Backlogs()
    assert titles(first, [jobs(41, 360.0)])
    second = Backlogs(first.kept())
    assert titles(second, [jobs(41, 420.0)]) == []
    assert titles(second, [jobs(0, None)]) + titles(second, [jobs(0, None)]) == [
        "Resolved: the queue mails keeps up again"
    ]
    assert titles(Backlogs(second.kept()), [jobs(41, 420.0)]), "and what is over is told anew"


@pytest.mark.parametrize(
    ("amounts", "told"),
    [
        ([20, 22, 25, 29, 30, 31, 34, 36, 40, 44, 50], True),
        ([20, 22, 25, 29, 30, 31, 34, 36, 40, 39, 50], False),  # worked off in between
        ([100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 120], False),  # not twice as long
        ([0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5], False),  # a handful
        ([20, 22, 25, 29, 30, 31, 34, 36, 40, 44], False),  # nine minutes
    ],
)
def test_a_queue_whose_age_nobody_knows_is_told_when_it_only_grows(amounts: list[int], told: bool) -> None:
    judge, said = Backlogs(), []
    for minute, amount in enumerate(amounts):
        at = NOW + minute * MINUTE
        said += titles(judge, [jobs(amount, None, at)], at)
    assert said == (["the queue mails is growing: 50 jobs are waiting, 10 min ago 20"] if told else [])


def test_a_server_that_cannot_be_read_is_told_after_five_minutes_and_when_it_can_be_again() -> None:
    judge, why = Backlogs(), Failure(kind="refused", target="127.0.0.1:6379")
    said = [word for _ in range(UNREAD_AFTER + 3) for word in judge.failed("jobs", why, NOW)]
    assert [word.title for word in said] == ["cannot read the queues of jobs"] and "refused" in said[0].text
    assert titles(judge, [jobs(1, 1.0)]) == ["Resolved: the queues of jobs are readable again"]
    assert not judge.failed("jobs", why, NOW), "counted from the start again"


def test_only_who_asked_for_it_hears_and_the_message_names_who_acts() -> None:
    alerts = (Alert(name="on-call", owner="founder"), Alert(name="outages", owner="support", on=("down",)))
    (notice,) = other_notices(alerts, "queue", "q-1", "", "Market: the queue mails is late", "41 jobs are ready.", NOW)
    assert (notice.rule, notice.owner, notice.text.splitlines()[-1]) == ("on-call", "founder", "Who acts: founder")


@pytest.mark.parametrize("owner", ["", 'owner = ""\n', 'owner = " "\n'])
def test_no_rule_is_taken_without_an_owner(tmp_path: Path, owner: str) -> None:
    path = tmp_path / "launchready.toml"
    head = (
        'name = "M"\ndomain = "m.test"\ncanonical = "https://m.test/"\n[[alerts]]\nname = '
        '"on-call"\ncredential = "hook"\n'
    )
    path.write_text(head + owner)
    with pytest.raises(FileProblems) as refused:
        load(path)
    assert "owner" in str(refused.value)
    path.write_text(head + 'owner = "founder"\n')
    assert load(path).launch.alerts[0].owner == "founder"
