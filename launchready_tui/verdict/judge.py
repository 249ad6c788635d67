"""Lays decisions and time over what the checks saw, and says the word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from ..checks.base import Say
from ..clock import stamp
from ..facts import Timing
from ..findings import WHOLE_LAUNCH, CheckResult, Evidence, Finding, Severity, State, worst
from ..launch.decisions import Acceptance, Confirmation, Decisions, Owner, Parked, PutOff
from ..launch.model import Launch
from ..persons import NOBODY, PersonId
from ..roadmap import shared_sheet
from ..roadmap.model import LIGHTS, CheckSpec, LightId, Roadmap
from ..wording import fill
from .model import Counts, Judged, LightNow, Standing, Verdict, Word
from .ranking import fix_rows, minutes_of

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
    launch: Launch | None = None,
    demo: bool = False,
    commit: str = "",
    deploy: str = "",
    deployed_at: datetime | None = None,
    papers: str = "",
) -> Verdict:
    """Where the launch stands at `now`.

    `results` holds the newest kept result of each check; `launch` says which flow a host and a route belong to;
    `commit`, `deploy` and `papers` say what is current, and `deployed_at` since when the deploy is.
    """
    current = _Current(commit, deploy, deployed_at, papers)
    book = _Book(decisions, now, current)
    standings = {
        spec.id: _automated(spec, results.get(spec.id), book) if spec.automated else _for_a_person(spec, book)
        for spec in roadmap.checks.values()
    }
    for spec in roadmap.checks.values():
        if spec.answered_by in standings:
            standings[spec.id] = _measured(standings[spec.id], standings[spec.answered_by], book)
    rows = fix_rows(standings, roadmap, launch)
    ranks = {one.id: one.rank for row in rows for one in row.findings}
    standings = {
        name: replace(standing, findings=tuple(replace(one, rank=ranks.get(one.id)) for one in standing.findings))
        for name, standing in standings.items()
    }
    everything = [one for standing in standings.values() for one in standing.findings]
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
    high = [one for one in everything if one.is_open and not one.blocks and one.finding.severity is Severity.HIGH]
    unseen = [standing for standing in standings.values() if _stands_on_a_word_alone(standing)]
    risky = heavy or leaning or unseen
    word: Word = "NO-GO" if blockers or unanswered or dark else "GO WITH ACCEPTED RISKS" if risky else "GO"
    return Verdict(
        word=word,
        at=now,
        demo=demo,
        reasons=_reasons(
            blockers,
            unanswered,
            dark,
            accepted,
            [one for one in everything if one.lapsed and one.is_open],
            unseen,
            high,
        ),
        lights=lights,
        standings=standings,
        rows=rows,
        questions=tuple(standing for standing in standings.values() if _asks(standing)),
        not_run=tuple(s.spec.id for s in standings.values() if s.spec.automated and s.result is None),
        stale=tuple(s.spec.id for s in standings.values() if s.spec.automated and s.stale),
        minutes_left=minutes_of(rows),
        blockers=blockers,
        unanswered=len(unanswered),
        accepted=len(accepted),
        counts=_counts(standings.values()),
    )


def _counts(standings: Iterable[Standing]) -> Counts:
    """Every check that has an answer, once."""
    seen = said = nothing = 0
    for one in standings:
        if one.state is State.NOT_APPLICABLE:
            nothing += 1
        elif one.state is not State.UNKNOWN:
            said += one.by_word
            seen += not one.by_word
    return Counts(seen, said, nothing)


def _stands_on_a_word_alone(standing: Standing) -> bool:
    """A check that can stop the launch, could be seen, and was answered by a word instead."""
    good = standing.state in (State.PASS, State.WARN, State.NOT_APPLICABLE)
    return good and standing.by_word and standing.spec.severity is Severity.BLOCKER and bool(standing.spec.seen_by)


def utc(at: datetime) -> datetime:
    """A moment from a file: one without a zone is UTC."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def confirmed_until(confirmation: Confirmation) -> datetime:
    """A person's word holds for 30 days at most."""
    return min(utc(confirmation.until), utc(confirmation.on) + LONGEST)


def accepted_until(acceptance: Acceptance) -> datetime:
    """An accepted risk comes back after 90 days at the latest."""
    return min(utc(acceptance.until), utc(acceptance.on) + LONGEST_ACCEPTANCE)


class _Current(NamedTuple):
    """What is current: commit of the repository, deploy in production and since when, people and inventory. Empty
    where unknown, and what is not known ends no answer."""

    commit: str
    deploy: str
    deployed_at: datetime | None
    papers: str

    def ended(self, spec: CheckSpec, said_at: datetime, commit: str, deploy: str) -> bool:
        """Whether the commit or deploy came that a check's answer holds until. An answer that knows of no deploy
        ended with one that came after it."""
        if spec.shelf_life == "commit":
            return _moved_on(commit, self.commit)
        if spec.shelf_life != "deploy":
            return False
        later = self.deployed_at is not None and utc(said_at) < utc(self.deployed_at)
        return _moved_on(deploy, self.deploy) if deploy else later


