"""The journal: what is saved stays, in the order it came, and reads back from any later program."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from market import DAY, NOW, found, result

from launchready_tui import facts
from launchready_tui.findings import CheckResult, Evidence, Finding
from launchready_tui.journal import Journal, JournalError
from launchready_tui.journal.schema import STEPS
from launchready_tui.launch.problems import NewerFile

ROOT = str(Path(__file__).resolve().parents[2])
FAILING = found("edge.tls.expired")
OTHER = found("edge.tls.chain", subject="api.example.com")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".launchready" / "journal.sqlite3"


def begin(journal: Journal, **more: object) -> int:
    given = {"kind": "run", "full": True, "now": NOW, "launch": "example.com", **more}
    return journal.begin(**given)  # type: ignore[arg-type]


def save_run(journal: Journal, *results: CheckResult, **more: object) -> list[str]:
    run = begin(journal, **more)
    saved = [journal.save(run, one) for one in results]
    journal.finish(run, now=NOW, outcome="done")
    return saved


def test_a_result_reads_back_whole_from_another_program(path: Path) -> None:
    finding = Finding(
        check="edge.tls",
        rule="edge.tls.expired",
        subject="example.com",
        state=FAILING.state,
        severity=FAILING.severity,
        summary="Ends in 2 days — 'quoted', \U0001f600",
        evidence=(Evidence.of("until", "2026-11-26", source="example.com:443", at=NOW),),
        remedy=FAILING.remedy,
        via="connect-map",
    )
    given = result("edge.tls", finding, commit="a1", deploy="b2")
    with Journal.open(path) as journal:
        saved = save_run(journal, given)[0]
    with Journal.open(path) as journal:
        assert journal.read(saved) == given
        assert journal.latest() == {"edge.tls": given}


def test_an_id_is_only_good_for_what_was_saved_under_it(path: Path) -> None:
    with Journal.open(path) as journal:
        saved = save_run(journal, result("edge.tls"), result("edge.dns"))
        assert journal.read(f" {saved[0]}\n") == result("edge.tls")
        first, second = (one.partition("-") for one in saved)
        assert journal.read(f"{first[0]}-{second[2]}") is None
        for wrong in ("", "1", "1-", "x-1", "99-00000000", "-1-00000000", "9" * 40 + "-00000000", "²-00000000"):
            assert journal.read(wrong) is None


def test_the_newest_counts_by_sequence_whatever_the_clock_says(path: Path) -> None:
    with Journal.open(path) as journal:
        save_run(journal, result("edge.tls", FAILING, at=NOW), now=NOW)
        save_run(journal, result("edge.tls", at=NOW - DAY), now=NOW - DAY)
        assert journal.latest()["edge.tls"].started_at == NOW - DAY
        assert [run for run, _ in journal.history("edge.tls")] == [2, 1]
        assert [row.run for row in journal.runs()] == [2, 1]


def test_the_first_results_are_what_it_began_with(path: Path) -> None:
    with Journal.open(path) as journal:
        save_run(journal, result("edge.tls", OTHER), kept=False)
        save_run(journal, result("edge.tls", FAILING))
        save_run(journal, result("edge.tls"), result("edge.dns"))
        assert journal.first() == {"edge.tls": result("edge.tls", FAILING), "edge.dns": result("edge.dns")}
        assert journal.every() == [result("edge.tls", FAILING), result("edge.tls"), result("edge.dns")]


def test_runs_at_a_set_time_and_runs_of_the_demo_are_no_real_ones(path: Path) -> None:
    with Journal.open(path) as journal:
        real = save_run(journal, result("edge.tls"))[0]
        unkept = save_run(journal, result("edge.tls", FAILING), kept=False)[0]
        save_run(journal, result("edge.tls", OTHER), demo=True)
        assert journal.latest() == {"edge.tls": journal.read(real)}
        assert len(journal.history("edge.tls")) == 1
        assert journal.changes().compared == 0
        assert journal.read(unkept) == result("edge.tls", FAILING), "its id reads it back all the same"
        assert [(row.kept, row.demo) for row in journal.runs()] == [(True, True), (False, False), (True, False)]
    with Journal.open(path, demo=True) as journal:
        assert journal.latest() == {"edge.tls": result("edge.tls", OTHER)}


def test_a_run_tells_how_it_went(path: Path) -> None:
    with Journal.open(path) as journal:
        run = begin(journal, via="connect-map", kind="recheck", full=False)
        journal.save(run, result("edge.tls"))
        assert journal.runs()[0].outcome == "", "interrupted, until an end is noted"
        journal.finish(run, now=NOW + timedelta(minutes=1), outcome="cancelled")
        row = journal.runs()[0]
        assert (row.kind, row.full, row.via, row.launch, row.outcome, row.results) == (
            "recheck",
            False,
            "connect-map",
            "example.com",
            "cancelled",
            1,
        )
        assert (row.started_at, row.ended_at) == (NOW, NOW + timedelta(minutes=1))
        assert [one for _, one in journal.saved_in(run)] == [result("edge.tls")]


UNSEEN = found("edge.tls.unread", "unknown")
CRASHED = found("edge.tls.crashed", "unknown", subject="launch")
CHANGES = {
    # the result before, the result now, (new, fixed, unchanged, unseen)
    "nothing open": ([], [], (0, 0, 0, 0)),
    "new": ([], [FAILING], (1, 0, 0, 0)),
    "fixed": ([FAILING], [], (0, 1, 0, 0)),
    "unchanged": ([FAILING], [FAILING], (0, 0, 1, 0)),
    "milder is still the same": ([FAILING], [found("edge.tls.expired", "warn")], (0, 0, 1, 0)),
    "one of each": ([FAILING, OTHER], [FAILING, found("edge.tls.key")], (1, 1, 1, 0)),
    "gone, but this host could not be seen": ([FAILING], [UNSEEN], (1, 0, 0, 1)),
    "gone, and another host could not be seen": ([OTHER], [UNSEEN], (1, 1, 0, 0)),
    "what could not be seen is a problem": ([UNSEEN], [FAILING], (1, 0, 0, 0)),
    "what could not be seen is fine": ([UNSEEN], [], (0, 0, 0, 0)),
    "gone, but the check broke": ([FAILING, OTHER], [CRASHED], (1, 0, 0, 2)),
}


@pytest.mark.parametrize("case", CHANGES)
def test_changes_since_the_result_before(path: Path, case: str) -> None:
    before, now, counts = CHANGES[case]
    with Journal.open(path) as journal:
        save_run(journal, result("edge.tls", *before), result("edge.dns"))
        save_run(journal, result("edge.tls", *now))
        changes = journal.changes()
        assert (changes.new, changes.fixed, changes.unchanged, len(changes.unseen_ids)) == counts
        assert changes.compared == 1, "edge.dns has nothing to be compared with"


def test_an_export_is_outdated_by_the_next_result(path: Path) -> None:
    with Journal.open(path) as journal:
        assert journal.last_export() is None
        save_run(journal, result("edge.tls"))
        journal.exported("/handed/over", now=NOW)
        export = journal.last_export()
        assert export is not None and (export.folder, export.at, export.outdated) == ("/handed/over", NOW, False)
        save_run(journal, result("edge.tls"), kept=False)
        assert journal.last_export() == export, "a run that is not real outdates nothing"
        save_run(journal, result("edge.tls"))
        export = journal.last_export()
        assert export is not None and export.outdated


@pytest.mark.parametrize("table", ["runs", "ends", "results", "exports"])
def test_nothing_can_be_changed_or_taken_out(path: Path, table: str) -> None:
    with Journal.open(path) as journal:
        save_run(journal, result("edge.tls"))
        journal.exported("/x", now=NOW)
    with closing(sqlite3.connect(path)) as connection:
        column = connection.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchone()[0]
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_several_read_while_one_writes(path: Path) -> None:
    with Journal.open(path) as writer, Journal.open(path) as reader, Journal.open(path) as other:
        saved = save_run(writer, result("edge.tls"))[0]
        assert reader.read(saved) == other.read(saved) == result("edge.tls")
        other.save(begin(other), result("edge.dns"))
        assert set(reader.latest()) == {"edge.tls", "edge.dns"}


def test_it_is_written_through_to_the_disk(path: Path) -> None:
    with Journal.open(path) as journal:
        assert journal._connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert journal._connection.execute("PRAGMA synchronous").fetchone()[0] == 2, "FULL"


def test_its_folder_is_private_and_ignored_by_git(path: Path) -> None:
    Journal.open(path).close()
    assert (path.parent / ".gitignore").read_text() == "*\n"
    assert path.parent.stat().st_mode & 0o077 == 0


# Versions

ADDED = "ALTER TABLE runs ADD COLUMN region TEXT NOT NULL DEFAULT '';"


def test_an_older_journal_is_copied_aside_and_brought_up_to_date(path: Path) -> None:
    with Journal.open(path) as journal:
        saved = save_run(journal, result("edge.tls"))[0]
    before = path.read_bytes()
    with Journal.open(path, steps=(*STEPS, ADDED)) as journal:
        assert journal.read(saved) == result("edge.tls")
    copy = path.with_name(f"journal.v{len(STEPS)}.sqlite3")
    with Journal.open(copy) as old:
        assert old.read(saved) == result("edge.tls")
    assert before != path.read_bytes()


def test_a_copy_aside_never_replaces_an_earlier_one(path: Path) -> None:
    Journal.open(path).close()
    path.with_name(f"journal.v{len(STEPS)}.sqlite3").write_text("kept")
    Journal.open(path, steps=(*STEPS, ADDED)).close()
    assert path.with_name(f"journal.v{len(STEPS)}.sqlite3").read_text() == "kept"
    Journal.open(path.with_name(f"journal.v{len(STEPS)}-2.sqlite3")).close()


def test_a_step_that_fails_leaves_the_journal_as_it_was(path: Path) -> None:
    with Journal.open(path) as journal:
        saved = save_run(journal, result("edge.tls"))[0]
    with pytest.raises(JournalError):
        Journal.open(path, steps=(*STEPS, ADDED + "CREATE TABLE runs (again INTEGER);"))
    with Journal.open(path) as journal:
        assert journal.read(saved) == result("edge.tls")


def test_a_newer_journal_is_refused_and_left_as_it_is(path: Path) -> None:
    Journal.open(path, steps=(*STEPS, ADDED)).close()
    before = path.read_bytes()
    with pytest.raises(
        NewerFile, match=rf"newer LaunchReady \(format {len(STEPS) + 1}; this one knows up to {len(STEPS)}\)"
    ):
        Journal.open(path)
    assert path.read_bytes() == before


# What goes wrong


def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(JournalError, match="not a LaunchReady journal") as caught:
        Journal.open(path)
    assert caught.value.problem == "foreign"
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database, only words that go on and on" * 40, b"\0" * 4096])
def test_garbage_is_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(JournalError) as caught:
        Journal.open(path)
    assert caught.value.problem in ("foreign", "broken")
    assert path.read_bytes() == content


def test_a_changed_result_is_noticed(path: Path) -> None:
    with Journal.open(path) as journal:
        saved = save_run(journal, result("edge.tls", FAILING))[0]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER results_no_update")
        connection.execute("UPDATE results SET body = replace(body, 'fail', 'pass')")
        connection.commit()
    with Journal.open(path) as journal, pytest.raises(JournalError, match="has changed"):
        journal.read(saved)


def test_the_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / ".launchready").write_text("")
    with pytest.raises(JournalError) as caught:
        Journal.open(tmp_path / ".launchready" / "journal.sqlite3")
    assert caught.value.problem == "no-access"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Root may write into any folder but those of the kernel."""
    folder = Path("/sys") if os.geteuid() == 0 else tmp_path
    if not folder.is_dir():
        pytest.skip("as root, and without /sys: no folder here refuses to be written")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(JournalError, match="is not writable") as caught:
            Journal.open(folder / ".launchready" / "journal.sqlite3")
        assert caught.value.problem == "read-only"
    finally:
        tmp_path.chmod(0o700)


