"""The console's side of the watch: reads it off the loop for the page in sight, starts and stops the process that
watches."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from textual.app import ScreenStackError, UnknownModeError
from textual.message import Message

from ..watch import PLACE
from ..watch.samples import Drill, Feed, Shot, View, WatchReader

if TYPE_CHECKING:
    from ..workspace import Workspace

MONITORING = "monitoring."
FIRST_S = 8.0
"""So long starting the watch waits for the first answer of every target."""
TICKS = timedelta(minutes=1)
TICK_S = 0.25
"""At most four looks a second; most find that nothing was written, and cost next to nothing."""
WINDOWS: tuple[tuple[timedelta, str], ...] = (
    (timedelta(minutes=5), "5 min"),
    (timedelta(minutes=15), "15 min"),
    (timedelta(hours=1), "hour"),
    (timedelta(hours=6), "6 h"),
    (timedelta(hours=24), "24 h"),
    (timedelta(days=7), "7 days"),
)


class Seen(Message):
    """A look at the watch: what it shows, None where nothing was ever watched, or why it cannot be read."""

    bubble = False

    def __init__(self, shot: Shot | None, wrong: str = "", view: View | None = None) -> None:
        super().__init__()
        self.shot, self.wrong, self.view = shot, wrong, view


class Handled(Message):
    """How starting, stopping or a test alert went."""

    bubble = False

    def __init__(self, words: str, wrong: bool = False, checks: Sequence[str] = ()) -> None:
        """`checks` judge by what was done, and look again."""
        super().__init__()
        self.words, self.wrong, self.checks = words, wrong, tuple(checks)


class Shows(Protocol):
    """What a page does that may show the watch."""

    def watch_view(self) -> View | None:
        """What it needs of a look; None where it shows none."""

    def see_watch(self, shot: Shot | None, wrong: str) -> None:
        """Takes a look: None where nothing was ever watched; `wrong` says why it cannot be read."""


class Board(Protocol):
    """What is asked of the console here."""

    workspace: Workspace

    @property
    def page(self) -> Shows | None:
        """The page in sight."""

    def key_of(self, action: str) -> str:
        """The key of an action, as it is written on screens."""

    def look_at_watch(self, view: View) -> object:
        """Calls `read` in a thread, and `take` with what it gives."""


class Watching:
    """One for the console. The newest look is `shot`; pages that show it say what they need with `watch_view`."""

    def __init__(self, console: Board) -> None:
        self.console = console
        self.feed = Feed(console.workspace.folder / PLACE)
        self.shot: Shot | None = None
        self.wrong = ""
        self.looked = False
        self.doing = ""
        """What is being done to the watcher at this moment, in a word."""
        self._busy = False
        self._ours: subprocess.Popen[bytes] | None = None
        self._closed = False

    def tick(self) -> None:
        """Looks, if the page in sight shows the watch."""
        page = self._page()
        view = page.watch_view() if page is not None else None
        if view is None:
            return
        if self._busy:
            return
        self._busy = True
        self.console.look_at_watch(view)

    def _page(self) -> Shows | None:
        """The page in sight; none while the console is being left, when a look may still arrive."""
        try:
            return self.console.page
        except (ScreenStackError, UnknownModeError):
            return None

    def read(self, view: View) -> Seen:
        """One look, in a thread."""
        from ..journal import JournalError
        from ..launch.problems import NewerFile

        try:
            return Seen(self.feed.read(view.at or self.console.workspace.clock.now(), view), view=view)
        except (JournalError, NewerFile, OSError) as why:
            return Seen(None, str(why), view)

    def take(self, seen: Seen) -> None:
        """A look is there."""
        self.shot, self.wrong, self.looked, self._busy = seen.shot, seen.wrong, True, False
        page = self._page()
        if page is not None and page.watch_view() is not None:
            page.see_watch(self.shot, self.wrong)
            if page.watch_view() != seen.view:
                self.tick()  # the first look told which targets there are, or another one was chosen meanwhile

    # The process that watches

    def start(self) -> Handled:
        """Finds or starts a watcher, in a thread."""
        from ..workspace.watching import CannotWatch, ensure_watcher

        try:
            ensured = ensure_watcher(self.console.workspace)
        except (CannotWatch, OSError) as why:
            return Handled(f"Could not start the watch: {why}", True)
        if ensured.process is not None:
            self._let_go()
            self._ours = ensured.process
            if self._closed:  # the console was left while it started
                self._let_go()
        words = "Watching" if ensured.started else f"It is already being watched, by process {ensured.pid}"
        self._first_look()
        return Handled(words, checks=[one for one in self.console.workspace.automated if one.startswith(MONITORING)])

    def _first_look(self) -> None:
        """Waits until every target has been asked once, but for log-ins: before, there is nothing to judge by."""
        from ..watch.lock import watching

        ends, folder = time.monotonic() + FIRST_S, self.console.workspace.folder
        while time.monotonic() < ends and watching(folder) is not None and not self._all_asked():
            time.sleep(0.1)

    def _all_asked(self) -> bool:
        now = self.console.workspace.clock.now()
        try:
            with WatchReader(self.console.workspace.folder / PLACE) as reader:
                targets = [one for one in reader.targets() if not one.is_log_in]
                return bool(targets) and all(reader.stats(one.id, now - TICKS, now).n for one in targets)
        except FileNotFoundError:
            return False  # the watcher has its lock and not yet its file

    def drill(self) -> Handled:
        """Breaks the demo's servers and keeps what was measured, in a thread with a loop of its own."""
        from ..journal import JournalError
        from ..lab.client import Lab, LabError
        from ..lab.drill import SPOTS
        from ..lab.places import DOMAIN
        from ..workspace.drills import drill_on, keep_drills

        workspace = self.console.workspace

        async def whole() -> list[Drill]:
            async with Lab.start(fixed="all") as servers:
                return await drill_on(servers, SPOTS, workspace, domain=DOMAIN, say=lambda words: None)

        try:
            drills = asyncio.run(whole())
            keep_drills(workspace, drills)
        except (LabError, JournalError, OSError) as why:
            return Handled(f"The drill could not be run: {why}", True)
        took = [one.seconds for one in drills if one.seconds is not None]
        missed = len(drills) - len(took)
        words = f"{missed} of {len(drills)} outages were not reported" if missed else ""
        words = words or f"All {len(drills)} outages were reported, the last after {max(took):.0f} s"
        return Handled(words, bool(missed), ("monitoring.detection",))

    def stop(self) -> Handled:
        """Ends the watcher, in a thread."""
        from ..workspace.watching import stop_watcher

        ended = stop_watcher(self.console.workspace.folder)
        self._let_go()
        return Handled(
            "The watch is stopped" if ended else "The watch did not stop: its process may belong to someone else",
            not ended,
        )

    def test(self, rules: tuple[str, ...]) -> Handled:
        """Sends a test alert through each of these rules, in a thread with a loop of its own."""
        from ..journal import JournalError
        from ..workspace.channels import send_tests

        workspace = self.console.workspace
        alerts = [one for one in workspace.launch.alerts if one.name in rules]
        try:
            tests = asyncio.run(send_tests(workspace, alerts, say=lambda words: None))
        except (JournalError, OSError) as why:
            return Handled(f"No test alert was sent: {why}", True)
        failed = [f"{one.rule} was not sent: {one.problem}" for one in tests if not one.sent_at]
        sent = [f"{one.rule} to {one.owner}" for one in tests if one.sent_at]
        if failed:
            return Handled("; ".join(failed), True)
        return Handled(f"Sent: {', '.join(sent)}. {self.console.key_of('watch.heard')} records the words they read")

    def _let_go(self) -> None:
        process, self._ours = self._ours, None
        if process is not None:
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)

    async def close(self) -> None:
        """Lets go of the file, and ends a watcher that ends with its console (the demo's)."""
        self._closed = True
        await asyncio.to_thread(self._let_go)
        self.feed.close()
