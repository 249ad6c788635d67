"""decisions.toml, people.toml and inventory.toml: stable text, strict reading, never over somebody else's change."""

from __future__ import annotations

import stat
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from launchready_tui.launch.decisions import (
    Acceptance,
    Confirmation,
    Decisions,
    DecisionsFile,
    Note,
    Owner,
    Parked,
    PutOff,
    SignOff,
)
from launchready_tui.launch.inventory import (
    Access,
    Backup,
    Checkpoint,
    Contact,
    Duty,
    Inventory,
    InventoryFile,
    Plan,
    Recovery,
    Renewal,
    System,
)
from launchready_tui.launch.people import People, PeopleFile, Person
from launchready_tui.launch.problems import ChangedUnderneath, FileProblems, NewerFile

NOW = datetime(2026, 11, 24, 14, 2, 11, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
DECISIONS = Decisions(
    confirmations=(
        Confirmation(
            check="handover.backups",
            by="founder",
            recorded_by="engineer",
            on=NOW,
            until=LATER,
            evidence='restored "shop"\non Monday',
        ),
    ),
    accepted=(
        Acceptance(
            rule="edge.headers.csp",
            subject="www.example.com",
            by="founder",
            recorded_by="founder",
            reason="later",
            on=NOW,
            until=LATER,
        ),
    ),
    later=(
        PutOff(
            rule="edge.headers.hsts",
            subject="www.example.com",
            by="founder",
            recorded_by="founder",
            reason="after launch",
            on=NOW,
        ),
    ),
    owners=(Owner(check="email.spf", person="engineer"),),
    notes=(Note(rule="edge.https.mixed-content", subject="www.example.com", text="émoji ✓", by="engineer", on=NOW),),
    parked=(Parked(check="email.mx", waiting_for="support", until=LATER, by="engineer", on=NOW),),
    signed=(SignOff(what="go-no-go", answer="go", by="founder", recorded_by="engineer", on=NOW),),
)
INVENTORY = Inventory(
    systems=(System(id="dns", category="dns", business_owned="yes", renewal=date(2027, 1, 1)),),
    access=(Access(system="dns", person="founder", mfa="key", reviewed=date(2026, 11, 1)),),
    backups=(Backup(store="shop database", every="1 day"),),
    recovery=(Recovery(id="bad-deploy", title="A deploy went wrong", minutes=4, command="make rollback"),),
    contacts=(Contact(order=1, person="founder"), Contact(order=2, person="engineer", escalate_after_min=5)),
    renewals=(Renewal(subject="Developer account", kind="app-store", on=date(2027, 3, 1)),),
    plan=Plan(launch_at=NOW, decider="founder", kill_switch="Maintenance page at the edge"),
    checkpoints=(
        Checkpoint(offset_min=-60, title="Last look", checks=("edge.https",)),
        Checkpoint(offset_min=0, title="Launch"),
    ),
    duties=(Duty(duty="commander", person="engineer", deputy="founder"),),
)
PEOPLE = People(
    people=(
        Person(id="engineer", name="Launch engineer", status="leaving"),
        Person(id="founder", contact="+49 30 000000"),
    )
)


@pytest.mark.parametrize(
    ("kind", "content"), [(DecisionsFile, DECISIONS), (InventoryFile, INVENTORY), (PeopleFile, PEOPLE)]
)
def test_saved_is_read_back(tmp_path: Path, kind: type, content: object) -> None:
    file = kind(tmp_path)
    assert file.load() == type(content)()
    file.save(content)
    assert kind(tmp_path).load() == content
    assert "schema = 1" in file.path.read_text()


def test_the_same_entries_always_give_the_same_text() -> None:
    notes = [Note(check="a", text=text, by="x", on=NOW) for text in ("1", "2", "3")]
    texts = {DecisionsFile.render(Decisions(notes=order)) for order in permutations(notes)}
    assert len(texts) == 1


def test_one_more_entry_is_one_more_block_in_the_diff() -> None:
    def note(check: str) -> Note:
        return Note(check=check, text="a rather long remark " * 6, by="x", on=NOW)

    before = DecisionsFile.render(Decisions(notes=(note("a"), note("c")))).splitlines()
    after = DecisionsFile.render(Decisions(notes=(note("a"), note("b"), note("c")))).splitlines()
    assert [line for line in before if line not in after] == []
    assert len(after) - len(before) == 6


def test_contacts_are_ordered_by_number_not_by_text() -> None:
    text = InventoryFile.render(Inventory(contacts=(Contact(order=10, person="b"), Contact(order=9, person="a"))))
    assert text.index("order = 9") < text.index("order = 10")


def test_a_table_of_its_own_is_written_once_and_only_where_it_says_something() -> None:
    assert "[plan]" not in InventoryFile.render(Inventory())
    text = InventoryFile.render(INVENTORY)
    assert text.count("[plan]") == 1 and "[[plan]]" not in text
    assert text.index("offset_min = -60") < text.index("offset_min = 0")


def test_a_plan_with_a_key_nobody_knows_is_refused_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "inventory.toml").write_text('schema = 1\n[plan]\ndecidor = "founder"\n')
    with pytest.raises(FileProblems) as caught:
        InventoryFile(tmp_path).load()
    assert "plan.decidor" in str(caught.value) and "decider" in str(caught.value)


