"""Handed over and compared on real sockets: what was exported verifies, and a month later `drift` tells what was
broken since."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from launchready_tui.handover import ask, drift, export, verify
from launchready_tui.handover.drift_words import as_json
from launchready_tui.lab import demo
from launchready_tui.lab.client import Lab
from launchready_tui.workspace import Options, Workspace


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start(fixed="all") as running:
        yield running


@pytest.fixture
def workspace(lab: Lab, tmp_path: Path) -> Iterator[Workspace]:
    options = Options(**asdict(demo.prepare(tmp_path / "demo", lab, lab.now)), state_dir=tmp_path / "state")
    opened = Workspace.open(tmp_path / "demo", options)
    yield opened
    opened.close()


async def look(workspace: Workspace) -> tuple[object, ...]:
    async for _ in workspace.run():
        pass
    async with workspace.open_world() as world:
        return await ask(world, workspace.launch)


async def test_what_was_broken_since_is_told_and_nothing_else(lab: Lab, workspace: Workspace, tmp_path: Path) -> None:
    await lab.set(())
    records = await look(workspace)
    made = export(workspace, tmp_path / "out", now=workspace.clock.now(), records=records)  # type: ignore[arg-type]
    assert verify(made.zip) == ()
    zone = (made.folder / "dns" / "demo-market.test.zone").read_text()
    assert "@ IN SOA ns1.demo-market.test." in zone and "ns1 IN A 198.51.100.53" in zone
    handed = drift.load(made.zip)
    again = await look(workspace)
    same = drift.compare(workspace, handed, now=workspace.clock.now(), records=again)  # type: ignore[arg-type]
    assert [one.sentence for one in same.of("changed")] == []
    assert len(same.of("same")) > 60

    await lab.set({"dmarc-missing"})
    after = await look(workspace)
    moved = drift.compare(workspace, handed, now=workspace.clock.now(), records=after)  # type: ignore[arg-type]
    areas = {one.area for one in moved.of("changed")}
    assert areas == {"DNS records", "Checks"}, as_json(moved)
    assert "new problem" in " ".join(one.note for one in moved.of("changed") if one.area == "Checks"), as_json(moved)
    await lab.set(())


def test_the_command_compares_keeps_it_and_says_so_by_its_code(lab: Lab, workspace: Workspace, tmp_path: Path) -> None:
    asyncio.run(lab.set(()))
    asyncio.run(look(workspace))
    made = export(workspace, tmp_path / "out", now=workspace.clock.now())
    folder = workspace.folder
    there = [f"--connect={name}={target}" for name, target in lab.connect.items()]
    there += [
        *(f"--nameserver={one}" for one in lab.nameservers),
        "--ca-file",
        str(lab.ca_file),
        "--trust",
        "-C",
        str(folder),
    ]
    data = json.loads((made.folder / "data" / "launchready.json").read_text())
    data["demo"] = False
    plain = tmp_path / "launchready.json"
    plain.write_text(json.dumps(data))
    done = subprocess.run(
        [sys.executable, "-m", "launchready_tui", "drift", str(plain), "--format", "json", *there],
        capture_output=True,
        text=True,
        env={
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "LAUNCHREADY_STATE": str(tmp_path / "state"),
            "HOME": str(tmp_path),
            "PATH": "/usr/bin:/bin",
        },
        timeout=100,
        check=False,
    )
    changed = [one for one in json.loads(done.stdout)["items"] if one["answer"] == "changed"]
    assert not changed, "\n".join(
        f"{one['area']} {one['what']}: {one['then']} | {one['now']} | {one['note']}" for one in changed
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["changed"] == 0
    kept = (folder / ".launchready" / "compared.jsonl").read_text().splitlines()
    assert len(kept) == 1 and json.loads(kept[0])["same"] > 40
