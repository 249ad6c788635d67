"""What is laid over a page leaves once, however often it is told to before it has gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen, ScreenResultType


def on_top(screen: Screen[Any]) -> bool:
    """Whether a screen is what one sees: three escapes at once are three dismissals, and the second would take the
    page below with it."""
    stack: Sequence[Screen[Any]] = screen.app.screen_stack if screen.app.is_running else ()
    return bool(stack) and stack[-1] is screen


def nothing() -> AwaitComplete:
    """To be awaited in place of a dismissal that is none."""
    return AwaitComplete(*())


class LaidOver(ModalScreen[ScreenResultType]):
    """A modal screen that leaves once."""

    def keep(self) -> None:
        """Puts what was typed so far onto the disk, where it has a draft."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """As Textual's, but nothing where another screen is on top: this one has left, or has a question over it."""
        return super().dismiss(result) if on_top(self) else nothing()
