"""01-risks: what can hurt the launch, the first ten in fix order, and what was knowingly accepted or put off."""

from __future__ import annotations

from ... import text
from ...findings import State
from ...launch.decisions import Acceptance
from ...verdict import Judged
from ...wording import minutes, plural
from ..blocks import Code, Heading, Para
from ..draft import Draft, plain
from ..model import Document
from ..snapshot import Snapshot
from ..words import FLOWS, STATES, day, is_answered, state_cell
from ..words import weight as weight_of

FIRST = 10
"""A founder gets a short list; the rest stands in the appendix."""
_EVIDENCE = 900


def write(shot: Snapshot) -> Document:
    """The first of the fix order as a table and one by one, then what was accepted; says how much has no answer."""
    draft = Draft(shot, "risks", "Risk list", "01-risks.md")
    verdict = shot.verdict
    fixes = verdict.fixes[:FIRST]
    draft.lead("What can hurt this launch, the most urgent first. What earns money comes before what looks good.")
    for stage in shot.roadmap.stages:
        for spec in stage.checks:
            standing = shot.standing(spec.id)
            draft.known(plain(""), f"answer to “{spec.title}”", str(stage.number), is_answered(standing), about=spec)
    answered, of = shot.answered
    if answered < of:
        missing = f"the answers to {of - answered} of {of} checks, so what they would find is missing from this list"
        draft.blocks.append(Para(missing, "gap"))
    rows = []
    for one in fixes:
        assert one.rank is not None, "what is in the fix order has a place"
        summary = text.clean(one.finding.summary)
        rows.append(
            (
                plain(str(one.rank.place)),
                plain(summary),
                state_cell(one.state),
                plain(weight_of(one)),
                plain(FLOWS.get(one.rank.flow, one.rank.flow)),
                plain(minutes(one.rank.effort_min)),
                plain(", ".join(shot.spec(check).title for check in one.rank.waits_for)),
                draft.fact(
                    shot.person(_owner(shot, one)),
                    f"owner of “{text.shorten(summary, 60)}”",
                    "x",
                    short="owner",
                    about=one.finding,
                ),
            )
        )
    rest = len(verdict.fixes) - len(fixes)
    more = f"; {rest} more in the appendix" if rest else ""
    draft.table(
        f"Fix first ({len(fixes)} of {len(verdict.fixes)}{more})" if fixes else "Fix first",
        "#place|+problem|state|weight|touches|#effort|waits for|@owner",
        rows,
        empty="Nothing has been found that needs fixing." if answered else "Nothing has been looked at yet.",
    )
    if verdict.minutes_left:
        draft.note(f"By the usual efforts, {minutes(verdict.minutes_left)} of work in all.")
    if len(fixes) > 1:
        draft.heading("One by one")
    for one in fixes:
        _story(draft, one)
    _decided(draft)
    return draft.finish()


def _owner(shot: Snapshot, one: Judged) -> str:
    return one.owner or shot.standing(one.finding.check).owner


def _story(draft: Draft, one: Judged) -> None:
    finding, spec = one.finding, draft.snapshot.spec(one.finding.check)
    glyph, _, tone = STATES[one.state]
    place = f"{one.rank.place}  " if one.rank else ""
    draft.blocks.append(Heading(f"{place}{text.clean(finding.summary)}", 3, tone, glyph))
    draft.facts(("Why it matters", plain(spec.why)))
    if finding.evidence:
        draft.blocks.append(Code(evidence_text(one, _EVIDENCE), "What we saw"))
    if finding.remedy:
        draft.facts(("How to fix it", plain(finding.remedy.text)))
        if finding.remedy.paste:
            where = text.clean(finding.remedy.where)
            draft.blocks.append(
                Code(text.clean_block(finding.remedy.paste), f"To paste, {where}" if where else "To paste", paste=True)
            )
    for note in one.notes:
        draft.note(f"{draft.snapshot.person(note.by)}, {day(note.on.date())}: {text.clean(note.text)}")


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
        "+problem|@taken on by|+why|until",
        accepted,
        csv="known-risks",
        empty="No risk has been accepted.",
    )
    draft.table(
        "Put off until after the launch",
        "+problem|@by|+why",
        later,
        empty=f"Nothing was put off ({plural(len(shot.verdict.fixes), 'problem')} open).",
    )
