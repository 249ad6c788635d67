"""11-reports: the appendix, everything that was looked at and everything that was found."""

from __future__ import annotations

from ... import text
from ...findings import State
from ...verdict import Judged
from ...wording import minutes
from ..blocks import Cell, Heading
from ..draft import Draft, code, plain
from ..model import Document
from ..snapshot import Snapshot
from ..words import FLOWS, is_answered, short_moment, standing_cell, state_cell
from ..words import weight as weight_of


def write(shot: Snapshot) -> Document:
    """The appendix: the whole fix order, then each stage's checks with all findings."""
    draft = Draft(shot, "reports", "Appendix: all checks and findings", "11-reports.md")
    draft.lead("All checks and all findings, for the people who fix them. The “data” folder has the same as tables.")
    draft.table(
        "All problems, in fix order",
        "#place|+problem|where|state|severity|affects|#effort|waits for|rule",
        _fixes(shot),
        csv="risks",
        empty="No problems found.",
    )
    for stage in shot.roadmap.stages:
        draft.blocks.append(Heading(f"{stage.number}  {stage.title}"))
        for spec in stage.checks:
            draft.known(
                plain(""),
                f"answer to “{spec.title}”",
                str(stage.number),
                is_answered(shot.standing(spec.id)),
                about=spec,
            )
        findings = [
            one
            for spec in stage.checks
            for one in shot.standing(spec.id).findings
            if spec.automated or one.state is not State.UNKNOWN
        ]
        draft.table(
            f"Findings: {stage.title}",
            "check|state|+finding|where|severity",
            [_finding(shot, one) for one in findings],
            empty="Nothing has been checked yet.",
        )
    draft.table("All checks", "check|state|+goal|last checked|valid until|@owner|id", _checks(shot), csv="checks")
    return draft.finish()


def _fixes(shot: Snapshot) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for one in shot.verdict.fixes:
        rank = one.rank
        rows.append(
            (
                plain(str(rank.place) if rank else ""),
                plain(one.finding.summary),
                code(one.finding.subject),
                state_cell(one.state),
                plain(weight_of(one)),
                plain(FLOWS.get(rank.flow, rank.flow) if rank else ""),
                plain(minutes(rank.effort_min) if rank else ""),
                plain(", ".join(map(str, rank.waits_for)) if rank else ""),
                code(one.finding.rule),
            )
        )
    return rows


def _finding(shot: Snapshot, one: Judged) -> tuple[Cell, ...]:
    weighs = one.state in (State.FAIL, State.WARN, State.UNKNOWN, State.ACCEPTED, State.LATER)
    weight = weight_of(one) if weighs else ""
    return (
        plain(shot.spec(one.finding.check).title),
        state_cell(one.state),
        plain(text.shorten(text.clean(one.finding.summary), 300)),
        code(one.finding.subject),
        plain(weight),
    )


def _checks(shot: Snapshot) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for stage in shot.roadmap.stages:
        for spec in stage.checks:
            standing = shot.standing(spec.id)
            rows.append(
                (
                    plain(spec.title),
                    standing_cell(standing),
                    plain(spec.goal),
                    plain(short_moment(standing.seen_at) if standing.seen_at else ""),
                    plain(short_moment(standing.fresh_until) if standing.fresh_until else ""),
                    plain(shot.person(standing.owner) if standing.owner else ""),
                    code(spec.id),
                )
            )
    return rows
