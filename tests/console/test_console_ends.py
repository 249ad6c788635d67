"""The console in a real terminal, ended in every way: the terminal is as it was, the exit code says what it was, and
what was typed is there the next time."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from double import launch_of_demo

from launchready_tui.launch.write import write_new

MODES = ("1049", "25", "7", "1000", "1003", "1006", "1015", "1016", "1004", "2004", "2048")
"""What the console turns on, and 25 and 7, which it turns off: the cursor, and wrapping."""
SECRET = "sk_" + "live_" + "k3Jd92mQpX7vLw0TzR4bN8"
START = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from launchready_tui.console.app import Console
from launchready_tui.console.widgets.form import Form
def breaks(*_):
    token = {secret!r}
    raise RuntimeError("with " + token)
{change}
sys.argv = ["launchready", "console", "--no-run", "--trust", {folder!r}]
from launchready_tui.cli import main
main()
"""
ENDS = 20.0
"""Seconds after which something that must end has not."""


def _hear() -> None:
    """A job that runs behind a shell, or under nohup, hands ignored signals on: a console in a terminal has them."""
    for one in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(one, signal.SIG_DFL)


class Terminal:
    """A terminal with the console in it, and all that was written to it."""

    def __init__(self, folder: Path, change: str = "") -> None:
        self.master, self.slave = pty.openpty()
        termios.tcsetwinsize(self.slave, (30, 100))
        self.before = termios.tcgetattr(self.slave)
        self.seen = b""
        self.program = subprocess.Popen(
            [sys.executable, "-c", START.format(secret=SECRET, change=change, folder=str(folder))],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env={**os.environ, "TERM": "xterm-256color", "LAUNCHREADY_STATE": str(folder / "state")},
            start_new_session=True,
            preexec_fn=_hear,
        )

    def until(self, met: Callable[[], Any]) -> None:
        """Reads what comes until the condition holds."""
        end = time.monotonic() + ENDS
        while not met():
            assert time.monotonic() < end, self.text[-3000:]
            if select.select([self.master], [], [], 0.05)[0]:
                self.seen += os.read(self.master, 65536)

    def shows(self, words: str) -> None:
        """Waits until these words have been written."""
        self.until(lambda: words in self.text)

    def type(self, keys: str) -> None:
        """Types."""
        os.write(self.master, keys.encode())

    @property
    def text(self) -> str:
        """All that was written, without what steers the terminal."""
        return re.sub(r"\x1b(\[[0-9;?<>=$]*[a-zA-Z]|\].*?(\x07|\x1b\\))", "", self.seen.decode("utf-8", "replace"))

    def ended(self) -> int:
        """Waits for the end; the exit code."""
        self.until(lambda: self.program.poll() is not None)
        while select.select([self.master], [], [], 0.05)[0]:
            self.seen += os.read(self.master, 65536)
        return self.program.wait()

    def state(self) -> dict[str, bool]:
        """Which modes are on."""
        written = self.seen.decode("utf-8", "replace")
        last = {mode: re.findall(rf"\x1b\[\?{mode}([hl])", written) for mode in MODES}
        return {mode: found[-1] == "h" for mode, found in last.items() if found}

    def is_as_before(self) -> bool:
        """Whether the terminal is as it was before the console began."""
        on = {mode for mode, is_on in self.state().items() if is_on}
        pushed, popped = self.seen.count(b"\x1b[>"), self.seen.count(b"\x1b[<u")
        return on == {"25", "7"} and popped == pushed == 1 and termios.tcgetattr(self.slave) == self.before

    def close(self) -> None:
        """Ends what is left."""
        if self.program.poll() is None:
            self.program.kill()
            self.program.wait()
        for fd in (self.master, self.slave):
            if fd >= 0:
                os.close(fd)
        self.master = self.slave = -1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "launch"
    made.mkdir()
    write_new(made / "launchready.toml", launch_of_demo())
    return made


@pytest.fixture
def opened(folder: Path) -> Iterator[Callable[..., Terminal]]:
    made: list[Terminal] = []

    def begin(change: str = "") -> Terminal:
        made.append(Terminal(folder, change))
        return made[-1]

    yield begin
    for one in made:
        one.close()


def _fill(terminal: Terminal, words: str = "Night Desk") -> None:
    """Opens a form and types into it."""
    terminal.shows("Quick audit")
    terminal.type("p")
    terminal.shows("No one has been added yet")
    terminal.type("+")
    terminal.shows("keep draft")  # the last that is drawn of it: its first line has the focus
    terminal.type(words)
    terminal.shows(words)


