"""The drill as the program runs it: six faults of the demo's servers at once, each told with its cause by the policy
that people get.

A file of its own: it waits for half a minute, since the policy does, and others need not wait for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from launchready_tui.clock import SystemClock
from launchready_tui.lab.faults import FAULTS
from launchready_tui.watch import PLACE
from launchready_tui.watch.samples import WatchReader

ROOT = str(Path(__file__).resolve().parents[2])


@pytest.mark.timeout(240)
def test_the_drill_finds_all_six_faults_and_keeps_its_figures(tmp_path: Path) -> None:
    (tmp_path / "launchready.toml").write_text('name = "M"\ndomain = "m.test"\ncanonical = "https://m.test/"\n')
    words = [sys.executable, "-m", "launchready_tui", "watch", "drill", "--every", "5", "-C", str(tmp_path), "--trust"]
    environment = {**os.environ, "PYTHONPATH": ROOT, "LAUNCHREADY_STATE": str(tmp_path / "state")}
    done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=200)
    assert done.returncode == 0, done.stderr
    with WatchReader(tmp_path / PLACE) as reader:
        drills = reader.drills(SystemClock().now() - timedelta(hours=1))
    assert {drill.fault for drill in drills} == set(FAULTS)
    causes = {drill.fault: drill.cause.partition(":")[0] for drill in drills}
    assert causes == {
        "refuse": "connect",
        "hang": "answer",
        "status-500": "status",
        "wrong-body": "condition",
        "expired-certificate": "tls",
        "dns-gone": "dns",
    }
    assert all(drill.seconds is not None and drill.seconds <= 60 for drill in drills)
    assert done.stderr.count(", since deploy drill") >= len(FAULTS), "the grace after a deploy delays no outage"
