"""The console: one store, one table of actions, a page a mode; workers look at the outside and only post messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from textual import events, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.screen import Screen
from textual.widget import AwaitMount
from textual.worker import Worker, WorkerState

from .. import text
from ..findings import Finding
from .actions import ACTIONS, BY_ID
from .acts import mail, path, trust
from .drafts import Drafts
from .edits import Edits
from .ending import CRASHED
from .host import Laid, Listed, WayBack
from .laid import LaidOver, nothing
from .messages import Repaired, Said, Told, Walking
from .screens import PAGES, screen_class, screen_of, warm
from .screens.page import Page
from .search import Thing
from .sheets import Sheets
from .store import Snapshot, Store
from .target import Target
from .themes import THEMES
from .watching import TICK_S, Handled, Seen, Watching
from .widgets.form import Field

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from ..lab.client import Flaw, Lab
    from ..watch.samples import View
    from ..workspace import Workspace

SHEETS = (
    "overview",
    "stage",
    "fixes",
    "people",
    "credentials",
    "handover",
    "log",
    "watch",
    "launch",
    "finding",
    "history",
    "explain",
)


def _page(name: str, *given: int) -> Callable[[], Screen[None]]:
    """Makes a page when it is first gone to."""
    return lambda: screen_of(name, *given)


def _palette() -> type[Provider]:
    from .palette import Actions

    return Actions


def _found() -> type[Provider]:
    from .palette import Found

    return Found


class Console(App[int]):
    """The console over one workspace. Tests hand in a double of it, and a lab or none."""

    TITLE = "LaunchReady"
    # All sheets are read at once: one read late stops the loop for the whole of them, in the middle of a run.
    CSS_PATH = ["console.tcss", "screens/dialog.tcss", *(f"screens/{name}.tcss" for name in SHEETS)]  # noqa: RUF012
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-normal"), (130, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-short"), (28, "-medium"), (36, "-tall")]  # noqa: RUF012
    MODES: ClassVar[dict[str, str | Callable[[], Screen[None]]]] = {
        **{name: _page(name) for name in PAGES if name != "stage"},
        **{f"stage{n}": _page("stage", n) for n in range(1, 8)},
    }
    DEFAULT_MODE = "overview"
    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in ACTIONS]
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS: ClassVar[set[Callable[[], type[Provider]]]] = {_palette, _found}  # type: ignore[assignment]
    NOTIFICATION_TIMEOUT = 6

    def __init__(
        self,
        workspace: Workspace,
        *,
        lab: Lab | None = None,
        plain: bool = False,
        theme: str | None = None,
        live: bool = True,
        out: Path | None = None,
        runs_first: bool = False,
    ) -> None:
        """`live` off stops the clock, the watch on files and the user's own keys, for pictures.

        `runs_first`: where no check has ever run, all of them start by themselves.

        `out` is where exports go; without it, the launch's folder."""
        super().__init__()
        self.stylesheet = Sheets(variables=self.get_css_variables())
        self.workspace = workspace
        self.lab = lab
        self.out = out or workspace.folder
        self.plain = plain
        self.live = live
        self.runs_first = runs_first
        self.store = Store(workspace)
        self.watching = Watching(self)
        self.drafts = Drafts(workspace.folder, workspace.hide)
        self.edits = Edits(workspace)
        self.last_said = ""
        self.walking = False
        self.repairing = False
        self.refused = ""
        """Hash of a changed launch file that the person did not allow."""
        self.broken = ""
        """What is wrong with a file that was changed outside; its old content stays in use."""
        self._drawing = False
        self._came: WayBack | None = None
        self._wanted: str | None = None
        self._turning = False
        """Where one was before find led here."""
        self._things: tuple[int, tuple[Thing, ...]] = (-1, ())
        """What can be found, and the version of the store that it was taken from."""
        for one in THEMES:
            self.register_theme(one)
        self.theme = theme if theme in {one.name for one in THEMES} else "ledger-night"
        if plain:
            from .plain import use_ascii

            use_ascii()
            self.add_class("-ascii")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own names, so that style sheets read under any theme of Textual's too."""
        from .themes import LEDGER_NIGHT

        return {**LEDGER_NIGHT.variables, "sheet": "#212429", "field": "#16181b"}

    @property
    def snapshot(self) -> Snapshot:
        """What screens draw now."""
        return self.store.snapshot

    def on_mount(self) -> None:
        if self.live:
            from ..launch.trust import state_dir
            from .keymap import read

            self.use_keys(*read(self.workspace.options.state_dir or state_dir()))
            self.set_interval(5, self._tick)
            self.set_interval(TICK_S, self.watching.tick)
            self.set_timer(0.2, self._warm)

        if self.workspace.journal.remark:
            self.call_after_refresh(self.say, self.workspace.journal.remark, wrong=True)
        if self.runs_first and not self.snapshot.ran_anything:
            self.store.begin(self.workspace.automated)
            self.call_after_refresh(self._look, self.workspace.automated)

    async def on_unmount(self) -> None:
        await self.watching.close()

    def watch_theme(self) -> None:
        self.call_after_refresh(self.draw_soon)

    @work(thread=True, exit_on_error=False, group="warm")
    def _warm(self) -> None:
        """Imports what the pages need before they are gone to, so that no key waits for it."""
        from importlib import import_module

        warm()
        import_module("launchready_tui.handover")

    @property
    def doing(self) -> str:
        """What is being done outside the checks at this moment, in words; empty where nothing is."""
        if self.repairing:
            return "Repairing it in the demo"
        return "Testing the full path" if self.walking else self.watching.doing

    # Drawing

    def draw_soon(self) -> None:
        """Draws once for all that happens within a short moment."""
        if not self._drawing:
            self._drawing = True
            self.set_timer(0.04, self._draw)

    def _draw(self) -> None:
        self._drawing = False
        for screen in self.screen_stack:
            if isinstance(screen, Page):
                screen.redraw()

    def _tick(self) -> None:
        """Moves the clock, and reads again what others changed in the files."""
        changed = False
        if self.snapshot.progress is None:
            said = self.attempt(self._reread)
            changed = said.words == "changed" or said.wrong != self.broken
            if said.wrong and said.wrong != self.broken:
                self.say(said.wrong, wrong=True)
            self.broken = said.wrong
        if self.store.tick() or changed:
            self.draw_soon()

    def _reread(self) -> str:
        from ..workspace import NotTrusted

        try:
            if not self.workspace.refresh():
                return ""
        except NotTrusted as why:
            trust.ask(self, why)
            return "changed"
        self.store.renew()
        return "changed"

    # Pages

    async def open_page(self, name: str) -> None:
        """Shows a page at its own start. One turn at a time: keys may come faster than pages, and the last wins."""
        self._wanted = name
        if self._turning:
            return
        self._turning = True
        try:
            while (wanted := self._wanted) is not None and self.is_running:
                self._wanted = None
                await self._turn_to(wanted)
        finally:
            self._turning = False

    async def _turn_to(self, name: str) -> None:
        for screen in self.screen_stack[1:]:
            if screen.is_modal:
                return
        self._came = None
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        if self.current_mode != name:
            await self.switch_mode(name)
        self.draw_soon()

    async def go_to(self, check: str, finding: str = "") -> None:
        """Opens a check's stage with the cursor on it."""
        stage = self.snapshot.stage_of(check)
        if stage is None:
            return
        await self.open_page(f"stage{stage.number}")
        if self.page is not None and self.current_mode == f"stage{stage.number}":
            self.page.go_to(check, finding)

    async def open_row(self, row: str) -> None:
        """Opens the fix order with the cursor on a row, and shows what is in it."""
        await self.open_page("fixes")
        if self.page is not None and self.current_mode == "fixes":
            self.page.go_to("", row)

    async def open_finding(self) -> None:
        """The full view of what is selected."""
        target = self.target()
        if target is None:
            return
        await self.lay("finding", target.standing.spec.id, target.judged.id if target.judged else "")

    async def close_top(self) -> bool:
        """Closes what is laid over the page; False where nothing is."""
        if len(self.screen_stack) == 1:
            return False
        await self.pop_screen()
        return True

    # Going to what was found, and back

    def show_line(self, table: str, key: str) -> None:
        """Puts the cursor of the page in sight on a line of one of its tables."""
        if self.page is not None:
            self.page.show_line(table, key)

    def way_back(self) -> WayBack:
        """Where one is now."""
        pages = [screen for screen in self.screen_stack if isinstance(screen, Page)]
        return WayBack(self.current_mode, pages[0].way_back(), pages[-1].lay_again())

    def came_by(self, way_back: WayBack) -> None:
        """Remembers the way back, until another page is gone to."""
        self._came = way_back

    async def go_back(self) -> bool:
        """Goes back to where one was before find led here; False where it did not."""
        came = self._came
        if came is None:
            return False
        await self.open_page(came.mode)
        came.again()
        if came.over is not None:
            await came.over()
        return True

    def things(self) -> Sequence[Thing]:
        """Everything that can be found by its words."""
        from . import search

        version = self.store.version
        if self._things[0] != version:
            self._things = (version, search.things(self.snapshot, self.workspace))
        return self._things[1]

    def find(
        self, things: Sequence[Thing], chosen: Callable[[Thing | None], Awaitable[None] | None]
    ) -> Awaitable[None]:
        """Lays the search over the page; `chosen` gets what was chosen, or None on escape."""
        return self._push(screen_of("find", things), chosen)

    # Laying something over the page

    def _push(self, over: Screen[Any], done: Callable[[Any], Awaitable[None] | None] | None = None) -> Awaitable[None]:
        """Nothing where a sheet of the same kind lies there already: ten returns at once ask for ten forms."""
        if isinstance(over, LaidOver) and any(type(one) is type(over) for one in self.screen_stack):
            return nothing()
        mounted: AwaitMount = self.push_screen(over, cast("Callable[[Any], None] | None", done))
        return mounted

    def lay(self, name: Laid, *given: Any) -> Awaitable[None]:
        """Lays a screen over the page, by its name in the table of screens; what it is made from comes after. What lies
        there already is come back to: nobody leaves the same thing twice."""
        for screen in self.screen_stack:
            if isinstance(screen, Page) and screen.laid == (name, given):
                while self.screen_stack[-1] is not screen:
                    self.pop_screen()
                return nothing()
        over = screen_of(name, *given)
        if isinstance(over, Page):
            over.laid = (name, given)
        return self._push(over)

    def is_laid(self, name: Laid | Literal["question"]) -> bool:
        """Whether one of these lies over the page already."""
        return any(isinstance(screen, screen_class(name)) for screen in self.screen_stack)

    def ask(
        self, title: str, lines: Sequence[str], yes: str, answered: Callable[[bool | None], None], no: str = "no"
    ) -> Awaitable[None]:
        """Lays a question over the page; `answered` gets True for yes."""
        return self._push(screen_of("question", title, lines, yes, no), answered)

    def choose(
        self,
        title: str,
        options: Sequence[tuple[str, str, str]],
        chosen: Callable[[str | None], Awaitable[None] | None],
        *,
        wide: bool = False,
    ) -> Awaitable[None]:
        """Lays a few choices over the page: id, name and a remark each. `chosen` gets the id, or None on escape."""
        return self._push(screen_of("choose", title, options, wide=wide), chosen)

    async def ask_form(
        self,
        title: str,
        lines: Sequence[str],
        fields: Sequence[Field],
        save: Callable[[dict[str, str]], str],
        draft: str,
    ) -> None:
        """Lays a form over the page."""
        await self._push(screen_of("form", title, lines, fields, save, draft))

    # The page in sight

    @property
    def page(self) -> Page | None:
        """The page in sight; None while something is laid over it, and before its widgets are there or after they
        have gone: keys may come faster than pages."""
        stack = self.screen_stack if self.is_running else ()
        screen = stack[-1] if stack else None
        return screen if isinstance(screen, Page) and screen.is_whole else None

    def target(self) -> Target | None:
        """What the page's cursor stands on."""
        return self.page.target() if self.page else None

    def about(self, target: Target) -> str | Finding:
        """What a decision on a target is about: the finding where one is open, else the check."""
        if target.judged is not None and target.judged.finding.rule.rpartition(".")[2] not in (
            "confirmed",
            "not-confirmed",
        ):
            return target.judged.finding
        return target.standing.spec.id

    def title_of(self, target: Target) -> str:
        """A target in words."""
        about = self.about(target)
        return about.summary if isinstance(about, Finding) else target.standing.spec.title

    # Keys

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, (events.Key, events.Paste)):
            await self._stands()
        await super().on_event(event)

    async def _stands(self) -> None:
        """Waits until the screen on top has its widgets: keys may come faster than screens, and each is for the screen
        that the one before it opened."""
        while self.is_running and self.screen_stack and not self.screen_stack[-1].is_mounted:  # noqa: ASYNC110  no event says so
            await asyncio.sleep(0.002)

    # Actions

    async def action_do(self, name: str) -> None:
        """Does an action of the table."""
        if not self.is_running:
            return  # a key that came as the console was leaving
        done = BY_ID[name].does(self)
        if done is not None:
            await done

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "do" and parameters:
            one = BY_ID.get(str(parameters[0]))
            return one is not None and (not one.demo or self.lab is not None)
        return True

    def use_keys(self, keys: Mapping[str, str], problems: Sequence[str] = ()) -> None:
        """The user's own keys, by action id; what could not be used is told once the console is open."""
        self.set_keymap(dict(keys))
        for problem in problems:
            self.call_later(self.say, problem, wrong=True)

    def actions(self) -> Sequence[Listed]:
        """The actions that can be done here, in the table's order."""
        return [
            Listed(one.id, one.group, self.key_of(one.id), one.label, one.tooltip)
            for one in ACTIONS
            if not one.demo or self.lab is not None
        ]

    def label_of(self, action: str) -> str:
        """The short word of an action."""
        return BY_ID[action].label

    def key_of(self, action: str) -> str:
        """The key that does an action now, as it is written on screens."""
        one = BY_ID[action]
        mapped = self._keymap.get(action)
        if mapped:
            return self.get_key_display(Binding(mapped.partition(",")[0], ""))
        return one.shown or one.key.partition(",")[0]

    def action_command_palette(self) -> None:
        """Lays the palette over the page."""
        from .palette import Palette

        if not Palette.is_open(cast("App[object]", self)):
            self.push_screen(Palette())

    def get_system_commands(self, screen: Screen[object]) -> Sequence[object]:  # type: ignore[override]
        """None of Textual's: the palette lists the actions of the table."""
        return ()

    # Saying

    def say(self, words: str, *, wrong: bool = False) -> None:
        """A short message at the edge; foreign text in it stays text."""
        self.last_said = words
        if not wrong:
            self.clear_notifications()  # one at a time: a stack of them hides what they speak of
        self.notify(text.clean(words), severity="error" if wrong else "information", markup=False)

    def attempt(self, act: Callable[[], str]) -> Said:
        """Does something that may be refused, and says how it went. Whatever was saved is read again."""
        from ..launch.problems import ChangedUnderneath, FileProblems, NewerFile

        try:
            words = act()
        except (ChangedUnderneath, FileProblems, NewerFile, ValueError) as why:
            self.store.renew()
            self.draw_soon()
            return Said(wrong=text.clean(str(why)), field=getattr(why, "field", ""))
        except OSError as why:
            return Said(wrong=text.clean(f"{why.filename or 'the file'}: {why.strerror}" if why.strerror else str(why)))
        self.store.renew()
        self.draw_soon()
        return Said(words)

    def put(self, words: str, what: str) -> None:
        """Copies text, and says which way it went."""
        self._put(words, what)

    @work(exclusive=True, exit_on_error=False, group="copy")
    async def _put(self, words: str, what: str) -> None:
        from .clipboard import put

        way = await put(words, self.copy_to_clipboard)
        self.say(f"{what} {way}")

    def copy_selection(self) -> bool:
        """Copies the text that the mouse selected; False where none is."""
        selection = self.screen.get_selected_text()
        if selection:
            self.copy_to_clipboard(selection)
        return bool(selection)

    def turn_theme(self) -> None:
        """Night or paper."""
        self.theme = "ledger-paper" if self.theme == "ledger-night" else "ledger-night"

    # Running

    def look(self, names: tuple[str, ...]) -> None:
        """Starts a run over these checks; escape cancels it, then."""
        self._came = None
        self.store.begin(names)
        self.draw_soon()
        self._look(names)

    @work(exclusive=True, exit_on_error=False, group="run", name="run")
    async def _look(self, names: tuple[str, ...]) -> None:
        chosen = None if names == self.workspace.automated else names
        async with aclosing(self.workspace.run(chosen)) as events:
            async for event in events:
                self.post_message(Told(event))

    def stop_looking(self) -> None:
        """Cancels the run; finished checks are kept."""
        self.workers.cancel_group(self, "run")

    def on_told(self, message: Told) -> None:
        self.store.tell(message.event)
        self.draw_soon()

    @work(exclusive=True, exit_on_error=False, group="lab", name="repair")
    async def repair(self, findings: Sequence[Finding]) -> None:
        """Repairs every flaw behind these findings in the demo marketplace."""
        lab = self.lab
        if lab is None:
            return
        self.repairing = True
        self.draw_soon()
        mended: dict[str, Flaw] = {}
        for finding in findings:
            flaw = lab.flaw_for(finding.rule, finding.subject)
            while flaw is not None and flaw.id not in mended:
                mended[flaw.id] = flaw
                await lab.fix(flaw.id)
                flaw = lab.flaw_for(finding.rule, finding.subject)
        if not mended:
            self.post_message(Repaired())
            return
        changes = [change for flaw in mended.values() for change in flaw.changes]
        await mail.again(self, [change.rule for change in changes], [change.subject for change in changes])
        # What a flaw hid comes to light with it, so those checks look again as well.
        hid = [other for other in lab.flaws() if any(other.id in flaw.masks for flaw in mended.values())]
        rules = [finding.rule for finding in findings]
        rules += [change.rule for change in (*changes, *(change for flaw in hid for change in flaw.changes))]
        checks = dict.fromkeys(rule.rpartition(".")[0] for rule in rules)
        words = tuple(flaw.fix for flaw in mended.values())
        self.post_message(Repaired(words, tuple(name for name in self.workspace.automated if name in checks)))

    def on_repaired(self, message: Repaired) -> None:
        self.repairing = False
        if not message.words:
            self.say("No flaw of the demo marketplace causes this directly: fix its cause", wrong=True)
            return
        first, *more = message.words
        self.say(f"In the demo marketplace: {first}{f' (and {len(more)} more)' if more else ''}")
        for words in message.words:
            self.store.say("pass", f"Fixed in the demo: {words}")
        self.look(message.checks)

    @work(exclusive=True, exit_on_error=False, group="path", name="path")
    async def walk_path(self) -> None:
        """Walks the path from log-in to notification."""

        def tell(words: str) -> None:
            self.post_message(Walking(words))

        self.walking = True
        try:
            words, held = await path.walked(self.workspace, tell)
        except asyncio.CancelledError:
            self.walking = False
            raise
        self.post_message(Walking(words, ended=True, wrong=not held))

    def stop_walking(self) -> None:
        """Stops the walk along the path."""
        self.workers.cancel_group(self, "path")

    def on_walking(self, message: Walking) -> None:
        self.say(message.words, wrong=message.wrong)
        self.store.say("fail" if message.wrong else "pass", message.words)
        if message.ended:
            self.walking = False
            self.look(("handover.recovery",))
        self.draw_soon()

    # Watching

    @work(thread=True, exit_on_error=False, group="watch", name="look")
    def look_at_watch(self, view: View) -> None:
        """Reads the watch, off the loop."""
        self.post_message(self.watching.read(view))

    def on_seen(self, message: Seen) -> None:
        self.watching.take(message)

    @work(thread=True, exit_on_error=False, group="watcher", name="watcher")
    def handle_watch(self, act: Callable[[], Handled]) -> None:
        """Starts or stops the watcher, or sends a test alert; takes seconds, so off the loop."""
        self.post_message(act())

    def on_handled(self, message: Handled) -> None:
        self.watching.doing = ""
        self.say(message.words, wrong=message.wrong)
        self.store.say("fail" if message.wrong else "pass", message.words)
        self.store.renew()
        self.watching.tick()
        if message.checks and self.snapshot.progress is None:
            self.look(message.checks)
        self.draw_soon()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if worker.group == "run" and event.state is WorkerState.CANCELLED and self.snapshot.progress is not None:
            self.store.end(None)
            self.say("Run cancelled; its results are saved")
            self.draw_soon()
        if event.state is WorkerState.ERROR:
            if worker.group == "run":
                self.store.end(None)
            if worker.group == "watch":
                self.watching.take(Seen(None, _plain(worker.error)))
                return
            self.watching.doing = ""
            self.walking = self.repairing = False
            self.tell_broken(worker.error)

    def tell_broken(self, error: BaseException | None) -> None:
        """Says what stopped a piece of outside work."""
        self.say(_plain(error), wrong=True)
        self.draw_soon()

    # Ending

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        self._keep_drafts()
        super().exit(result, return_code, message)

    def _keep_drafts(self) -> None:
        """Puts what stands in a form onto the disk, whatever is about to happen."""
        for screen in self.screen_stack if self.is_running else ():
            if isinstance(screen, LaidOver):
                screen.keep()

    def panic(self, *renderables: RenderableType) -> None:
        """As a mistake of ours: what Textual would show has lines of code in it."""
        self._fatal_error()

    def _fatal_error(self) -> None:
        """A mistake of ours ends the console: says where in our files it happened, never what any value was."""
        import sys

        from rich.text import Text

        from ..launch.trust import state_dir
        from ..workspace.crashes import keep_crash
        from ..workspace.run import reference

        error = sys.exc_info()[1] or self._exception
        self._return_code = CRASHED
        if self._exit_renderables:
            return self._close_messages_no_wait()  # the first is what counts; more come while it closes
        kept: Path | None = None
        doing = {"page": self.current_mode, "size": f"{self.size.width}x{self.size.height}"}
        try:
            doing["laid over it"] = ", ".join(type(one).__name__ for one in self.screen_stack[1:])
            self._keep_drafts()
        except Exception as other:  # noqa: BLE001  what broke may be the form itself
            doing["drafts"] = reference(other)
        if error is not None:
            kept = keep_crash(error, self.workspace.options.state_dir or state_dir(), doing)
        self.bell()
        where = f" ({reference(error)})" if error is not None else ""
        report = f"send {kept}, which has no values in it" if kept else "name the reference"
        self._exit_renderables.append(
            Text(
                f"LaunchReady stopped because of an internal error{where}. Saved work is not affected, and what you "
                f"were typing is kept as a draft. Start it again. To report it, {report}."
            )
        )
        return self._close_messages_no_wait()


def _plain(error: BaseException | None) -> str:
    """An error of a worker in words: those made for people as they are, ours by reference."""
    from ..journal.errors import JournalError
    from ..workspace.run import reference

    if isinstance(error, (ValueError, OSError, JournalError)) and str(error):
        return str(error)
    return f"Internal error ({reference(error)}). Saved work is not affected" if error else "It stopped unexpectedly"
