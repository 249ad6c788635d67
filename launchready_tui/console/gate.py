"""Before the console opens: the question whether a launch file may be used, and the list of all that is wrong with
one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from .. import text
from ..launch.problems import FileProblems, Problem
from .ink import Spans, wrap, wrap_spans
from .themes import LEDGER_NIGHT, THEMES
from .widgets.lines import Line, Lines, Scroll
from .widgets.masthead import TooSmall

if TYPE_CHECKING:
    from ..lab.client import Lab
    from ..workspace import NotTrusted, Workspace

Paragraph = tuple[str, Spans]
"""A label for the margin and the words beside it."""


class Gate(App[str]):
    """One page with a few answers; gives the answer chosen."""

    TITLE = "LaunchReady"
    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-normal"), (130, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-short"), (28, "-medium"), (36, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,n", "answer('leave')", "leave", show=False),
        Binding("ctrl+c", "answer('leave')", "leave", show=False, priority=True),
    ]

    def __init__(
        self,
        heading: str,
        paragraphs: Sequence[Paragraph],
        answers: Sequence[tuple[str, str, str]],
        *,
        plain: bool = False,
        theme: str | None = None,
    ) -> None:
        """`answers` are (key, words, what is given back)."""
        super().__init__()
        self.heading, self.paragraphs, self.answers, self.plain = heading, tuple(paragraphs), tuple(answers), plain
        for one in THEMES:
            self.register_theme(one)
        self.theme = theme if theme in {one.name for one in THEMES} else "ledger-night"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(LEDGER_NIGHT.variables)

    def compose(self) -> ComposeResult:
        yield Lines(id="title")
        yield Scroll(id="gate-text")
        yield Lines(id="gate-keys")
        yield TooSmall()

    def on_mount(self) -> None:
        for key, _, gives in self.answers:
            self.bind(key, f"answer('{gives}')", show=False)
        self.query_one(Scroll).focus()
        self.call_after_refresh(self.fill)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self.fill)

    def fill(self) -> None:
        """Sets the words in the width there is."""
        scroll = self.query_one("#gate-text", Scroll)
        width = max(20, scroll.size.width - scroll.lead_width() - 3)
        self.query_one("#title", Lines).show([Line([(part, "ink b")]) for part in wrap(self.heading, width)])
        lines: list[Line] = []
        for label, words in self.paragraphs:
            size = 14 if label else 0
            for n, part in enumerate(wrap_spans(words, max(12, min(100, width) - size))):
                lines.append(Line([((label if n == 0 else "").ljust(size), "ink3"), *part]))
        scroll.show(lines)
        scroll.to(scroll.first)
        keys: Spans = []
        for key, words_of, _ in self.answers:
            keys += [(key, "accent b"), (f" {words_of}   ", "ink2")]
        keys += [("esc", "accent b"), (" leave", "ink2")]
        self.query_one("#gate-keys", Lines).show([Line(keys)])

    def action_answer(self, answer: str) -> None:
        self.exit(answer)


def trust_gate(why: NotTrusted, *, plain: bool = False, theme: str | None = None) -> Gate:
    """Shows what an unseen launch file would reach, and who allowed the checks; y trusts it."""
    paragraphs: list[Paragraph] = [
        (
            "",
            [
                (
                    "This launch file was never used on this computer, or was changed since. It decides where "
                    "LaunchReady connects to.",
                    "ink2",
                )
            ],
        ),
        ("", []),
        ("file", [(str(why.path), "ink")]),
        ("permission", [(_permission(why), "ink")]),
    ]
    for line in why.summary.lines():
        kind, _, names = text.clean(line).partition(": ")
        paragraphs.append(
            (
                kind if len(kind) <= 13 else "",
                [(names, "ink")] if len(kind) <= 13 else [(f"{kind}: ", "ink3"), (names, "ink")],
            )
        )
    paragraphs += [("", []), ("", [("Allow it only if you know who wrote it.", "ink2")])]
    return Gate(
        "May LaunchReady use this launch file?", paragraphs, (("y", "use it", "yes"),), plain=plain, theme=theme
    )


def _permission(why: NotTrusted) -> str:
    from ..launch.load import load

    try:
        given = load(why.path).launch.permission
    except (FileProblems, OSError):
        return "could not be read"
    if given is None:
        return "none recorded: checks that go beyond an ordinary visit are not made"
    return text.clean(f"given by {given.by} on {given.on:%d %b %Y} for {', '.join(given.domains)}")


def problems_gate(problems: Sequence[Problem], *, plain: bool = False, theme: str | None = None) -> Gate:
    """Lists all that is wrong with a file, each with what is allowed and what was probably meant; r reads it again."""
    count = len(problems)
    paragraphs: list[Paragraph] = []
    for n, problem in enumerate(problems):
        if n:
            paragraphs.append(("", []))
        paragraphs.append(
            ("", [("✕ ", "fail"), (text.clean(problem.file), "ink2"), (f"  {text.clean(problem.key)}", "ink b")])
        )
        for label, said in (("found", problem.found), ("allowed", problem.allowed), ("meant?", problem.nearest)):
            if said:
                paragraphs.append((f"  {label}", [(text.clean(said), "ink")]))
    heading = f"{count} things are wrong with this launch" if count != 1 else "One thing is wrong with this launch"
    return Gate(heading, paragraphs, (("r", "read it again", "again"),), plain=plain, theme=theme)


def run_folder(
    open_workspace: Callable[[bool], Workspace],
    *,
    lab: Lab | None = None,
    plain: bool = False,
    theme: str | None = None,
) -> int:
    """Opens a workspace and the console on it: asks for trust, lists what is wrong, until it opens or the person
    leaves (2).

    `open_workspace(trust)` opens it; trust says that the person has just allowed the launch file.
    """
    from ..workspace import NotTrusted
    from .app import run

    trust = False
    while True:
        try:
            workspace = open_workspace(trust)
        except NotTrusted as why:
            if trust_gate(why, plain=plain, theme=theme).run() != "yes":
                return 2
            trust = True
        except FileProblems as why:
            if problems_gate(why.problems, plain=plain, theme=theme).run() != "again":
                return 2
            trust = False
        else:
            try:
                if trust:
                    workspace.trust_launch_file(workspace.launch_file.sha256)
                return run(workspace, lab=lab, plain=plain, theme=theme)
            finally:
                workspace.close()