def test_a_full_disk_is_said_and_loses_nothing(path: Path) -> None:
    with Journal.open(path) as journal:
        run = begin(journal)
        pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
        journal._connection.execute(f"PRAGMA max_page_count={pages + 20}")
        saved: list[str] = []
        with pytest.raises(JournalError, match="the disk is full") as caught:
            while len(saved) < 1000:
                saved.append(journal.save(run, result("edge.tls", found("edge.tls.x", subject="s" * 4000))))
        assert caught.value.problem == "full"
        assert 0 < len(saved) < 1000
    with Journal.open(path) as journal:
        assert all(journal.read(one) for one in saved)


WRITER = """
import sys
from pathlib import Path
sys.path[:0] = {folders!r}
from market import NOW, found, result
from launchready_tui.journal import Journal
journal = Journal.open(Path(sys.argv[1]))
run = journal.begin(kind="run", full=True, now=NOW, launch="example.com")
number = 0
while True:
    number += 1
    print(journal.save(run, result("edge.tls", found("edge.tls.x", subject=f"{{number}}.example.com"))), flush=True)
"""


@pytest.mark.parametrize("lines", [1, 2, 5, 9, 17, 33, 65, 129, 200, 333])
def test_a_kill_at_any_moment_loses_nothing_that_was_printed(path: Path, lines: int) -> None:
    """Killed again and again over the same file: every printed id is read back, and the file opens each time."""
    script = WRITER.format(folders=[str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "support")])
    printed: list[str] = []
    for _ in range(2):
        with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            printed += [writer.stdout.readline().strip() for _ in range(lines)]
            writer.send_signal(signal.SIGKILL)
            printed += [line.strip() for line in writer.stdout if line.endswith("\n")]
        assert writer.returncode == -signal.SIGKILL
        with Journal.open(path) as journal:
            lost = [one for one in printed if journal.read(one) is None]
            assert lost == []
    assert len(printed) >= 2 * lines


