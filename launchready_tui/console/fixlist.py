"""The fix order as lines of a table: a row of one cause and one remedy is one line, which opens into its findings."""

from __future__ import annotations

from collections.abc import Collection

from ..verdict import FixRow, Judged
from . import words
from .ink import Cell, Spans
from .store import Snapshot
from .target import Target
from .widgets.ledger import Row


def fix_lines(snap: Snapshot, opened: Collection[str] = ()) -> list[Row]:
    """Place, what is wrong, stage, severity, flow, effort, what it waits for: a line for each row of the fix order, and
    below those of `opened` (by their ids) a line for each finding in them; what they hide hangs from them."""
    lines = []
    for row in snap.verdict.rows:
        inside = [_inside(snap, one, "  ") for one in row.members if one.id != row.id]
        inside += [_inside(snap, one, "└ ") for one in row.behind]
        is_open = row.id in opened
        lines.append(_line(snap, row, is_open, () if is_open else tuple(inside)))
        lines += inside if is_open else []
    return lines


def _line(snap: Snapshot, row: FixRow, is_open: bool, inside: tuple[Row, ...]) -> Row:
    stage = snap.stage_of(row.first.finding.check)
    title: Spans = [("▾ " if is_open else "▸ ", "ink3")] if row.opens else []
    cells: list[Cell] = [
        str(row.place),
        [*title, (words.row_headline(row, snap.launch), "ink")],
        stage.title if stage and not row.shared else "",
        severity_of(row),
        row.flow,
        words.minutes(row.effort_min),
        waits_for(snap, row),
    ]
    return Row(row.id, cells, words.glyph(words.look(row.state)), words.look(row.state), inside=inside)


def _inside(snap: Snapshot, judged: Judged, lead: str) -> Row:
    stage = snap.stage_of(judged.finding.check)
    told: Spans = [(lead, "ink3"), (words.headline(judged.finding, snap.launch), "ink2")]
    weight = (words.weight(judged), "ink3")
    cells: list[Cell] = ["", told, stage.title if stage else "", weight, "", "", parked(snap, judged)]
    return Row(judged.id, cells, words.glyph(words.look(judged.state)), words.look(judged.state))


def severity_of(row: FixRow) -> Cell:
    """How heavy a row is: as heavy as its heaviest finding. What stops the launch stands out."""
    return (words.weight(row.first), "ink" if row.stops else "ink2" if row.blocks else "ink3")


def waits_for(snap: Snapshot, row: FixRow) -> str:
    """What a row waits for: somebody until a time, or the rows before it."""
    if all(one.parked for one in row.members):
        return parked(snap, row.first)
    return ", ".join(map(str, row.waits_for))


def parked(snap: Snapshot, judged: Judged) -> str:
    """Who a finding waits for, and until when."""
    return f"{snap.name(judged.parked.waiting_for)}, {judged.parked.until:%H:%M}" if judged.parked else ""


def target_of(snap: Snapshot, key: str) -> Target | None:
    """What the line of a key stands for: a finding, or a whole row of several."""
    row = next((row for row in snap.verdict.rows if row.id == key), None)
    judged = row.first if row else snap.verdict.finding(key)
    standing = snap.standing(judged.finding.check) if judged else None
    if standing is None:
        return None
    return Target(standing, judged, row.members if row and len(row.members) > 1 else ())


def checks_of(snap: Snapshot, key: str) -> tuple[str, ...]:
    """The checks that a line of more than one finding speaks of, those that it hides among them."""
    row = next((row for row in snap.verdict.rows if row.id == key and row.opens), None)
    return tuple(dict.fromkeys(one.finding.check for one in row.findings)) if row else ()
