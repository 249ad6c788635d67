"""Benchmark of losses: kills head-less demo runs at moments spread over their length, and reads back every id printed
as saved.

python tests/bench/kill.py [KILLS]
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from launchready_tui.journal import Journal


def one(folder: Path, after: float, state: Path) -> tuple[int, int, int]:
    """Kills one run after so many seconds: ids printed as saved, of these read back, and the run's exit code."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "launchready_tui",
            "-C",
            str(folder),
            "demo",
            "--headless",
            "--verbose",
            "--fixed",
            "all",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "LAUNCHREADY_STATE": str(state)},
    )
    timer = time.monotonic() + after
    os.set_blocking(process.stderr.fileno(), False)
    heard = b""
    while process.poll() is None and time.monotonic() < timer:
        heard += process.stderr.read() or b""
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    os.set_blocking(process.stderr.fileno(), True)
    heard += process.stderr.read() or b""
    printed = [line.split()[1] for line in heard.decode().splitlines() if line.startswith("saved ")]
    found = 0
    if printed:
        journal = Journal.open(folder / ".launchready" / "journal.sqlite3", demo=True)
        try:
            found = sum(journal.read(name) is not None for name in printed)
        finally:
            journal.close()
    return len(printed), found, process.returncode


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    printed = found = struck = 0
    with tempfile.TemporaryDirectory() as name:
        for number in range(kills):
            folder = Path(name) / f"run{number}"
            folder.mkdir()
            here, back, code = one(folder, random.uniform(0.5, 6.0), Path(name) / "state")
            printed, found, struck = printed + here, found + back, struck + (code == -signal.SIGKILL)
    print(
        f"{kills} runs, {struck} killed while running: {printed} ids printed as saved, {found} read back, "
        f"{printed - found} lost"
    )
    if printed != found:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
