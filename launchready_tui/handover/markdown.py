"""Blocks as Markdown: readable as it is, exact when rendered."""

from __future__ import annotations

from .. import text
from .blocks import Block, Cell, Code, Facts, Heading, Para, Steps, Table


def render(title: str, banners: tuple[str, ...], blocks: tuple[Block, ...], foot: str) -> str:
    """A whole document: one title, what must be known before reading it, its blocks, and where it comes from."""
    parts = [f"# {text.for_markdown(title)}"]
    parts += [f"> **{text.for_markdown(banner)}**" for banner in banners]
    parts += [block(one) for one in blocks]
    parts += ["---", text.for_markdown(foot)]
    return "\n\n".join(part for part in parts if part) + "\n"


def block(one: Block) -> str:
    """A block without the empty line that follows it; foreign text in it means nothing to Markdown."""
    match one:
        case Heading():
            return f"{'#' * one.level} {_glyph(one.glyph)}{text.for_markdown(one.text)}"
        case Para(kind="gap"):
            return f"**Missing:** {text.for_markdown(one.text)}"
        case Para(kind="verdict"):
            return f"**{_glyph(one.glyph)}{text.for_markdown(one.text)}**"
        case Para():
            return text.for_markdown(one.text)
        case Facts():
            return "\n".join(f"- {text.for_markdown(name)}: {cell(value) or '–'}" for name, value in one.rows)
        case Steps():
            return "\n".join(
                f"{f'{at}.' if one.numbered else '-'} {text.for_markdown(item)}" for at, item in enumerate(one.items, 1)
            )
        case Code():
            label = f"{text.for_markdown(one.label)}\n\n" if one.label else ""
            return label + text.code_for_markdown(one.text)
        case Table():
            return _table(one)


def cell(one: Cell) -> str:
    """One cell, fit for a table."""
    if one.kind == "gap":
        return f"**Missing:** {text.for_markdown(one.text)}"
    if one.kind == "code":
        return text.span_for_markdown(one.text)
    return _glyph(one.glyph) + text.for_markdown(one.text)


def _glyph(glyph: str) -> str:
    return f"{glyph} " if glyph else ""


def _table(one: Table) -> str:
    title = f"**{text.for_markdown(one.caption)}**"
    if not one.rows:
        return f"{title}\n\n{text.for_markdown(one.empty)}"
    lines = [
        "| " + " | ".join(text.for_markdown(column.head) for column in one.columns) + " |",
        "| " + " | ".join("---:" if column.number else "---" for column in one.columns) + " |",
    ]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in one.rows]
    return f"{title}\n\n" + "\n".join(lines)
