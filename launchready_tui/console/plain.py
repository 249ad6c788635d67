"""The ASCII set for terminals that cannot show more: our own glyphs are translated when drawn; Textual's are set
here."""

from __future__ import annotations

from typing import ClassVar


def use_ascii() -> None:
    """Sets the few glyphs that Textual draws by itself and that our pages meet."""
    from textual.scrollbar import ScrollBar, ScrollBarRender

    class AsciiBar(ScrollBarRender):
        """Blocks of background colour only: no half-block at the ends."""

        VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
        HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8

    ScrollBar.renderer = AsciiBar
