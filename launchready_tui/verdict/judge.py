"""Lays decisions and time over what the checks saw, and says the word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec

from ..checks.base import Say
from ..clock import stamp
from ..findings import WHOLE_LAUNCH, CheckResult, Evidence, Finding, Remedy, Severity, State, worst
from ..launch.decisions import Acceptance, Confirmation, Decisions, Owner, Parked, PutOff
from ..persons import NOBODY, PersonId
from ..roadmap import shared_sheet
from ..roadmap.model import LIGHTS, CheckSpec, Roadmap
from ..wording import fill
from .model import Judged, LightNow, Standing, Verdict, Word
from .ranking import fix_order

LONGEST = timedelta(days=30)
"""No answer is fresh for longer, not even one that the next commit or deploy ends."""
LONGEST_ACCEPTANCE = timedelta(days=90)
"""A risk is accepted for so long at most, whatever the file says."""

_SHOWN_FIRST = (
    State.FAIL,
    State.UNKNOWN,
    State.WARN,
    State.ACCEPTED,
    State.LATER,
    State.PASS,
    State.INFO,
    State.NOT_APPLICABLE,
)
# A dark light that somebody accepted is worse than a warning: it is still dark.
_LIGHT_ORDER = (State.FAIL, State.UNKNOWN, State.ACCEPTED, State.WARN, State.PASS, State.NOT_APPLICABLE)
_LIT = (State.WARN, State.PASS, State.NOT_APPLICABLE)


def judge(
    roadmap: Roadmap,
    results: Mapping[str, CheckResult],
    decisions: Decisions,
    now: datetime,
    *,
    demo: bool = False,
    commit: str = "",
    deploy: str = "",
    papers: str = "",
) -> Verdict:
    """Where the launch stands at `now`.

    `results` holds the newest kept result of each check; `commit`, `deploy` and `papers` say what is current.
    """
    book = _Book(decisions, now)
    standings = {
        spec.id: _automated(spec, results.get(spec.id), book, (commit, deploy, papers))
        if spec.automated
        else _for_a_person(spec, book)
        for spec in roadmap.checks.values()
    }
    ranks = fix_order(standings)
    standings = {
        name: replace(standing, findings=tuple(replace(one, rank=ranks.get(one.id)) for one in standing.findings))
        for name, standing in standings.items()
    }
    everything = [one for standing in standings.values() for one in standing.findings]
    fixes = sorted(
        (one for one in everything if one.rank is not None), key=lambda one: one.rank.place if one.rank else 0
    )
    lights = tuple(_light(roadmap, light_id, standings) for light_id in range(len(LIGHTS)))
    blockers = sum(one.stops for one in everything)
    unanswered = [
        standing
        for standing in standings.values()
        if standing.blocks and not any(one.stops for one in standing.findings)
    ]
    dark = [light for light in lights if not light.lit and light.state is not State.ACCEPTED]
    leaning = [light for light in lights if light.state is State.ACCEPTED]
    accepted = [one for one in everything if one.state is State.ACCEPTED]
    heavy = [one for one in accepted if _would_block(one.finding, standings[one.finding.check].spec)]
    word: Word = "NO-GO" if blockers or unanswered or dark else "GO WITH ACCEPTED RISKS" if heavy or leaning else "GO"
    return Verdict(
        word=word,
        at=now,
        demo=demo,
        reasons=_reasons(
            blockers, unanswered, dark, accepted, [one for one in everything if one.lapsed and one.is_open]
        ),
        lights=lights,
        standings=standings,
        fixes=tuple(fixes),
        questions=tuple(standing for standing in standings.values() if _asks(standing)),
        not_run=tuple(s.spec.id for s in standings.values() if s.spec.automated and s.result is None),
        stale=tuple(s.spec.id for s in standings.values() if s.spec.automated and s.stale),
        minutes_left=_minutes_left(fixes, standings),
        blockers=blockers,
        unanswered=len(unanswered),
        accepted=len(accepted),
    )


def _minutes_left(fixes: Iterable[Judged], standings: Mapping[str, Standing]) -> int:
    """The usual effort of each check with something to mend. One whose remedies all came up before costs nothing
    more."""
    done: set[Remedy] = set()
    asked: dict[str, list[Remedy | None]] = {}
    for one in fixes:
        if one.state is not State.UNKNOWN:
            asked.setdefault(one.finding.check, []).append(one.finding.remedy)
    total = 0
    for check, remedies in asked.items():
        known = {remedy for remedy in remedies if remedy is not None}
        if None in remedies or not known <= done:
            total += standings[check].spec.effort_min
        done |= known
    return total


def utc(at: datetime) -> datetime:
    """A moment from a file: one without a zone is UTC."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def confirmed_until(confirmation: Confirmation) -> datetime:
    """A person's word holds for 30 days at most."""
    return min(utc(confirmation.until), utc(confirmation.on) + LONGEST)


