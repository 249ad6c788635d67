"""Before the console opens: trust is asked, all that is wrong is listed, and what is answered is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from double import DOMAIN, Double, launch_of_demo
from hostile import TEXTS
from screen import shown, until

from launchready_tui.console.gate import Gate, problems_gate, run_folder, trust_gate
from launchready_tui.launch.problems import LaunchFileError, Problem
from launchready_tui.launch.write import write_new
from launchready_tui.workspace import NotTrusted, Options, Workspace

PROBLEMS = (
    Problem(
        file="launchready.toml", key="hosts[2].role", found="`wbe`", allowed="web, app, api or admin", nearest="web"
    ),
    Problem(file="launchready.toml", key="sprnt", allowed="unknown key", nearest="sprint"),
    Problem(file="launchready.toml", key=TEXTS["markup"], found=TEXTS["escape"]),
)


def untrusted(folder: Path) -> NotTrusted:
    folder.mkdir()
    write_new(folder / "launchready.toml", launch_of_demo())
    with pytest.raises(NotTrusted) as why:
        Workspace.open(folder, Options(state_dir=folder / "state"))
    return why.value


async def test_trust_shows_what_would_be_reached_and_who_allowed_it(tmp_path: Path) -> None:
    app = trust_gate(untrusted(tmp_path / "launch"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "api.demo-market.test" in shown(app))  # type: ignore[arg-type]
        text = " ".join(shown(app).split())  # type: ignore[arg-type]
        assert f"given by founder on 24 Nov 2026 for {DOMAIN}" in text and "y use it" in text
        await pilot.press("y")
        await pilot.pause()
    assert app.return_value == "yes"


@pytest.mark.parametrize("key", ["escape", "q", "n", "ctrl+c"])
async def test_anything_else_is_no(tmp_path: Path, key: str) -> None:
    app = trust_gate(untrusted(tmp_path / "launch"))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press(key)
        await pilot.pause()
    assert app.return_value == "leave"


async def test_all_that_is_wrong_is_listed(tmp_path: Path) -> None:
    app = problems_gate(PROBLEMS)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "hosts[2].role" in shown(app))  # type: ignore[arg-type]
        text = shown(app)  # type: ignore[arg-type]
        assert "3 things are wrong" in text and "web, app, api or admin" in text and "sprint" in text
        assert "[bold red]x[/]" in text and "\x1b" not in text
        await pilot.press("r")
        await pilot.pause()
    assert app.return_value == "again"


@pytest.mark.parametrize("size", [(1, 1), (30, 8), (60, 16), (200, 60)])
async def test_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    app = problems_gate(PROBLEMS)
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "pagedown", "end", "up")
        await pilot.resize_terminal(5, 5)
        await pilot.pause()
        assert app.is_running


def test_the_folder_is_opened_once_all_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong, then unseen, then trusted: each is asked, the trust is remembered, and the console gets the workspace."""
    why = untrusted(tmp_path / "launch")
    double = Double.make(tmp_path / "double")
    remembered: list[str] = []
    monkeypatch.setattr(double, "trust_launch_file", remembered.append)
    tried: list[bool] = []

    def open_workspace(trust: bool) -> Any:
        tried.append(trust)
        if len(tried) == 1:
            raise LaunchFileError(PROBLEMS)
        if not trust:
            raise why
        return double

    answers = iter(["again", "yes"])
    monkeypatch.setattr(Gate, "run", lambda self, *_, **__: next(answers))
    monkeypatch.setattr("launchready_tui.console.app.run", lambda workspace, **_: 7 if workspace is double else 1)
    assert run_folder(open_workspace) == 7
    assert tried == [False, False, True] and remembered == [double.launch_file.sha256]


@pytest.mark.parametrize("error", ["wrong", "unseen"])
def test_leaving_is_exit_code_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    why: Exception = LaunchFileError(PROBLEMS) if error == "wrong" else untrusted(tmp_path / "launch")

    def open_workspace(trust: bool) -> Any:
        raise why

    monkeypatch.setattr(Gate, "run", lambda self, *_, **__: "leave")
    assert run_folder(open_workspace) == 2


async def test_a_launch_file_changed_under_the_console_is_asked_about(make: Any) -> None:
    app = make()
    double = app.workspace
    path = double.folder / "launchready.toml"
    why = NotTrusted(path, "0" * 64, gate_summary(double))
    refreshed: list[bool] = []

    def refresh() -> bool:
        refreshed.append(True)
        if len(refreshed) < 3:
            raise why
        return True

    double.refresh = refresh
    allowed: list[str] = []
    double.trust_launch_file = allowed.append
    async with app.run_test(size=(100, 30)) as pilot:
        app._tick()
        await until(pilot, lambda: "Use the changed launch file?" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "stays in use" in app.last_said)
        app._tick()
        await pilot.pause()
        assert "Use the changed" not in shown(app), "a refused file is not asked about again"
        app.refused = ""
        refreshed.clear()
        app._tick()
        await until(pilot, lambda: "Use the changed launch file?" in shown(app))
        refreshed.extend([True, True])
        await pilot.press("y")
        await until(pilot, lambda: allowed == ["0" * 64])


async def test_a_file_broken_under_the_console_is_told_until_it_is_mended(make: Any) -> None:
    app = make()
    broken = [True]

    def refresh() -> bool:
        if broken:
            raise LaunchFileError([Problem(file="launchready.toml: line 104", allowed="TOML")])
        return False

    app.workspace.refresh = refresh
    async with app.run_test(size=(80, 24)) as pilot:
        app._tick()
        await until(pilot, lambda: "✕  launchready.toml: line 104" in shown(app))
        assert "the old one is in use" in shown(app)
        app.clear_notifications()
        app._tick()
        await pilot.press("3")
        await until(pilot, lambda: "Email deliverability" in shown(app))
        assert "the old one is in use" in shown(app) and not list(app._notifications), (
            "told by the band, not again and again"
        )
        broken.clear()
        app._tick()
        await until(pilot, lambda: "the old one is in use" not in shown(app))
        assert "next step" in shown(app)


def gate_summary(double: Double) -> Any:
    from launchready_tui.launch.trust import summary

    return summary(double.launch_file)
