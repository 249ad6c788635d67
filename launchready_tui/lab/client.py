"""Starts the lab as a child process and talks to it. The child ends when its stdin closes, so it cannot outlive this
process."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from ..launch.atomic import write_atomically
from . import code
from . import flaws as table
from .flaws import Change, Flaw, UnknownFlawError

__all__ = ["Change", "Flaw", "Lab", "LabError", "UnknownFlawError"]

_START_S = 20.0
_STOP_S = 3.0


class LabError(Exception):
    """The lab could not start, or is gone: says why in words for people."""


class Lab:
    """The demo marketplace, running. `async with Lab.start() as lab`, or `with Lab.start() as lab` where no event loop
    is.

    Not bound to an event loop: it may be started before a loop and used inside one, or several one after another.
    """

    def __init__(self, *, fixed: Collection[str] = (), now: datetime | None = None) -> None:
        self._fixed = table.known(fixed)
        self._asked_now = now
        self._child: subprocess.Popen[str] | None = None
        self._talking = threading.Lock()
        self._noise: deque[str] = deque(maxlen=40)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.connect: dict[str, str] = {}
        """ADDRESS[:PORT] of the demo to a port on loopback, in the form of the launch file's `connect`."""
        self.nameservers: tuple[str, ...] = ()
        self.ca_file = Path()
        """The authority that signed the demo's certificates; gone when the lab stops."""
        self.ca_pem = ""
        self.now = datetime.now(UTC)
        """The moment that the lab's certificates and days count from."""
        self.on: set[str] = set()
        """The flaws that are on."""
        self.code: Path | None = None
        """The folder of the marketplace's code, where a workspace gave it one; it follows the flaws."""
        self.pid = 0

    @classmethod
    def start(cls, *, fixed: Collection[str] | str = (), now: datetime | None = None) -> Lab:
        """A lab that starts when its context is entered, or by `open()`. `fixed`: flaws that are off, or "all". Raises
        UnknownFlawError."""
        return cls(fixed=table.every_id() if fixed == "all" else [fixed] if isinstance(fixed, str) else fixed, now=now)

    # -- life ----------------------------------------------------------------------------------------------------

    def open(self) -> Lab:
        """Starts the child and waits until it is ready. Raises LabError."""
        arguments = [sys.executable, "-m", "launchready_tui.lab.server", "--fixed", ",".join(sorted(self._fixed))]
        if self._asked_now is not None:
            arguments += ["--now", self._asked_now.isoformat()]
        try:
            self._child = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                bufsize=1,
                env=_environment(),
                start_new_session=os.name
                == "posix",  # Ctrl-C at the terminal is for the console, which then closes the lab
            )
        except OSError as error:
            raise LabError(f"the demo's servers could not be started: {error}") from error
        threading.Thread(target=self._hear_noise, args=(self._child,), daemon=True).start()
        late = threading.Timer(_START_S, self._child.kill)
        late.start()
        try:
            ready = self._line()
        except BaseException:
            self.close()
            raise
        finally:
            late.cancel()
        if not ready.get("ready"):
            self.close()
            raise LabError(f"the demo's servers could not be started: {ready.get('error') or 'no reason given'}")
        self._take(ready)
        return self

    def _take(self, ready: dict[str, Any]) -> None:
        self.pid = int(ready["pid"])
        self.connect = dict(ready["connect"])
        self.nameservers = tuple(ready["nameservers"])
        self.on = set(ready["on"])
        self.now = datetime.fromisoformat(ready["now"])
        self.ca_pem = str(ready["ca"])
        self.mailbox_password = str(ready["mailbox"])
        self._folder = tempfile.TemporaryDirectory(prefix="launchready-lab-", ignore_cleanup_errors=True)
        self.ca_file = Path(self._folder.name) / "lab-ca.pem"
        write_atomically(self.ca_file, self.ca_pem)

    def close(self) -> None:
        """Ends the child and waits for it. May be called from anywhere, any number of times."""
        child, self._child = self._child, None
        if child is not None:
            if child.stdin is not None:
                try:
                    child.stdin.close()
                except OSError:
                    self._noise.append("the child had closed its stdin before")
            try:
                child.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            for pipe in (child.stdout, child.stderr):
                if pipe is not None:
                    pipe.close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    async def stop(self) -> None:
        """As `close`, without holding up the event loop."""
        await asyncio.to_thread(self.close)

    @property
    def running(self) -> bool:
        """Whether the child is there."""
        return self._child is not None and self._child.poll() is None

    def __enter__(self) -> Lab:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Lab:
        return await asyncio.to_thread(self.open)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # -- talk ----------------------------------------------------------------------------------------------------

    def flaws(self) -> tuple[Flaw, ...]:
        """The whole flaw table."""
        return table.load()

    def flaw_for(self, rule: str, subject: str) -> Flaw | None:
        """The flaw that is on and causes this finding; None if no fix of the lab would turn it."""
        return table.flaw_for(rule, subject, self.on)

    async def fix(self, flaw: str) -> None:
        """Switches a flaw off; returns when the marketplace behaves accordingly. Raises UnknownFlawError, LabError."""
        await self.set(self.on - table.known([flaw]))

    async def break_(self, flaw: str) -> None:
        """Switches a flaw on; returns when the marketplace behaves accordingly. Raises UnknownFlawError, LabError."""
        await self.set(self.on | table.known([flaw]))

    async def set(self, on: Iterable[str]) -> None:
        """Makes exactly these flaws be on. Raises UnknownFlawError, LabError."""
        answer = await self.order({"order": "set", "on": sorted(table.known(on))})
        self.on = set(answer["on"])
        await asyncio.to_thread(self.write_code)

    def write_code(self) -> None:
        """Brings the code of the demo, where it has a folder, to what the flaws that are on make of it. Raises
        OSError."""
        if self.code is not None:
            code.write(self.code, self.on)

    async def fault(self, host: str, what: str = "") -> None:
        """Makes an outage of one host (`faults.FAULTS`), or ends it; returns when it is so. Raises LabError."""
        await self.order({"order": "fault", "host": host, "what": what})

    async def order(self, order: dict[str, Any]) -> dict[str, Any]:
        """Sends one order and returns the answer. Raises LabError."""
        return await asyncio.to_thread(self.order_now, order)

    def order_now(self, order: dict[str, Any]) -> dict[str, Any]:
        """As `order`, for where no event loop is."""
        with self._talking:
            if self._child is None or self._child.stdin is None:
                raise LabError("the demo's servers are not running")
            try:
                self._child.stdin.write(json.dumps(order) + "\n")
                self._child.stdin.flush()
            except OSError as error:
                raise LabError(f"the demo's servers are gone: {error}") from error
            answer = self._line()
        if "error" in answer:
            raise LabError(str(answer["error"]))
        return answer

    def _line(self) -> dict[str, Any]:
        assert self._child is not None and self._child.stdout is not None
        line = self._child.stdout.readline()
        try:
            answer = json.loads(line)
        except ValueError:
            tail = " ".join(self._noise)[-300:] or f"exit code {self._child.poll()}"
            raise LabError(f"the demo's servers ended: {tail}") from None
        return dict(answer)

    def _hear_noise(self, child: subprocess.Popen[str]) -> None:
        """Keeps the last lines of stderr: a full pipe would stop the child, and they say why it died."""
        assert child.stderr is not None
        try:
            for line in child.stderr:
                self._noise.append(line.rstrip())
        except ValueError:
            return  # the pipe was closed by `close`

    @property
    def noise(self) -> tuple[str, ...]:
        """What the lab said on stderr, the last lines."""
        return tuple(self._noise)


def _environment() -> dict[str, str]:
    """The child's environment: this package is found even where it runs from a checkout; buffers do not delay the
    ready line."""
    here = str(Path(__file__).resolve().parents[2])
    rest = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": f"{here}{os.pathsep}{rest}" if rest else here, "PYTHONUTF8": "1"}
