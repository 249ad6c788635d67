"""README and the program say the same: commands, pictures, numbers, the two commands on a fresh machine."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from launchready_tui.cli.app import program
from launchready_tui.roadmap import load

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
ROWS = [
    set(re.split(r"[\s|\\]+", " ".join(re.findall(r"`([^`]+)`", line))))
    for line in README.splitlines()
    if line.startswith("|")
]


def every(command: click.Command, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The words of each command that can be called, groups within groups."""
    if not isinstance(command, click.Group):
        return [words]
    context = click.Context(command)
    inner = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [path for name, one in inner if one is not None and not one.hidden for path in every(one, (*words, name))]


@pytest.mark.parametrize("words", every(program), ids=" ".join)
def test_every_command_has_its_row(words: tuple[str, ...]) -> None:
    assert any(row >= set(words) for row in ROWS), f"README's table does not name: launchready {' '.join(words)}"


def test_no_row_names_a_command_that_is_gone() -> None:
    firsts = {
        match
        for line in README.splitlines()
        if line.startswith("|")
        for match in re.findall(r"`launchready ([a-z-]+)", line)
    }
    known = set(program.list_commands(click.Context(program)))
    assert len(firsts) > 15
    assert firsts <= known


def test_each_picture_is_there_and_each_picture_is_shown() -> None:
    shown = set(re.findall(r"\((screens/[^)]+\.svg)\)", README))
    assert shown == {f"screens/{path.name}" for path in (ROOT / "screens").glob("*.svg")}


def test_the_two_commands_are_one_line_each_and_need_nothing_but_python() -> None:
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert lines[0].endswith("launchready demo")
    assert lines[1].endswith("python -m pytest -n 3 --dist loadfile --no-loadscope-reorder")


def test_the_share_that_looks_by_itself_is_told_truly() -> None:
    checks = [check for stage in load().stages for check in stage.checks]
    assert f"\n{sum(check.automated for check in checks)} of the {len(checks)} checks are answered by looking" in README
