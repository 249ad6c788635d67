"""Benchmark: from a key to the painted screen while every check runs on stage 2, in the demo, at three sizes.

    python tests/bench/stage_keys.py [KEYS]

The demo's console draws on a pseudo-terminal. R starts all checks, 2 opens the stage, then arrow keys are pressed
while findings come in; taken is the time until the frame is there that shows the key's effect: an arrow moves the
selection, so its mark is drawn anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

SIZES = ((80, 24), (120, 36), (140, 40))
MARK = "▎".encode()


class Terminal:
    """A pseudo-terminal with the demo in it."""

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LAUNCHREADY_STATE=str(folder / "state"))
            # The child sets its own size before anything is drawn: the parent may come too late.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            os.execv(sys.executable, [sys.executable, "-m", "launchready_tui", "demo"])

    def until(self, *words: bytes, seconds: float = 60) -> float:
        """ms until one of the words has been drawn."""
        began, seen = time.perf_counter(), b""
        while not any(word in seen for word in words):
            if not select.select([self.handle], [], [], max(0.0, began + seconds - time.perf_counter()))[0]:
                raise SystemExit(f"{words!r} never came")
            seen += os.read(self.handle, 65536)
        return (time.perf_counter() - began) * 1000

    def drain(self, seconds: float) -> bytes:
        ends, got = time.monotonic() + seconds, b""
        while (left := ends - time.monotonic()) > 0:
            if select.select([self.handle], [], [], left)[0]:
                got += os.read(self.handle, 65536)
        return got

    def press(self, key: bytes) -> float:
        self.drain(0.0)
        os.write(self.handle, key)
        return self.until(MARK)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self.handle, b"\x11")
            self.drain(2.0)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, 15)
        os.waitpid(self.pid, 0)


def main(count: int) -> None:
    print(f"{'size':>9} {'keys':>5} {'p50':>7} {'p95':>7} {'max':>7}   while checks run")
    for size in SIZES:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as room:
            terminal = Terminal(Path(room), size)
            try:
                terminal.until("▎".encode(), b"Stages", b"Not checked")
                terminal.drain(2)
                os.write(terminal.handle, b"2")
                terminal.drain(1)
                os.write(terminal.handle, b"R")
                terminal.until(b"Checking")
                taken = []
                for at in range(count):
                    taken.append(terminal.press(b"\x1b[B" if at // 6 % 2 == 0 else b"\x1b[A"))
                    terminal.drain(0.04)
            finally:
                terminal.close()
        taken.sort()
        p95 = taken[int(len(taken) * 0.95)]
        print(f"{size[0]:>5}x{size[1]:<3} {count:5} {statistics.median(taken):5.0f}ms {p95:5.0f}ms {taken[-1]:5.0f}ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
