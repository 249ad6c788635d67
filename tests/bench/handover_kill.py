"""Benchmark of losses: editing and exporting are killed again and again, and what was said to be kept is read back.

python tests/bench/handover_kill.py [KILLS]
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

from msgspec.structs import replace

from launchready_tui.console.drafts import Drafts
from launchready_tui.handover import export, verify
from launchready_tui.launch.inventory import InventoryFile, Renewal
from launchready_tui.launch.people import PeopleFile, Person
from launchready_tui.workspace import Options, Workspace

LAUNCH = 'name = "Shop"\ndomain = "shop.test"\ncanonical = "https://shop.test/"\n'


def edit(folder: Path) -> None:
    """Adds row after row to people and inventory, and types into a form; says each once it is kept."""
    workspace = Workspace.open(folder, Options(trust=True))
    drafts = Drafts(folder, workspace.hide)
    for number in range(len(workspace.people.people), 10_000):
        drafts.keep("person", {"name": f"typed {number}"})
        print("typed", number, flush=True)
        workspace.save_people(replace(workspace.people, people=(*workspace.people.people, Person(id=f"p{number}", name=f"Role {number}"))))
        print("person", number, flush=True)
        one = Renewal(subject=f"r{number}", on=date(2027, 1, 1))
        workspace.save_inventory(replace(workspace.inventory, renewals=(*workspace.inventory.renewals, one)))
        print("row", number, flush=True)


def hand_over(folder: Path) -> None:
    """Exports again and again; says each zip once it lies there."""
    workspace = Workspace.open(folder, Options(trust=True))
    while True:
        made = export(workspace, folder / "out", now=datetime.now(UTC))
        print("zip", made.zip.name, flush=True)


def killed(what: str, folder: Path, after: float) -> list[list[str]]:
    """Starts one of the two, kills it so many seconds after its first word, and gives the lines it had said."""
    process = subprocess.Popen([sys.executable, __file__, what, str(folder)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first, f"{what} ended by itself"
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    said = (first + process.stdout.read()).decode()
    process.wait()
    whole, _, _ = said.rpartition("\n")
    return [line.split() for line in whole.splitlines()]


def main(kills: int) -> int:
    count: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        os.environ["LAUNCHREADY_STATE"] = f"{name}/state"
        os.environ["LAUNCHREADY_USER"] = "bench"
        folder = Path(name) / "edited"
        folder.mkdir()
        (folder / "launchready.toml").write_text(LAUNCH)
        for _ in range(kills):
            said = killed("edit", folder, random.uniform(0.0, 0.4))
            people = {one.id for one in PeopleFile(folder / "people.toml").load().people}
            rows = {one.subject for one in InventoryFile(folder / "inventory.toml").load().renewals}
            typed = int(Drafts(folder, str)["person"]["name"].split()[1])
            last = max(int(number) for word, number in said if word == "typed")
            count["saves"] += len(said)
            count["lost saves"] += sum(f"p{number}" not in people for word, number in said if word == "person")
            count["lost saves"] += sum(f"r{number}" not in rows for word, number in said if word == "row")
            count["lost saves"] += typed < last
        count["left of saves"] = len(list(folder.rglob("*.tmp")))
        for at in range(kills):
            folder = Path(name) / f"handed{at}"
            folder.mkdir()
            (folder / "launchready.toml").write_text(LAUNCH)
            said = killed("hand_over", folder, random.uniform(0.0, 1.5))
            out = folder / "out"
            there = [one for one in out.iterdir() if not one.name.startswith(".")]
            count["zips"] += len(said)
            count["lost zips"] += sum(not (out / zipped).exists() or not (out / zipped[:-4]).is_dir() for _, zipped in said)
            count["half"] += sum(bool(verify(one)) for one in there)
            count["left of exports"] += len(list(out.glob(".*")))
    print(f"editing, {kills} kills: {count['saves']} saves told, {count['lost saves']} lost; {count['left of saves']} temporary files left")
    print(
        f"exporting, {kills} kills: {count['zips']} folders and zips told, {count['lost zips']} lost, {count['half']} not whole; ", end=""
    )
    print(f"{count['left of exports']} unfinished ones left, hidden and for this user alone")
    return int(bool(count["lost saves"] or count["lost zips"] or count["half"]))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        {"edit": edit, "hand_over": hand_over}[sys.argv[1]](Path(sys.argv[2]))
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
