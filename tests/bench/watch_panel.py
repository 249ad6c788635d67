"""Benchmark of the watch page: CPU of the console at four looks a second, and the time from a key to the painted
screen.

python tests/bench/watch_panel.py [TARGETS] [SECONDS]

A console of its own draws on a pseudo-terminal of 140x40 while another process writes as a watcher does: a beat and
the newest probes every second, each target every 15 s. Measured is the CPU time of the console's process, with a page
beside it that reads nothing; then arrow keys are pressed and the time until the terminal gets the next bytes is taken.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import random
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "console"), str(ROOT / "tests" / "support")]
SIZE = (140, 40)


def prepare(folder: Path, count: int) -> None:
    """A launch, and a watch of so many targets with an hour behind it."""
    from double import launch_of_demo
    from watchstore import begin, latest, probe

    from launchready_tui.launch.write import write_new
    from launchready_tui.watch.samples import Target

    now = datetime.now(UTC)
    write_new(folder / "launchready.toml", launch_of_demo())
    targets = [
        Target(name=f"target {n:02d}", host="market.test", port=443, url="https://market.test/") for n in range(count)
    ]
    store, made = begin(folder, targets, now)
    chance = random.Random(1)
    for target in made:
        samples = [probe(target, now - timedelta(seconds=15 * at), chance.gauss(120, 20)) for at in range(239, -1, -1)]
        store.save(samples, [latest(target, samples[-1], 61)])
    store.close()


def write(folder: Path, count: int) -> None:
    """What a watcher writes, until the parent ends this process."""
    from watchstore import latest, probe, watcher

    from launchready_tui.watch import PLACE
    from launchready_tui.watch.samples import WatchReader, WatchStore

    store = WatchStore.open(folder / PLACE)
    with WatchReader(folder / PLACE) as reader:
        targets = reader.targets()
    chance, second = random.Random(2), 0
    while True:
        now = datetime.now(UTC)
        due = [target for place, target in enumerate(targets) if place * 15 // max(1, count) == second % 15]
        samples = [probe(target, now, chance.gauss(120, 20)) for target in due]
        store.save(samples, [latest(target, sample, 61) for target, sample in zip(due, samples, strict=True)])
        store.beat(watcher(now))
        second += 1
        time.sleep(1.0)


def show(folder: Path) -> None:
    """The console itself."""
    from launchready_tui.console.app import Console
    from launchready_tui.workspace import Options, Workspace

    Console(Workspace.open(folder, Options(trust=True, state_dir=folder / "state"))).run()


class Terminal:
    """A pseudo-terminal with the console in it."""

    def __init__(self, folder: Path) -> None:
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(sys.executable, [sys.executable, __file__, "--show", str(folder)])
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))

    def read(self, seconds: float) -> int:
        """Takes what comes for so long; how many bytes."""
        ends, got = time.monotonic() + seconds, 0
        with contextlib.suppress(OSError):  # it has left
            while (left := ends - time.monotonic()) > 0:
                if select.select([self.handle], [], [], left)[0]:
                    got += len(os.read(self.handle, 65536))
        return got

    def until(self, word: bytes, seconds: float = 20) -> None:
        seen, ends = b"", time.monotonic() + seconds
        while word not in seen:
            if not select.select([self.handle], [], [], max(0.0, ends - time.monotonic()))[0]:
                raise SystemExit(f"{word!r} never came")
            seen += os.read(self.handle, 65536)

    def press(self, key: bytes) -> float:
        """ms from a key to the next bytes of the screen, on a quiet line."""
        while select.select([self.handle], [], [], 0.05)[0]:
            os.read(self.handle, 65536)
        began = time.perf_counter()
        os.write(self.handle, key)
        select.select([self.handle], [], [], 5)
        return (time.perf_counter() - began) * 1000

    def cpu(self) -> float:
        """Seconds of CPU of the console's process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self.handle, b"\x11")
        self.read(1.0)
        os.waitpid(self.pid, 0)


def share(terminal: Terminal, seconds: float) -> tuple[float, int]:
    """Percent of a core over so many seconds, and the bytes drawn."""
    before = terminal.cpu()
    drawn = terminal.read(seconds)
    return (terminal.cpu() - before) / seconds * 100, drawn


def main(count: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        prepare(folder, count)
        writer = subprocess.Popen([sys.executable, __file__, "--write", str(folder), str(count)])
        terminal = Terminal(folder)
        try:
            terminal.until(b"Stages")
            terminal.read(3)
            idle, _ = share(terminal, seconds)
            os.write(terminal.handle, b"w")
            terminal.until(b"target 00")
            terminal.read(5)
            shown, drawn = share(terminal, seconds)
            keys = sorted(terminal.press(b"\x1b[B" if at % 2 == 0 else b"\x1b[A") for at in range(60))
            os.write(terminal.handle, b">>>")
            terminal.read(5)
            week, _ = share(terminal, seconds)
        finally:
            writer.terminate()
            writer.wait()
            terminal.close()
    result = {
        "targets": count,
        "seconds": seconds,
        "cpu % of a core, overview": round(idle, 1),
        "cpu % of a core, watch, last hour": round(shown, 1),
        "cpu % of a core, watch, last 7 days": round(week, 1),
        "bytes a second": round(drawn / seconds),
        "key to paint ms": {
            "p50": round(statistics.median(keys), 1),
            "p95": round(keys[56], 1),
            "max": round(keys[-1], 1),
        },
    }
    print(json.dumps(result))


if __name__ == "__main__":
    if "--show" in sys.argv:
        show(Path(sys.argv[2]))
    elif "--write" in sys.argv:
        write(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 50, float(sys.argv[2]) if len(sys.argv) > 2 else 20.0)