def accepted_until(acceptance: Acceptance) -> datetime:
    """An accepted risk comes back after 90 days at the latest."""
    return min(utc(acceptance.until), utc(acceptance.on) + LONGEST_ACCEPTANCE)


class _Book:
    """The decisions, looked up by what they are about."""

    def __init__(self, decisions: Decisions, now: datetime) -> None:
        self.now = now
        self._decisions = decisions
        self._confirmed: dict[str, Confirmation] = {}
        for confirmation in sorted(decisions.confirmations, key=lambda one: utc(one.on)):
            self._confirmed[confirmation.check] = confirmation
        self._accepted: dict[tuple[str, str], Acceptance] = {}
        for acceptance in sorted(decisions.accepted, key=lambda one: utc(one.on)):
            self._accepted[acceptance.rule, acceptance.subject] = acceptance
        self._later: dict[tuple[str, str], PutOff] = {(one.rule, one.subject): one for one in decisions.later}

    def confirmation(self, check: str) -> Confirmation | None:
        return self._confirmed.get(check)

    def confirms(self, check: str) -> bool:
        found = self._confirmed.get(check)
        return found is not None and self.now < confirmed_until(found)

    def owner(self, check: str, rule: str = "", subject: str = "") -> PersonId:
        """The owner of a finding, of all findings of its rule, or of its check: the nearest counts."""
        targets = [("", rule, subject), ("", rule, ""), (check, "", "")] if rule else [(check, "", "")]
        owners = {_target(one): one.person for one in self._decisions.owners}
        return next((owners[target] for target in targets if target in owners), NOBODY)

    def parked(self, check: str = "", rule: str = "", subject: str = "") -> Parked | None:
        wanted = ("", rule, subject) if rule else (check, "", "")
        waiting = [one for one in self._decisions.parked if _target(one) == wanted and self.now < utc(one.until)]
        return max(waiting, key=lambda one: utc(one.until), default=None)

    def judged(self, finding: Finding, spec: CheckSpec, *, lift: bool = False) -> Judged:
        """A finding with its decisions laid over. `lift`: a person has confirmed what could not be seen."""
        key = (finding.rule, finding.subject)
        state = finding.state
        decision: Acceptance | PutOff | None = None
        lapsed: Acceptance | None = None
        if state is State.UNKNOWN and lift:
            state = State.PASS
        is_open = state in (State.FAIL, State.WARN, State.UNKNOWN)
        acceptance, put_off = self._accepted.get(key), self._later.get(key)
        if acceptance and is_open and self.now < accepted_until(acceptance):
            state, decision = State.ACCEPTED, acceptance
        elif put_off and is_open and not _is_blocker(finding, spec):
            state, decision = State.LATER, put_off
        elif acceptance and is_open:
            lapsed = acceptance
        return Judged(
            finding=finding,
            state=state,
            owner=self.owner(finding.check, *key),
            decision=decision,
            lapsed=lapsed,
            parked=self.parked(rule=finding.rule, subject=finding.subject),
            notes=tuple(one for one in self._decisions.notes if _target(one) == ("", *key)),
            blocks=state in (State.FAIL, State.UNKNOWN) and _would_block(finding, spec),
        )

    def standing(self, spec: CheckSpec, state: State, findings: Iterable[Judged]) -> Standing:
        return Standing(
            spec=spec,
            state=state,
            findings=tuple(sorted(findings, key=_shown)),
            owner=self.owner(spec.id),
            parked=self.parked(check=spec.id),
            confirmation=self.confirmation(spec.id),
            notes=tuple(one for one in self._decisions.notes if _target(one) == (spec.id, "", "")),
        )