class _Book:
    """The decisions, looked up by what they are about."""

    def __init__(self, decisions: Decisions, now: datetime, current: _Current) -> None:
        self.now = now
        self.current = current
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

    def holds(self, spec: CheckSpec) -> Confirmation | None:
        """The newest word on a check, while it holds: to the next commit or deploy where the check's answer ends
        there, for 30 days otherwise."""
        found = self._confirmed.get(spec.id)
        if found is None or not utc(found.on) <= self.now < confirmed_until(found):
            return None
        if found.answer == "does-not-apply" and not spec.may_not_apply:
            return None
        return None if self.current.ended(spec, found.on, found.commit, found.deploy) else found

    def owner(self, check: str, rule: str = "", subject: str = "") -> PersonId:
        """The owner of a finding, of all findings of its rule, or of its check: the nearest counts."""
        targets = [("", rule, subject), ("", rule, ""), (check, "", "")] if rule else [(check, "", "")]
        owners = {_target(one): one.person for one in self._decisions.owners}
        return next((owners[target] for target in targets if target in owners), NOBODY)

    def parked(self, check: str = "", rule: str = "", subject: str = "") -> Parked | None:
        wanted = ("", rule, subject) if rule else (check, "", "")
        waiting = [one for one in self._decisions.parked if _target(one) == wanted and self.now < utc(one.until)]
        return max(waiting, key=lambda one: utc(one.until), default=None)

    def judged(self, finding: Finding, spec: CheckSpec, word: Confirmation | None = None) -> Judged:
        """A finding with its decisions laid over. `word` settles what could not be seen, where it is about that."""
        key = (finding.rule, finding.subject)
        state = finding.state
        decision: Acceptance | PutOff | None = None
        lapsed: Acceptance | None = None
        lifted = word is not None and state is State.UNKNOWN and spec.word_settles(finding.rule)
        if word is not None and lifted:
            state = State.NOT_APPLICABLE if word.answer == "does-not-apply" else State.PASS
        is_open = state in (State.FAIL, State.WARN, State.UNKNOWN)
        acceptance, put_off = self._accepted.get(key), self._later.get(key)
        if acceptance and is_open and self.now < accepted_until(acceptance) and not _got_worse(finding, acceptance):
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
            by_word=word if lifted else None,
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


_WORSE = ("unknown", "warn", "fail")


def _got_worse(finding: Finding, acceptance: Acceptance) -> bool:
    """Whether a problem is worse now than the one that was accepted: that one covers it no longer."""
    known = acceptance.state in _WORSE and finding.state.value in _WORSE
    if known and _WORSE.index(finding.state.value) > _WORSE.index(acceptance.state):
        return True
    return bool(acceptance.severity) and finding.severity.weight < Severity(acceptance.severity).weight


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
    """A check that only a person answers: yes, no, does not apply, or unknown."""
    word, holds = book.confirmation(spec.id), book.holds(spec)
    judged = replace(book.judged(_said(spec, word, holds), spec), by_word=holds)
    standing = book.standing(spec, judged.state, [judged])
    if word is None:
        return standing
    return replace(
        standing,
        seen_at=utc(word.on),
        fresh_until=confirmed_until(word),
        stale=holds is None,
        by_word=holds is not None,
    )


def _measured(own: Standing, source: Standing, book: _Book) -> Standing:
    """A check that stands on what another measured: slow there is slow here, whatever anybody says of it. Where that
    one measured nothing, or not all, its own answer stays."""
    spec, known = own.spec, [one for one in source.findings if one.finding.fact(Timing) is not None]
    broken = [one for one in source.findings if one.finding.state is State.FAIL]
    unsure = any(one.finding.state is State.UNKNOWN for one in source.findings)
    if source.result is None or source.stale or not (broken or known) or (unsure and not broken):
        return own
    routes = tuple(dict.fromkeys(one.finding.subject for one in broken or known))
    rows = "\n".join(dict.fromkeys(f"{one.finding.subject}: {one.finding.summary}" for one in broken or known))
    say, seen = Say(spec.id, source.seen_at), [Evidence.of("measured", rows, source=source.spec.id)]
    if broken:
        remedy = next((one.finding.remedy for one in broken if one.finding.remedy), None)
        made = say.fail("measured", WHOLE_LAUNCH, routes=routes, n=len(routes), evidence=seen, remedy=remedy)
    else:
        made = say.passed("measured", WHOLE_LAUNCH, routes=len(routes), evidence=seen)
    denied = [one for one in own.findings if one.by_word and one.by_word.answer == "no"]
    judged = [replace(book.judged(made, spec), echo=True), *denied]
    return replace(
        book.standing(spec, worst([one.state for one in judged]), judged),
        seen_at=source.seen_at,
        fresh_until=source.fresh_until,
        by_word=bool(denied),
    )


