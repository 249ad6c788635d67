"""01-risks: what can hurt the launch, the first ten in fix order, and what was knowingly accepted or put off."""

from __future__ import annotations

from ... import text
from ...findings import State
from ...launch.decisions import Acceptance
from ...verdict import FixRow, Judged
from ...wording import minutes, plural
from ..blocks import Cell, Code, Heading, Para
from ..draft import Draft, code, plain
from ..model import Document
from ..snapshot import Snapshot
from ..words import FLOWS, STATES, day, is_answered, row_weight, state_cell
from ..words import weight as weight_of

FIRST = 10
"""A founder gets a short list; the rest stands in the appendix."""
_EVIDENCE = 900


def write(shot: Snapshot) -> Document:
    """The first of the fix order as a table and one by one, then what was accepted; says how much has no answer."""
    draft = Draft(shot, "risks", "Risk list", "01-risks.md")
    verdict = shot.verdict
    fixes = verdict.rows[:FIRST]
    draft.lead("What can hurt this launch, the most urgent first. Revenue comes before looks.")
    for stage in shot.roadmap.stages:
        for spec in stage.checks:
            standing = shot.standing(spec.id)
            draft.known(plain(""), f"answer to “{spec.title}”", str(stage.number), is_answered(standing), about=spec)
    answered, of = shot.answered
    if answered < of:
        missing = f"the answers to {of - answered} of {of} checks; this list lacks what they may find"
        draft.blocks.append(Para(missing, "gap"))
    rows = []
    for row in fixes:
        title = text.clean(row.title)
        rows.append(
            (
                plain(str(row.place)),
                plain(title),
                state_cell(row.state),
                plain(row_weight(row)),
                plain(FLOWS.get(row.flow, row.flow)),
                plain(minutes(row.effort_min)),
                plain(", ".join(map(str, row.waits_for))),
                draft.fact(
                    ", ".join(dict.fromkeys(shot.person(_owner(shot, one)) for one in row.members)),
                    f"owner of “{text.shorten(title, 60)}”",
                    "x",
                    short="owner",
                    about=row.first.finding,
                ),
            )
        )
    rest = len(verdict.rows) - len(fixes)
    more = f"; {rest} more in the appendix" if rest else ""
    draft.table(
        f"Fix first ({len(fixes)} of {len(verdict.rows)}{more})" if fixes else "Fix first",
        "#place|+problem|state|severity|affects|#effort|waits for|@owner",
        rows,
        empty="No problems found." if answered else "Nothing has been checked yet.",
    )
    if verdict.minutes_left:
        draft.note(f"Estimated work in total: {minutes(verdict.minutes_left)}.")
    if len(fixes) > 1:
        draft.heading("One by one")
    for row in fixes:
        _story(draft, row)
    _decided(draft)
    return draft.finish()


def _owner(shot: Snapshot, one: Judged) -> str:
    return one.owner or shot.standing(one.finding.check).owner


def _story(draft: Draft, row: FixRow) -> None:
    spec = draft.snapshot.spec(row.first.finding.check)
    glyph, _, tone = STATES[row.state]
    draft.blocks.append(Heading(f"{row.place}  {text.clean(row.title)}", 3, tone, glyph))
    draft.facts(("Why it matters", plain(spec.why)))
    if len(row.members) > 1:
        draft.table("What it is about", "+problem|where|weight", [_inside(one) for one in row.members])
    if row.behind:
        draft.table("Hidden until it is fixed", "+problem|where|weight", [_inside(one) for one in row.behind])
    if row.first.finding.evidence:
        draft.blocks.append(Code(evidence_text(row.first, _EVIDENCE), "What we saw"))
    if row.remedy:
        draft.facts(("How to fix it", plain(row.remedy.text)))
        if row.remedy.paste:
            where = text.clean(row.remedy.where)
            draft.blocks.append(
                Code(text.clean_block(row.remedy.paste), f"To paste, {where}" if where else "To paste", paste=True)
            )
    for one in row.members:
        for note in one.notes:
            draft.note(f"{draft.snapshot.person(note.by)}, {day(note.on.date())}: {text.clean(note.text)}")


def _inside(one: Judged) -> tuple[Cell, ...]:
    return plain(text.clean(one.finding.summary)), code(one.finding.subject), plain(weight_of(one))


def evidence_text(one: Judged, limit: int) -> str:
    """What was seen, each piece under its label, cut where it would drown the page."""
    parts = []
    for item in one.finding.evidence:
        body = text.clean_block(item.text)
        cut = text.shorten(body, limit)
        label = text.clean(item.label)
        parts.append(f"{label}:\n{cut}" if "\n" in cut else f"{label}: {cut}")
    return "\n".join(parts)


def _decided(draft: Draft) -> None:
    shot = draft.snapshot
    judged = [one for standing in shot.verdict.standings.values() for one in standing.findings]
    accepted = [
        (
            plain(one.finding.summary),
            plain(shot.person(one.decision.by)),
            plain(one.decision.reason),
            plain(day(one.decision.until.date())),
        )
        for one in judged
        if one.state is State.ACCEPTED and isinstance(one.decision, Acceptance)
    ]
    later = [
        (plain(one.finding.summary), plain(shot.person(one.decision.by)), plain(one.decision.reason))
        for one in judged
        if one.state is State.LATER and one.decision is not None
    ]
    draft.blocks.append(Heading("Decided"))
    draft.table(
        "Known risks",
        "+problem|@accepted by|+why|until",
        accepted,
        csv="known-risks",
        empty="No risk has been accepted.",
    )
    draft.table(
        "Postponed until after launch",
        "+problem|@by|+why",
        later,
        empty=f"Nothing has been postponed ({plural(len(shot.verdict.fixes), 'problem')} open).",
    )
