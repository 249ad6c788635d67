"""Sheets laid over a page: a form with a sentence above it, a question, and the help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ScreenResultType

from ... import text
from ..host import ConsoleHost, host_of
from ..ink import Spans, wrap
from ..laid import LaidOver, on_top
from ..widgets.form import Field, Form
from ..widgets.ledger import Col, Ledger, Row
from ..widgets.lines import Line, Lines, Scroll
from ..widgets.masthead import TooSmall

Save = Callable[[dict[str, str]], str]
DRAFT_S = 0.5
"""How often what is being typed is put onto the disk."""


class Sheet(LaidOver[ScreenResultType]):
    """The sheet itself: a title, lines of text, what subclasses add, and the keys below."""

    AUTO_FOCUS: ClassVar[str | None] = None

    def __init__(self, title: str, lines: Sequence[str] = (), keys: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self.heading, self.told, self.keys = title, tuple(lines), tuple(keys)

    @property
    def console(self) -> ConsoleHost:
        """The console that shows this sheet."""
        return host_of(self)

    def compose(self) -> ComposeResult:
        with Vertical(id="sheet"):
            yield Lines(lead="none", end=0, band="sheet", id="heading")
            yield from self.middle()
            yield Lines(lead="none", end=0, band="sheet", id="sheet-keys")
        yield TooSmall()

    def middle(self) -> ComposeResult:
        """What stands between the lines and the keys."""
        yield from ()

    @property
    def is_whole(self) -> bool:
        """Whether its widgets are there: after it was put up, and until it goes."""
        return self.is_mounted and self.query_one_optional("#sheet-keys") is not None

    def on_mount(self) -> None:
        self.call_after_refresh(self._fill)

    def on_resize(self) -> None:
        self.call_after_refresh(self._fill)
        self.call_after_refresh(self._keep_focus)

    def _keep_focus(self) -> None:
        """A terminal that was too small for a moment must not leave the sheet without a focus."""
        if self.is_whole and self.focused is None:
            self.focus_next()

    def _fill(self) -> None:
        if not self.is_whole:
            return
        heading = self.query_one("#heading", Lines)
        width = max(10, heading.size.width)
        lines = [Line([(part, "ink b")]) for part in wrap(text.clean(self.heading), width)]
        lines.append(Line(rule=True))
        for told in self.told:
            lines += [Line([(part, "ink2")]) for part in wrap(text.clean(told), width)]
        if self.told:
            lines.append(Line())
        heading.show(lines)
        keys: Spans = []
        for key, label in self.keys:
            keys += [("   " if keys else "", "ink"), (key, "ink b"), (f" {label}", "ink3")]
        self.query_one("#sheet-keys", Lines).show([Line(keys)])


class Drafted(Sheet[bool]):
    """A sheet with a form whose draft is kept under `draft_key`, until it is forgotten."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(
        self, title: str, lines: Sequence[str], keys: Sequence[tuple[str, str]], fields: Sequence[Field], draft_key: str
    ) -> None:
        super().__init__(title, lines, keys)
        self.fields, self.draft_key = tuple(fields), draft_key
        self._warned = False

    def middle(self) -> ComposeResult:
        yield Form(self.fields, self.console.drafts.get(self.draft_key))

    def on_mount(self) -> None:
        self.call_after_refresh(self.query_one(Form).begin)
        self.set_interval(DRAFT_S, self.keep)

    def keep(self) -> None:
        form = self.query_one_optional(Form) if self in self.app.screen_stack else None
        if form is None or not form.is_whole or not form.changed:
            return  # it has left, and may have been saved
        values = form.values()
        try:
            self.console.drafts.keep(
                self.draft_key, {one.id: values[one.id] for one in self.fields if one.kind != "secret"}
            )
        except OSError as why:
            if not self._warned:
                self._warned = True
                self.console.say(f"The draft is saved for this session only: {why.strerror or why}", wrong=True)

    def forget(self) -> None:
        """Takes the draft away."""
        try:
            self.console.drafts.forget(self.draft_key)
        except OSError as why:
            self.console.say(f"Could not delete an old draft: {why.strerror or why}", wrong=True)


