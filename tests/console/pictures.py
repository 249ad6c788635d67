"""The screens that are drawn: as rows that are compared (`data/rows`), and as SVG for people (`screens`), which is the
same on every machine: no outside font, fixed ids, LF line ends."""

from __future__ import annotations

import html
import re
from pathlib import Path

import msgspec
from dayscene import launch_day
from double import Double, LabDouble
from watchstore import fill, fill_beside, with_sources

from launchready_tui.console.app import Console

FOLDER = Path(__file__).resolve().parents[2] / "screens"
ROWS = Path(__file__).parent / "data" / "rows"
CELL = 12.2
"""How wide a column is in a picture."""
# Name, size, theme, and the keys that lead there from the overview.
PICTURES: dict[str, tuple[tuple[int, int], str, tuple[str, ...]]] = {
    "overview-100x30": ((100, 30), "night", ()),
    "overview-80x24": ((80, 24), "night", ()),
    "overview-100x30-paper": ((100, 30), "paper", ()),
    "items-100x30": ((100, 30), "night", ("v",)),
    "find-100x30": ((100, 30), "night", ("2", "slash", "r", "e", "d", "i", "r")),
    "stage1-100x30": ((100, 30), "night", ("1", "down")),
    "stage2-100x30": ((100, 30), "night", ("2", "down")),
    "stage3-100x30": ((100, 30), "night", ("3", "down")),
    "stage4-100x30": ((100, 30), "night", ("4",)),
    "stage5-100x30": ((100, 30), "night", ("5", "end", "up")),
    "stage6-100x30": ((100, 30), "paper", ("6",)),
    "stage7-100x30": ((100, 30), "night", ("7",)),
    "finding-100x30": ((100, 30), "night", ("2", "down", "enter")),
    "fixes-100x30": ((100, 30), "night", ("x", "down")),
    "people-100x30": ((100, 30), "night", ("p", "down")),
    "without-100x30": ((100, 30), "night", ("p", "down", "m")),
    "systems-100x30": ((100, 30), "paper", ("p", "right")),
    "credentials-100x30": ((100, 30), "night", ("k",)),
    "handover-100x30": ((100, 30), "paper", ("b", "down")),
    "history-100x30": ((100, 30), "night", ("2", "down", "h")),
    "explain-100x30": ((100, 30), "night", ("2", "down", "e")),
    "watch-100x30": ((100, 30), "night", ("w",)),
    "watch-80x24": ((80, 24), "night", ("w",)),
    "watch-140x40": ((140, 40), "paper", ("w",)),
    "watch-large-100x30": ((100, 30), "night", ("w", "enter")),
    "watch-errors-140x40": ((140, 40), "night", ("w", "m", "m")),
    "watch-queues-100x30": ((100, 30), "night", ("w", "m", "m", "m")),
    "watch-regions-80x24": ((80, 24), "night", ("w", "m", "m", "m", "m")),
    "launch-100x30": ((100, 30), "night", ("l",)),
    "launch-80x24": ((80, 24), "night", ("l",)),
    "launch-140x40": ((140, 40), "paper", ("l",)),
    "log-100x30": ((100, 30), "night", ("R", "g")),
    "accept-100x30": ((100, 30), "night", ("2", "down", "a")),
    "help-100x30": ((100, 30), "night", ("2", "question_mark")),
}


def console(
    folder: Path, theme: str, *, watched: bool = False, launching: bool = False, beside: bool = False
) -> Console:
    """The console over the frozen demo, the stored hour of its watch, and the middle of a launch day."""
    lab: object = LabDouble()
    double = Double.recorded(folder)
    if watched:
        fill(folder, double.launch, double.clock.now())
    if beside:
        double.launch_file = msgspec.structs.replace(double.launch_file, launch=with_sources(double.launch))
        fill_beside(folder, double.clock.now())
    if launching:
        launch_day(double)
    return Console(double, lab=lab, live=False, theme=f"ledger-{theme}")  # type: ignore[arg-type]


def normalised(svg: str) -> str:
    """Without the fonts that a browser would fetch, and with ids that do not depend on the content."""
    svg = re.sub(r"@font-face\s*\{.*?\}\s*", "", svg, flags=re.S)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.S)
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    svg = svg.replace("Fira Code, monospace", "Fira Code, DejaVu Sans Mono, Menlo, Consolas, monospace")
    return "\n".join(line.rstrip() for line in svg.replace("\r\n", "\n").splitlines() if line.strip()) + "\n"


def words_of(svg: str) -> tuple[str, ...]:
    """The rows of a picture as text. Each run stands at its own column; what is left out is blank."""
    rows: dict[float, str] = {}
    runs = re.findall(r'<text class="terminal-r\d+" x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>', svg, flags=re.S)
    for x, y, text in runs:
        row = rows.get(float(y), "").ljust(round(float(x) / CELL))
        rows[float(y)] = row + html.unescape(text).replace("\xa0", " ")
    return tuple(row.rstrip() for _, row in sorted(rows.items()))
