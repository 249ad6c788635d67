"""The product as it is now: every target with its last hour, a large chart of one, incidents with their cause."""

from __future__ import annotations

from datetime import datetime

import msgspec
from rich.cells import cell_len
from textual.app import ComposeResult
from textual.reactive import reactive
from textual.widget import Widget

from ...watch.samples import Row as Watched
from ...watch.samples import Shot, Target, View
from .. import watchlines, watchpanes, watchtable
from ..ink import Cell, Spans, wrap
from ..store import Snapshot
from ..watching import WINDOWS
from ..widgets.chart import Chart, Picture
from ..widgets.ledger import Ledger
from ..widgets.lines import Line, Lines
from .page import Page

NO_TARGET: Cell = "Nothing to watch yet: press + to add a route that is safe to repeat"
ADVICE = (
    "Start the watch to see here whether the product is up, how fast it responds, and since which deploy. The "
    "simplest sufficient watch is one hosted uptime monitor with one chat channel: name it in the launch file "
    "([watch] monitor) and confirm it on stage 6."
)


class WatchPage(Page):
    """Key w."""

    AUTO_FOCUS = "#targets"
    HINTS = ("watch.pause", "watch.shorter", "watch.longer")
    HELP = (
        "Every target of the watch: its state, its uptime in the window, response times on an open connection, the "
        "window as a line, where the last probe spent its time, and the days left on its certificate. p95: 19 of 20 "
        "responses are faster; ▲: certainly over the target; ?: too few responses to tell. In a line, the top dot is "
        "over the target, ✕ a failed probe, a dot a time without watch, which counts neither way. Enter enlarges the "
        "chart, m shows the incidents, then errors by route, job queues, regions and deploys if there are any; space "
        "freezes the display. A watch sleeps with its machine: for launch day, run it on a server."
    )
    shot: reactive[Shot | None] = reactive(None, repaint=False, always_update=True)
    """What is drawn: the newest look, or the one that the display was held at."""

    def __init__(self) -> None:
        super().__init__()
        self.window = 2
        """The window's place among `WINDOWS`."""
        self.held: Shot | None = None
        self.live: Shot | None = None
        self.wrong = ""
        self.sparks: watchtable.Sparks = {}
        self.pane = "incidents"
        """What stands below the chart."""

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        yield Lines(id="watcher")
        yield Ledger(watchtable.cols("last hour", 14, "max"), id="targets")
        yield Lines(id="chartname")
        yield Chart(id="chart")
        yield Lines(id="told")
        yield Lines(id="panes")
        yield Ledger(watchtable.INCIDENT_COLS, id="incidents", empty="no incident in the last 24 hours")

    # What is read

    def watch_view(self) -> View | None:
        if not self.is_mounted or self.query_one_optional("#targets") is None or self.query_one_optional(Chart) is None:
            return None  # being made or being left
        chosen = self.chosen()
        return View(
            window=WINDOWS[self.window][0],
            points=watchlines.columns_in(WINDOWS[self.window][0], max(20, min(160, 2 * self._spark_width()))),
            chosen=chosen.target.id if chosen else 0,
            fine=self._fine(),
            slo=self.console.workspace.launch.watch.slo,
            at=self.held.snapshot.now if self.held else None,
        )

    def see_watch(self, shot: Shot | None, wrong: str) -> None:
        self.wrong, self.live = wrong, shot
        held = self.held
        if held is None or shot is None:
            self.held = None
            self.shot = shot
        else:
            # Held: what was counted may be of another window, what was seen stays.
            new = {one.target.id: one for one in shot.snapshot.rows}
            rows = tuple(
                msgspec.structs.replace(one, stats=new[one.target.id].stats, series=new[one.target.id].series)
                if one.target.id in new
                else one
                for one in held.snapshot.rows
            )
            snapshot = msgspec.structs.replace(
                held.snapshot, rows=rows, window=shot.snapshot.window, marks=shot.snapshot.marks
            )
            self.shot = msgspec.structs.replace(
                held, snapshot=snapshot, chart=shot.chart, gaps=shot.gaps, budget=shot.budget
            )

    def watch_shot(self) -> None:
        if self.is_mounted and self.size.width:
            self.draw(self.console.snapshot)

    @property
    def now(self) -> datetime:
        """The moment that is shown."""
        return self.held.snapshot.now if self.held else self.console.workspace.clock.now()

    def rows(self) -> tuple[Watched, ...]:
        """Targets in the order of the watch; empty where nothing was ever watched."""
        return self.shot.snapshot.rows if self.shot is not None else ()

    def chosen(self) -> Watched | None:
        """The target that the cursor stands on."""
        key = self.query_one("#targets", Ledger).key
        rows = self.rows()
        return next((one for one in rows if one.target.label == key), rows[0] if rows else None)

    def planned(self) -> tuple[Target, ...]:
        """What a watch of this launch file would look at."""
        from ...watch.targets import targets_of

        return targets_of(self.console.workspace.launch)

    def as_watch(self) -> WatchPage:
        return self

    def _spark_width(self) -> int:
        ledger = self.query_one("#targets", Ledger)
        return next((size for _, n, size in ledger.columns(ledger.size.width) if n == watchtable.SPARK_COL), 0)

    def _fine(self) -> int:
        return watchlines.columns_in(WINDOWS[self.window][0], max(40, min(400, 2 * self.query_one(Chart).inner)))

    @property
    def room(self) -> int:
        """Cells between the page axis and the right margin."""
        return self.app.size.width - (4 if self.app.size.width < 100 else 6) - 3

    # Drawing

    def draw(self, snap: Snapshot) -> None:
        launch = snap.launch
        self._draw_frame()
        targets = self.query_one("#targets", Ledger)
        names = [watchtable.name_of(one.target, launch) for one in self.rows()] or [
            watchtable.name_of(one, launch) for one in self.planned()
        ]
        longest = max((cell_len(name) for name in names), default=0)
        targets.set_cols(watchtable.cols(f"last {WINDOWS[self.window][1]}", longest, watchtable.far_end(self.shot)))
        if self.rows() and self.shot is not None:
            targets.show(watchtable.rows_of(self.shot, launch, self.now, self._spark_width(), self.sparks))
        else:
            self.sparks.clear()
            targets.show(watchtable.waiting_rows(self.planned(), launch), empty=NO_TARGET)
        self._draw_chosen()
        self._draw_pane()

    def _draw_pane(self) -> None:
        launch = self.console.workspace.launch
        panes = watchpanes.there(self.shot, launch)
        if self.pane not in panes:
            self.pane = "incidents"
        shown = watchpanes.pane(self.pane, self.shot, launch, self.now)
        ledger = self.query_one("#incidents", Ledger)
        ledger.set_cols(shown.cols)
        ledger.show(shown.rows, empty=shown.empty)
        # Where there is but one there is nothing to switch.
        titles = watchpanes.titles(panes, self.pane, self.shot, self.console.key_of("show.panel"), self.room)
        self.set_class(len(panes) > 1, "-panes")
        self.query_one("#panes", Lines).show([Line(titles)] if len(panes) > 1 else [])

    def _draw_frame(self) -> None:
        narrow = self.app.size.width < 100
        targets = [one.target for one in self.rows() if not one.target.region] or list(self.planned())
        often = "" if narrow else f" every {watchlines.pace(targets)}"
        left: Spans = [
            ("Watch", "ink b"),
            (f"   {len(targets)} target{'' if len(targets) == 1 else 's'}{often}", "ink3"),
        ]
        left += [("   ‹ ", "ink2 b"), (f"last {WINDOWS[self.window][1]}", "ink"), (" ›", "ink2 b")]
        if self.held is not None:
            left += [("   ◌ ", "stale"), (f"held at {self.held.snapshot.now:%H:%M:%S}", "ink")]
        right = (
            watchlines.happened(self.shot, self.now, self.app.size.width)
            if self.shot is not None and self.rows()
            else []
        )
        if self.held is not None:
            right = [(self.console.key_of("watch.pause"), "ink b"), (" continues", "ink3"), *self._missed()]
        self.query_one("#title", Lines).show([Line(left, right, ("w", "ink3"))])
        line = self._watcher_line()
        self.query_one("#watcher", Lines).show([line] if line is not None else [])
        self.app.refresh_bindings()

    def _missed(self) -> Spans:
        """What began while the display is held."""
        if self.held is None or self.live is None:
            return []
        known = {one.id for one in self.held.snapshot.incidents}
        new = [one for one in self.live.snapshot.incidents if one.id not in known]
        return [("   ✕ ", "fail"), (f"{len(new)} new incident{'' if len(new) == 1 else 's'}", "ink")] if new else []

    def _watcher_line(self) -> Line | None:
        app = self.console
        key = app.key_of("watch.run")
        if self.wrong:
            return Line([("Could not read the watch data: ", "ink b"), (self.wrong, "ink2")], [], ("✕", "fail"))
        if app.watching.doing:
            return Line([(f"{app.watching.doing} …", "ink")], [], ("…", "checking"))
        launch = app.workspace.launch
        now = app.workspace.clock.now()
        return watchlines.watcher_line(
            self.live,
            now,
            key=key,
            always_on=launch.watch.always_on,
            alerts=[alert.name for alert in launch.alerts],
            demo=app.workspace.demo,
        )

    def _draw_chosen(self) -> None:
        name, picture, told = self.query_one("#chartname", Lines), self.query_one(Chart), self.query_one("#told", Lines)
        chosen, shot, height = self.chosen(), self.shot, self.app.size.height
        if chosen is None or shot is None:
            name.show([])
            picture.show(Picture(said=self._nothing()))
            told.show([])
            return
        launch, fine = self.console.workspace.launch, self._fine()
        _, said = watchlines.value_of(shot.snapshot.window, chosen.target, fine)
        name.show([watchlines.head_line(chosen, watchtable.name_of(chosen.target, launch), said, self.room)])
        picture.show(watchlines.picture_of(shot, chosen, self.now, fine))
        lines = watchlines.told_lines(shot, chosen, self.now, self.room)
        if height >= 36:
            rules = [alert.name for alert in launch.alerts]
            channels = watchlines.channels_line(shot, rules, self.now, self.console.key_of("watch.heard"))
            lines += [channels] if channels else []
        lines = lines[: 1 if height < 28 else 2 if height < 36 else 4]
        told.show(watchlines.hinted(lines, self._hints(), self.room))

    def _hints(self) -> list[tuple[str, str]]:
        """The keys that act here: the footer seldom has room for them."""
        app = self.console
        beside = len(watchpanes.there(self.shot, app.workspace.launch)) - 1
        panel = f"incidents and {beside} more" if beside else "incidents"
        named = (("watch.pause", "hold"), ("show.panel", panel), ("list.open", "large"), ("watch.run", "stop"))
        return [("enter" if action == "list.open" else app.key_of(action), label) for action, label in named]

    def _nothing(self) -> tuple[tuple[tuple[str, str], ...], ...]:
        """What stands in place of a chart: what would be here, and which key brings it."""
        app = self.console
        if not app.watching.looked or self.wrong or app.watching.doing:
            return ()
        if self.shot is not None and self.shot.snapshot.alive:
            return ((("The watch is starting.", "ink2"),),)
        if not self.planned():
            return ()
        head = (
            ("Not watched yet.  ", "ink b"),
            (app.key_of("watch.run"), "ink b"),
            (" starts it on this machine.", "ink2"),
        )
        return (head, (), *(((part, "ink2"),) for part in wrap(ADVICE, self.room)))

    # Acting

    def hold(self) -> None:
        """Holds what is shown, or lets it run again; probing continues either way."""
        if self.held is not None:
            self.held = None
            self.shot = self.live
        elif self.shot is not None:
            self.held = self.shot
        else:
            self.console.say("There is nothing to freeze yet")
        self.draw(self.console.snapshot)
        self.console.watching.tick()

    def turn(self, step: int) -> None:
        """A shorter or longer window."""
        at = max(0, min(len(WINDOWS) - 1, self.window + step))
        if at == self.window:
            self.console.say(f"The {'longest' if step > 0 else 'shortest'} window is {WINDOWS[at][1]}")
            return
        self.window = at
        self.draw(self.console.snapshot)
        self.console.watching.tick()

    def panel(self) -> Widget | None:
        ledger = self.query_one("#incidents", Ledger)
        if self.has_class("-panel"):
            panes = watchpanes.there(self.shot, self.console.workspace.launch)
            after = panes[panes.index(self.pane) + 1 :] if self.pane in panes else ()
            if not after:
                self.leave()
                return self.query_one("#targets", Ledger)
            self.pane = after[0]
            self._draw_pane()
            self._draw_chosen()
            return ledger
        self.add_class("-panel")
        self.call_after_refresh(ledger.focus)
        return ledger

    def leave(self) -> bool:
        if self.has_class("-panel") or self.has_class("-large"):
            self.remove_class("-panel", "-large")
            self.pane = "incidents"
            self.query_one("#targets", Ledger).focus()
            self.call_after_refresh(self.redraw)
            return True
        if self.held is not None:
            self.hold()
            return True
        return False

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        event.stop()
        if event.ledger.id == "targets":
            self._draw_chosen()
            self.console.watching.tick()

    def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        event.stop()
        targets = self.query_one("#targets", Ledger)
        if event.ledger.id == "targets":
            self.toggle_class("-large")
        elif self.pane == "incidents":
            # An incident leads to its target.
            shot = self.shot
            found = (
                next((one for one in shot.snapshot.incidents if f"i{one.id}" == event.key), None)
                if shot is not None
                else None
            )
            label = next(
                (one.target.label for one in self.rows() if found is not None and one.target.id == found.target), ""
            )
            self.remove_class("-panel")
            targets.focus()
            targets.select(label)
        self.call_after_refresh(self.redraw)