class FormSheet(Drafted):
    """A form over a page. Escape keeps what was typed under `draft_key`; saving forgets it."""

    def __init__(self, title: str, lines: Sequence[str], fields: Sequence[Field], save: Save, draft_key: str) -> None:
        keys = (("enter", "save"), ("tab", "next line"), ("esc", "keep draft"))
        super().__init__(title, lines, keys, fields, draft_key)
        self.save = save

    def action_leave(self) -> None:
        """Escape: closes the form; what was typed is kept as a draft."""
        self.query_one(Form).action_leave()

    def on_form_saved(self, event: Form.Saved) -> None:
        event.stop()
        if not on_top(self):
            return  # the second of two returns at once: it is saved already
        said = self.console.attempt(lambda: self.save(event.values))
        if said.wrong:
            known = {one.id for one in self.fields}
            at = said.field if said.field in known else ""
            event.form.point_at(at or self.fields[-1].id, said.wrong, go=bool(at))
            return
        self.forget()
        self.dismiss(True)
        self.console.say(said.words)

    def on_form_left(self, event: Form.Left) -> None:
        event.stop()
        if not on_top(self):
            return  # the second of two escapes at once: its fields are going, and what they held is kept
        if event.changed:
            self.keep()
            self.console.say("Draft saved: the same key opens it again")
        else:
            self.forget()
        self.dismiss(False)


class Question(Sheet[bool]):
    """Yes or no; only `y` is yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", show=False),
        Binding("n,escape", "answer(False)", "no", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[str], yes: str, no: str = "no") -> None:
        super().__init__(title, lines, (("y", yes), ("esc", no)))

    def action_answer(self, yes: bool) -> None:
        """y says yes; n and escape say no."""
        self.dismiss(yes)


class Choose(Sheet[str]):
    """A few choices: arrows and enter, or the first letter. Gives the chosen id, or nothing on escape."""

    AUTO_FOCUS: ClassVar[str | None] = "Ledger"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "close", show=False)]

    def __init__(self, title: str, options: Sequence[tuple[str, str, str]], *, wide: bool = False) -> None:
        """`wide` options have long names, and many of them: letters do not choose among those."""
        super().__init__(title, (), (("enter", "chooses it"), ("esc", "close")))
        self.options, self.wide = tuple(options), wide

    def middle(self) -> ComposeResult:
        cols = [Col("", 0), Col("", 24, tone="ink2")] if self.wide else [Col("", 24), Col("", 0, tone="ink2")]
        ledger = Ledger(cols, head=False, lead="hang", end=0, wrap=2 if self.wide else 1)
        ledger.show([Row(one, [name, told]) for one, name, told in self.options])
        yield ledger

    def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        event.stop()
        self.dismiss(event.key)

    def on_key(self, event: events.Key) -> None:
        if self.wide:
            return
        found = next((one for one, _, _ in self.options if event.character and one.startswith(event.character)), None)
        if found is not None:
            event.stop()
            self.dismiss(found)


class Help(Sheet[bool]):
    """What a page is for, and its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,f1,q", "close", "close", show=False)]
    AUTO_FOCUS: ClassVar[str | None] = "Scroll"

    def __init__(self, title: str, about: str, groups: Sequence[tuple[str, Sequence[tuple[str, str, str]]]]) -> None:
        super().__init__(title, (), (("↑ ↓", "read"), ("esc", "close")))
        self.about, self.groups = about, groups

    def middle(self) -> ComposeResult:
        yield Scroll(lead="none", end=0, band="sheet", id="help-text")

    def _fill(self) -> None:
        super()._fill()
        if not self.is_whole:
            return
        scroll = self.query_one("#help-text", Scroll)
        width = max(20, scroll.size.width)
        lines = [Line([(part, "ink")]) for part in wrap(self.about, width)]
        for group, keys in self.groups:
            lines += [Line(), Line([(group, "ink3")])]
            for key, label, tooltip in keys:
                room = max(10, width - 32)
                for n, part in enumerate(wrap(tooltip, room)):
                    head: Spans = (
                        [(key.rjust(5), "accent b"), (f"  {label.ljust(24)} ", "ink")]
                        if n == 0
                        else [(" " * 32, "ink")]
                    )
                    lines.append(Line([*head, (part, "ink2")]))
        scroll.show(lines)

    def action_close(self) -> None:
        """Escape, ?, F1 and q: back to the page."""
        self.dismiss(False)