def test_what_was_tried_is_kept_newest_first_and_apart_from_the_demo(path: Path) -> None:
    with Journal.open(path) as journal:
        for subject, kept in (("first", True), ("at a set time", False), ("second", True)):
            journal.note_trial(
                "mail", subject, f'"{subject}"', now=NOW, launch="example.com", via="connect-map", kept=kept
            )
        journal.note_trial("other", "x", "1", now=NOW, launch="example.com")
        rows = journal.trials("mail")
        assert [(row.subject, row.body, row.at, row.via) for row in rows] == [
            ("second", '"second"', NOW, "connect-map"),
            ("first", '"first"', NOW, "connect-map"),
        ]
        assert [row.subject for row in journal.trials("mail", 1)] == ["second"]
    with Journal.open(path, demo=True) as demo:
        assert demo.trials("mail") == []


def test_a_journal_from_before_trials_gets_room_for_them_and_keeps_its_results(path: Path) -> None:
    with Journal.open(path, steps=STEPS[:1]) as journal:
        saved = journal.save(journal.begin(kind="run", full=True, now=NOW, launch="example.com"), result("edge.tls"))
    with Journal.open(path) as journal:
        assert journal.read(saved) == result("edge.tls")
        journal.note_trial("mail", "a", "1", now=NOW, launch="example.com")
        assert len(journal.trials("mail")) == 1


