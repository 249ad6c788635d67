"""The stored pictures are what the console draws. LAUNCHREADY_UPDATE_SCREENS=1 draws them anew."""

from __future__ import annotations

import importlib.metadata
import os
import re
from pathlib import Path

import pytest
from pictures import FOLDER, PICTURES, console, difference, normalised
from screen import settled, shown, until

# The bytes of a picture depend on these two; other versions draw the same screens with other bytes.
DRAWN_WITH = {"textual": "8.2.8", "rich": "15"}
UPDATE = bool(os.environ.get("LAUNCHREADY_UPDATE_SCREENS"))
README = FOLDER.parent / "README.md"


def _other_version() -> str:
    for package, wanted in DRAWN_WITH.items():
        found = importlib.metadata.version(package)
        if not (found == wanted or found.startswith(wanted + ".")):
            return f"{package} {found}; the pictures were drawn with {wanted}"
    return ""


@pytest.mark.parametrize("name", list(PICTURES))
async def test_picture(name: str, tmp_path: Path) -> None:
    if _other_version():
        pytest.skip(_other_version())
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
        svg = normalised(app.export_screenshot(title="LaunchReady", simplify=True))
    assert not re.search(r"(href|src)=|url\((?!#)|@import", svg), "a picture fetches nothing"
    stored = FOLDER / f"{name}.svg"
    if UPDATE:
        FOLDER.mkdir(exist_ok=True)
        stored.write_text(svg, "utf-8", newline="\n")
        return
    assert stored.exists(), "draw it with LAUNCHREADY_UPDATE_SCREENS=1"
    old = stored.read_text("utf-8")
    if old != svg:
        fresh = tmp_path / f"{name}.svg"
        fresh.write_text(svg, "utf-8", newline="\n")
        pytest.fail(
            f"{name} changed; the new picture is {fresh}\n{difference(old, svg) or 'only colours or places differ'}"
        )


def test_the_folder_holds_exactly_these() -> None:
    if UPDATE:
        pytest.skip("they are being drawn")
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{name}.svg" for name in PICTURES)


def test_readme_shows_pictures_that_exist() -> None:
    if not README.exists():
        pytest.skip("there is no README here")
    shown = re.findall(r"screens/([\w-]+\.svg)", README.read_text("utf-8"))
    assert all((FOLDER / name).exists() for name in shown)


async def test_a_small_terminal_shows_where_each_host_is_and_until_when(tmp_path: Path) -> None:
    app = console(tmp_path / "demo", "ledger-night", watched=False, launching=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1", "m")
        await until(pilot, lambda: "Domain map" in shown(app))
        drawn = shown(app).split("Domain map")[1].split("Delivers")[0]
        assert "203.0.113.11 +1" in drawn and "26 Nov 2026" in drawn
        assert "…" not in drawn, "no cell is cut"
