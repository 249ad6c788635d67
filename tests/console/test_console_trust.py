"""A launch file that changes under the console is asked about, and one that breaks is told."""

from __future__ import annotations

from typing import Any

from double import Double
from screen import shown, until

from launchready_tui.console.acts.launchfile import add_permission
from launchready_tui.launch.problems import LaunchFileError, Problem
from launchready_tui.workspace import NotTrusted


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


async def test_a_permission_of_the_file_is_confirmed_before_it_counts(make: Any) -> None:
    app = make()
    ws = app.workspace
    assert ws.unconfirmed and not ws.launch.permits(ws.launch.domain)
    async with app.run_test(size=(100, 30)) as pilot:
        for key, counts in (("escape", False), ("y", True)):
            app.run_worker(add_permission(app))
            await until(pilot, lambda: "Was this permission given?" in shown(app))
            assert "founder, on 2026" in shown(app)
            await pilot.press(key)
            await until(pilot, lambda: "permission" in app.last_said and "Was this" not in shown(app))
            assert ws.launch.permits(ws.launch.domain) is counts
