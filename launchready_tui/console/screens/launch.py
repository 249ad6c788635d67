"""Launch day: who decides and on what, where we are in the day, what is looked at now, who is there, what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from ...watch.samples import Shot, View
from .. import daylines, panels, words
from ..acts import launchday
from ..ink import Spans, wrap_spans
from ..store import Snapshot
from ..target import Target
from ..widgets.gates import Gates
from ..widgets.ledger import Col, Ledger
from ..widgets.lines import Line, Lines
from .page import Page

if TYPE_CHECKING:
    from ...handover.day import Day, Stop


class Head(Lines):
    """The selected checkpoint's title and words: set anew in the width it gets."""

    def on_resize(self) -> None:
        if isinstance(self.screen, Page):
            self.screen.redraw()


class LaunchPage(Page):
    """Key l."""

    SHOW_VERDICT = False
    AUTO_FOCUS = "#times"
    HINTS = ("edit.add", "day.decide", "day.stop", "day.tell")
    HELP = (
        "Launch day now. At the top: the verdict, who decides, and the criteria; tab goes there, enter opens one. "
        "Below on the left: the day's checkpoints with the current time; y marks one as done, enter goes to its "
        "checks, r runs them again. Who is at the desk: ● available now by their hours, ↷ not now, ? unknown; m goes "
        "there, enter opens where to fill it in. + adds a log entry with the time, saved before you see it. G "
        "records go or no-go, X shows how to take it offline and roll back, M the messages for users, P changes the "
        "plan, S saves the log to a file."
    )

    def __init__(self) -> None:
        super().__init__()
        self.day: Day | None = None
        self.version = -1
        self.shot: Shot | None = None

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        yield Gates(id="gates")
        yield Lines(id="strip")
        with Horizontal(id="day"):
            with Vertical(id="left"):
                yield Ledger(
                    [
                        Col("Day", 9, tone="ink3"),
                        Col("", 0),
                        Col("checks", 6, right=True, tone="ink3", gap=1),
                        Col("who", 3, right=True, tone="ink3", above=42),
                    ],
                    end=0,
                    hold=True,
                    id="times",
                )
                yield Ledger(
                    [
                        Col("At the desk", 15),
                        Col("now", 4, tone="ink3"),
                        Col("", 0, tone="ink2", below=56),
                        Col("", 19, tone="ink2", above=56),
                        Col("", 0, tone="ink3", above=56),
                    ],
                    end=0,
                    id="crew",
                )
            with Vertical(id="right"):
                yield Head(lead="hang", id="point")
                yield Ledger(
                    [Col("", 0), Col("", 15, right=True, tone="ink3")],
                    head=False,
                    lead="hang",
                    id="checks",
                )
                yield Ledger(
                    [Col("Log", 5, tone="ink3"), Col("", 0), Col("", 2, tone="ink3")],
                    lead="hang",
                    wrap=3,
                    id="log",
                    empty="nothing yet: press + to add an entry",
                )

    # Drawing

    def draw(self, snap: Snapshot) -> None:
        from ...handover.day import day

        workspace = self.console.workspace
        if self.day is None or self.version != self.console.store.version or snap.now != self.day.at:
            self.day, self.version = day(workspace, now=snap.now), self.console.store.version
        made = self.day
        self.query_one("#title", Lines).show([daylines.title_line(snap, made, self.app.size.width)])
        self.query_one(Gates).show(daylines.gates(snap, made, workspace.inventory))
        self._draw_strip()
        times = self.query_one("#times", Ledger)
        fresh = not times.all_rows
        times.show(daylines.stop_rows(snap, made))
        if fresh and made.current is not None:
            times.select(made.current.moment.key, tell=False)
        self.query_one("#crew", Ledger).show(daylines.crew_rows(snap, made, workspace.people))
        self.query_one("#log", Ledger).show(daylines.log_rows(made, snap.name))
        self._draw_stop(snap)

    def _draw_strip(self) -> None:
        app = self.console
        self.query_one("#strip", Lines).show(
            [daylines.strip(self.shot, app.workspace.clock.now(), app.key_of("go.watch"))]
        )

    @property
    def stop(self) -> Stop | None:
        """The selected checkpoint."""
        key = self.query_one("#times", Ledger).key
        stops = self.day.stops if self.day else ()
        return next((one for one in stops if one.moment.key == key), self.day.current if self.day else None)

    def _draw_stop(self, snap: Snapshot) -> None:
        stop, head, checks = self.stop, self.query_one("#point", Lines), self.query_one("#checks", Ledger)
        if stop is None or self.day is None:
            return
        checkpoint, width = stop.moment.checkpoint, head.size.width - head.lead_width() - head.end
        lines = [Line([(checkpoint.title, "ink b")], daylines.stop_head(self.day, stop)), Line(rule=True)]
        if width > 8:
            told = wrap_spans([(checkpoint.what, "ink2")], width) if checkpoint.what else []
            short = self.app.size.height < 28
            lines += [Line(part) for part in told[: 4 if short else 6]]
            if not short:
                lines.append(self._owner(snap, stop))
            if self.app.size.height >= 36:
                lines.append(Line())
        head.show(lines)
        checks.show(daylines.check_rows(snap, stop), empty="no checks; P adds some")

    def _owner(self, snap: Snapshot, stop: Stop) -> Line:
        owner, count = stop.moment.checkpoint.owner, words.plural(len(stop.standings), "check")
        said: Spans = (
            [(snap.name(owner), "ink"), (" is responsible", "ink3")] if owner else [("no one is named for it", "ink3")]
        )
        return Line(said, [(count, "ink3")])

    # The watch

    def watch_view(self) -> View | None:
        return panels.WATCH_VIEW

    def see_watch(self, shot: Shot | None, wrong: str) -> None:
        self.shot = None if wrong else shot
        # A look may arrive while the page is being put up or taken down.
        if self.is_mounted and self.size.width and self.query_one_optional("#strip") is not None:
            self._draw_strip()

    # Acting

    def target(self) -> Target | None:
        checks = self.query_one("#checks", Ledger)
        standing = self.console.snapshot.standing(checks.key) if self.focused is checks else None
        return Target(standing) if standing else None

    def checks_here(self) -> tuple[str, ...]:
        stop = self.stop
        on_times = self.focused is self.query_one("#times", Ledger)
        return tuple(one.spec.id for one in stop.standings) if stop is not None and on_times else ()

    async def add(self) -> bool:
        await launchday.note(self.console)
        return True

    async def confirm(self) -> bool:
        stop = self.stop
        if stop is None or self.target() is not None:
            return False
        await launchday.gone_through(self.console, stop)
        return True

    def text_to_save(self) -> tuple[str, str]:
        from ...handover.day import log_as_markdown

        log = self.day.log if self.day else ()
        return "launch-day-log.md", log_as_markdown(log)

    def panel(self) -> Widget | None:
        crew = self.query_one("#crew", Ledger)
        if self.has_class("-panel") or self.focused is crew:
            self.leave()
            return self.query_one("#times", Ledger)
        self.add_class("-panel")
        self.call_after_refresh(crew.focus)
        return crew

    def leave(self) -> bool:
        times = self.query_one("#times", Ledger)
        if self.has_class("-panel") or self.focused is not times:
            self.remove_class("-panel")
            self.call_after_refresh(times.focus)
            self.call_after_refresh(self.redraw)
            return True
        return False

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        event.stop()
        if event.ledger.id == "times":
            self.query_one("#checks", Ledger).reset("")
            self._draw_stop(self.console.snapshot)

    async def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        event.stop()
        app = self.console
        if event.ledger.id == "times":
            checks = self.query_one("#checks", Ledger)
            if checks.rows:
                checks.focus()
            else:
                app.say("This checkpoint has no checks")
        elif event.ledger.id == "checks":
            await app.go_to(event.key)
        elif event.ledger.id == "crew":
            await self._fill(event.key)

    async def on_gates_chosen(self, event: Gates.Chosen) -> None:
        event.stop()
        if event.gate.check:
            await self.console.go_to(event.gate.check)
        else:
            await self.console.open_page(event.gate.page)

    async def _fill(self, key: str) -> None:
        """Goes to where somebody's part of the day is written down."""
        from .people import PeoplePage

        if key == daylines.NO_DECIDER:
            await launchday.plan(self.console)
            return
        rung = next((one for one in self.day.ladder if one.person == key), None) if self.day else None
        await self.console.open_page("people")
        page = self.console.page
        if isinstance(page, PeoplePage):
            on_ladder = rung is not None or key in (daylines.NO_LADDER, daylines.NO_SECOND)
            page.show_kind("contacts" if on_ladder else "people", f"{rung.order} {rung.person}" if rung else key)
