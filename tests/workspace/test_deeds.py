"""What was done beside the checks, read from journal, watch and decisions; and whose launch file it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from market import DAY, HOUR, NOW

from launchready_tui.clock import FixedClock
from launchready_tui.findings import CheckResult, Finding, Severity, State
from launchready_tui.launch.decisions import SignOff
from launchready_tui.launch.inventory import Access, Backup, Contact, Inventory, Plan, Recovery, System
from launchready_tui.launch.people import People, Person
from launchready_tui.launch.trust import Trust
from launchready_tui.mail.flow.model import KIND as MAIL
from launchready_tui.persons import PersonId
from launchready_tui.trials import KIND as PATH
from launchready_tui.trials import Walk, digest_of, encode
from launchready_tui.verdict import Deeds
from launchready_tui.watch import PLACE
from launchready_tui.watch.samples import Drill, Watcher, WatchStore
from launchready_tui.workspace import Options, Workspace, watching
from launchready_tui.workspace.deeds import deeds_of, gaps

BARE = 'name = "Market"\ndomain = "example.com"\ncanonical = "https://example.com/"\n'
LAUNCH = f"""{BARE}
[permission]
by = "founder"
on = 2026-11-20
domains = ["example.com"]

[[routes]]
name = "search"
url = "https://example.com/search"
flow = "search"
safe = true

[[mailboxes]]
name = "seed"
address = "t@example.com"
host = "imap.example.com"
login = "seed"

[[flows]]
name = "verification"
steps = "sign up"

[[flows]]
name = "receipt"
steps = "buy"

