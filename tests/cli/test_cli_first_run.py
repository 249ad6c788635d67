"""Which launch runs its checks by itself when the console is opened for the first time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cliff import LAUNCH, Program, clean_environment

from launchready_tui.launch.load import load
from launchready_tui.launch.trust import Trust


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What each console was made with."""
    made: list[dict[str, Any]] = []

    class Recorder:
        return_code = 0

        def __init__(self, workspace: object, **rest: Any) -> None:
            made.append(rest)

        def run(self) -> int:
            return 0

    monkeypatch.setattr("launchready_tui.console.app.Console", Recorder)
    monkeypatch.setattr("launchready_tui.cli.console.has_terminal", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    return made


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    clean_environment(monkeypatch, tmp_path / "state")
    folder = tmp_path / "market"
    folder.mkdir()
    (folder / "launchready.toml").write_text(LAUNCH)
    return Program(capsys, folder)


@pytest.mark.parametrize(
    ("approved", "words", "runs"),
    [
        (True, ("console",), True),
        (True, (), True),
        (True, ("console", "--no-run"), False),
        (True, ("--no-run",), False),
        (False, ("console", "--trust"), False),
    ],
)
def test_only_an_approved_launch_runs_by_itself(
    program: Program, opened: list[dict[str, Any]], tmp_path: Path, approved: bool, words: tuple[str, ...], runs: bool
) -> None:
    if approved:
        Trust(tmp_path / "state").remember(load(Path(program.folder) / "launchready.toml").sha256)
    assert program("-C", program.folder, *words).code == 0
    assert [made["runs_first"] for made in opened] == [runs]


def test_an_unapproved_launch_is_not_even_opened(program: Program, opened: list[dict[str, Any]]) -> None:
    said = program("-C", program.folder, "console")
    assert said.code == 2 and "--trust" in said.err and not opened


def test_other_commands_have_no_first_run(program: Program) -> None:
    said = program("--no-run", "check")
    assert said.code == 2 and "launchready console --no-run" in said.err