def _target(entry: Owner | Parked | object) -> tuple[str, str, str]:
    check, rule, subject = (getattr(entry, name) for name in ("check", "rule", "subject"))
    return ("", rule, subject) if rule else (check, "", "")


def _shown(judged: Judged) -> tuple[int, int, str, str]:
    """The worst first; then always in the same order, however the findings came in."""
    return _SHOWN_FIRST.index(judged.state), judged.finding.severity.weight, judged.finding.rule, judged.finding.subject


def _is_blocker(finding: Finding, spec: CheckSpec) -> bool:
    """A blocker by its own severity, or unknown where the answer could be one."""
    return finding.severity is Severity.BLOCKER or (
        finding.state is State.UNKNOWN and spec.severity is Severity.BLOCKER
    )


def _would_block(finding: Finding, spec: CheckSpec) -> bool:
    if finding.state is State.FAIL:
        return finding.severity is Severity.BLOCKER
    return finding.state is State.UNKNOWN and spec.severity is Severity.BLOCKER


def _for_a_person(spec: CheckSpec, book: _Book) -> Standing:
    """A check that only a person answers: confirmed and fresh, or unknown."""
    confirmation, holds = book.confirmation(spec.id), book.confirms(spec.id)
    by = NOBODY if confirmation is None else confirmation.by
    say = Say(spec.id, people=[by], sheet=shared_sheet())
    seen = (
        ()
        if confirmation is None
        else [Evidence.of("confirmed", confirmation.evidence, source=by, at=utc(confirmation.on))]
    )
    if holds:
        finding = say.passed("confirmed", WHOLE_LAUNCH, by=by, goal=spec.goal, evidence=seen)
    else:
        message, question = "expired" if confirmation else "unknown", spec.question
        finding = say.unknown(
            "not-confirmed", WHOLE_LAUNCH, message, by=by, goal=spec.goal, question=question, evidence=seen
        )
    finding = msgspec.structs.replace(finding, severity=spec.severity)
    judged = book.judged(finding, spec)
    standing = book.standing(spec, judged.state, [judged])
    if confirmation is None:
        return standing
    return replace(standing, seen_at=utc(confirmation.on), fresh_until=confirmed_until(confirmation), stale=not holds)


def _automated(spec: CheckSpec, result: CheckResult | None, book: _Book, current: tuple[str, str, str]) -> Standing:
    """A check that code answers; where it could not see and a person may say so, their word lifts it."""
    if result is None:
        return book.standing(spec, State.UNKNOWN, ())
    lift = "person" in spec.how and book.confirms(spec.id)
    findings = [book.judged(finding, spec, lift=lift) for finding in result.findings]
    state = worst([one.state for one in findings])
    if state is State.UNKNOWN and not any(one.state is State.UNKNOWN for one in findings):
        nothing = book.judged(_not_judged(spec, result), spec, lift=lift)
        findings.append(nothing)
        state = nothing.state
    commit, deploy, papers = current
    fresh_until = result.started_at + (spec.keeps or LONGEST)
    stale = (
        book.now >= fresh_until
        or not result.readable
        or (spec.shelf_life == "commit" and _moved_on(result.commit, commit))
        or (spec.shelf_life == "deploy" and _moved_on(result.deploy, deploy))
        or _moved_on(result.papers, papers)
    )
    return replace(
        book.standing(spec, State.UNKNOWN if stale else state, findings),
        result=result,
        seen_at=result.started_at,
        fresh_until=fresh_until,
        stale=stale,
    )


