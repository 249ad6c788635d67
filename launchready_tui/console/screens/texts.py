"""Laid over any page on launch day: how to close the doors, how to go back, whom to call, with the texts to copy."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from ..acts import launchday
from ..ink import Spans, wrap
from ..widgets.lines import Line, Scroll
from ..widgets.paper import lines_of
from .dialog import Sheet


class Emergency(Sheet[bool]):
    """The card of the handover folder, with the two texts that are needed at once on top."""

    AUTO_FOCUS: ClassVar[str | None] = "Scroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,X,q", "close", "close", show=False),
        Binding("c", "copy('rollback')", "copy the rollback", show=False, id="emergency.back"),
        Binding("k", "copy('kill_switch')", "copy going offline", show=False, id="emergency.close"),
        Binding("P", "plan", "plan", show=False, id="emergency.plan"),
    ]

    def __init__(self) -> None:
        keys = (("c", "copy the rollback"), ("k", "copy going offline"), ("↑ ↓", "read"), ("esc", "close"))
        super().__init__("Take it offline, roll back, call", (), keys)
        self.texts: dict[str, str] = {}

    def middle(self) -> ComposeResult:
        yield Scroll(lead="none", end=0, band="sheet", id="help-text")

    def _fill(self) -> None:
        super()._fill()
        if not self.is_whole:
            return
        from ...handover import emergency
        from ..panels import shot_of

        shot = shot_of(self.console.snapshot, self.console.workspace)
        self.texts = {"rollback": emergency.rollback(shot), "kill_switch": shot.inventory.plan.kill_switch}
        scroll = self.query_one("#help-text", Scroll)
        width = max(20, scroll.size.width)
        card = emergency.blocks(shot)
        # The two texts stand on top already.
        scroll.show([*self._first(width), Line(), *lines_of(card[:1], width), Line(), *lines_of(card[3:], width)])

    def _first(self, width: int) -> list[Line]:
        lines: list[Line] = []
        for name, label in (("rollback", "Roll back to the last good version"), ("kill_switch", "Take it offline")):
            said: Spans = [(label, "ink b")]
            lines += [Line(), Line(said)] if lines else [Line(said)]
            if self.texts[name]:
                lines += [Line([(part, "accent")]) for part in wrap(self.texts[name], width)]
            else:
                missing: Spans = [
                    ("? ", "unknown"),
                    ("missing; ", "ink2"),
                    ("P", "ink b"),
                    (" adds it to the plan", "ink2"),
                ]
                lines.append(Line(missing))
        return lines

    def action_copy(self, name: str) -> None:
        """c copies the way back (`rollback`), k how the doors are closed (`kill_switch`)."""
        words = self.texts.get(name, "")
        if words:
            self.console.put(words, "The rollback" if name == "rollback" else "How to take it offline")
        else:
            self.console.say("It is missing: press P to add it to the plan", wrong=True)

    async def action_plan(self) -> None:
        """P: closes the card and opens the launch plan."""
        self.dismiss(False)
        await launchday.plan(self.console)

    def action_close(self) -> None:
        """Escape, X and q: back to the page."""
        self.dismiss(False)
