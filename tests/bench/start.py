"""Benchmark: CPU of `--version`, and CPU, wall time and memory until the console's first frame stands in a real
terminal.

    python tests/bench/start.py [RUNS]

Each figure stands beside a reference run of the same minute (`python -c "import asyncio"`), since this machine is
never the same twice.
"""

from __future__ import annotations

import fcntl
import os
import pty
import resource
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

PROGRAM = [sys.executable, "-m", "launchready_tui"]


def cpu(argv: list[str], env: dict[str, str] | None = None) -> float:
    """User and system seconds of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first_frame(folder: Path, marker: bytes, state: Path) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak MiB of the console until `marker` is on the screen."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ |= {"TERM": "xterm-256color", "LAUNCHREADY_STATE": str(state)}
        os.execv(sys.executable, [*PROGRAM, "--trust", str(folder)])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    start, seen = time.monotonic(), b""
    try:
        while marker not in seen and time.monotonic() - start < 30:
            if select.select([terminal], [], [], 0.02)[0]:
                seen += os.read(terminal, 65536)
        wall = time.monotonic() - start
        if marker not in seen:
            raise SystemExit(f"no first frame: {seen[-400:]!r}")
        stat = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
        ticks = os.sysconf("SC_CLK_TCK")
        used = (int(stat[11]) + int(stat[12])) / ticks
        status = Path(f"/proc/{child}/status").read_text()
        peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(terminal)
    return used, wall, peak


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    reference = statistics.median(cpu([sys.executable, "-c", "import asyncio"]) for _ in range(runs))
    version = statistics.median(cpu([*PROGRAM, "--version"]) for _ in range(runs))
    print(f"reference (import asyncio)   {reference:.3f} s CPU")
    print(f"--version                    {version:.3f} s CPU   {version / reference:.1f} x reference")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "launch"
        folder.mkdir()
        (folder / "launchready.toml").write_text(
            'name = "Bench"\ndomain = "example.com"\ncanonical = "https://example.com/"\n'
        )
        rows = [first_frame(folder, b"Minimum bar", Path(name) / "state") for _ in range(runs)]
    used, wall, peak = (statistics.median(column) for column in zip(*rows, strict=True))
    print(
        f"first frame at 100x30        {used:.2f} s CPU   {wall:.2f} s wall   {peak:.0f} MiB   "
        f"{used / reference:.1f} x reference"
    )


if __name__ == "__main__":
    main()
