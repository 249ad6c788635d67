"""A disk that is really full: the old files stay whole and readable, the sentence says what happened, no rubbish is
left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """\
import json, sys
from pathlib import Path
from launchready_tui.launch.load import load
from launchready_tui.launch.model import Host, Launch
from launchready_tui.launch.people import People, PeopleFile, Person
from launchready_tui.launch.write import append, write_new
folder = Path(sys.argv[1])
file = write_new(folder / "launchready.toml", Launch(name="D", domain="example.com", canonical="https://example.com/"))
people = PeopleFile(folder)
people.load()
people.save(People(people=(Person(id="founder"),)))
try:
    (folder / "fill").write_bytes(b"x" * 2_000_000)
    raise SystemExit("the disk took it all")
except OSError:
    pass
said = []
for act in (
    lambda: append(file.path, "hosts", Host(name="app.example.com")),
    lambda: people.save(People(people=(Person(id="founder"), Person(id="engineer")))),
    lambda: write_new(folder / "other.toml", file.launch),
):
    try:
        act()
        said.append("")
    except OSError as why:
        said.append(str(why))
whole = load(file.path) == file and PeopleFile(folder).load() == People(people=(Person(id="founder"),))
print(json.dumps({"said": said, "whole": whole, "files": sorted(path.name for path in folder.iterdir())}))
"""


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed: no small disk of its own to fill")
    (tmp_path / "script.py").write_text(SCRIPT)
    small = tmp_path / "small"
    small.mkdir()
    inside = 'mount -t tmpfs -o size=1m tmpfs "$1" || exit 77; exec "$2" "$3" "$1"'
    command = [
        "unshare",
        "--mount",
        "--map-root-user",
        "sh",
        "-c",
        inside,
        "sh",
        str(small),
        sys.executable,
        str(tmp_path / "script.py"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    if done.returncode == 77 or "unshare:" in done.stderr:
        if os.environ.get("LAUNCHREADY_REQUIRE_NETLAB") == "1":
            pytest.fail(f"namespaces must work here: {done.stderr}")
        pytest.skip(f"no namespace with a disk of its own here: {done.stderr.strip()[:80]}")
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["whole"]
    assert seen["files"] == ["fill", "launchready.toml", "people.toml"]
    assert len(seen["said"]) == 3
    assert all("the disk is full. Nothing was changed." in said for said in seen["said"])
