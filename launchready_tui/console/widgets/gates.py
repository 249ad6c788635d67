"""The bar of criteria above launch day: a stroke in the colour of its state, its glyph and name, a fact; enter leads
to it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from .. import words
from ..ink import Inked, Spans, fit


@dataclass(frozen=True, slots=True)
class Gate:
    """One criterion of the decision: how it stands, in two words, and the page or check that it leads to."""

    id: str
    name: str
    short: str
    """The name where there is no room for it."""
    least: str
    """And where there is hardly any."""
    look: str
    fact: str
    page: str = ""
    check: str = ""


class Gates(Inked, Widget, can_focus=True):
    """Three lines; left and right walk over them while the bar has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "walk(-1)", show=False, id="gates.before"),
        Binding("right", "walk(1)", show=False, id="gates.after"),
        Binding("enter", "choose", show=False, id="gates.open"),
    ]
    DEFAULT_CSS = "Gates { height: 3; background: $paper; }"

    class Chosen(Message):
        """A criterion was opened."""

        def __init__(self, gate: Gate) -> None:
            super().__init__()
            self.gate = gate

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self.gates: tuple[Gate, ...] = ()
        self.at = 0

    def show(self, gates: Sequence[Gate]) -> None:
        """Other states."""
        if tuple(gates) != self.gates:
            self.gates = tuple(gates)
            self.at = min(self.at, max(0, len(self.gates) - 1))
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 3

    def places(self, width: int) -> list[tuple[int, int]]:
        """Start and width of each, two cells apart, from the axis to the margin."""
        room, count = width - self.axis - 3 + 2, max(1, len(self.gates))
        edges = [round(n * room / count) for n in range(count + 1)]
        return [(self.axis + start, max(1, end - start - 2)) for start, end in itertools.pairwise(edges)]

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        parts: Spans = [(" " * (self.axis - 1), "ink")]
        for n, (gate, (_, size)) in enumerate(zip(self.gates, self.places(width), strict=False)):
            on = self.has_focus and n == self.at
            mark, tone = words.glyph(gate.look)
            name = next((one for one in (gate.name, gate.short) if len(one) + 2 <= size), gate.least)
            if y == 0:
                cell: Spans = [("━" * size, tone if tone != "ink3" else "rule")]
            elif y == 1:
                cell = fit([(mark, tone), (f" {name}", "accent b" if on else "ink")], size)
            else:
                cell = fit(
                    [("  ", "ink"), (gate.fact if len(gate.fact) + 2 <= size else "", "ink2" if on else "ink3")], size
                )
            parts += [(" " if n else "", "ink"), ("▎" if on and y == 1 else " ", "accent"), *cell]
        return self.ink_strip(parts, width)

    def action_walk(self, step: int) -> None:
        """Left and right: the criterion before or after, without going round."""
        self.at = max(0, min(len(self.gates) - 1, self.at + step))
        self.refresh()

    def action_choose(self) -> None:
        """Enter: opens the criterion under the cursor."""
        if self.gates:
            self.post_message(self.Chosen(self.gates[self.at]))

    def on_click(self, event: events.Click) -> None:
        for n, (start, size) in enumerate(self.places(self.size.width)):
            if start <= event.x < start + size and n < len(self.gates):
                self.at = n
                self.action_choose()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
