"""Every action of the console in one table: id, key, words, and what it does. Footer, help, palette and key map all
read it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.binding import Binding

from .acts import copy, decide, find, go, launchday, launchfile, look, mail, path, steps, watch

if TYPE_CHECKING:
    from .host import ConsoleHost

Does = Callable[["ConsoleHost"], Awaitable[None] | None]


@dataclass(frozen=True, slots=True)
class Action:
    """`key` may hold several, comma-separated; the first is shown. `label` is the short word beside the key."""

    id: str
    key: str
    group: str
    label: str
    tooltip: str
    does: Does
    shown: str = ""
    """How the key is written where that is not the key itself."""
    demo: bool = False
    """Only with a demo marketplace at hand."""
    priority: bool = False

    def binding(self) -> Binding:
        """As Textual takes it: every key leads to `action_do` with this id, and a key map finds it by the id."""
        return Binding(
            self.key,
            f"do('{self.id}')",
            self.label,
            show=False,
            tooltip=self.tooltip,
            id=self.id,
            key_display=self.shown or None,
            priority=self.priority,
        )


def _stage(number: int) -> Does:
    return lambda app: go.page(app, f"stage{number}")


def _page(name: str) -> Does:
    return lambda app: go.page(app, name)


_STAGES = (
    "Quick audit",
    "Domain and edge",
    "Email deliverability",
    "Production deployment",
    "Backend performance",
    "Monitoring and alerting",
    "Production handover",
)

ACTIONS: tuple[Action, ...] = (
    Action(
        "go.overview",
        "0,home",
        "go to",
        "overview",
        "Where the launch stands and what to fix next",
        _page("overview"),
        shown="0",
    ),
    *(
        Action(
            f"go.stage{n}",
            str(n),
            "go to",
            title,
            f"Stage {n}: its checks, what was found, what it delivers",
            _stage(n),
        )
        for n, title in enumerate(_STAGES, 1)
    ),
    Action(
        "go.fixes",
        "x",
        "go to",
        "fix order",
        "Everything to fix, most urgent first, and why it is in that place",
        _page("fixes"),
    ),
    Action(
        "go.people",
        "p",
        "go to",
        "people",
        "People, systems, access, backups, recovery cards, launch-day contacts",
        _page("people"),
    ),
    Action(
        "go.credentials",
        "k",
        "go to",
        "credentials",
        "Keys and passwords that checks may use, without their values",
        _page("credentials"),
    ),
    Action(
        "go.handover",
        "b",
        "go to",
        "handover",
        "The handover folder: how complete each document is, what is missing, export",
        _page("handover"),
    ),
    Action(
        "go.watch",
        "w",
        "go to",
        "watch",
        "The product now: latency, uptime, incidents, deploys",
        _page("watch"),
    ),
    Action(
        "go.launch",
        "l",
        "go to",
        "launch day",
        "Who decides and on what, the day's checkpoints, who is available, the log",
        _page("launch"),
    ),
    Action("go.log", "g", "go to", "log", "What the runs did, line by line", _page("log")),
    Action("next", "n", "go to", "next step", "Goes to the one thing to do next and opens its form", steps.take),
    Action(
        "find",
        "slash",
        "go to",
        "find",
        "Finds problems, checks, rules, hosts, people and systems on all pages; enter goes there",
        find.find,
        shown="/",
    ),
    Action(
        "back",
        "escape",
        "go to",
        "back",
        "Closes what is open, or goes back to where find was opened; on a page it cancels a run",
        go.back,
        shown="esc",
    ),
    Action("run.one", "r", "check", "re-check", "Runs the selected check again", look.selected),
    Action("run.all", "R", "check", "check all", "Runs every automated check", look.everything),
    Action(
        "run.stale",
        "s",
        "check",
        "check outdated",
        "Runs every check whose result is out of date or missing",
        look.stale,
    ),
    Action(
        "run.path",
        "F",
        "check",
        "full path",
        "Walks the launch file's path from log-in to notification; asks first",
        path.walk,
    ),
    Action(
        "cancel", "ctrl+c", "check", "cancel the run", "Stops the run and keeps its results", look.cancel, shown="^c"
    ),
    Action(
        "mail.test",
        "E",
        "check",
        "mail test",
        "Makes the product send its mails, finds each in a test mailbox and judges it; asks first",
        mail.test,
    ),
    Action(
        "mail.read",
        "O",
        "check",
        "read a mail",
        "Judges a received mail: paste its source or name its file",
        mail.read,
    ),
    Action(
        "demo.fix",
        "d",
        "check",
        "fix it in the demo",
        "Fixes the cause of the selected problem in the demo marketplace, then checks again",
        look.fix_in_demo,
        demo=True,
    ),
    Action(
        "demo.fix-row",
        "D",
        "check",
        "fix all of one cause in the demo",
        "Fixes every problem with the same cause in the demo marketplace, and all else that its check found, "
        "then checks again",
        look.fix_row_in_demo,
        demo=True,
    ),
    Action(
        "decide.confirm",
        "y",
        "decide",
        "confirm",
        "Answers the selected check's question with a name and evidence",
        decide.confirm,
    ),
    Action(
        "decide.accept",
        "a",
        "decide",
        "accept risk",
        "Signs the selected problem as a known risk, with a reason and a last day",
        decide.accept,
    ),
    Action(
        "decide.later",
        "z",
        "decide",
        "after launch",
        "Postpones the selected problem until after the launch; not for a launch blocker",
        decide.put_off,
    ),
    Action(
        "decide.park",
        "W",
        "decide",
        "wait for",
        "Parks the selection: it waits for someone until a time, then comes back",
        decide.park,
    ),
    Action("decide.owner", "o", "decide", "owner", "Sets who is responsible", decide.owner),
    Action("decide.note", "i", "decide", "note", "Adds a note", decide.note),
    Action("decide.undo", "u", "decide", "undo", "Undoes the last decision or change", decide.undo),
    Action("copy.fix", "c", "copy", "copy fix", "Copies the fix for the selected problem", copy.fix),
    Action("copy.evidence", "C", "copy", "copy evidence", "Copies the evidence", copy.evidence),
    Action("copy.save", "S", "copy", "save to a file", "Saves everything about the selection to a file", copy.save),
    Action("watch.pause", "space", "watch", "hold", "Freezes the display of the watch; probing continues", watch.pause),
    Action(
        "watch.shorter",
        "less_than_sign,comma",
        "watch",
        "shorter",
        "A shorter window, down to 5 minutes",
        watch.shorter,
        shown="‹",
    ),
    Action(
        "watch.longer",
        "greater_than_sign,full_stop",
        "watch",
        "longer",
        "A longer window, up to 7 days",
        watch.longer,
        shown="›",
    ),
    Action(
        "watch.run",
        "B",
        "watch",
        "start or stop",
        "Starts the watch of this launch, or stops it; asks first",
        watch.run,
    ),
    Action(
        "watch.drill",
        "L",
        "watch",
        "drill",
        "Breaks the demo's servers on this machine in six ways and measures how fast each is reported; asks first",
        watch.drill,
    ),
    Action(
        "watch.test", "T", "watch", "test alert", "Sends a test alert through a channel of the launch file", watch.test
    ),
    Action(
        "watch.heard",
        "A",
        "watch",
        "test arrived",
        "Records the words that the owner of an alert received in its test",
        watch.heard,
    ),
    Action(
        "day.decide",
        "G",
        "launch day",
        "go or no-go",
        "Records go or no-go in the name of the person who decides",
        launchday.decide,
    ),
    Action(
        "day.stop",
        "X",
        "launch day",
        "stop, roll back",
        "How to take it offline, how to roll back, who to call",
        launchday.stop,
    ),
    Action("day.tell", "M", "launch day", "messages", "Messages for users, to fill in and copy", launchday.tell),
    Action(
        "day.plan",
        "P",
        "launch day",
        "plan",
        "When you launch, who decides, how to take it offline and roll back",
        launchday.plan,
    ),
    Action("show.history", "h", "show", "history", "Earlier results of the selected check", go.history),
    Action(
        "show.explain",
        "e",
        "show",
        "explain",
        "The technical term of the selected rule and where it comes from",
        go.explain,
    ),
    Action("show.panel", "m", "show", "panel", "Goes to the page's own panel, such as the domain map", go.panel),
    Action(
        "show.items",
        "v",
        "show",
        "stages or items",
        "Groups the overview by the items of the sprint, or by stages again",
        go.items,
    ),
    Action("list.filter", "f", "list", "filter", "Shows only problems, warnings, questions, …", go.sieve),
    Action(
        "edit.add",
        "plus",
        "edit",
        "add",
        "Adds a host, route or page to the launch file; on people a new line; on launch day a log entry",
        launchfile.add,
        shown="+",
    ),
    Action(
        "edit.delete",
        "delete",
        "edit",
        "delete",
        "Deletes the selected line; asks first",
        launchfile.delete,
        shown="del",
    ),
    Action(
        "edit.take",
        "Y",
        "edit",
        "take all",
        "Adds everything that was found but not recorded to the table",
        launchfile.take,
    ),
    Action("edit.test", "V", "edit", "test", "Tests whether the selected credential can be read", launchfile.test),
    Action("theme", "t", "console", "theme", "Switches between dark and light", go.theme),
    Action(
        "help",
        "question_mark,f1",
        "console",
        "help",
        "What this page is for, and its keys",
        go.help_panel,
        shown="?",
    ),
    Action(
        "palette", "ctrl+p", "console", "palette", "Every action by name, and what find finds", go.palette, shown="^p"
    ),
    Action(
        "quit",
        "ctrl+q",
        "console",
        "quit",
        "Quits the console; everything shown as saved is saved",
        go.leave,
        shown="^q",
        priority=True,
    ),
)
BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}
