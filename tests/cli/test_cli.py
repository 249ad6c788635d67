"""The command line: what goes where, how it ends, and what it says when something is wrong."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cliff import DNS, EXPIRED, FINE, LAUNCH, TLS, Program, clean_environment, say
from market import found

from launchready_tui.cli import values
from launchready_tui.cli.app import COMMANDS
from launchready_tui.cli.options import Common
from launchready_tui.findings import Finding
from launchready_tui.journal import Journal
from launchready_tui.journal.schema import STEPS
from launchready_tui.launch.reference import reference
from launchready_tui.roadmap import CheckSpec
from launchready_tui.roadmap import load as load_roadmap
from launchready_tui.vault import Vault
from launchready_tui.verdict import report
from launchready_tui.workspace import JOURNAL, Workspace


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    clean_environment(monkeypatch, tmp_path / "state")
    folder = tmp_path / "market"
    folder.mkdir()
    (folder / "launchready.toml").write_text(LAUNCH)
    return Program(capsys, folder)


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Finding]]:
    said = {TLS: [EXPIRED], DNS: [FINE]}
    say(monkeypatch, said)
    return said


# The program


def test_the_version(program: Program) -> None:
    said = program("--version")
    assert (said.code, said.out, said.err) == (0, "launchready 0.1.0\n", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(program: Program, name: str) -> None:
    said = program(name, "--help")
    assert said.code == 0
    assert said.out.startswith(f"Usage: launchready {name}")
    assert program("--help").out.count(f"\n  {name} ") == 1


SEEN_BY = [spec for spec in load_roadmap().checks.values() if spec.seen_by.startswith("launchready ")]


@pytest.mark.parametrize("spec", SEEN_BY, ids=lambda spec: spec.id)
def test_the_command_that_would_see_a_check_exists_with_its_consent(program: Program, spec: CheckSpec) -> None:
    command, _, consent = spec.seen_by.removeprefix("launchready ").partition(" --allow ")
    said = program(*command.split(), "--help")
    assert said.code == 0
    assert f"--allow {consent}" in " ".join(said.out.split())


LOADED = """
import sys
from launchready_tui.cli.run import run
code = run({arguments!r})
print(",".join(sorted({{name.partition(".")[0] for name in sys.modules}})), file=sys.stderr)
sys.exit(code)
"""


def loaded_by(*arguments: str, cwd: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin", "HOME": str(cwd)},
    )
    return set(done.stderr.splitlines()[-1].split(","))


@pytest.mark.parametrize(
    "arguments", [("--version",), ("--help",), ("check", "--help"), ("check", "--nonsense"), ("demo", "--help")]
)
def test_what_needs_no_work_loads_nothing_heavy(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    heavy = {"asyncio", "cryptography", "dns", "httpcore2", "keyring", "msgspec", "rich", "sqlite3", "ssl", "textual"}
    assert loaded_by(*arguments, cwd=tmp_path) & heavy == set()


def test_the_formats_offered_are_those_there_are() -> None:
    assert values.FORMATS == report.FORMATS


def test_a_word_that_is_no_command_names_the_nearest(program: Program) -> None:
    said = program("chek")
    assert said.code == 2
    assert "did you mean `launchready check`?" in said.err


@pytest.mark.parametrize("arguments", [(), ("{folder}",), ("console", "{folder}")])
def test_the_console_needs_a_terminal(program: Program, arguments: tuple[str, ...]) -> None:
    said = program(*(one.format(folder=program.folder) for one in arguments))
    assert said.code == 2
    assert "the console needs a terminal" in said.err
    assert said.out == ""


def test_a_mistake_of_ours_is_a_sentence_with_a_reference(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise KeyError("a value that must not show")

    monkeypatch.setattr(Workspace, "open", breaks)
    said = program.at("check")
    assert said.code == 70
    assert "internal error (KeyError-" in said.err
    assert "Traceback" not in said.err
    assert "must not show" not in said.err
    monkeypatch.setenv("LAUNCHREADY_DEBUG", "1")
    said = program.at("check")
    assert "test_cli.py" in said.err
    assert "must not show" not in said.err


def test_an_interruption_is_said(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Workspace, "open", interrupted)
    said = program.at("check")
    assert said.code == 130
    assert "interrupted" in said.err


@pytest.mark.parametrize("arguments", [["explain", "edge.redirects"], ["--help"], ["check", "--schema"]])
def test_a_reader_who_goes_away_is_no_traceback(tmp_path: Path, arguments: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "launchready_tui", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 3


# Files


def test_a_bad_launch_file_is_refused_with_all_that_is_wrong(program: Program) -> None:
    (program.folder / "launchready.toml").write_text('name = 3\ndomain = "example.com"\ncanonical = "x"\nhots = []\n')
    said = program.at("check")
    assert said.code == 2
    assert said.err.count("launchready.toml: ") >= 3
    assert "did you mean `hosts`?" in said.err
    assert said.out == ""


def test_an_unseen_launch_file_is_refused_with_what_it_would_reach(program: Program) -> None:
    said = program("check", "-C", program.folder)
    assert said.code == 2
    assert "is new on this computer" in said.err
    assert "hosts: example.com" in said.err
    assert "--trust" in said.err


def test_a_journal_of_a_newer_version_is_refused(program: Program) -> None:
    Journal.open(program.folder / JOURNAL, steps=(*STEPS, "CREATE TABLE more (a);")).close()
    said = program.at("check")
    assert said.code == 2
    assert "written by a newer LaunchReady" in said.err


def test_a_journal_that_cannot_be_used_is_said(program: Program) -> None:
    (program.folder / JOURNAL).parent.mkdir()
    (program.folder / JOURNAL).write_bytes(b"garbage, over and over" * 100)
    said = program.at("check")
    assert said.code == 3
    assert "not a LaunchReady journal" in said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--connect", "nonsense"), "HOST[:PORT]=ADDRESS[:PORT]"),
        (("--allow", "everything"), "allowed are mail, load, build, smoke, intrusive"),
        (("--now", "tomorrow"), "write it as 2026-11-24T14:02:00Z"),
        (("--ca-file", "/no/such/file"), "does not exist"),
        (("edg",), "did you mean edge?"),
        (("--fail-on", "sometimes"), "'blocker', 'high', 'medium', 'low', 'never'"),
        (("--format", "pdf"), "'text', 'json', 'junit', 'sarif', 'markdown'"),
        (("--nonsense",), "No such option"),
    ],
)
def test_wrong_use_says_what_is_allowed(program: Program, arguments: tuple[str, ...], words: str) -> None:
    said = program.at("check", *arguments)
    assert said.code == 2
    assert words in said.err
    assert said.out == ""


# check


def test_data_goes_to_stdout_and_progress_to_stderr(program: Program, says: dict[str, list[Finding]]) -> None:
    said = program.at("check", "--format", "json", "--verbose")
    assert said.code == 1
    document = json.loads(said.out)
    assert document["verdict"] == "NO-GO"
    saved = [line.removeprefix("saved ") for line in said.err.splitlines() if line.startswith("saved ")]
    assert len(saved) == 2
    with Journal.open(program.folder / JOURNAL) as journal:
        assert {journal.read(one).check for one in saved} == {TLS, DNS}  # type: ignore[union-attr]


def test_saved_lines_come_with_verbose_only(program: Program, says: dict[str, list[Finding]]) -> None:
    assert "saved " not in program.at("check").err
    assert program.at("--verbose", "check").err.count("saved ") == 2


FORMS: dict[str, Callable[[str], object]] = {
    "text": lambda text: text.index("NO-GO"),
    "json": json.loads,
    "junit": ElementTree.fromstring,
    "sarif": json.loads,
    "markdown": lambda text: text.index("# Market: NO-GO"),
}


@pytest.mark.parametrize("kind", FORMS)
def test_every_format_to_stdout_and_to_a_file(program: Program, says: dict[str, list[Finding]], kind: str) -> None:
    said = program.at("check", "--format", kind)
    FORMS[kind](said.out)
    out = program.folder / "report"
    said = program.at("check", "--format", kind, "--out", out)
    assert said.out == ""
    FORMS[kind](out.read_text())


EXITS = [
    # what the check says, names, --fail-on, exit code
    ([EXPIRED], [], "blocker", 1),
    ([EXPIRED], [], "never", 0),
    ([EXPIRED], [TLS], "blocker", 1),
    ([EXPIRED], [TLS], "never", 0),
    ([EXPIRED], [DNS], "low", 0),
    ([found(f"{TLS}.chain", "fail", "high")], [TLS], "blocker", 0),
    ([found(f"{TLS}.chain", "fail", "high")], [TLS], "high", 1),
    ([found(f"{TLS}.chain", "fail", "high")], ["edge"], "high", 1),
    ([found(f"{TLS}.chain", "fail", "high")], ["2"], "medium", 1),
    ([found(f"{TLS}.fine", "pass", "low")], [TLS], "low", 0),
    ([found(f"{TLS}.fine", "pass", "low")], [], "blocker", 1),
    ([found(f"{TLS}.fine", "pass", "low")], [], "never", 0),
]


@pytest.mark.parametrize(("findings", "names", "fail_on", "code"), EXITS)
def test_exit_codes(
    program: Program, says: dict[str, list[Finding]], findings: list[Finding], names: list[str], fail_on: str, code: int
) -> None:
    says[TLS] = findings
    assert program.at("check", *names, "--fail-on", fail_on).code == code


def test_some_checks_give_no_verdict(program: Program, says: dict[str, list[Finding]]) -> None:
    document = json.loads(program.at("check", "edge", "--format", "json").out)
    assert document["verdict"] is None
    assert {one["check"].partition(".")[0] for one in document["checks"]} == {"edge"}
    assert [one["check"] for one in document["checks"] if one["ran"]] == [TLS]


def test_a_check_for_a_person_is_not_run_and_said_to_be_for_a_person(
    program: Program, says: dict[str, list[Finding]]
) -> None:
    said = program.at("check", "audit.shared-secrets")
    assert "a person answers them" in said.err
    assert "Has every password and key" in said.out
    assert "saved" not in said.err


def test_a_run_at_a_set_time_is_not_kept(program: Program, says: dict[str, list[Finding]]) -> None:
    document = json.loads(program.at("check", "--now", "2026-11-24T14:00:00Z", "--format", "json").out)
    assert (document["kept"], document["started_at"]) == (False, "2026-11-24T14:00:00Z")
    with Journal.open(program.folder / JOURNAL) as journal:
        assert journal.latest() == {}


def test_options_stand_before_the_command_and_after_it(program: Program, says: dict[str, list[Finding]]) -> None:
    said = program(
        "-C", program.folder, "--connect", "a.example=192.0.2.1", "check", "--connect", "b.example=192.0.2.2", "--trust"
    )
    assert said.code == 1
    assert "Checked through a connect map" in said.out


def test_the_schema_is_printed_without_a_launch(program: Program, tmp_path: Path) -> None:
    said = program("check", "--schema", "-C", tmp_path)
    assert json.loads(said.out)["title"] == "LaunchReady check report"


def test_a_full_disk_in_the_middle_is_said_and_what_was_said_to_be_saved_is(
    program: Program, says: dict[str, list[Finding]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    saved = Journal.save
    count = 0

    def full_after_one(self: Journal, run: int, one: object) -> str:
        nonlocal count
        count += 1
        if count > 1:
            self._connection.execute(
                f"PRAGMA max_page_count={self._connection.execute('PRAGMA page_count').fetchone()[0]}"
            )
        return saved(self, run, one)  # type: ignore[arg-type]

    says[TLS] = [found(f"{TLS}.x", subject="s" * 9000)]
    says[DNS] = [found(f"{DNS}.x", subject="s" * 9000)]
    monkeypatch.setattr(Journal, "save", full_after_one)
    said = program.at("check", "--verbose")
    assert said.code == 3
    assert "the disk is full" in said.err
    ids = [line.removeprefix("saved ") for line in said.err.splitlines() if line.startswith("saved ")]
    assert len(ids) == 1
    with Journal.open(program.folder / JOURNAL) as journal:
        assert journal.read(ids[0]) is not None
    assert sqlite3.sqlite_version


# history, explain, paths, completion


def test_history_lists_runs_results_and_one_result(program: Program, says: dict[str, list[Finding]]) -> None:
    saved = program.at("check", TLS, "--verbose").err.split("saved ")[1].split()[0]
    runs = program("history", "-C", program.folder)
    assert "some checks, done" in runs.out and "1 results" in runs.out
    assert saved in program("history", "1", "-C", program.folder).out
    one = program("history", saved, "-C", program.folder)
    assert EXPIRED.summary in one.out and EXPIRED.rule in one.out
    document = json.loads(program("history", saved, "-C", program.folder, "--format", "json").out)
    assert (document["saved"], document["check"]) == (saved, TLS)
    assert json.loads(program("history", "-C", program.folder, "--format", "json").out)[0]["outcome"] == "done"


@pytest.mark.parametrize("what", ["99", "9-00000000", "nonsense"])
def test_history_of_what_is_not_there(program: Program, says: dict[str, list[Finding]], what: str) -> None:
    program.at("check")
    assert program("history", what, "-C", program.folder).code == 1


def test_history_without_a_journal(program: Program) -> None:
    said = program("history", "-C", program.folder)
    assert said.code == 3
    assert "no journal" in said.err
    assert not (program.folder / ".launchready").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("edge.redirects", "Short redirects"),
        ("edge.redirects.loop", "source"),
        ("EDGE.REDIRECTS", "Short redirects"),
        ("edge.redirects.crashed", "The check failed because of an error"),
        ("handover.access.not-confirmed", "Only a person can answer"),
        ("routes.target_ms", "default             300"),
        ("[[routes]]", "routes[].target_ms"),
        ("routes[2].url", "required"),
        ("[watch]", "watch.always_on"),
    ],
)
def test_explain(program: Program, name: str, words: str) -> None:
    said = program("explain", name)
    assert said.code == 0
    assert words in said.out


def test_explain_lists_every_key_of_the_launch_file(program: Program) -> None:
    said = program("explain", "launchready.toml")
    heads = [line for line in said.out.splitlines() if line and not line.startswith(" ")]
    assert heads == [key.path for key in reference()]
    assert all(key.text for key in reference())


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "C.UTF-8", "TERM": "xterm-256color"}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "POSIX"}, True),
        ({"LC_ALL": "C", "LC_CTYPE": "en_US.UTF-8"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "de_DE.utf8@euro"}, False),
        ({"LANG": "en_US.UTF-8", "TERM": "dumb"}, True),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, True),
    ],
)
def test_glyphs_become_ascii_where_the_terminal_has_none(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], wanted: bool
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8")
    assert Common().ascii(stream) is wanted
    assert Common(plain=True).ascii(stream)
    assert Common().ascii(io.TextIOWrapper(io.BytesIO(), "latin-1"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("logs", "no-such.log"), "o such file or directory"),
        (("edge-config", "nginx", "--out", "/proc/x"), "no files can be created there"),
        (("watch", "export", "gatus", "--out", "/proc/x"), "no files can be created there"),
        (("demo", "--headless", "--out", "/proc/x/y"), "no files can be created there"),
    ],
)
def test_what_the_system_refuses_is_said_in_words(program: Program, arguments: tuple[str, ...], words: str) -> None:
    said = program.at(*arguments)
    assert said.code in (2, 3)
    assert "Errno" not in said.err and "mistake in LaunchReady" not in said.err
    assert words in said.err and arguments[-1] in said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "--out", "{tmp}/no/such/report.xml"), "{tmp}/no/such does not exist"),
        (("check", "--out", "{tmp}/file/report.xml"), "{tmp}/file is not a folder"),
        (("receipt", "--out", "{tmp}/no/r.md"), "{tmp}/no does not exist"),
        (("questions", "--out", "{tmp}"), "is a directory"),
        (("day", "--log", "{tmp}/no/log.md"), "{tmp}/no does not exist"),
        (("drift", "{tmp}", "--out", "{tmp}/no/d.md"), "{tmp}/no does not exist"),
        (("handover", "--offline", "--out", "{tmp}/file"), "is a file"),
        (("demo", "--headless", "--out", "{tmp}/file/new/folder"), "{tmp}/file is not a folder"),
        (("watch", "metrics", "--out", "{tmp}/no/m"), "{tmp}/no does not exist"),
    ],
)
def test_where_nothing_can_be_written_is_said_before_the_work_begins(
    program: Program, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "file").write_text("")
    said = program.at(*(one.format(tmp=tmp_path) for one in arguments))
    assert said.code == 2, said.err
    assert words.format(tmp=tmp_path) in said.err and "saved" not in said.err


def test_explain_what_is_not_there_names_the_nearest(program: Program) -> None:
    said = program("explain", "edge.redirekts")
    assert said.code == 2
    assert "did you mean edge.redirects" in said.err


def test_paths_name_every_place(program: Program, tmp_path: Path) -> None:
    said = program("paths", "-C", program.folder)
    assert str(program.folder / "launchready.toml") in said.out
    assert str(tmp_path / "state") in said.out
    assert "(does not exist)" in said.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(program: Program, shell: str) -> None:
    said = program("completion", shell)
    assert said.code == 0
    assert "_LAUNCHREADY_COMPLETE" in said.out


def test_the_shell_completes_checks(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "launchready_tui"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "HOME": str(tmp_path),
            "PATH": "/usr/bin:/bin",
            "_LAUNCHREADY_COMPLETE": "bash_complete",
            "COMP_WORDS": "launchready check edge.r",
            "COMP_CWORD": "2",
        },
    )
    assert done.stdout == "plain,edge.redirects\n"


# handover, verify


def test_the_handover_says_whether_stored_values_were_compared(
    program: Program, says: dict[str, list[Finding]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.at("check")
    said = program.at("handover", "--offline", "--out", tmp_path / "one")
    assert said.code == 0 and "No file contains a stored credential" in said.err
    monkeypatch.setattr(Vault, "learn", lambda self, **more: {"shop-login": "this machine has no keyring"})
    words = "shop-login was not compared, because this machine has no keyring"
    said = program.at("handover", "--offline", "--out", tmp_path / "two")
    assert said.code == 3 and words in said.err and not (tmp_path / "two").exists()
    said = program.at("handover", "--offline", "--out", tmp_path / "two", "--without-comparing")
    assert said.code == 0 and words in said.err and len(list((tmp_path / "two").iterdir())) == 2


def test_handover_and_verify(program: Program, says: dict[str, list[Finding]], tmp_path: Path) -> None:
    program.at("check")
    said = program.at("handover", "--offline", "--out", tmp_path / "handed")
    assert said.code == 0
    folder, archive = said.out.split()
    assert "missing:" in said.err and "Verdict: NO-GO" in said.err
    assert program("verify", folder).code == program("verify", archive).code == 0
    readme = Path(folder) / "README.md"
    readme.write_text(readme.read_text() + "x")
    said = program("verify", folder)
    assert said.code == 1
    assert "README.md: was changed since the export." in said.out


def test_verify_what_is_not_there(program: Program, tmp_path: Path) -> None:
    assert program("verify", tmp_path / "none.zip").code == 1
