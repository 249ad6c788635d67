"""A form: labelled lines to fill in. Enter saves, escape keeps the draft; what is wrong stands under its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input

from ... import text
from ..ink import Inked, Spans, wrap
from .lines import Line, Lines

Check = Callable[[str], str]


class WrongField(ValueError):  # noqa: N818 - read aloud it is a sentence
    """What is wrong with one field, found when everything was to be saved."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True, slots=True)
class Field:
    """One line to fill in. `check` gives what is wrong with a value, or nothing."""

    id: str
    label: str
    value: str = ""
    kind: Literal["text", "choice", "secret"] = "text"
    options: tuple[tuple[str, str], ...] = ()
    """Value and words, for a choice."""
    known: tuple[str, ...] = ()
    """Values to suggest while typing."""
    hint: str = ""
    needed: bool = False
    check: Check | None = None


class Choice(Inked, Widget, can_focus=True):
    """One of a few values: left, right and space walk through them; typing goes to the one that begins like it.

    What no value begins with is shown as typed and refused, not taken for another value.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", show=False),
        Binding("right", "turn(1)", show=False),
        Binding("space", "space", show=False),
        Binding("backspace", "rub", show=False),
    ]
    DEFAULT_CSS = "Choice { height: 1; width: 1fr; }"

    class Typed(Message):
        """What was typed has changed; `wrong` says why it is none of the values."""

        def __init__(self, choice: Choice, wrong: str) -> None:
            super().__init__()
            self.choice, self.wrong = choice, wrong

    def __init__(self, options: Sequence[tuple[str, str]], value: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.options = tuple(options) or (("", ""),)
        self.at = 0
        self.typed = ""
        self.value = value

    @property
    def value(self) -> str:
        """The chosen option's value; what was typed where that is none of them."""
        return self.typed if self.wrong else self.options[self.at][0]

    @value.setter
    def value(self, value: str) -> None:
        found = next((n for n, option in enumerate(self.options) if option[0] == value), None)
        self.at = found or 0
        # A draft or a file may hold what is no value any more: that is said, not exchanged for the first of the list.
        self.typed = "" if found is not None or not value else value
        self.refresh()

    @property
    def wrong(self) -> str:
        """Why what was typed is refused, with what is allowed; empty where nothing is wrong."""
        if not self.typed or self._found(self.typed) is not None:
            return ""
        return (
            f"“{text.shorten(self.typed, 24)}” is not one of them; allowed: "
            f"{', '.join(words for _, words in self.options)}"
        )

    def _found(self, typed: str) -> int | None:
        """The value meant: the first that begins so; where one letter is pressed again and again, the next that begins
        with it."""
        again = len(set(typed.casefold())) == 1
        start = self.at + 1 if again else 0
        order = [(start + n) % len(self.options) for n in range(len(self.options))]
        beginnings = (typed, typed[0]) if again else (typed,)
        return next((n for begin in beginnings for n in order if self._begins(n, begin)), None)

    def _begins(self, n: int, typed: str) -> bool:
        return any(words.casefold().startswith(typed.casefold()) for words in self.options[n])

    def action_turn(self, step: int) -> None:
        """Left and right: the option before or after, round and round; a refused text goes first."""
        refused, self.typed = bool(self.wrong), ""
        if not refused:  # what was refused gives way to the value that stood before
            self.at = (self.at + step) % len(self.options)
        self._told()

    def action_space(self) -> None:
        """The next value; within words such as “is leaving” the blank between them."""
        longer = f"{self.typed} "
        if self.typed and any(self._begins(n, longer) for n in range(len(self.options))):
            self._type(longer)
        else:
            self.action_turn(1)

    def action_rub(self) -> None:
        """Backspace: takes the last typed letter back."""
        self._type(self.typed[:-1])

    def _type(self, typed: str) -> None:
        self.typed = typed
        found = self._found(typed) if typed else None
        if found is not None:
            self.at = found
        self._told()

    def _told(self) -> None:
        self.refresh()
        self.post_message(self.Typed(self, self.wrong))

    def on_click(self) -> None:
        if self.has_focus:
            self.action_turn(1)

    def on_key(self, event: events.Key) -> None:
        if self._takes(event.character):
            event.stop()
            event.prevent_default()
            self._type(f"{self.typed}{event.character}")

    def _takes(self, character: str | None) -> bool:
        return character is not None and (
            character.isalnum() or bool(self.typed and character.isprintable() and character != " ")
        )

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return self._takes(character)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    def render_line(self, y: int) -> Strip:
        on, refused = self.has_focus, bool(self.wrong)
        label = text.printable(self.typed) if refused else self.options[self.at][1]
        tone = "fail b" if refused else "ink b" if on else "ink"
        parts: Spans = [("‹ " if on else " ", "accent"), (label, tone), (" ›" if on else "  ", "accent")]
        if on and not refused:
            parts.append((f"  {self.at + 1} of {len(self.options)}", "ink3"))
        return self.ink_strip(parts, self.size.width, "field")

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        if not self.wrong:
            self.typed = ""
        self.refresh()