[[recovery_path]]
name = "log in"
url = "https://example.com/login"
"""
MONITOR = '\n[watch]\nmonitor = "https://monitor.net/"\n'


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[object]:
    made: list[Workspace] = []

    def open_(text: str = LAUNCH) -> Workspace:
        folder = tmp_path / f"market{len(made)}"
        folder.mkdir()
        (folder / "launchready.toml").write_text(text)
        approved = hashlib.sha256(text.encode()).hexdigest()
        ws = Workspace.open(folder, Options(trust_hash=approved, state_dir=tmp_path / "state", user="engineer"))
        ws.clock = FixedClock(NOW)
        made.append(ws)
        return ws

    yield open_
    for ws in made:
        ws.close()


def of(ws: Workspace) -> Deeds:
    return deeds_of(ws, ws.verdict())


def test_nothing_is_done_at_first(opened: Any) -> None:
    found = of(opened())
    assert (found.mails, found.path, found.watch, found.drill) == ("open",) * 4
    assert found.permitted and not found.signed and not found.exported


def test_what_the_launch_file_does_not_speak_of_is_not_to_be_done(opened: Any) -> None:
    found = of(opened(BARE))
    assert (found.mails, found.path, found.permitted) == ("none", "none", False)
    without_a_mailbox = BARE + '\n[[flows]]\nname = "receipt"\nsteps = "buy"\n'
    assert of(opened(without_a_mailbox)).mails == "none"


def test_mails_are_done_when_each_was_tested_of_late(opened: Any) -> None:
    ws = opened()
    ws.note_trial(MAIL, "verification, seed", '{"flow": "verification"}')
    assert of(ws).mails == "open"
    ws.note_trial(MAIL, "receipt, seed", "not what this version writes")
    assert of(ws).mails == "open"
    ws.note_trial(MAIL, "receipt, seed", '{"flow": "receipt"}')
    assert of(ws).mails == "done"
    ws.clock = FixedClock(NOW + 30 * DAY)
    assert of(ws).mails == "open"


def test_a_link_that_opens_something_is_not_kept_with_a_trial_nor_in_the_log_of_the_watch(
    opened: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ws, token = opened(), "x9Kd3fLq8AbZ" + "c12Qw9eRtY"
    ws.keep_trial(MAIL, "receipt, seed", f'{{"links": ["https://example.com/reset/{token}?auth={token}"]}}')
    (kept,) = ws.journal.trials(MAIL)
    assert kept.body == '{"links": ["https://example.com/reset/{token}?auth={token}"]}'
    watching._log(f"https://example.com/x/{token} is down")
    assert capsys.readouterr().err.endswith(" https://example.com/x/{token} is down\n")


def test_the_path_is_done_when_these_very_steps_were_walked_of_late(opened: Any) -> None:
    ws = opened()
    digest = digest_of(ws.launch.recovery_path)
    walk = Walk(started_at=NOW, seconds=1, steps=(), of=1, digest=digest, address="t@example.com")
    ws.note_trial(PATH, "path", encode(msgspec.structs.replace(walk, digest="other steps")))
    assert of(ws).path == "open"
    ws.note_trial(PATH, "path", encode(walk))
    assert of(ws).path == "done"
    ws.clock = FixedClock(NOW + 30 * DAY)
    assert of(ws).path == "open"
    ws.note_trial(PATH, "path", "not what this version writes")
    assert of(ws).path == "open"


def test_watch_and_drill_are_read_from_the_watch(opened: Any) -> None:
    ws = opened()
    store = WatchStore.open(ws.folder / PLACE)
    store.add_drill(Drill(at=NOW - HOUR, fault="hang", where="lab", channel="on-call", seconds=31.0))
    assert (of(ws).watch, of(ws).drill) == ("open", "done")
    beat = Watcher(pid=1, machine="here", started_at=NOW - HOUR, beat_at=NOW)
    store.beat(beat)
    assert (of(ws).watch, of(ws).drill) == ("done", "done")
    ws.clock = FixedClock(NOW + timedelta(seconds=11))
    assert of(ws).watch == "open", "it beats every second"
    ws.clock = FixedClock(NOW + 30 * DAY)
    assert of(ws).drill == "open"
    store.close()


@pytest.mark.parametrize(
    ("rule", "state", "wanted"), [("monitor-up", "pass", "none"), ("monitor-page", "info", "open")]
)
def test_a_hosted_monitor_that_was_read_does_as_well(opened: Any, rule: str, state: str, wanted: str) -> None:
    ws = opened(LAUNCH + MONITOR)
    finding = Finding(
        check="monitoring.uptime",
        rule=f"monitoring.uptime.{rule}",
        subject="monitor.net",
        state=State(state),
        severity=Severity.LOW,
        summary="seen",
    )
    ws._kept["monitoring.uptime"] = CheckResult(
        check="monitoring.uptime", state=State(state), findings=(finding,), started_at=NOW, duration_ms=1
    )
    assert (of(ws).watch, of(ws).drill) == (wanted, wanted)


def test_a_signature_and_an_export_count(opened: Any) -> None:
    ws = opened()
    by = PersonId("founder")
    ws.keep_signature(SignOff(what="owns.registrar", answer="signed", by=by, recorded_by=by, on=NOW), "signed")
    assert not of(ws).signed, "a line of the checklist is not the launch"
    ws.keep_signature(SignOff(what="go-no-go", answer="go", by=by, recorded_by=by, on=NOW), "go")
    ws.journal.exported("handover", now=NOW)
    assert of(ws).signed and of(ws).exported


def test_gaps_come_in_the_order_in_which_they_are_filled() -> None:
    assert [one.table for one in gaps(People(), Inventory())] == [
        "people",
        "systems",
        "access",
        "backups",
        "recovery",
        "contacts",
        "plan",
    ]
    who = PersonId("founder")
    people = People(people=(Person(id=who, name="F"),))
    full = Inventory(
        systems=(System(id="dns"),),
        access=(Access(system="dns", person=who),),
        backups=(Backup(store="database"),),
        recovery=(Recovery(id="down", title="Down"),),
        contacts=(Contact(order=1, person=who),),
        plan=Plan(decider=who),
    )
    assert gaps(people, full) == ()
    assert [one.table for one in gaps(people, msgspec.structs.replace(full, backups=()))] == ["backups"]


@pytest.mark.parametrize(("options", "known", "approved"), [({}, True, True), ({"trust": True}, False, False)])
def test_a_file_that_is_used_without_approval_is_not_approved(
    tmp_path: Path, options: dict[str, bool], known: bool, approved: bool
) -> None:
    (tmp_path / "launchready.toml").write_text(BARE)
    state = tmp_path / "state"
    if known:
        with_trust = Workspace.open(tmp_path, Options(trust=True, state_dir=state))
        Trust(state).remember(with_trust.launch_file.sha256)
        with_trust.close()
    ws = Workspace.open(tmp_path, Options(state_dir=state, **options))
    try:
        assert ws.approved is approved
    finally:
        ws.close()