@pytest.mark.parametrize(
    ("kept", "wanted"), [("", 0), (',"facts":99', 99), (f',"facts":{facts.VERSION}', facts.VERSION)]
)
def test_a_result_with_facts_of_another_version_opens_and_is_checked_again(
    tmp_path: Path, kept: str, wanted: int
) -> None:
    seen = Evidence.of("chain", "301", fact=facts.RedirectChain(start="http://a.test/", hops=()))
    one = result("edge.redirects", msgspec.structs.replace(found("edge.redirects.loop"), evidence=(seen,)))
    path = tmp_path / "journal.sqlite3"
    with Journal.open(path) as journal:
        run = journal.begin(kind="run", full=True, now=NOW, launch="a.test")
        journal.save(run, one)
    body = msgspec.json.encode(one).decode()
    assert body.endswith(f',"facts":{facts.VERSION}}}')
    body = (
        body.removesuffix(f',"facts":{facts.VERSION}}}').replace('"redirect-chain"', '"of-another-time"') + kept + "}"
    )
    if wanted == facts.VERSION:
        body = body.replace('"of-another-time"', '"redirect-chain"')
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TRIGGER results_no_update")
        raw.execute("UPDATE results SET body = ?", (body,))
    with Journal.open(path) as journal:
        read = journal.latest()["edge.redirects"]
    assert read.facts == wanted
    assert read.readable is (wanted == facts.VERSION)
    assert len(read.findings[0].facts) == (1 if wanted == facts.VERSION else 0)
    assert read.findings[0].evidence[0].text == "301"


def test_an_emptied_journal_is_said_and_kept_with_its_log(path: Path) -> None:
    with Journal.open(path) as journal:
        assert journal.remark == ""
        save_run(journal, result("edge.tls", FAILING))
        log = path.with_name(path.name + "-wal")
        assert log.stat().st_size > 0
        copied = log.read_bytes()
    path.write_bytes(b"")
    log.write_bytes(copied)
    with Journal.open(path) as journal:
        assert "journal.sqlite3 was empty (0 bytes)" in journal.remark
        assert "kept as journal.empty.sqlite3" in journal.remark
        assert journal.latest() == {}
        saved = save_run(journal, result("edge.tls", FAILING))[0]
    assert path.with_name("journal.empty.sqlite3").read_bytes() == b""
    assert path.with_name("journal.empty.sqlite3-wal").read_bytes() == copied
    with Journal.open(path) as journal:
        assert journal.remark == ""
        assert journal.read(saved) is not None
    path.write_bytes(b"")
    with Journal.open(path) as journal:
        assert "journal.empty-2.sqlite3" in journal.remark


def test_many_that_begin_a_journal_at_once_begin_one(path: Path) -> None:
    """A file that another process is about to fill is no emptied one."""
    code = (
        "import sys; from pathlib import Path; from launchready_tui.journal import Journal; sys.stdin.readline();"
        "j = Journal.open(Path(sys.argv[1])); print(repr(j.remark))"
    )
    line = (sys.executable, "-c", code, str(path))
    started = [
        subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": ROOT})
        for _ in range(6)
    ]
    for one in started:
        assert one.stdin is not None
        one.stdin.write(b"\n")
        one.stdin.flush()
    assert {one.communicate(timeout=60)[0].strip() for one in started} == {b"''"}
    assert [found.name for found in path.parent.glob("*empty*")] == []
