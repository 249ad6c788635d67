"""A document of the handover folder as it reads, set in lines: headings, paragraphs, tables, steps, text to paste."""

from __future__ import annotations

from collections.abc import Sequence

from ...handover.blocks import Block, Cell, Code, Facts, Heading, Para, Steps, Table
from ..ink import Spans, fit, width_of, wrap, wrap_spans
from .lines import Line

KINDS = {"text": "ink", "quiet": "ink2", "code": "ink2", "gap": "unknown", "blank": "ink3"}


def _cell_spans(cell: Cell) -> Spans:
    """A cell with its glyph; a gap says that it is one."""
    if cell.kind == "state":
        tone = cell.tone or "ink"
        return [(f"{cell.glyph} " if cell.glyph else "", tone), (cell.text, "ink")]
    if cell.kind == "gap":
        return [("? ", "unknown"), (f"missing: {cell.text}", "ink2")]
    return [(cell.text, KINDS[cell.kind])]


def lines_of(blocks: Sequence[Block], width: int) -> list[Line]:
    """All blocks, with a blank line between them."""
    out: list[Line] = []
    for block in blocks:
        part = _block_lines(block, max(16, width))
        if part and out:
            out.append(Line())
        out += part
    return out


def _block_lines(block: Block, width: int) -> list[Line]:
    """One block."""
    match block:
        case Heading():
            glyph: Spans = [(f"{block.glyph} ", block.tone)] if block.glyph and block.tone else []
            return [
                Line([*(glyph if n == 0 else []), (part, "ink b")])
                for n, part in enumerate(wrap(block.text, width - 2))
            ]
        case Para():
            tone = {"lead": "ink", "note": "ink3", "gap": "ink2"}.get(block.kind, "ink")
            glyph = (
                [(f"{block.glyph} ", block.tone or "ink")]
                if block.glyph
                else [("? ", "unknown")]
                if block.kind == "gap"
                else []
            )
            return [Line(part) for part in wrap_spans([*glyph, (block.text, tone)], width)]
        case Facts():
            label = min(26, max((len(name) for name, _ in block.rows), default=0) + 2)
            lines = []
            for name, cell in block.rows:
                parts = wrap_spans(_cell_spans(cell), max(8, width - label))
                lines += [
                    Line([*fit([(name if n == 0 else "", "ink3")], label), *part]) for n, part in enumerate(parts)
                ]
            return lines
        case Steps():
            lines = []
            for n, item in enumerate(block.items, 1):
                mark = f"{n}. ".rjust(4) if block.numbered else "  - "
                lines += [
                    Line([(mark if at == 0 else "    ", "ink3"), (part, "ink")])
                    for at, part in enumerate(wrap(item, width - 4))
                ]
            return lines
        case Code():
            head = [Line([(block.label, "ink3")])] if block.label else []
            tone = "accent" if block.paste else "ink2"
            return [*head, *[Line([("  ", "ink"), (part, tone)]) for part in wrap(block.text, width - 2)]]
        case Table():
            return _table_lines(block, width)


def _table_lines(table: Table, width: int) -> list[Line]:
    """A table whose columns share the width by what they hold; cells are wrapped, not cropped. Too narrow for that,
    one fact a line."""
    head = [Line([(part, "ink b")]) for part in wrap(table.caption, width)] if table.caption else []
    if not table.rows:
        return [*head, Line([(table.empty, "ink2")])]
    names = [column.head for column in table.columns]
    rows = [[_cell_spans(cell) for cell in row] for row in table.rows]
    sizes = _sizes(names, rows, width)
    if not sizes:
        return [*head, *_stacked(names, rows, width)]
    lines = [*head, Line(_row([[(name, "ink3")] for name in names], sizes))]
    for row in rows:
        parts = [wrap_spans(cell, size) if size else [] for cell, size in zip(row, sizes, strict=True)]
        tall = max(len(part) for part in parts)
        lines += [Line(_row([part[n] if n < len(part) else [] for part in parts], sizes)) for n in range(tall)]
    return lines


def _row(cells: Sequence[Spans], sizes: Sequence[int]) -> Spans:
    out: Spans = []
    for n, (cell, size) in enumerate(zip(cells, sizes, strict=True)):
        out += [("  " if n else "", "ink"), *fit(cell, size)]
    return out


def _sizes(names: Sequence[str], rows: Sequence[Sequence[Spans]], width: int) -> list[int]:
    """Widths of the columns; empty where they do not fit with at least ten cells for the long ones."""
    wants = [max(len(name), *(width_of(row[n]) for row in rows)) for n, name in enumerate(names)]
    room = width - 2 * (len(names) - 1)
    if sum(wants) <= room:
        return wants
    least = [min(want, max(10, len(name))) for want, name in zip(wants, names, strict=True)]
    if sum(least) > room:
        return []
    sizes, left = list(least), room - sum(least)
    while left > 0:
        short = [n for n, want in enumerate(wants) if sizes[n] < want]
        if not short:
            break
        each = max(1, left // len(short))
        for n in short:
            more = min(each, wants[n] - sizes[n], left)
            sizes[n] += more
            left -= more
    return sizes


def _stacked(names: Sequence[str], rows: Sequence[Sequence[Spans]], width: int) -> list[Line]:
    label = min(18, max(len(name) for name in names) + 2)
    lines: list[Line] = []
    for number, row in enumerate(rows):
        if number:
            lines.append(Line())
        for name, cell in zip(names, row, strict=True):
            if width_of(cell):
                parts = wrap_spans(cell, max(8, width - label))
                lines += [
                    Line([*fit([(name if n == 0 else "", "ink3")], label), *part]) for n, part in enumerate(parts)
                ]
    return lines
