"""Benchmark: from a key in the search to the painted hits, with few and with thousands of findings.

    python tests/bench/find_keys.py [FINDINGS ...]

A console over a launch with that many findings draws on a pseudo-terminal of 80 by 24. `/` is pressed, then words are
typed letter by letter and rubbed out again; taken is the time until the line with the new count has been drawn. `open`
is from `/` to the search on the screen: the first time, when everything is gathered, and the median of later ones.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORDS = ("redirect", "hsts header", "certificate api", "detour", "secret")


def child(folder: Path, count: int) -> None:
    """The console itself."""
    sys.path[:0] = [str(HERE.parent / "console"), str(HERE.parent / "support")]
    from double import DOMAIN, Double, finding, findings_of_demo

    from launchready_tui.console.app import Console
    from launchready_tui.findings import State

    many = [
        finding(
            "edge.redirects.too-many-hops",
            f"https://api.{DOMAIN}/old/{n}",
            (State.FAIL, State.WARN, State.PASS)[n % 3],
            f"The old address /old/{n} takes detour number {n} before a page with a certificate shows its header",
            fix=f"Send /old/{n} to its new address with one permanent redirect",
        )
        for n in range(count)
    ]
    Console(Double.make(folder / "launch", [*findings_of_demo(), *many]), live=False).run()


class Terminal:
    """A pseudo-terminal with the console in it."""

    def __init__(self, folder: Path, count: int) -> None:
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LAUNCHREADY_STATE=str(folder / "state"))
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            child(folder, count)
            os._exit(0)

    def until(self, wanted: str, seconds: float = 120) -> float:
        """ms until something like it has been drawn."""
        began, seen = time.perf_counter(), b""
        while not re.search(wanted, _words(seen)):
            if not select.select([self.handle], [], [], max(0.0, began + seconds - time.perf_counter()))[0]:
                raise SystemExit(f"{wanted} never came:\n{_words(seen)[-2000:]}")
            seen += os.read(self.handle, 65536)
        return (time.perf_counter() - began) * 1000

    def drain(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            if select.select([self.handle], [], [], left)[0]:
                os.read(self.handle, 65536)

    def press(self, key: str, wanted: str) -> float:
        self.drain(0.15)
        os.write(self.handle, key.encode())
        return self.until(wanted)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self.handle, b"\x11")
            self.drain(1.0)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, 15)
        os.waitpid(self.pid, 0)


def _words(drawn: bytes) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.decode("utf-8", "replace"))


def main(counts: list[int]) -> None:
    print(f"{'findings':>8} {'open 1st':>9} {'open':>7} {'keys':>5} {'p50':>7} {'p95':>7} {'max':>7}")
    for count in counts:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as room:
            terminal = Terminal(Path(room), count)
            try:
                terminal.until("Stages")
                terminal.drain(2)
                opened, taken = [], []
                for word in WORDS:
                    opened.append(terminal.press("/", "go there"))
                    # Each letter changes what is found: the head of the list is drawn anew, or its first rows are.
                    for letter in word.strip():
                        if letter != " ":
                            taken.append(terminal.press(letter, r"Found|[✕▲●?]  |Nothing contains"))
                        else:
                            os.write(terminal.handle, b" ")
                    terminal.press("\x1b", "overview|Stages|home")
            finally:
                terminal.close()
        taken.sort()
        p95 = taken[int(len(taken) * 0.95)]
        later = statistics.median(opened[1:])
        print(
            f"{count:8} {opened[0]:7.0f}ms {later:5.0f}ms {len(taken):5} "
            f"{statistics.median(taken):5.0f}ms {p95:5.0f}ms {taken[-1]:5.0f}ms"
        )


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:]] or [0, 500, 5000])
