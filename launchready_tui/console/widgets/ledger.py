"""The one table of the console: Line API, hanging marks, a hairline under the head; it scrolls under a head that
stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ..ink import Cell, Inked, Lead, Spans, fit, spans, width_of, wrap_spans
from .rows import FILTERS, Col, Row


class Ledger(Inked, Widget, can_focus=True):
    """A table by rows with keys. New rows never move the selection, nor what is in sight.

    `wrap` is how many lines the first column that takes what is left may have. `lead`: `axis` hangs marks left of the
    page axis, `hang` left of its own edge, `none` has none. `hold` keeps the cursor in sight while the focus is
    elsewhere.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "row up", show=False, id="list.up"),
        Binding("down", "move(1)", "row down", show=False, id="list.down"),
        Binding("pageup", "page(-1)", "page up", show=False, id="list.page-up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="list.page-down"),
        Binding("home", "edge(-1)", "first row", show=False, id="list.first"),
        Binding("end", "edge(1)", "last row", show=False, id="list.last"),
        Binding("enter", "choose", "open", show=False, id="list.open"),
    ]
    DEFAULT_CSS = "Ledger { height: auto; background: $paper; }"

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, ledger: Ledger, key: str) -> None:
            super().__init__()
            self.ledger, self.key = ledger, key

        @property
        def control(self) -> Ledger:
            return self.ledger

    class Chosen(Message):
        """A row was opened, by enter or by a click on the selected row."""

        def __init__(self, ledger: Ledger, key: str) -> None:
            super().__init__()
            self.ledger, self.key = ledger, key

        @property
        def control(self) -> Ledger:
            return self.ledger

    def __init__(
        self,
        cols: Sequence[Col],
        *,
        lead: Lead = "axis",
        head: bool = True,
        end: int = 3,
        hold: bool = False,
        empty: Cell = "",
        cursor: bool = True,
        wrap: int = 1,
        leads: bool = False,
        id: str | None = None,  # noqa: A002  Textual's own name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.cols: tuple[Col, ...] = tuple(cols)
        self.lead = lead
        self.head, self.end, self.hold, self.wrap = head, end, hold, wrap
        self.empty: Cell = empty
        self.can_focus = cursor
        self.all_rows: tuple[Row, ...] = ()
        self.rows: tuple[Row, ...] = ()
        self.key = ""
        self.first = 0
        """The line at the top of what is in sight; a row may take several."""
        self.leads, self.moved = leads, False
        """A list whose order is its meaning: the cursor keeps to its first row until somebody moves it."""
        self.sieve = 0
        self._layout: tuple[int, list[tuple[Col, int, int]]] = (-1, [])
        self._broken: tuple[int, list[tuple[int, Spans]]] = (-1, [])

    # Rows and selection

    def show(self, rows: Sequence[Row], *, empty: Cell | None = None) -> None:
        """Puts rows in place of the old ones. Selection and the row at the top stay by key where they still exist."""
        lines = self.lines
        top = self.rows[lines[self.first][0]].key if 0 < self.first < len(lines) else ""
        before, old_index = len(lines), self.index
        if empty is not None:
            self.empty = empty
        if tuple(rows) == self.all_rows and empty is None:
            return
        self.all_rows = tuple(rows)
        self._sift()
        if top:
            self.first = next((n for n, (at, _) in enumerate(self.lines) if self.rows[at].key == top), self.first)
        self._settle(old_index)
        self.refresh()
        if len(self.lines) != before:
            self.relayout()

    def reset(self, key: str) -> None:
        """Forgets filter and place, for a table that shows another kind of thing; the cursor goes to `key`
        when it comes."""
        self.key, self.first, self.sieve = key, 0, 0
        self.all_rows = self.rows = ()
        self._broken = (-1, [])

    def set_cols(self, cols: Sequence[Col]) -> None:
        """Other columns, for a table that shows another kind of thing."""
        if tuple(cols) != self.cols:
            self.cols, self._layout, self._broken = tuple(cols), (-1, []), (-1, [])
            self.refresh()

    def _sift(self) -> None:
        wanted = FILTERS[self.sieve][1]

        def fits(row: Row) -> bool:
            return not wanted or row.state in wanted or any(map(fits, row.inside))

        self.rows = tuple(filter(fits, self.all_rows))
        self._broken = (-1, [])

    def _settle(self, near: int | None) -> None:
        """Gives the cursor a row: the same key, else the place where it stood, else the first."""
        able = [row.key for row in self.rows if not row.apart]
        was = self.key
        if self.leads and not self.moved and able:
            self.key, self.first = able[0], 0
        elif self.key not in able:
            self.key = (
                able[min(near, len(able) - 1)] if able and near is not None and was else (able[0] if able else "")
            )
        if self.key != was and self.is_mounted:
            self.post_message(self.Moved(self, self.key))
        self.first = max(0, min(self.first, len(self.lines) - self.shown))

    @property
    def lines(self) -> list[tuple[int, Spans]]:
        """Every line: the row's number, and what its wrapped column shows there."""
        width = self.size.width
        if self._broken[0] != width:
            self._broken = (width, self._break(width))
        return self._broken[1]

    def _break(self, width: int) -> list[tuple[int, Spans]]:
        flex = next(((col, n, size) for col, n, size in self.columns(width) if not col.width), None)
        out: list[tuple[int, Spans]] = []
        for at, row in enumerate(self.rows):
            if flex is None or self.wrap == 1:
                out.append((at, []))
                continue
            col, n, size = flex
            cell = spans(row.cells[n] if n < len(row.cells) else "", col.tone)
            parts = wrap_spans(cell, size) if width_of(cell) > size else [cell]
            if len(parts) > self.wrap:
                tail = [span for part in parts[self.wrap - 1 :] for span in (*part, (" ", "ink"))]
                parts = [*parts[: self.wrap - 1], tail]
            out += [(at, part) for part in parts]
        return out

    @property
    def index(self) -> int | None:
        """The cursor's row number, None where nothing can be selected."""
        return next((n for n, row in enumerate(self.rows) if row.key == self.key and not row.apart), None)

    @property
    def row(self) -> Row | None:
        """The row under the cursor; None in an empty table."""
        index = self.index
        return None if index is None else self.rows[index]

    @property
    def top(self) -> int:
        """Lines that the head takes."""
        return 2 if self.head else 0

    @property
    def shown(self) -> int:
        """How many lines there is room for."""
        return max(1, self.size.height - self.top)

    def select(self, key: str, *, tell: bool = True) -> None:
        """Moves the cursor to a row and brings it into sight, also where the filter hides it: then all are shown."""
        if self.sieve and not any(row.key == key for row in self.rows):
            self.sieve = 0
            self._renew()
        if not any(row.key == key and not row.apart for row in self.rows):
            return
        changed = key != self.key
        self.key, self.moved = key, self.moved or changed
        self.follow()
        self.refresh()
        if changed and tell:
            self.post_message(self.Moved(self, key))

    def follow(self) -> None:
        """Brings the cursor's row into sight."""
        index = self.index
        mine = [n for n, (at, _) in enumerate(self.lines) if at == index]
        if mine:
            self.first = max(0, min(self.first, mine[0]), min(mine[0], mine[-1] - self.shown + 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self.top + max(1, len(self._break(width)) if self.wrap > 1 else len(self.rows))

    def on_resize(self) -> None:
        before = self.first
        self.first = max(0, min(self.first, len(self.lines) - self.shown))
        self.follow()
        if self.first != before:
            # It may have been painted in its new size already.
            self.refresh()

    # Keys and mouse

    def _step(self, to: int) -> None:
        able = [n for n, row in enumerate(self.rows) if not row.apart]
        if not able:
            return
        index = self.index
        at = able.index(index) if index in able else 0
        self.select(self.rows[able[max(0, min(len(able) - 1, at + to))]].key)

    def action_move(self, step: int) -> None:
        """Up and down: a row on."""
        self._step(step)

    def action_page(self, step: int) -> None:
        """Page up and page down: as far as one sees, less one row."""
        self._step(step * max(1, self.shown - 1))

    def action_edge(self, side: int) -> None:
        """Home and end: the first or last row. Home on the first row is left to the page."""
        if side < 0 and (self.index or 0) == 0:
            raise SkipAction
        self._step(side * len(self.rows))

    def action_choose(self) -> None:
        """Enter: opens the row under the cursor."""
        if self.key:
            self.post_message(self.Chosen(self, self.key))

    def filter_next(self) -> str:
        """Shows the next kind of rows; says which."""
        states = {one.state for row in self.all_rows for one in (row, *row.inside)}
        for step in range(1, len(FILTERS) + 1):
            at = (self.sieve + step) % len(FILTERS)
            if at == 0 or FILTERS[at][1] & states:
                self.sieve = at
                break
        self._renew()
        return FILTERS[self.sieve][0]

    def _renew(self) -> None:
        before, index = len(self.lines), self.index
        self._sift()
        self._settle(index)
        self.follow()
        self.refresh()
        if len(self.lines) != before:
            self.relayout()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape" and self.sieve:
            self.sieve = 0
            event.stop()
            self._renew()

    def on_blur(self) -> None:
        self.refresh()

    def on_focus(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        n = self.first + event.y - self.top
        if event.y < self.top or not 0 <= n < len(self.lines) or not self.can_focus:
            return
        row = self.rows[self.lines[n][0]]
        if row.apart:
            return
        again = row.key == self.key and event.chain == 2
        self.select(row.key)
        if again:
            self.action_choose()

    def _scroll(self, step: int) -> bool:
        first = max(0, min(self.first + step, len(self.lines) - self.shown))
        moved, self.first = first != self.first, first
        if moved:
            self.refresh()
        return moved

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        if self._scroll(2):
            event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        if self._scroll(-2):
            event.stop()

    # Drawing

    def columns(self, width: int) -> list[tuple[Col, int, int]]:
        """The columns shown at a width, with their index and width in cells."""
        if self._layout[0] != width:
            shown = [(n, col) for n, col in enumerate(self.cols) if col.above <= width < col.below]
            used = sum(col.width for _, col in shown) + sum(col.gap for _, col in shown[1:])
            room = width - self.lead_width() - self.end - used
            flex = [n for n, col in shown if not col.width]
            each, over = divmod(room, len(flex) or 1)
            # What is left over after sharing goes to the first, so that the last column ends at the margin.
            sizes = {n: max(4, each + (over if n == flex[0] else 0)) for n in flex}
            self._layout = (width, [(col, n, col.width or sizes[n]) for n, col in shown])
        return self._layout[1]

    def notify_style_update(self) -> None:
        self._layout, self._broken = (-1, []), (-1, [])
        super().notify_style_update()

    def _head(self, y: int, lead: int, width: int) -> Strip:
        if y == 1:
            return self.ink_strip([(" " * lead, "ink"), ("─" * (width - lead - self.end), "rule")], width)
        parts: Spans = [(" " * lead, "ink")]
        more = self._told()
        columns = self.columns(width)
        teller = next((n for n, (col, _, _) in enumerate(columns) if not col.right), 0)
        for n, (col, _, size) in enumerate(columns):
            title = spans(col.title, "ink3")
            room = size - width_of(title)
            if more and n == teller and not col.right and (width_of(more) + 2 <= room or self.sieve):
                if width_of(more) + 2 > room:  # what is filtered is told before what the column is called
                    title = fit(title, max(0, size - width_of(more) - 2))
                title, more = (
                    [*title, *fit([("  ", "ink"), *more], min(size - width_of(title), width_of(more) + 2))],
                    [],
                )
            parts += [(" " * (col.gap if n else 0), "ink"), *fit(title, size, col.right)]
        return self.ink_strip(parts, width)

    def _told(self) -> Spans:
        """What the head says of rows that are not in sight, and of the filter."""
        told: Spans = []
        shown = len({at for at, _ in self.lines[self.first : self.first + self.shown] if not self.rows[at].apart})
        every = sum(not row.apart for row in self.all_rows)
        if shown < every:
            told.append((f"{shown} of {every}", "ink3"))
        if self.sieve:
            told = [("f ", "accent"), (FILTERS[self.sieve][0], "ink"), ("  ", "ink"), *told]
        return told

    def render_line(self, y: int) -> Strip:
        width, lead = self.size.width, self.lead_width()
        if y < self.top:
            return self._head(y, lead, width)
        n = self.first + y - self.top
        if n >= len(self.lines):
            said = self.empty if n == 0 else ""
            if n == 0 and self.all_rows:
                said = "nothing matches; escape shows all"
            return self.ink_strip([(" " * lead, "ink"), *spans(said, "ink3")], width)
        index, part = self.lines[n]
        row = self.rows[index]
        if row.rule:
            return self.ink_strip([(" " * lead, "ink"), ("─" * (width - lead - self.end), "rule")], width)
        if row.across:
            told = [span for cell in row.cells for span in spans(cell)]
            room = width - lead - self.end
            fill = told[-1][0] * (room - width_of(told)) if told and len(told[-1][0]) == 1 else ""
            return self.ink_strip(
                [(" " * lead, "ink"), *fit([*told, (fill, told[-1][1] if told else "ink")], room)], width
            )
        again = n > 0 and self.lines[n - 1][0] == index
        here = row.key == self.key and not row.apart and self.can_focus and (self.has_focus or self.hold)
        band = "band" if here else ""
        parts: Spans = []
        if self.lead != "none":
            bar = ("▎" if here else " ", "accent")
            mark = (row.mark[0], row.mark[1] + (" b" if here else ""))
            # The bar stands on column 1 (0 where the axis is at 4, or where marks hang on the ledger's own edge).
            parts = [(" ", "ink"), bar, (" ", "ink")] if lead > 4 else [bar] if lead == 4 else []
            parts += [(" ", "ink") if again else mark, ("  ", "ink")]
        wrapped = bold = False
        for at, (col, i, size) in enumerate(self.columns(width)):
            cell = spans(row.cells[i] if i < len(row.cells) else "", col.tone)
            if self.wrap > 1 and not col.width and not wrapped:
                cell, wrapped = part, True
            elif again:
                cell = []
            if here and col.tone == "ink" and not bold:
                cell, bold = [(text, tone if " b" in tone else tone + " b") for text, tone in cell], True
            parts += [(" " * (col.gap if at else 0), "ink"), *fit(cell, size, col.right)]
        return self.ink_strip(parts, width, band)


__all__ = ["Col", "Ledger", "Row"]
