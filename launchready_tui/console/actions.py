"""Every action of the console in one table: id, key, words, and what it does. Footer, help, palette and key map all
read it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
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
    label: str
    tooltip: str
    does: Does
    group: str = ""
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


def _go(page: str, key: str, label: str, tooltip: str, shown: str = "") -> Action:
    return Action(f"go.{page}", key, label, tooltip, lambda app: go.page(app, page), shown=shown)


def _of_group(group: str, *actions: Action) -> tuple[Action, ...]:
    return tuple(replace(action, group=group) for action in actions)


_STAGES = (
    "Quick audit",
    "Domain and edge",
    "Email deliverability",
    "Production deployment",
    "Backend performance",
    "Monitoring and alerting",
    "Production handover",
)

_GO_TO = _of_group(
    "go to",
    _go("overview", "0,home", "overview", "Where the launch stands and what to fix next", shown="0"),
    *(
        _go(f"stage{n}", str(n), title, f"Stage {n}: its checks, what was found, what it delivers")
        for n, title in enumerate(_STAGES, 1)
    ),
    _go("fixes", "x", "fix order", "Everything to fix, most urgent first, and why it is in that place"),
    _go("people", "p", "people", "People, systems, access, backups, recovery cards, launch-day contacts"),
    _go("credentials", "k", "credentials", "Keys and passwords that checks may use, without their values"),
    _go("handover", "b", "handover", "The handover folder: how complete each document is, what is missing, export"),
    _go("watch", "w", "watch", "The product now: latency, uptime, incidents, deploys"),
    _go("launch", "l", "launch day", "Who decides and on what, the day's checkpoints, who is available, the log"),
    _go("log", "g", "log", "What the runs did, line by line"),
    Action("next", "n", "next step", "Goes to the one thing to do next and opens its form", steps.take),
    Action(
        "find",
        "slash",
        "find",
        "Finds problems, checks, rules, hosts, people and systems on all pages; enter goes there",
        find.find,
        shown="/",
    ),
    Action(
        "back",
        "escape",
        "back",
        "Closes what is open, or goes back to where find was opened; on a page it cancels a run",
        go.back,
        shown="esc",
    ),
)
_CHECK = _of_group(
    "check",
    Action("run.one", "r", "re-check", "Runs the selected check again", look.selected),
    Action("run.all", "R", "check all", "Runs every automated check", look.everything),
    Action("run.stale", "s", "check outdated", "Runs every check whose result is out of date or missing", look.stale),
    Action(
        "run.path", "F", "full path", "Walks the launch file's path from log-in to notification; asks first", path.walk
    ),
    Action("cancel", "ctrl+c", "cancel the run", "Stops the run and keeps its results", look.cancel, shown="^c"),
    Action(
        "mail.test",
        "E",
        "mail test",
        "Makes the product send its mails, finds each in a test mailbox and judges it; asks first",
        mail.test,
    ),
    Action("mail.read", "O", "read a mail", "Judges a received mail: paste its source or name its file", mail.read),
    Action(
        "demo.fix",
        "d",
        "fix it in the demo",
        "Fixes the cause of the selected problem in the demo marketplace, then checks again",
        look.fix_in_demo,
        demo=True,
    ),
    Action(
        "demo.fix-row",
        "D",
        "fix all of one cause in the demo",
        "Fixes every problem with the same cause in the demo marketplace, and all else that its check found, "
        "then checks again",
        look.fix_row_in_demo,
        demo=True,
    ),
)
_DECIDE = _of_group(
    "decide",
    Action(
        "decide.confirm",
        "y",
        "confirm",
        "Answers the selected check's question with a name and evidence",
        decide.confirm,
    ),
    Action(
        "decide.accept",
        "a",
        "accept risk",
        "Signs the selected problem as a known risk, with a reason and a last day",
        decide.accept,
    ),
    Action(
        "decide.later",
        "z",
        "after launch",
        "Postpones the selected problem until after the launch; not for a launch blocker",
        decide.put_off,
    ),
    Action(
        "decide.park",
        "W",
        "wait for",
        "Parks the selection: it waits for someone until a time, then comes back",
        decide.park,
    ),
    Action("decide.owner", "o", "owner", "Sets who is responsible", decide.owner),
    Action("decide.note", "i", "note", "Adds a note", decide.note),
    Action("decide.undo", "u", "undo", "Undoes the last decision or change", decide.undo),
)
_COPY = _of_group(
    "copy",
    Action("copy.fix", "c", "copy fix", "Copies the fix for the selected problem", copy.fix),
    Action("copy.evidence", "C", "copy evidence", "Copies the evidence", copy.evidence),
    Action("copy.save", "S", "save to a file", "Saves everything about the selection to a file", copy.save),
)
_WATCH = _of_group(
    "watch",
    Action("watch.pause", "space", "hold", "Freezes the display of the watch; probing continues", watch.pause),
    Action(
        "watch.shorter",
        "less_than_sign,comma",
        "shorter",
        "A shorter window, down to 5 minutes",
        watch.shorter,
        shown="‹",
    ),
    Action(
        "watch.longer",
        "greater_than_sign,full_stop",
        "longer",
        "A longer window, up to 7 days",
        watch.longer,
        shown="›",
    ),
    Action("watch.run", "B", "start or stop", "Starts the watch of this launch, or stops it; asks first", watch.run),
    Action("watch.quiet", "Q", "quiet", "Plans a silence: outages are recorded, not alerted", watch.quiet),
    Action(
        "watch.drill",
        "L",
        "drill",
        "Breaks the demo's servers on this machine in six ways and measures how fast each is reported; asks first",
        watch.drill,
    ),
    Action("watch.test", "T", "test alert", "Sends a test alert through a channel of the launch file", watch.test),
    Action(
        "watch.heard",
        "A",
        "test arrived",
        "Records the words that the owner of an alert received in its test",
        watch.heard,
    ),
)
_LAUNCH_DAY = _of_group(
    "launch day",
    Action(
        "day.decide", "G", "go or no-go", "Records go or no-go in the name of the person who decides", launchday.decide
    ),
    Action("day.stop", "X", "stop, roll back", "How to take it offline, how to roll back, who to call", launchday.stop),
    Action("day.tell", "M", "messages", "Messages for users, to fill in and copy", launchday.tell),
    Action(
        "day.plan", "P", "plan", "When you launch, who decides, how to take it offline and roll back", launchday.plan
    ),
)
_SHOW = _of_group(
    "show",
    Action("show.history", "h", "history", "Earlier results of the selected check", go.history),
    Action(
        "show.explain", "e", "explain", "The technical term of the selected rule and where it comes from", go.explain
    ),
    Action("show.panel", "m", "panel", "Goes to the page's own panel, such as the domain map", go.panel),
    Action(
        "show.items",
        "v",
        "stages or items",
        "Groups the overview by sprint item, or by stage again",
        go.items,
    ),
)
_LIST = _of_group(
    "list",
    Action("list.filter", "f", "filter", "Shows only problems, warnings, questions, …", go.sieve),
)
_EDIT = _of_group(
    "edit",
    Action(
        "edit.add",
        "plus",
        "add",
        "Adds a host, route or page to the launch file; on people a new line; on launch day a log entry",
        launchfile.add,
        shown="+",
    ),
    Action("edit.delete", "delete", "delete", "Deletes the selected line; asks first", launchfile.delete, shown="del"),
    Action(
        "edit.take", "Y", "take all", "Adds everything that was found but not recorded to the table", launchfile.take
    ),
    Action("edit.test", "V", "test", "Tests whether the selected credential can be read", launchfile.test),
)
_CONSOLE = _of_group(
    "console",
    Action("theme", "t", "theme", "Switches between dark and light", go.theme),
    Action("help", "question_mark,f1", "help", "What this page is for, and its keys", go.help_panel, shown="?"),
    Action("palette", "ctrl+p", "palette", "Every action by name, and what find finds", go.palette, shown="^p"),
    Action(
        "quit",
        "ctrl+q",
        "quit",
        "Quits the console; everything shown as saved is saved",
        go.leave,
        shown="^q",
        priority=True,
    ),
)

ACTIONS: tuple[Action, ...] = (
    *_GO_TO,
    *_CHECK,
    *_DECIDE,
    *_COPY,
    *_WATCH,
    *_LAUNCH_DAY,
    *_SHOW,
    *_LIST,
    *_EDIT,
    *_CONSOLE,
)
BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}
