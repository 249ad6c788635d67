"""inventory, without, questions, answers, sign, receipt and day at the command line: streams, codes, and files that
are really written."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from cliff import LAUNCH, Program, clean_environment

from launchready_tui.launch.decisions import DecisionsFile
from launchready_tui.launch.inventory import Access, Inventory, InventoryFile, Plan, System
from launchready_tui.launch.people import People, PeopleFile, Person
from launchready_tui.launch.records import day_log


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    clean_environment(monkeypatch, tmp_path / "state")
    monkeypatch.setenv("LAUNCHREADY_USER", "engineer")
    folder = tmp_path / "launch"
    folder.mkdir()
    (folder / "launchready.toml").write_text(LAUNCH)
    people = PeopleFile(folder)
    people.load()
    people.save(People(people=(Person(id="founder", name="The founder"), Person(id="engineer", status="leaving"))))
    inventory = InventoryFile(folder)
    inventory.load()
    systems = (System(id="hosting", name="Hosting", category="hosting", account_owner="founder"),)
    access = (Access(system="hosting", person="engineer", role="admin", mfa="key"),)
    inventory.save(Inventory(systems=systems, access=access, plan=Plan(decider="founder")))
    return Program(capsys, folder)


def test_inventory_lists_proposes_and_takes(program: Program) -> None:
    said = program.at("inventory")
    assert said.code == 0 and "system    Hosting (hosting): 1 with access, payer not named" in said.out
    assert said.out.count("proposed  ") == 9 and "--take writes them" in said.err
    assert InventoryFile(program.folder).load().recovery == ()
    assert program.at("inventory", "--take").code == 0
    assert len(InventoryFile(program.folder).load().recovery) == 9
    again = program.at("inventory", "--take")
    assert "proposed" not in again.out and again.out.count("card      ") == 9


def test_without_says_what_breaks_by_its_code(program: Program) -> None:
    said = program.at("without", "engineer")
    assert said.code == 1 and said.out.startswith("blocker  access        No one else can fix Hosting")
    assert "First:" in said.out and "close their access to: hosting" in said.out
    data = json.loads(program.at("without", "engineer", "--format", "json").out)
    assert data["breaks"][0]["severity"] == "blocker" and data["systems"] == ["hosting"]
    wrong = program.at("without", "enginer")
    assert wrong.code == 2 and "did you mean engineer?" in wrong.err


def test_a_sheet_goes_out_and_its_answers_come_back(program: Program, tmp_path: Path) -> None:
    sheet = tmp_path / "questions.md"
    said = program.at("questions", "--out", sheet)
    assert said.code == 0 and said.out == "" and "questions written to" in said.err
    assert program.at("answers", sheet, "--from", "founder").code == 1, "nothing was answered yet"
    words = sheet.read_text()
    given = {
        "system.hosting.billing_owner": "The founder",
        "confirm.deploy.release": "yes, twice on Monday",
        "plan.launch_at": "soon",
    }
    for key, answer in given.items():
        words = re.sub(rf"(\[{re.escape(key)}\](?:.*\n)+?Answer[^\n]*:)", rf"\1 {answer}", words, count=1)
    sheet.write_text(words)
    stranger = program.at("answers", sheet, "--from", "nobody")
    assert stranger.code == 1 and '--from: found "nobody"' in stranger.err, "only who is in people.toml answers"
    dry = program.at("answers", sheet, "--from", "founder", "--dry-run")
    assert dry.code == 1 and "plan.launch_at" in dry.err and "Nothing was written" in dry.err
    assert "confirmed: " in dry.out and not InventoryFile(program.folder).load().systems[0].billing_owner
    assert not DecisionsFile(program.folder).load().confirmations
    taken = program.at("answers", sheet, "--from", "The founder")
    assert taken.code == 1, "one answer could not be used, and is named"
    assert "plan.launch_at" in taken.err and "a date and time" in taken.err
    assert "confirmed: " in taken.out and "Hosting: billing owner is founder" in taken.out
    decisions = DecisionsFile(program.folder).load()
    assert [(one.check, one.by, one.recorded_by) for one in decisions.confirmations] == [
        ("deploy.release", "founder", "engineer")
    ]
    assert InventoryFile(program.folder).load().systems[0].billing_owner == "founder"


def test_sign_keeps_the_word_of_the_one_named(program: Program) -> None:
    assert program.at("sign", "go", "--by", "engineer").code == 2
    refused = program.at("sign", "go", "--by", "founder")
    assert refused.code == 2 and "give a reason" in refused.err
    assert program.at("sign", "no-go", "--by", "founder").code == 0
    assert program.at("sign", "handover.backups", "--by", "founder").code == 0
    signed = DecisionsFile(program.folder).load().signed
    assert [(one.what, one.answer, one.by, one.recorded_by) for one in signed] == [
        ("go-no-go", "no-go", "founder", "engineer"),
        ("handover.backups", "signed", "founder", "engineer"),
    ]
    assert "Unknown line" in program.at("sign", "nonsense", "--by", "founder").err


def test_receipt_is_written_as_the_file_is_called(program: Program, tmp_path: Path) -> None:
    assert program.at("receipt").out.startswith("# Market: sprint receipt")
    for name, head in {"r.html": "<!doctype html>", "r.md": "# Market: sprint receipt"}.items():
        assert program.at("receipt", "--out", tmp_path / name).code == 0
        assert (tmp_path / name).read_text().startswith(head)


@pytest.mark.parametrize("name", ["r.pdf", "r.docx"])
def test_a_receipt_of_another_kind_is_refused_with_what_is_allowed(program: Program, tmp_path: Path, name: str) -> None:
    said = program.at("receipt", "--out", tmp_path / name)
    assert said.code == 2 and not (tmp_path / name).exists()
    assert name[1:] in said.err and ".html" in said.err and ".md" in said.err and "print" in said.err
    assert program.at("receipt", "--out", tmp_path / name, "--format", "html").code == 0


def test_a_checkpoint_may_be_written_in_minutes_and_needs_a_note(program: Program) -> None:
    assert program.at("day", "--note", "all there", "--at", "T-60m").code == 0
    assert [line.checkpoint for line in day_log(program.folder).read()] == ["T-1h"]
    said = program.at("day", "--at", "T0")
    assert said.code == 2 and "--note" in said.err
    said = program.at("day", "--note", "x", "--at", "banana")
    assert said.code == 2 and "T-24h, T-1h, T0, T+15m, T+1h, T+4h, T+24h" in said.err
    assert "unknown" not in program.at("day").out, "a founder's words, and set in columns"
    assert "without a result" in program.at("day").out and "  T0      " in program.at("day").out.replace("x ", "  ")


def test_day_shows_the_plan_and_keeps_lines(program: Program, tmp_path: Path) -> None:
    said = program.at("day")
    assert said.code == 0 and "The launch time is not recorded" in said.out and "T-24h" in said.out
    assert program.at("day", "--note", "Doors are open", "--at", "T0").code == 0
    assert program.at("day", "--note", "x", "--at", "T+9h").code == 2
    (line,) = day_log(program.folder).read()
    assert (line.text, line.by, line.kind, line.checkpoint) == ("Doors are open", "engineer", "checkpoint", "T0")
    assert isinstance(line.at, datetime) and "Doors are open" in program.at("day").out
    assert program.at("day", "--log", tmp_path / "log.md").code == 0
    assert "Doors are open" in (tmp_path / "log.md").read_text()


def test_forget_takes_the_records_too(program: Program) -> None:
    program.at("day", "--note", "x")
    assert program.at("forget", "--yes").code == 0
    assert day_log(program.folder).read() == ()


def test_drift_of_something_else_is_wrong_use(program: Program, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    said = program.at("drift", tmp_path / "x.json")
    assert said.code == 2 and "no data that this version of LaunchReady can read" in said.err