class Label(Inked, Widget):
    """A field's name."""

    DEFAULT_CSS = "Label { height: 1; width: 12; }"

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words

    def render_line(self, y: int) -> Strip:
        return self.ink_strip([(self.words, "ink3")] if y == 0 else [], self.size.width, "sheet")


class Form(VerticalScroll, can_focus=False):
    """Fields in a column."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
        Binding("enter", "save", show=False, id="form.save"),
        Binding("escape", "leave", show=False, id="form.leave"),
    ]
    DEFAULT_CSS = """
    Form { height: auto; scrollbar-size: 0 0; }
    Form Horizontal { height: 1; margin: 0 0 1 0; }
    Form.-dense Horizontal { margin: 0; }
    Form Input { width: 1fr; height: 1; border: none; padding: 0 1 !important; }
    Form Input:focus { border: none; }
    """

    class Saved(Message):
        """Everything is valid; enter was pressed."""

        def __init__(self, form: Form, values: dict[str, str]) -> None:
            super().__init__()
            self.form, self.values = form, values

    class Left(Message):
        """Escape: the values so far are a draft. `changed` says whether there is any."""

        def __init__(self, form: Form, values: dict[str, str], changed: bool) -> None:
            super().__init__()
            self.form, self.values, self.changed = form, values, changed

    def __init__(
        self,
        fields: Sequence[Field],
        draft: Mapping[str, str] | None = None,
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id, classes="-dense" if len(fields) > 6 else None)
        self.fields = tuple(fields)
        self.draft = dict(draft or {})

    def compose(self) -> ComposeResult:
        for one in self.fields:
            value = text.printable(self.draft.get(one.id, one.value))
            with Horizontal():
                yield Label(one.label)
                if one.kind == "choice":
                    yield Choice(one.options, value, id=f"field-{one.id}")
                else:
                    yield SafeInput(
                        value,
                        placeholder=text.clean(one.hint),
                        password=one.kind == "secret",
                        suggester=SuggestFromList([text.clean(known) for known in one.known], case_sensitive=False)
                        if one.known
                        else None,
                        compact=True,
                        select_on_focus=False,
                        id=f"field-{one.id}",
                    )
            yield Lines(lead="none", end=0, band="sheet", id=f"wrong-{one.id}")

    @property
    def is_whole(self) -> bool:
        """Whether its fields are there: after they were put up, and until they go. Keys may come before and after."""
        return self.is_mounted and all(self.query_one_optional(f"#wrong-{one.id}") for one in self.fields)

    def values(self) -> dict[str, str]:
        """Every field's value, without blanks around it (a secret as it is); of a field that is not there yet, what it
        will begin with."""
        out: dict[str, str] = {}
        for one in self.fields:
            widget = self.query_one_optional(f"#field-{one.id}")
            begun = text.printable(self.draft.get(one.id, one.value))
            value = widget.value if isinstance(widget, (Input, Choice)) else begun
            out[one.id] = value if one.kind == "secret" else value.strip()
        return out

    @property
    def changed(self) -> bool:
        """Whether leaving would lose something; secrets do not count, since no draft may keep them."""
        return any(
            self.values()[one.id] != text.printable(one.value).strip() for one in self.fields if one.kind != "secret"
        )

    def begin(self) -> None:
        """Takes the focus to the first field that is empty and needed, else the first."""
        if not self.is_whole:
            return
        values = self.values()
        first = next((one for one in self.fields if one.needed and not values[one.id]), self.fields[0])
        self.query_one(f"#field-{first.id}").focus()

    def check(self) -> bool:
        """Shows what is wrong; True when nothing is."""
        values, first = self.values(), ""
        for one in self.fields:
            value = values[one.id]
            widget = self.query_one(f"#field-{one.id}")
            wrong = widget.wrong if isinstance(widget, Choice) else ""
            wrong = wrong or (
                "this is required" if one.needed and not value else (one.check(value) if one.check and value else "")
            )
            self.say_wrong(one.id, wrong)
            first = first or (one.id if wrong else "")
        if first:
            self.query_one(f"#field-{first}").focus()
        return not first

    def point_at(self, field: str, wrong: str, *, go: bool = True) -> None:
        """Puts a sentence under a field and, with `go`, goes there; what stood under others is taken away."""
        for one in self.fields:
            self.say_wrong(one.id, wrong if one.id == field else "")
        if go:
            self.query_one(f"#field-{field}").focus()

    def say_wrong(self, field: str, wrong: str) -> None:
        """Puts a sentence under a field, or takes it away."""
        widget = self.query_one(f"#wrong-{field}", Lines)
        room = max(10, widget.size.width - 14)
        widget.show(
            [
                Line([(" " * 12, "ink"), ("✕ " if n == 0 else "  ", "fail"), (part, "ink")])
                for n, part in enumerate(wrap(wrong, room))
            ]
            if wrong
            else []
        )

    def action_step(self, step: int) -> None:
        """Up and down: the field before or after."""
        if step > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def action_save(self) -> None:
        """Enter: posts Saved where every field is right, else shows what is wrong."""
        if self.is_whole and self.check():
            self.post_message(self.Saved(self, self.values()))

    def action_leave(self) -> None:
        """Escape: posts Left with what was typed."""
        self.post_message(self.Left(self, self.values(), self.changed))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_save()

    def on_choice_typed(self, event: Choice.Typed) -> None:
        """Said at once where it is typed, and taken back as soon as it is mended."""
        event.stop()
        if self.is_whole:
            self.say_wrong((event.choice.id or "").removeprefix("field-"), event.wrong)


class SafeInput(Input):
    """An input that never passes on what could steer the terminal, and never lets a secret out again."""

    def on_mount(self) -> None:
        self.cursor_blink = getattr(self.app, "live", True)  # a picture must not depend on the moment it is taken

    def _on_paste(self, event: events.Paste) -> None:
        """A screen that takes whole texts gets them first: this line alone would keep the first line of one."""
        take = getattr(self.screen, "take_paste", None)
        if take is not None and take(event.text):
            event.stop()
            event.prevent_default()

    def on_input_changed(self, event: Input.Changed) -> None:
        shown = text.printable(event.value)
        if shown != event.value:
            with self.prevent(Input.Changed):
                self.value = shown

    def action_copy(self) -> None:
        """Copies the selection, but never from a secret."""
        if self.password:
            self.app.notify("Secrets cannot be copied from here", markup=False)
            return
        super().action_copy()

    def action_cut(self) -> None:
        """Cuts the selection, but never from a secret."""
        if self.password:
            self.app.notify("Secrets cannot be copied from here", markup=False)
            return
        super().action_cut()
