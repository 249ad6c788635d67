"""The watching process: one a workspace, head-less. `python -m launchready_tui.workspace.watching` is how the console
starts one.

It reads one line of JSON (how the workspace is opened), holds the workspace's lock, and runs until it is told to stop.
A process of its own survives the console, and the console survives it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .. import __file__ as package_file
from ..clock import SystemClock
from ..launch.ours import opened
from ..watch import PLACE
from ..watch.lock import AlreadyWatching, WatchLock, watching
from ..watch.samples import WatchReader, WatchStore

if TYPE_CHECKING:
    from ..watch.prober import Answer
    from . import Options
    from .lookout import Lookout

LOG = Path(".launchready") / "watch.log"
START_S = 15.0
RELOAD_S = 10.0


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """How a started watcher opens the workspace. Crosses by standard input; holds no secret."""

    folder: str
    connect: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()
    ca_file: str = ""
    demo: bool = False
    refuse_unmapped: bool = False
    state_dir: str = ""
    sha256: str = ""
    """The launch file that the asker has open."""
    trust: bool = False
    trust_hash: str = ""
    with_asker: bool = False
    """Ends when standard input closes: a demo's servers end with their console."""

    def options(self) -> Options:
        """The same for opening the workspace."""
        from . import Options

        return Options(
            connect=self.connect,
            nameservers=self.nameservers,
            ca_file=Path(self.ca_file) if self.ca_file else None,
            demo=self.demo,
            refuse_unmapped=self.refuse_unmapped,
            state_dir=Path(self.state_dir) if self.state_dir else None,
            trust=self.trust,
            trust_hash=self.trust_hash,
        )


@dataclass(frozen=True, slots=True)
class Ensured:
    """A watcher that runs. `process` is there where it was started just now and ends with its asker."""

    pid: int
    started: bool
    process: subprocess.Popen[bytes] | None = None


class CannotWatch(OSError):  # noqa: N818 - read aloud it is a sentence
    """The watcher did not come up; the text says what it said."""


# Inside the process


async def watch(
    ws: Lookout, *, seconds: float | None = None, stop: asyncio.Event | None = None, say: Callable[[str], None]
) -> None:
    """Watches until `stop` is set, or for so many seconds. A changed launch file that is trusted is taken up at once.

    Raises AlreadyWatching, StoreError, NewerFile.
    """
    from ..watch.engine import Engine
    from ..wire import Wire

    ended = stop or asyncio.Event()
    with WatchLock(ws.folder):
        store = WatchStore.open(ws.folder / PLACE)
        reader = WatchReader(ws.folder / PLACE)
        timer = asyncio.get_running_loop().call_later(seconds, ended.set) if seconds is not None else None
        try:
            if store.remark:
                say(store.remark)
            for line in await asyncio.to_thread(ws.unread):
                say(f"cannot read {line}. The watch runs on: alerts go to the channels of the launch file")
            while not ended.is_set():
                engine = Engine(
                    ws.launch,
                    store,
                    reader,
                    Wire(ws.reach),
                    SystemClock(),  # a set time is for judging what was seen, not for watching
                    credential=lambda name, host: ws.vault.get(name, host),
                    say=say,
                    via=ws.via,
                    folder=ws.folder,
                    remark=lambda: remark_of(ws),
                )
                gc.collect()
                gc.freeze()
                anew = asyncio.Event()
                helpers = [
                    asyncio.ensure_future(_set_when_changed(ws, anew, say)),
                    asyncio.ensure_future(_set_after(ended, anew)),
                ]
                try:
                    await engine.run(anew)
                finally:
                    for helper in helpers:
                        helper.cancel()
                    await asyncio.gather(*helpers, return_exceptions=True)
        finally:
            if timer is not None:
                timer.cancel()
            reader.close()
            store.close()
    say("watch stopped")


def remark_of(ws: Lookout) -> str:
    """What an alert says of what cannot be read: who acts is then known by the launch file alone."""
    unread = ws.unread()
    if not unread:
        return ""
    return f"Only the launch file is known, so this names people by their ids. Cannot read {'; '.join(unread)}"


async def once(ws: Lookout) -> dict[str, Answer]:
    """Every target asked once; nothing is kept and nobody is told."""
    from ..watch.engine import Engine
    from ..wire import Wire

    return await Engine.once(ws.launch, Wire(ws.reach), lambda name, host: ws.vault.get(name, host))


async def _set_after(ended: asyncio.Event, anew: asyncio.Event) -> None:
    await ended.wait()
    anew.set()


async def _set_when_changed(ws: Lookout, anew: asyncio.Event, say: Callable[[str], None]) -> None:
    """Sets the event when the launch file is another one that may be used; one that may not is told once."""
    from ..launch.problems import FileProblems
    from . import NotTrusted

    def stamp() -> tuple[int, int]:
        try:
            found = ws.launch_file.path.stat()
        except OSError:
            return (0, 0)
        return found.st_mtime_ns, found.st_size

    seen = stamp()
    while True:
        await asyncio.sleep(RELOAD_S)
        now = stamp()
        if now == seen:
            continue
        seen, before = now, ws.launch_file.sha256
        try:
            await asyncio.to_thread(ws.refresh)
        except (NotTrusted, FileProblems, OSError) as why:
            say(f"the launch file was changed but is invalid, so the watch keeps the old one: {why}")
            continue
        if ws.launch_file.sha256 != before:
            say("the launch file was changed: the watch continues with the new one")
            anew.set()
            return


