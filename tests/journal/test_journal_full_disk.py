"""A disk that is really full, and one that is not writable: what was said to be saved is read back, and `check` says
why it stopped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """\
import json, subprocess, sys
from pathlib import Path
from market import NOW, found, result
from launchready_tui.journal import Journal, JournalError
folder = Path(sys.argv[1])
(folder / "launchready.toml").write_text('name = "M"\\ndomain = "example.com"\\ncanonical = "https://example.com/"\\n')
path = folder / ".launchready" / "journal.sqlite3"
saved, problem = [], ""
with Journal.open(path) as journal:
    run = journal.begin(kind="run", full=True, now=NOW, launch="example.com")
    try:
        while len(saved) < 1000:
            saved.append(journal.save(run, result("edge.tls", found("edge.tls.x", subject="s" * 2000))))
    except JournalError as error:
        problem = error.problem
def check():
    done = subprocess.run(
        [sys.executable, "-m", "launchready_tui", "check", "email.spf", "--verbose", "--trust",
        "--nameserver", "127.0.0.1:9", "-C", str(folder)],
        capture_output=True, text=True,
    )
    return [done.returncode, done.stderr]
full = check()
subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
closed = check()
subprocess.run(["mount", "-o", "remount,rw,size=4m", str(folder)], check=True)
with Journal.open(path) as journal:
    lost = [one for one in saved if journal.read(one) is None]
again = check()
print(json.dumps({"saved": len(saved), "problem": problem, "lost": lost, "full": full, "closed": closed,
"again": again}))
"""


def test_a_full_disk_and_a_closed_one(tmp_path: Path) -> None:
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
    root = Path(__file__).parents[2]
    environment = {
        **os.environ,
        "PYTHONPATH": f"{root}{os.pathsep}{root / 'tests' / 'support'}",
        "LAUNCHREADY_STATE": str(tmp_path / "state"),
    }
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    if done.returncode == 77 or "unshare:" in done.stderr:
        if os.environ.get("LAUNCHREADY_REQUIRE_NETLAB") == "1":
            pytest.fail(f"namespaces must work here: {done.stderr}")
        pytest.skip(f"no namespace with a disk of its own here: {done.stderr.strip()[:80]}")
    said = json.loads(done.stdout)
    assert said["problem"] == "full"
    assert said["saved"] > 10
    assert said["lost"] == []
    assert said["full"][0] == 3 and "the disk is full" in said["full"][1]
    assert said["closed"][0] == 3 and "is not writable" in said["closed"][1]
    assert "Traceback" not in said["full"][1] + said["closed"][1]
    assert said["again"][0] in (0, 1) and "saved " in said["again"][1], "with room again it goes on"
