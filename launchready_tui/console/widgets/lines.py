"""Lines of text set on the page axis: a left part, and a right part against the right margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from ..ink import Inked, Lead, Span, Spans, fit, width_of


@dataclass(frozen=True, slots=True)
class Line:
    """Left and right spans; `mark` hangs before the left part."""

    left: Spans = field(default_factory=list)
    right: Spans = field(default_factory=list)
    mark: Span | None = None
    rule: bool = False
    """A hairline instead of text."""


class Lines(Inked, Widget):
    """A block of lines. Subclasses or callers set them with `show`."""

    DEFAULT_CSS = "Lines { height: auto; background: $paper; }"

    def __init__(
        self,
        lines: Sequence[Line] = (),
        *,
        lead: Lead = "axis",
        end: int = 3,
        band: str = "",
        id: str | None = None,  # noqa: A002  Textual's own name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.lines: tuple[Line, ...] = tuple(lines)
        self.lead, self.end, self.band = lead, end, band

    def show(self, lines: Sequence[Line]) -> None:
        """Other lines; the layout changes only when their number does."""
        if tuple(lines) != self.lines:
            changed = len(lines) != len(self.lines)
            self.lines = tuple(lines)
            self.refresh()
            if changed:
                self.relayout()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines)

    def line_strip(self, line: Line, width: int) -> Strip:
        """A line as cells; its right part is left out where both do not fit."""
        lead = self.lead_width()
        if line.rule:
            return self.ink_strip([(" " * lead, "ink"), ("─" * (width - lead - self.end), "rule")], width, self.band)
        head: Spans = [(" " * lead, "ink")]
        if line.mark is not None and lead >= 3:
            head = [(" " * (lead - 3), "ink"), *fit([line.mark], 1), ("  ", "ink")]
        room = width - lead - self.end
        right = line.right if width_of(line.right) + 2 < room else []
        left = fit(line.left, room - (width_of(right) + 2 if right else 0))
        return self.ink_strip([*head, *left, *([("  ", "ink"), *right] if right else [])], width, self.band)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        return self.line_strip(self.lines[y] if y < len(self.lines) else Line(), width)


class Scroll(Lines, can_focus=True):
    """Lines that scroll in the room they get: by wheel, and by keys while they have the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("up", "scroll_by(-1)"),
        ("down", "scroll_by(1)"),
        ("pageup", "scroll_page(-1)"),
        ("pagedown", "scroll_page(1)"),
        ("home", "scroll_edge(-1)"),
        ("end", "scroll_edge(1)"),
    ]
    DEFAULT_CSS = "Scroll { height: 1fr; }"

    first = 0

    def top_lines(self) -> int:
        """How many lines at the top stay in place."""
        return 0

    @property
    def overflow(self) -> int:
        """Lines below what fits; 0 where all is in sight at the top."""
        return max(0, len(self.lines) - max(1, self.size.height))

    def to(self, first: int) -> bool:
        """Scrolls to a line; False where there is nothing further."""
        first = max(0, min(first, self.overflow))
        moved, self.first = first != self.first, first
        if moved:
            self.refresh()
        return moved

    def action_scroll_by(self, step: int) -> None:
        """Up and down: one line."""
        self.to(self.first + step)

    def action_scroll_page(self, step: int) -> None:
        """Page up and page down: as far as one sees, less one line."""
        self.to(self.first + step * max(1, self.size.height - self.top_lines() - 1))

    def action_scroll_edge(self, side: int) -> None:
        """Home and end: the first or last line."""
        self.to(self.overflow if side > 0 else 0)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        if self.to(self.first + 2):
            event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        if self.to(self.first - 2):
            event.stop()

    def on_resize(self) -> None:
        self.to(self.first)

    def render_line(self, y: int) -> Strip:
        top = self.top_lines()
        return super().render_line(y if y < top else y + self.first)
