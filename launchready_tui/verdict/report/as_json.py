"""The report for programs: one JSON document, stable and versioned. The types here are its schema (JSON Schema
2020-12)."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from ... import __version__
from ...facts import VERSION as FACTS_VERSION
from ...facts import Fact
from ...findings import Remedy, State
from ...launch.decisions import Acceptance, Confirmation, PutOff
from ...roadmap.model import Answer
from ...wording import Value
from .. import FixRow, Judged, Standing, accepted_until, confirmed_until
from .model import Report

StateWord = Literal["pass", "warn", "fail", "info", "unknown", "not-applicable", "accepted", "later"]
SeverityWord = Literal["blocker", "high", "medium", "low"]


class EvidenceOut(msgspec.Struct, kw_only=True):
    """What was seen."""

    label: str
    text: str
    source: str
    at: datetime | None


class RemedyOut(msgspec.Struct, kw_only=True):
    """What to do; `paste` is the exact text, for the system in `where`."""

    text: str
    paste: str
    where: str


class DecisionOut(msgspec.Struct, kw_only=True):
    """What somebody decided; people by id."""

    kind: Literal["accepted", "later"]
    by: str
    recorded_by: str
    reason: str
    on: datetime
    until: datetime | None


class WordOut(msgspec.Struct, kw_only=True):
    """A person's word that an answer stands on; people by id. `until` at the latest: the next commit or deploy may
    end it before."""

    answer: Answer
    by: str
    recorded_by: str
    on: datetime
    until: datetime


class CountsOut(msgspec.Struct, kw_only=True):
    """Answered checks by what they stand on."""

    seen: int
    said: int
    not_applicable: int


class RankOut(msgspec.Struct, kw_only=True):
    """The place in the fix order, and its inputs. `place` is that of the row of `fixes` that it belongs to, `waits_for`
    the places of those that stand in its way."""

    place: int
    blocks: bool
    flow: str
    effort_min: int
    waits_for: list[int]


class FixOut(msgspec.Struct, kw_only=True):
    """One thing to do, a row of the fix order: findings with one cause and one remedy, by id. `behind` could not be
    seen because of the members; `waits_for` are the places of the rows that stand in the way, `unblocks` of those that
    wait for this one."""

    place: int
    id: str
    title: str
    state: StateWord
    severity: SeverityWord
    blocks: bool
    flow: str
    effort_min: int
    waits_for: list[int]
    unblocks: list[int]
    members: list[str]
    behind: list[str]
    remedy: RemedyOut | None


class FindingOut(msgspec.Struct, kw_only=True):
    """One finding. `state` has decisions laid over what was seen, `seen` has not. `summary` is the rule's message
    `message`, its places filled with `values`; `facts` are what was seen, as data, of the version `facts_version`."""

    id: str
    check: str
    rule: str
    subject: str
    state: StateWord
    seen: StateWord
    severity: SeverityWord
    summary: str
    message: str
    values: dict[str, Value]
    facts: list[Fact]
    evidence: list[EvidenceOut]
    remedy: RemedyOut | None
    via: str | None
    owner: str | None
    decision: DecisionOut | None
    by_word: WordOut | None
    fresh_until: datetime | None
    rank: RankOut | None


class CheckOut(msgspec.Struct, kw_only=True):
    """One check. `duration_ms` is null where a person answers it or it never ran."""

    check: str
    stage: str
    title: str
    state: StateWord
    severity: SeverityWord
    automated: bool
    by_word: bool
    ran: bool
    stale: bool
    seen_at: datetime | None
    fresh_until: datetime | None
    duration_ms: int | None
    owner: str | None


class ReportOut(msgspec.Struct, kw_only=True):
    """The whole report. `verdict` is null where only some checks ran, or where the run was cancelled."""

    schema: Literal[1]
    tool: str
    launch: str
    domain: str
    started_at: datetime
    finished_at: datetime
    outcome: Literal["done", "cancelled"]
    verdict: Literal["GO", "GO WITH ACCEPTED RISKS", "NO-GO"] | None
    reasons: list[str]
    demo: bool
    kept: bool
    via: str | None
    fragile: bool
    minimum_bar: dict[str, StateWord]
    counts: CountsOut
    facts_version: int
    minutes_left: int
    fixes: list[FixOut]
    findings: list[FindingOut]
    checks: list[CheckOut]


def render(report: Report) -> str:
    """The report as ASCII JSON: no character of it steers a terminal."""
    return json.dumps(msgspec.to_builtins(document(report)), indent=2, ensure_ascii=True) + "\n"


def document(report: Report) -> ReportOut:
    """The report as its types."""
    return ReportOut(
        schema=1,
        tool=f"launchready {__version__}",
        launch=report.name,
        domain=report.domain,
        started_at=report.started_at.astimezone(UTC),
        finished_at=report.finished_at.astimezone(UTC),
        outcome=report.outcome,
        verdict=report.word,  # type: ignore[arg-type]
        reasons=list(report.verdict.reasons) if report.word else [],
        demo=report.verdict.demo,
        kept=report.kept,
        via=report.via or None,
        fragile=report.verdict.fragile,
        minimum_bar={light.light.id: _word(light.state) for light in report.verdict.lights},
        counts=CountsOut(**asdict(report.verdict.counts)),
        facts_version=FACTS_VERSION,
        minutes_left=report.minutes_left,
        fixes=list(map(_fix, report.rows)),
        findings=[_finding(one, standing) for standing in report.standings for one in standing.findings],
        checks=[_check(standing, report) for standing in report.standings],
    )


def schema() -> str:
    """The JSON Schema of `render`'s answer, as it lies in the package (`check.schema.json`)."""
    made: dict[str, Any] = msgspec.json.schema(ReportOut)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "LaunchReady check report",
        "description": "What `launchready check --format json` prints.",
    }
    return json.dumps({**head, **made}, indent=2, ensure_ascii=True, sort_keys=False) + "\n"


