"""What every page has: masthead above, next step and keys below; and what a page owes the console."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from ..acts import steps
from ..host import Again, ConsoleHost, WatchInSight, host_of
from ..store import Snapshot
from ..target import Target
from ..widgets.keys import Keys
from ..widgets.ledger import Ledger
from ..widgets.masthead import Masthead, NextStep, TooSmall

if TYPE_CHECKING:
    from ...findings import Finding
    from ...watch.samples import Shot, View


class Page(Screen[None]):
    """A page is a function of a snapshot: `draw` puts it on the widgets, and may be called at any time."""

    SHOW_VERDICT: ClassVar[bool] = True
    AUTO_FOCUS: ClassVar[str | None] = "Ledger"
    HELP: ClassVar[str | None] = ""
    HINTS: ClassVar[tuple[str, ...]] = ("run.one", "find", "list.filter")
    """Actions named at the right of the footer where there is room."""

    _due = False
    next_key = ""
    """The key that the band names."""
    laid: tuple[str, tuple[object, ...]] | None = None
    """Where it was laid over a page: its name, and what it was made from."""

    @property
    def console(self) -> ConsoleHost:
        """The console that shows this page."""
        return host_of(self)

    @property
    def is_whole(self) -> bool:
        """Whether its widgets are there: after it was put up, and until it goes."""
        return self.is_mounted and self.query_one_optional("#foot") is not None

    def compose(self) -> ComposeResult:
        yield Masthead(verdict=self.SHOW_VERDICT)
        yield from self.body()
        with Vertical(id="foot"):
            yield from self.above_next()
            yield NextStep()
            yield Keys()
        yield TooSmall()

    def body(self) -> ComposeResult:
        """The page's own widgets, between masthead and foot."""
        yield from ()

    def above_next(self) -> ComposeResult:
        """Lines of its own above the next step."""
        yield from ()

    def draw(self, snap: Snapshot) -> None:
        """Puts a snapshot on the widgets."""
        raise NotImplementedError

    def help_text(self) -> str:
        """What the page is for."""
        return self.HELP or ""

    def target(self) -> Target | None:
        """What actions act on."""
        return None

    def redraw(self) -> None:
        """Draws the newest snapshot, frame and body: once for all that asks for it in the same turn."""
        if not self._due and self.is_mounted:
            self._due = True
            self.call_later(self._redraw)

    def _redraw(self) -> None:
        self._due = False
        if not self.is_whole or not self.size.width:
            return
        console = self.console
        head, keys = self.query_one_optional(Masthead), self.query_one_optional(Keys)
        if head is None or keys is None:
            if self in self.app.screen_stack:
                self.call_after_refresh(self.redraw)  # it is being put up
            return
        snap = console.snapshot
        head.follow(snap)
        keys.follow(console.current_mode, self.HINTS, console)
        self.draw(snap)
        self.name_next()

    def name_next(self) -> None:
        """Names the next thing to do, and its key."""
        console = self.console
        does = steps.suggested(console, self.target())
        self.next_key = console.key_of(does)
        self.query_one(NextStep).follow(console.snapshot, console.broken, console.doing, does, self.next_key)

    def ledger(self) -> Ledger | None:
        """The table that filter works on, and find too: the focused one, else the first in sight."""
        if isinstance(self.focused, Ledger):
            return self.focused
        return next((one for one in self.query(Ledger) if one.display and one.can_focus and one.size.width), None)

    def panel(self) -> Widget | None:
        """The page's own panel, where it has one that can be gone to; from the panel, the list that it belongs to."""
        return None

    def leave(self) -> bool:
        """Closes what is open inside the page; False where nothing was."""
        return False

    async def add(self) -> bool:
        """Adds a line of this page's own; False where it has none."""
        return False

    async def confirm(self) -> bool:
        """Says of the selected line that it holds; False where that is said of a check, or of nothing."""
        return False

    def take_all(self) -> bool:
        """Takes over all that the page proposes; False where it proposes nothing."""
        return False

    async def fill(self, table: str, finding: Finding | None) -> None:
        """On people and access: opens the line that a finding is about, or a new one of this table."""

    async def export(self) -> None:
        """On the handover page: asks how the folder is to be written."""

    def checks_here(self) -> tuple[str, ...]:
        """Checks that belong to the selected line, where that is no check itself."""
        return ()

    def text_to_save(self) -> tuple[str, str] | None:
        """A file's name and what stands in it, where the page has a text of its own."""
        return None

    async def delete(self) -> bool:
        """Takes the selected line away; False where nothing can be."""
        return False

    async def test(self) -> bool:
        """Tries the selected line; False where nothing can be tried."""
        return False

    def watch_view(self) -> View | None:
        """What the page shows of the watch; None where it shows nothing of it, and then nothing is read."""
        return None

    def see_watch(self, shot: Shot | None, wrong: str) -> None:
        """A look at the watch: None where nothing was ever watched; `wrong` says why it cannot be read."""

    def as_watch(self) -> WatchInSight | None:
        """The page itself, where it is the watch."""
        return None

    def go_to(self, check: str, finding: str = "") -> None:
        """Puts the cursor on a check, and on one of its findings."""

    def show_line(self, table: str, key: str) -> None:
        """Puts the cursor on a line of one of the page's tables, by the table's id."""
        ledger = self.query_one(f"#{table}", Ledger)
        ledger.focus()
        ledger.select(key)

    def way_back(self) -> Again:
        """What puts the cursor back to where it stands now."""
        ledger = self.ledger()
        if ledger is None or not ledger.id or not ledger.key:
            return lambda: None
        table, key = ledger.id, ledger.key
        return lambda: self.show_line(table, key)

    def lay_again(self) -> Callable[[], Awaitable[None]] | None:
        """What lays this over a page once more; None where it is a page itself, or cannot come back as it is."""
        return None

    def on_screen_resume(self) -> None:
        self.redraw()
        self.console.watching.tick()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A page's own outside work that breaks is told, and the page goes on."""
        if event.state is WorkerState.ERROR:
            self.console.tell_broken(event.worker.error)

    def on_story_resized(self) -> None:
        self.redraw()

    def on_mount(self) -> None:
        self.call_after_refresh(self.redraw)
        self.call_after_refresh(self.console.watching.tick)

    def on_resize(self) -> None:
        self.redraw()
        self.call_after_refresh(self._keep_focus)

    def _keep_focus(self) -> None:
        """A terminal that was too small for a moment must not leave the page without a focus."""
        focused = self.focused
        if focused is None or not focused.display or not focused.size.width:
            table = next((one for one in self.query(Ledger) if one.can_focus and one.size.width and one.display), None)
            if table is not None:
                self.set_focus(table)
        self.redraw()