def _said(spec: CheckSpec, word: Confirmation | None, holds: Confirmation | None) -> Finding:
    """What a person said of a check, as a finding. `word` is the newest, `holds` the same while it counts."""
    by = NOBODY if word is None else word.by
    say = Say(spec.id, people=[by], sheet=shared_sheet())
    seen = () if word is None else [Evidence.of("confirmed", word.evidence, source=by, at=utc(word.on))]
    goal, question = spec.goal, spec.question
    if holds is None:
        message = "expired" if word else "unknown"
        made = say.unknown("not-confirmed", WHOLE_LAUNCH, message, by=by, goal=goal, question=question, evidence=seen)
    elif holds.answer == "no":
        made = say.fail("denied", WHOLE_LAUNCH, by=by, goal=goal, question=question, evidence=seen)
    elif holds.answer == "yes":
        made = say.passed("confirmed", WHOLE_LAUNCH, by=by, goal=goal, evidence=seen)
    else:
        made = say.not_applicable("confirmed", WHOLE_LAUNCH, by=by, reason=holds.evidence)
    return msgspec.structs.replace(made, severity=spec.severity)


def _automated(spec: CheckSpec, result: CheckResult | None, book: _Book) -> Standing:
    """A check that code answers; where it could not see and a person may say so, their word settles it."""
    word = book.holds(spec) if "person" in spec.how else None
    if result is None:
        return book.standing(spec, State.UNKNOWN, ())
    lifts = word if word is not None and word.answer != "no" else None
    findings = [book.judged(finding, spec, lifts) for finding in result.findings]
    if word is not None and word.answer == "no":
        findings.append(replace(book.judged(_said(spec, word, word), spec), by_word=word))
    state = worst([one.state for one in findings])
    if state is State.UNKNOWN and not any(one.state is State.UNKNOWN for one in findings):
        nothing = book.judged(_not_judged(spec, result), spec, lifts)
        findings.append(nothing)
        state = nothing.state
    fresh_until = result.started_at + (spec.keeps or LONGEST)
    stale = (
        book.now >= fresh_until
        or not result.readable
        or book.current.ended(spec, result.started_at, result.commit, result.deploy)
        or _moved_on(result.papers, book.current.papers)
    )
    return replace(
        book.standing(spec, State.UNKNOWN if stale else state, findings),
        result=result,
        seen_at=result.started_at,
        fresh_until=fresh_until,
        stale=stale,
        by_word=any(one.by_word for one in findings) or (word is not None and word.answer == "no"),
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
    """The worst of the rules that belong to it. What is put off stays dark: putting off is not accepting."""
    light = LIGHTS[number]
    checks = tuple(spec.id for spec in roadmap.light(light.id))
    states = [state for check in checks for state in _light_states(standings[check], light.id)]
    state = next((one for one in _LIGHT_ORDER if one in states), State.UNKNOWN)
    return LightNow(light, state, state in _LIT, checks)


def _light_states(standing: Standing, light: LightId) -> list[State]:
    """What a check says to a light. One without an answer, or one that judged nothing, speaks for its own light."""
    own = standing.spec.light == light
    if standing.spec.automated and (standing.stale or standing.result is None):
        return [State.UNKNOWN] if own else []
    states: list[State] = []
    for one in standing.findings:
        put_off = one.state is State.LATER or (one.state is State.ACCEPTED and one.finding.state is State.WARN)
        state = one.finding.state if put_off else one.state
        if state is not State.INFO and standing.spec.light_of(one.finding.rule) == light:
            states.append(state)
    return states or ([] if standing.findings and standing.spec.lights else [standing.state] if own else [])


def _asks(standing: Standing) -> bool:
    """Whether a person's answer is what is missing now."""
    if standing.parked or standing.state is not State.UNKNOWN:
        return False
    if not standing.spec.automated:
        return True
    unseen = (one.finding.rule for one in standing.findings if one.state is State.UNKNOWN)
    return standing.result is not None and not standing.stale and any(map(standing.spec.word_settles, unseen))


def _reasons(
    blockers: int,
    unanswered: list[Standing],
    dark: list[LightNow],
    accepted: list[Judged],
    lapsed: list[Judged],
    unseen: list[Standing],
    high: list[Judged],
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
    if problems := sum(one.state is not State.UNKNOWN for one in high):
        serious = "{n:1 serious problem is|# serious problems are} open, none of which stops the launch"
        reasons.append(fill(serious, {"n": problems}))
    if (unsure := len(high) - problems) and not (blockers or unanswered or dark):
        open_ones = "{n:1 serious question has|# serious questions have} no answer, none of which stops the launch"
        reasons.append(fill(open_ones, {"n": unsure}))
    if lapsed:
        ended = "{n:1 accepted risk is|# accepted risks are} open again: expired, or worse than what was accepted"
        reasons.append(fill(ended, {"n": len(lapsed)}))
    reasons += [
        f"{one.spec.title} rests on a confirmation alone. To have it checked: {one.spec.seen_by}" for one in unseen
    ]
    if accepted:
        ends = min(accepted_until(one.decision) for one in accepted if isinstance(one.decision, Acceptance))
        known = "{n:1 known risk is accepted until|# known risks are accepted, the first of them until} {ends}"
        reasons.append(fill(known, {"n": len(accepted), "ends": stamp(ends)}))
    return tuple(reasons)
