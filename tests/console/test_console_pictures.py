"""The console draws the stored rows, and the pictures show them. LAUNCHREADY_UPDATE_SCREENS=1 draws both anew."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from frozen import FROZEN, frozen_roadmap
from pictures import FOLDER, PICTURES, ROWS, console, normalised, words_of
from rows import Rows, difference
from screen import settled, shown, until

import launchready_tui

UPDATE = bool(os.environ.get("LAUNCHREADY_UPDATE_SCREENS"))
README = FOLDER.parent / "README.md"


@pytest.fixture(autouse=True, scope="module")
def _frozen() -> Iterator[None]:
    with frozen_roadmap():
        yield


@pytest.mark.parametrize("name", list(PICTURES))
async def test_picture(name: str, tmp_path: Path) -> None:
    size, theme, keys = PICTURES[name]
    app = console(
        tmp_path / "demo",
        theme,
        watched=name.startswith(("watch", "launch")),
        launching=name.startswith("launch"),
        beside=name.count("-") > 1 and name.startswith("watch"),
    )
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await settled(pilot)
            await until(pilot, lambda: app.snapshot.progress is None)
        if name.startswith("credentials"):
            await until(pilot, lambda: app.screen.status is not None)
        if name.startswith("log"):
            await until(pilot, lambda: "Run done" in shown(app))
        if name.startswith("watch"):
            await until(pilot, lambda: app.screen.shot is not None and app.screen.shot.chart is not None)
        if name.startswith("launch"):
            app.watching.tick()
            await until(pilot, lambda: app.screen.shot is not None)
        await settled(pilot)
        now, svg = Rows.of(app), normalised(app.export_screenshot(title="LaunchReady", simplify=True))
    rows, picture = ROWS / f"{name}.txt", FOLDER / f"{name}.svg"
    if UPDATE:
        _store(now, rows, svg, picture)
    assert rows.exists() and picture.exists(), "draw it with LAUNCHREADY_UPDATE_SCREENS=1"
    changed = difference(Rows.read(rows.read_text("utf-8")), now)
    if changed:
        (tmp_path / picture.name).write_text(svg, "utf-8", newline="\n")
        pytest.fail(f"{name} changed; {tmp_path / picture.name} shows it now\n{changed}", pytrace=False)


def _store(now: Rows, rows: Path, svg: str, picture: Path) -> None:
    """Stores rows and picture where a row or a style changed, and never for another way to write the same picture."""
    stored = rows.exists() and picture.exists()
    if stored and rows.read_text("utf-8") == str(now) and words_of(picture.read_text("utf-8")) == now.words:
        return
    rows.parent.mkdir(exist_ok=True)
    rows.write_text(str(now), "utf-8", newline="\n")
    picture.write_text(svg, "utf-8", newline="\n")


@pytest.mark.parametrize("name", list(PICTURES))
def test_the_picture_shows_the_stored_rows_and_fetches_nothing(name: str) -> None:
    svg = (FOLDER / f"{name}.svg").read_text("utf-8")
    stored = Rows.read((ROWS / f"{name}.txt").read_text("utf-8"))
    assert words_of(svg) == stored.words
    assert all(colour in svg for colour in stored.colours.values())
    assert not re.search(r"(href|src)=|url\((?!#)|@import", svg)


async def test_no_picture_reads_what_the_product_says_of_a_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that no check, rule, message or severity of the product can change one."""
    package, read = Path(launchready_tui.__file__).parent, []
    read_text = Path.read_text

    def noted(path: Path, *rest: Any, **more: Any) -> str:
        read.append(path)
        return read_text(path, *rest, **more)

    monkeypatch.setattr(Path, "read_text", noted)
    with frozen_roadmap():
        app = console(tmp_path / "demo", "night")
        async with app.run_test(size=(100, 30)) as pilot:
            for key in ("2", "down", "e", "escape", "x", "p", "b", "l", "R", "g"):
                await pilot.press(key)
                await settled(pilot)
    sheets = [path for path in read if path.name in ("check.toml", "shared.toml") or path.parent.name == "roadmap"]
    assert any(path.is_relative_to(FROZEN / "checks") for path in sheets)
    assert not [path for path in sheets if path.is_relative_to(package / "checks")]
    assert not [path for path in sheets if path.is_relative_to(package / "roadmap")]


def test_the_folders_hold_exactly_these() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{name}.svg" for name in PICTURES)
    assert sorted(path.name for path in ROWS.iterdir()) == sorted(f"{name}.txt" for name in PICTURES)


def test_readme_shows_pictures_that_exist() -> None:
    if not README.exists():
        pytest.skip("there is no README here")
    shown = re.findall(r"screens/([\w-]+\.svg)", README.read_text("utf-8"))
    assert all((FOLDER / name).exists() for name in shown)


async def test_a_small_terminal_shows_where_each_host_is_and_until_when(tmp_path: Path) -> None:
    app = console(tmp_path / "demo", "ledger-night", watched=False, launching=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1", "m")
        await until(pilot, lambda: "Domain map" in shown(app) and app.screen.query_one("#panel").has_focus)
        await settled(pilot)
        drawn = shown(app).split("Domain map")[1].split("Delivers")[0]
        assert "203.0.113.11 +1" in drawn and "26 Nov 2026" in drawn
        assert "…" not in drawn, "no cell is cut"
