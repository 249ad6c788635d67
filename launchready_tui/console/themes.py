"""Two themes of our own. Greys come in three inks; states have names of their own, always shown with a glyph and a
word."""

from __future__ import annotations

from textual.theme import Theme

NIGHT: dict[str, str] = {
    "paper": "#16181b",
    "band": "#212429",
    "tint": "#1e2939",
    "fault": "#33201f",
    "rule": "#34383d",
    "ink": "#e4e1d9",
    "ink2": "#a9a7a0",
    "ink3": "#8f8f91",
    "accent": "#82aef5",
    "pass": "#79b58c",
    "warn": "#dba94c",
    "fail": "#ef7168",
    "unknown": "#b5a0e3",
    "accepted": "#6dbcc0",
    "later": "#a9a7a0",
    "stale": "#bd9a72",
}
PAPER: dict[str, str] = {
    "paper": "#f8f6f0",
    "band": "#ece8dd",
    "tint": "#e2e7f0",
    "fault": "#f6e4e0",
    "rule": "#d3cec0",
    "ink": "#1f2126",
    "ink2": "#55565a",
    "ink3": "#676769",
    "accent": "#2350b8",
    "pass": "#2b7446",
    "warn": "#8f5a00",
    "fail": "#bd2b24",
    "unknown": "#6647ad",
    "accepted": "#1a6d73",
    "later": "#55565a",
    "stale": "#7d5a2d",
}


def _theme(name: str, dark: bool, colours: dict[str, str]) -> Theme:
    states = {
        f"status-{state}": colours[state] for state in ("pass", "warn", "fail", "unknown", "accepted", "later", "stale")
    }
    return Theme(
        name=name,
        dark=dark,
        primary=colours["accent"],
        secondary=colours["ink2"],
        accent=colours["accent"],
        foreground=colours["ink"],
        background=colours["paper"],
        surface=colours["band"],
        panel=colours["band"],
        success=colours["pass"],
        warning=colours["warn"],
        error=colours["fail"],
        variables={
            **{key: colours[key] for key in ("ink", "ink2", "ink3", "rule", "band", "tint", "fault", "paper")},
            **states,
            "sheet": colours["band"],
            "field": colours["paper"],
            "status-checking": colours["accent"],
            "status-na": colours["ink3"],
            "status-info": colours["ink2"],
            "input-cursor-background": colours["accent"],
            "input-cursor-foreground": colours["paper"],
            "input-selection-background": colours["tint"],
            "block-cursor-background": colours["band"],
            "block-cursor-foreground": colours["ink"],
            "block-hover-background": colours["band"],
            "scrollbar": colours["rule"],
            "scrollbar-hover": colours["ink3"],
            "scrollbar-active": colours["ink3"],
            "scrollbar-background": colours["paper"],
            "scrollbar-background-hover": colours["paper"],
            "scrollbar-background-active": colours["paper"],
            "scrollbar-corner-color": colours["paper"],
        },
    )


LEDGER_NIGHT = _theme("ledger-night", True, NIGHT)
LEDGER_PAPER = _theme("ledger-paper", False, PAPER)
THEMES = (LEDGER_NIGHT, LEDGER_PAPER)