def _draft(folder: Path) -> str:
    kept = json.loads((folder / ".launchready" / "drafts.json").read_text())
    return str(kept)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGQUIT, 131)]
)
def test_a_signal_puts_the_terminal_back_and_keeps_what_was_typed(
    opened: Any, folder: Path, number: int, code: int
) -> None:
    terminal = opened()
    _fill(terminal)
    terminal.program.send_signal(number)
    assert terminal.ended() == code
    assert terminal.is_as_before(), terminal.state()
    assert "Night Desk" in _draft(folder)


def test_an_internal_crash_is_70_with_a_log_that_has_no_values(opened: Any, folder: Path) -> None:
    terminal = opened("Form.action_step = breaks")
    _fill(terminal)
    terminal.type("\x1b[B")
    assert terminal.ended() == 70
    assert terminal.is_as_before(), terminal.state()
    said = " ".join(terminal.text.split("internal error")[1].split())
    log = folder / "state" / "crash.log"
    assert "Traceback" not in said and "Start it again" in said
    assert "".join(str(log).split()) in "".join(said.split())
    told = log.read_text()
    assert "breaks" in told and "laid over it: FormSheet" in told and "RuntimeError" in told
    assert SECRET not in told and SECRET.encode() not in terminal.seen and log.stat().st_mode & 0o077 == 0
    assert "Night Desk" in _draft(folder)
    again = opened()
    again.shows("Quick audit")
    again.type("p")
    again.shows("No one has been added yet")
    again.type("+")
    again.shows("Night Desk")
    again.type("\x11")
    assert again.ended() == 0 and again.is_as_before(), again.state()


def test_a_crash_of_the_thread_that_reads_keys_is_70_too(opened: Any) -> None:
    terminal = opened("from textual.drivers.linux_driver import LinuxDriver\nLinuxDriver.process_message = breaks")
    terminal.shows("Quick audit")
    terminal.type("p")
    assert terminal.ended() == 70
    assert terminal.is_as_before(), terminal.state()
    assert SECRET.encode() not in terminal.seen and b"Traceback" not in terminal.seen


def test_an_exception_in_a_worker_is_told_and_the_console_goes_on(opened: Any) -> None:
    terminal = opened("from launchready_tui.workspace import Workspace\nWorkspace.run = breaks")
    terminal.shows("Quick audit")
    terminal.type("R")
    terminal.shows("(RuntimeError-")  # the toast may break its line before it
    terminal.type("p")
    terminal.shows("No one has been added yet")
    terminal.type("\x11")
    assert terminal.ended() == 0
    assert terminal.is_as_before() and SECRET.encode() not in terminal.seen


def test_a_terminal_that_goes_takes_the_console_with_it(opened: Any, folder: Path) -> None:
    """With the signal ignored, as under nohup."""
    terminal = opened("import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)")
    _fill(terminal)
    os.close(terminal.slave)
    os.close(terminal.master)
    terminal.slave = terminal.master = -1
    assert terminal.program.wait(ENDS) == 129
    assert "Night Desk" in _draft(folder)


def test_a_console_that_does_not_listen_ends_with_the_terminal_put_back(opened: Any) -> None:
    """Its loop is busy for good, so it cannot end in order."""
    terminal = opened("import time\nConsole.turn_theme = lambda self: time.sleep(600)")
    terminal.shows("Quick audit")
    terminal.type("t")
    terminal.until(lambda: not select.select([terminal.master], [], [], 0.3)[0])
    terminal.program.send_signal(signal.SIGTERM)
    assert terminal.ended() == 143
    assert terminal.is_as_before(), terminal.state()


def test_a_signal_at_the_start_puts_the_terminal_back(opened: Any) -> None:
    terminal = opened()
    terminal.until(lambda: terminal.state().get("1049"))
    terminal.program.send_signal(signal.SIGINT)
    assert terminal.ended() == 130
    assert terminal.is_as_before(), terminal.state()


def test_two_consoles_on_one_folder_overwrite_nothing_of_each_other(opened: Any, folder: Path) -> None:
    """Both have the same form open; the second to save is told, and saves beside the first."""
    one, two = opened(), opened()
    two.shows("Quick audit")
    _fill(one)
    _fill(two, "Day Desk")
    one.type("\r")
    one.shows("Person saved")
    two.type("\r")
    two.until(lambda: "changed by someone else" in " ".join(two.text.split()) or "Person saved" in two.text)
    if "Person saved" not in two.text:
        two.type("\r")
    two.shows("Person saved")
    kept = next(folder.glob("*people*.toml")).read_text()
    assert "Night Desk" in kept and "Day Desk" in kept
    for terminal in (one, two):
        terminal.type("\x11")
        assert terminal.ended() == 0 and terminal.is_as_before()