def _word(state: State) -> StateWord:
    word: StateWord = state.value
    return word


def _finding(judged: Judged, standing: Standing) -> FindingOut:
    finding, rank = judged.finding, judged.rank
    return FindingOut(
        id=finding.id,
        check=finding.check,
        rule=finding.rule,
        subject=finding.subject,
        state=_word(judged.state),
        seen=_word(finding.state),
        severity=finding.severity.value,
        summary=finding.summary,
        message=finding.message,
        values=finding.values,
        facts=list(finding.facts),
        evidence=[
            EvidenceOut(label=one.label, text=one.text, source=one.source, at=one.at) for one in finding.evidence
        ],
        remedy=_remedy(finding.remedy),
        via=finding.via or None,
        owner=judged.owner or None,
        decision=_decision(judged.decision),
        by_word=_said(judged.by_word),
        fresh_until=standing.fresh_until,
        rank=RankOut(
            place=rank.place,
            blocks=rank.blocks,
            flow=rank.flow,
            effort_min=rank.effort_min,
            waits_for=list(rank.waits_for),
        )
        if rank
        else None,
    )


def _fix(row: FixRow) -> FixOut:
    return FixOut(
        place=row.place,
        id=row.id,
        title=row.title,
        state=_word(row.state),
        severity=row.severity.value,
        blocks=row.blocks,
        flow=row.flow,
        effort_min=row.effort_min,
        waits_for=list(row.waits_for),
        unblocks=list(row.unblocks),
        members=[one.id for one in row.members],
        behind=[one.id for one in row.behind],
        remedy=_remedy(row.remedy),
    )


def _remedy(remedy: Remedy | None) -> RemedyOut | None:
    return RemedyOut(text=remedy.text, paste=remedy.paste, where=remedy.where) if remedy else None


def _decision(decision: Acceptance | PutOff | None) -> DecisionOut | None:
    if decision is None:
        return None
    return DecisionOut(
        kind="accepted" if isinstance(decision, Acceptance) else "later",
        by=decision.by,
        recorded_by=decision.recorded_by,
        reason=decision.reason,
        on=decision.on,
        until=accepted_until(decision) if isinstance(decision, Acceptance) else None,
    )


def _said(word: Confirmation | None) -> WordOut | None:
    if word is None:
        return None
    until = confirmed_until(word)
    return WordOut(answer=word.answer, by=word.by, recorded_by=word.recorded_by, on=word.on, until=until)


def _check(standing: Standing, report: Report) -> CheckOut:
    return CheckOut(
        check=standing.spec.id,
        stage=standing.spec.stage,
        title=standing.spec.title,
        state=_word(standing.state),
        severity=standing.spec.severity.value,
        automated=standing.spec.automated,
        by_word=standing.by_word,
        ran=standing.spec.id in report.ran,
        stale=standing.stale,
        seen_at=standing.seen_at,
        fresh_until=standing.fresh_until,
        duration_ms=standing.result.duration_ms if standing.result else None,
        owner=standing.owner or None,
    )