def test_somebody_elses_change_is_not_overwritten(tmp_path: Path) -> None:
    mine, theirs = DecisionsFile(tmp_path), DecisionsFile(tmp_path)
    mine.load()
    theirs.load()
    theirs.save(DECISIONS)
    assert mine.changed()
    with pytest.raises(ChangedUnderneath, match=r"decisions\.toml was changed by someone else"):
        mine.save(Decisions())
    assert theirs.load() == DECISIONS
    assert mine.load() == DECISIONS
    mine.save(Decisions())
    assert DecisionsFile(tmp_path).load() == Decisions()


def test_a_file_that_went_away_counts_as_changed(tmp_path: Path) -> None:
    file = DecisionsFile(tmp_path)
    file.load()
    file.save(DECISIONS)
    file.path.unlink()
    with pytest.raises(ChangedUnderneath):
        file.save(Decisions())


def test_people_stay_private(tmp_path: Path) -> None:
    file = PeopleFile(tmp_path)
    file.load()
    file.save(PEOPLE)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_people_are_shown_by_name_where_it_is_known() -> None:
    assert [PEOPLE.label(one) for one in ("engineer", "founder", "nobody")] == ["Launch engineer", "founder", "nobody"]


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = DecisionsFile(tmp_path)
    file.path.write_text("schema = 2\nnew_things = [1]\n")
    with pytest.raises(
        NewerFile, match=r"decisions.toml was written by a newer LaunchReady \(format 2; this one knows up to 1\)"
    ):
        file.load()
    with pytest.raises(ChangedUnderneath):
        file.save(Decisions())
    assert "new_things" in file.path.read_text()


@pytest.mark.parametrize(
    ("text", "key", "found"),
    [
        ("", "schema", "nothing"),
        ("schema = 'x'\n", "schema", '"x"'),
        ("schema = true\n", "schema", "true"),
        ("schema = 1\n[[note]]\ntext = 'x'\n", "note", "an unknown key"),
        ("schema = 1\n[[notes]]\ntext = 'x'\nby = 'y'\n", "notes[1].on", "nothing"),
        ("schema = 1\n[[notes]]\ntext = 'x'\nby = 'y'\non = 2026-11-24T00:00:00\n", "notes[1].on", "the moment"),
        ("schema = 1\n[[notes\n", "line 2, column 8", "[[notes"),
    ],
)
def test_a_broken_file_says_where(tmp_path: Path, text: str, key: str, found: str) -> None:
    file = DecisionsFile(tmp_path)
    file.path.write_text(text)
    with pytest.raises(FileProblems) as caught:
        file.load()
    told = [problem for problem in caught.value.problems if problem.key == key]
    assert len(told) == 1
    assert found in told[0].found
    assert told[0].file == "decisions.toml"


def test_two_people_of_one_id_are_told(tmp_path: Path) -> None:
    file = PeopleFile(tmp_path)
    with pytest.raises(FileProblems, match="again"):
        file.save(People(people=(Person(id="founder"), Person(id="Founder"))))
    assert not file.path.exists()


def test_text_that_utf8_cannot_hold_is_told_and_nothing_written(tmp_path: Path) -> None:
    file = PeopleFile(tmp_path)
    with pytest.raises(FileProblems, match=r"U\+D800"):
        file.save(People(people=(Person(id="founder", name="\ud800"),)))
    assert not file.path.exists()


@pytest.mark.parametrize("odd", ["\x1b[31m", '"""', "\\", "a\r\nb", "\u202e", "[[notes]]", "\x00", "\x7f", "'''\n"])
def test_odd_text_reads_back_as_it_was(tmp_path: Path, odd: str) -> None:
    file = DecisionsFile(tmp_path)
    content = Decisions(notes=(Note(text=odd, by=odd, on=NOW),))
    file.save(content)
    assert DecisionsFile(tmp_path).load() == content
