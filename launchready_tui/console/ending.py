"""However the console ends, the terminal is as it was before, what was typed is kept, and the exit code says what it
was."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

try:
    import termios
except ImportError:  # Windows has consoles, and no modes of this kind
    termios = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from textual.app import App

CRASHED = 70
"""The exit code after a mistake of ours: EX_SOFTWARE of sysexits(3)."""
_GRACE_S = 3.0
"""How long an orderly end may take, before the terminal is put back without it."""
_SIGNALS = tuple(one for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if (one := getattr(signal, name, None)))
_OFF = "".join(f"\x1b[?{mode}l" for mode in (1000, 1003, 1015, 1006, 1016, 1004, 2004, 2048)) + "\x1b[?7h\x1b[?25h"
"""Mouse, focus, paste and resize reports off; lines wrap and the cursor shows. Harmless where it is so already."""
_OUT = "\x1b[<u\x1b[?1049l"
"""Keyboard protocol back, and out of the alternate screen; only where Textual has not done both."""


def show(app: App[int]) -> int:
    """Runs the console until it is left. The exit code: 0, 70 after a mistake of ours, 128 and the signal's number
    after a signal or a terminal that has gone (129)."""
    with _Guard(app) as guard:
        answer = app.run()
        guard.orderly = True
    if guard.number:
        return 128 + guard.number
    return app.return_code or answer or 0


class _Guard:
    """Signals and the end of the terminal end the console in order; where that takes too long, or a second signal
    comes, the process ends at once with the terminal put back."""

    def __init__(self, app: App[int]) -> None:
        self.app = app
        self.number = 0
        self.orderly = False
        self._over = threading.Event()
        self._before: dict[int, Any] = {}
        self._modes = _modes()

    def __enter__(self) -> _Guard:
        for number in _SIGNALS:
            before = signal.getsignal(number)
            if before is not signal.SIG_IGN:  # as under nohup
                self._before[number] = signal.signal(number, self._signalled)
        threading.Thread(target=self._watch_terminal, name="terminal", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._put_back()
        for number, before in self._before.items():
            signal.signal(number, before)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        if self.number:
            self._end_now()
        self._end(number)

    def _end(self, number: int) -> None:
        if not self.number:
            self.number = number
            threading.Thread(target=self._end_in_order, name="end", daemon=True).start()

    def _end_in_order(self) -> None:
        self.app.call_later(self.app.exit, None)
        if not self._over.wait(_GRACE_S):
            self._end_now()

    def _end_now(self) -> None:
        self._put_back()
        os._exit(128 + self.number)

    def _watch_terminal(self) -> None:
        """A terminal that has gone, with or without a signal, is the end: nobody can see or type any more."""
        if self._modes is None or not hasattr(select, "poll"):
            return
        poll = select.poll()
        poll.register(sys.__stdin__.fileno(), 0)  # type: ignore[union-attr]
        while not self._over.is_set():
            if any(told & select.POLLHUP for _, told in poll.poll(1000)):
                self._end(signal.SIGHUP)
                return

    def _put_back(self) -> None:
        """Writes only where it does not have to wait for the terminal."""
        if self._modes is None:
            return
        try:
            out = sys.__stderr__.fileno()  # type: ignore[union-attr]
            if os.isatty(out) and select.select([], [out], [], 0)[1]:
                os.write(out, f"{'' if self.orderly else _OUT}{_OFF}".encode())
            termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, self._modes)  # type: ignore[union-attr]
        except (OSError, termios.error):
            return  # the terminal has gone


def _modes() -> list[Any] | None:
    """How the terminal takes keys now; None where there is none."""
    if termios is None or sys.__stdin__ is None or not sys.__stdin__.isatty():
        return None
    modes: list[Any] = termios.tcgetattr(sys.__stdin__.fileno())
    return modes
