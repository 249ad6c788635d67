"""What workers tell the console, and how an attempt went."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from ..workspace.run import Event


@dataclass(frozen=True, slots=True)
class Said:
    """How an attempt went: the words of success, or what was wrong."""

    words: str = ""
    wrong: str = ""
    field: str = ""
    """The form's field that is wrong, where it is one."""


class Told(Message):
    """An event of the run that is on."""

    bubble = False

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class Repaired(Message):
    """The demo marketplace has been repaired; these checks look again. `words` say what was done, one for each flaw."""

    bubble = False

    def __init__(self, words: tuple[str, ...] = (), checks: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.words, self.checks = words, checks


class Walking(Message):
    """A step of the path from log-in to notification is done, or (`ended`) the whole walk, or it could not be walked
    (`wrong`)."""

    bubble = False

    def __init__(self, words: str, *, ended: bool = False, wrong: bool = False) -> None:
        super().__init__()
        self.words, self.ended, self.wrong = words, ended, wrong
