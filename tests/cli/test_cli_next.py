"""`launchready next`: the step that the console's `n` takes, and the command that does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from cliff import DNS, EXPIRED, FINE, LAUNCH, TLS, Program, clean_environment, say

from launchready_tui.cli.app import COMMANDS
from launchready_tui.cli.next import command_of
from launchready_tui.verdict import Form, Step
from launchready_tui.workspace import Workspace


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    clean_environment(monkeypatch, tmp_path / "state")
    folder = tmp_path / "market"
    folder.mkdir()
    (folder / "launchready.toml").write_text(LAUNCH)
    say(monkeypatch, {TLS: [EXPIRED], DNS: [FINE]})
    return Program(capsys, folder)


def test_first_the_checks_are_run(program: Program) -> None:
    said = program("-C", program.folder, "next", "--trust")
    assert said.code == 1
    assert said.out.splitlines()[0] == "Run the checks"
    assert "  command  launchready check" in said.out.splitlines()
    assert "never run" in said.out


STEPS = {
    "a fix": (Step("fix", "Fix: it", "stops the launch", "mend it", check=TLS), f"launchready check {TLS}"),
    "a few checks": (Step("run", "Run", "2 never run", checks=(TLS, DNS)), f"launchready check {TLS} {DNS}"),
    "the mail test": (Step("mail", "Test", "not tested", form="mail"), "launchready mail test --allow mail"),
    "a question": (Step("ask", "Is it?", "NO-GO", form="answer"), "launchready questions --out questions.md"),
}


@pytest.mark.parametrize("case", STEPS)
def test_a_step_says_why_and_how(program: Program, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    step, command = STEPS[case]
    monkeypatch.setattr(Workspace, "next_step", lambda self, verdict=None: step)
    said = program("-C", program.folder, "next", "--trust")
    why = f"{step.why}; {step.note}" if step.note else step.why
    assert said.out.splitlines() == [step.text, f"  why      {why}", f"  command  {command}"]
    assert said.code == 1


def test_where_nothing_is_left_that_is_all(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    done = Step("done", "Nothing left to do", "GO")
    monkeypatch.setattr(Workspace, "next_step", lambda self, verdict=None: done)
    said = program("-C", program.folder, "next", "--trust")
    assert (said.code, said.out.splitlines()) == (0, ["Nothing left to do", "  why      GO"])


@pytest.mark.parametrize("form", [form for form in get_args(Form) if form])
def test_every_form_has_a_command_that_there_is(program: Program, form: Any) -> None:
    program_name, name, *rest = command_of(Step("fill", "x", form=form)).split()
    assert program_name == "launchready" and name in COMMANDS
    named = [word for word in rest if word.isalpha() and word.islower()]
    assert program(name, *named, "--help").code == 0