def _moved_on(then: str, now: str) -> bool:
    """Both are known and differ; what is not known cannot end an answer."""
    return bool(then and now and then != now)


def _not_judged(spec: CheckSpec, result: CheckResult) -> Finding:
    """Only facts, no judgement: that is unknown, and the first fact that comes with a way out says what to do."""
    first, severity = next((one for one in result.findings if one.remedy), None), spec.severity
    say = Say(spec.id, people=first.people if first else (), sheet=shared_sheet())
    if first is None:
        return say.unknown("not-judged", WHOLE_LAUNCH, severity=severity, goal=spec.goal)
    return say.unknown("not-judged", WHOLE_LAUNCH, "seen", severity=severity, seen=first.summary, remedy=first.remedy)


def _light(roadmap: Roadmap, number: int, standings: Mapping[str, Standing]) -> LightNow:
    """The worst of its checks. What is put off stays dark: putting off is not accepting."""
    light = LIGHTS[number]
    checks = tuple(spec.id for spec in roadmap.light(light.id))
    states = [state for check in checks for state in _light_states(standings[check])]
    state = next((one for one in _LIGHT_ORDER if one in states), State.UNKNOWN)
    return LightNow(light, state, state in _LIT, checks)


def _light_states(standing: Standing) -> list[State]:
    if standing.spec.automated and (standing.stale or standing.result is None):
        return [State.UNKNOWN]
    states: list[State] = []
    for one in standing.findings:
        put_off = one.state is State.LATER or (one.state is State.ACCEPTED and one.finding.state is State.WARN)
        state = one.finding.state if put_off else one.state
        if state is not State.INFO:
            states.append(state)
    return states or [standing.state]


def _asks(standing: Standing) -> bool:
    """Whether a person's answer is what is missing now."""
    if standing.parked or standing.state is not State.UNKNOWN:
        return False
    if not standing.spec.automated:
        return True
    return standing.result is not None and not standing.stale and "person" in standing.spec.how


def _reasons(
    blockers: int, unanswered: list[Standing], dark: list[LightNow], accepted: list[Judged], lapsed: list[Judged]
) -> tuple[str, ...]:
    reasons = []
    if blockers:
        reasons.append(fill("{n:1 problem stops|# problems stop} the launch", {"n": blockers}))
    if unanswered:
        kinds = {
            "not run yet": sum(s.spec.automated and s.result is None for s in unanswered),
            "out of date": sum(s.spec.automated and s.stale for s in unanswered),
            "could not be checked": sum(s.spec.automated and s.result is not None and not s.stale for s in unanswered),
            "for a person to confirm": sum(not s.spec.automated for s in unanswered),
        }
        what = fill("{n:1 launch-blocking check has|# launch-blocking checks have}", {"n": len(unanswered)})
        parts = [f"{count} {kind}" for kind, count in kinds.items() if count]
        if kinds["not run yet"] == len(unanswered):
            reasons.append(f"{what} not run yet")
        else:
            reasons.append(f"{what} no answer: {', '.join(parts)}")
    if dark:
        reasons.append("Minimum bar not met: " + ", ".join(light.light.title for light in dark))
    if lapsed:
        reasons.append(fill("{n:1 accepted risk has|# accepted risks have} expired", {"n": len(lapsed)}))
    if accepted:
        ends = min(accepted_until(one.decision) for one in accepted if isinstance(one.decision, Acceptance))
        known = "{n:1 known risk is accepted until|# known risks are accepted, the first of them until} {ends}"
        reasons.append(fill(known, {"n": len(accepted), "ends": stamp(ends)}))
    return tuple(reasons)
