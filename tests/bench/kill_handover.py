"""Benchmark of losses: kills the console while people and inventory are edited, and exports of the handover folder,
and looks what is left.

python tests/bench/kill_handover.py [KILLS]

Editing: the real console over a real folder; every line said to be saved must be in people.toml or inventory.toml,
every draft said to be kept must come back, and no file may be half written. Exporting: a folder or zip under its final
name must be whole.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LAUNCH = 'name = "Market"\ndomain = "example.com"\ncanonical = "https://example.com/"\n'


def told(words: str) -> None:
    """A line for the one who kills: written at once, whatever happens next."""
    os.write(1, f"{words}\n".encode())


async def edit(folder: Path) -> None:
    """Adds people and systems in the console without end."""
    from textual.widgets import Input

    from launchready_tui.console.app import Console
    from launchready_tui.workspace import Options, Workspace

    app = Console(Workspace.open(folder, Options(trust=True, user="engineer")), live=False)

    async def until(condition: object) -> None:
        while not condition():  # type: ignore[operator]
            await pilot.pause(0.01)

    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("p")
        told("ready")
        number = 0
        while True:
            number += 1
            table, name = ("people", f"Person {number}") if number % 2 else ("systems", f"System {number}")
            await pilot.press("plus")
            await until(lambda: app.screen.query("#field-name"))
            app.screen.query_one("#field-name", Input).value = name
            if number % 3 == 0:
                await until(lambda: app.drafts.get(f"{table} ", {}).get("name") == name)  # noqa: B023
                told(f"draft {table} {name}")
            await pilot.press("enter")
            await until(lambda: app.last_said.endswith("saved"))
            told(f"saved {table} {name}")
            app.last_said = ""
            await pilot.press("right" if number % 2 else "left")


def export(folder: Path) -> None:
    """Exports without end."""
    from launchready_tui import handover
    from launchready_tui.workspace import Options, Workspace

    ws = Workspace.open(folder, Options(trust=True, user="engineer"))
    told("ready")
    for _ in range(90):
        made = handover.export(ws, folder / "out", now=ws.clock.now())
        told(f"exported {made.folder.name}")


def one(mode: str, folder: Path, after: float, state: Path) -> list[str]:
    """Kills one child so many seconds after it began to work, and gives the lines it said."""
    process = subprocess.Popen(
        [sys.executable, __file__, mode, str(folder)],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "LAUNCHREADY_STATE": str(state)},
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    if first.strip() != b"ready":
        raise SystemExit(f"{mode} did not begin")
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().decode()
    if process.wait(20) != -signal.SIGKILL:
        raise SystemExit(f"{mode} ended by itself")
    return [line for line in rest.split("\n")[:-1] if line]


def edited(folder: Path, lines: list[str]) -> tuple[int, int]:
    """How much was said to be kept, and how much of it is lost. Raises where a file is half written."""
    from launchready_tui.console.drafts import Drafts
    from launchready_tui.launch.inventory import InventoryFile
    from launchready_tui.launch.people import PeopleFile

    names = {"people": {one.name for one in PeopleFile(folder).load().people}}
    names["systems"] = {one.name for one in InventoryFile(folder).load().systems}
    drafts = Drafts(folder, lambda words: words)
    said = [line.split(" ", 2) for line in lines]
    lost = 0
    for what, table, name in said:
        kept = name in names[table] or (what == "draft" and drafts.get(f"{table} ", {}).get("name") == name)
        lost += not kept
    return len(said), lost


def exported(folder: Path, lines: list[str]) -> tuple[int, int, int]:
    """Folders and zips said to be written, those of them not whole, and others under a final name that are not
    whole."""
    from launchready_tui.handover import verify

    out = folder / "out"
    said = {line.split()[1] for line in lines}
    lost = sum(bool(verify(out / name)) + bool(verify(out / f"{name}.zip")) for name in said)
    here = [path for path in (out.iterdir() if out.is_dir() else ()) if not path.name.startswith(".")]
    half = sum(bool(verify(path)) for path in here if path.name.removesuffix(".zip") not in said)
    return 2 * len(said), lost, half


def main() -> None:
    if len(sys.argv) > 2:
        folder = Path(sys.argv[2])
        asyncio.run(edit(folder)) if sys.argv[1] == "edit" else export(folder)
        return
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    kept = lost = written = broken = half = 0
    with tempfile.TemporaryDirectory() as name:
        for number in range(kills):
            for mode in ("edit", "export"):
                folder = Path(name) / f"{mode}{number}"
                folder.mkdir()
                (folder / "launchready.toml").write_text(LAUNCH)
                lines = one(mode, folder, random.uniform(0.2, 6.0 if mode == "edit" else 3.0), Path(name) / "state")
                if mode == "edit":
                    here, gone = edited(folder, lines)
                    kept, lost = kept + here, lost + gone
                else:
                    here, gone, loose = exported(folder, lines)
                    written, broken, half = written + here, broken + gone, half + loose
    print(f"{kills} kills while editing: {kept} lines and drafts said to be kept, {lost} lost")
    print(
        f"{kills} kills while exporting: {written} folders and zips said to be written, {broken} not whole; "
        f"{half} others not whole"
    )
    if lost or broken or half:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
