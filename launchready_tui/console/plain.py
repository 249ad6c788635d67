"""The ASCII set for terminals that cannot show more: our own glyphs are translated when drawn; Textual's are set here."""

from __future__ import annotations


def use_ascii() -> None:
    """Sets the few glyphs that Textual draws by itself and that our pages meet."""
    from textual.widgets._markdown import MarkdownBullet

    MarkdownBullet.symbol = "*"