def stop_on_signals(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """An orderly end on SIGTERM and SIGINT; where the loop cannot listen for signals, an interrupt ends the program as
    always."""
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError, RuntimeError):
            loop.add_signal_handler(number, stop.set)


def main() -> int:
    """0 when it was stopped, 2 for an order that does not read, 3 when it cannot watch, 4 when another one does."""
    line = sys.stdin.buffer.readline()
    try:
        order = msgspec.json.decode(line, type=Order)
    except msgspec.DecodeError:
        return 2
    # Samples must not wait for the thread that writes them: the interpreter's own turn is 5 ms, longer than what is
    # measured here.
    sys.setswitchinterval(0.0005)
    from ..launch.load import find, load
    from .lookout import Lookout

    try:
        if order.sha256 and load(find(Path(order.folder))).sha256 != order.sha256:
            _log("the launch file was changed in the meantime")
            return 3
        ws = Lookout.look(Path(order.folder), order.options())
    except Exception as why:  # noqa: BLE001 - whatever it is, the log says it and the asker reads the log
        _log(str(why))
        return 3
    try:
        asyncio.run(_run(ws, order))
    except AlreadyWatching as why:
        _log(str(why))
        return 4
    except Exception as why:  # noqa: BLE001 - see above
        from .run import reference

        _log(f"the watch stopped: {why or type(why).__name__} ({reference(why)})")
        return 3
    finally:
        ws.close()
    return 0


async def _run(ws: Lookout, order: Order) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    stop_on_signals(loop, stop)
    if order.with_asker:
        threading.Thread(target=_leave_with_the_asker, args=(loop, stop), daemon=True).start()
    await watch(ws, stop=stop, say=_log)


def _leave_with_the_asker(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(0, 4096):
        pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stop.set)


def _log(words: str) -> None:
    from ..secrets import hide
    from ..text import printable

    with contextlib.suppress(OSError):
        sys.stderr.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {printable(hide(words))}\n")
        sys.stderr.flush()


# Starting one


def ensure_watcher(ws: Lookout) -> Ensured:
    """Finds the watcher of this workspace, or starts one that lives on its own. Takes up to 15 s: call it off the loop.

    A demo's watcher ends when `process.stdin` is closed, or with the process that asked. Raises CannotWatch with what
    it said.
    """
    pid = watching(ws.folder)
    if pid is not None:
        return Ensured(pid, False)
    log = ws.folder / LOG
    order = Order(
        folder=str(ws.folder.resolve()),
        connect=ws.options.connect,
        nameservers=ws.options.nameservers,
        ca_file=str(ws.options.ca_file.resolve()) if ws.options.ca_file else "",
        demo=ws.demo,
        refuse_unmapped=ws.options.refuse_unmapped,
        state_dir=str(ws.options.state_dir.resolve()) if ws.options.state_dir else "",
        sha256=ws.launch_file.sha256,
        trust=ws.options.trust,
        trust_hash=ws.options.trust_hash,
        with_asker=ws.demo,
    )
    with os.fdopen(opened(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as noise:
        # -P keeps the current folder, which may be a stranger's repository, out of the import path.
        process = subprocess.Popen(
            (sys.executable, "-P", "-m", __name__),
            stdin=subprocess.PIPE,
            stdout=noise,
            stderr=noise,
            cwd=ws.folder,
            env=_environment(),
            start_new_session=True,
        )
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        process.stdin.flush()
    ends = time.monotonic() + START_S
    while time.monotonic() < ends:
        if process.poll() is not None:
            process.stdin.close()
            other = watching(ws.folder)
            if process.returncode == 4 and other is not None:
                return Ensured(other, False)  # somebody was faster
            raise CannotWatch(_last_line(log) or f"the watch exited with code {process.returncode}")
        if watching(ws.folder) == process.pid:
            if order.with_asker:
                return Ensured(process.pid, True, process)
            process.stdin.close()
            threading.Thread(
                target=process.wait, daemon=True
            ).start()  # so that it leaves no zombie while the console lives
            return Ensured(process.pid, True)
        time.sleep(0.05)
    process.kill()
    process.wait()
    process.stdin.close()
    raise CannotWatch(f"the watch did not start within {START_S:g} s: {_last_line(log)}")


def stop_watcher(folder: Path, *, within_s: float = 10.0) -> bool:
    """Asks the watcher of this folder to end, and waits for it. False where none runs or it did not end."""
    pid = watching(folder)
    if not pid:
        return False
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGTERM)
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        if watching(folder) is None:
            return True
        time.sleep(0.05)
    return False


def _environment() -> dict[str, str]:
    kept = dict(os.environ)
    root = Path(package_file).resolve().parents[1]
    if root.name not in ("site-packages", "dist-packages"):
        kept["PYTHONPATH"] = os.pathsep.join(part for part in (str(root), kept.get("PYTHONPATH", "")) if part)
    return kept


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""


if __name__ == "__main__":
    sys.exit(main())
