"""Decisions as pure functions: from what stands in decisions.toml and one new decision to what must stand there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from ..findings import Finding, Severity, State
from ..launch.decisions import Acceptance, Confirmation, Decisions, Note, Owner, Parked, PutOff, SignOff
from ..launch.plan import GO_NO_GO
from ..persons import PersonId
from ..roadmap.model import Answer, CheckSpec
from ..verdict import LONGEST, LONGEST_ACCEPTANCE, Judged
from .errors import DecisionError

Target = str | Finding | Judged
"""What a decision is about: a check by id, or one finding."""


def finding_of(target: Finding | Judged) -> Finding:
    """The finding, judged or not."""
    return target.finding if isinstance(target, Judged) else target


def confirm(
    decisions: Decisions,
    spec: CheckSpec,
    *,
    by: str,
    recorded_by: str,
    evidence: str,
    now: datetime,
    answer: Answer = "yes",
    commit: str = "",
    deploy: str = "",
) -> Decisions:
    """A person's word on a check: yes, no, or does not apply. It ends with the next commit or deploy where the
    check's answer does, after 30 days otherwise. Raises DecisionError."""
    if answer not in spec.answers:
        raise DecisionError(_REFUSED[answer if spec.answers else ""].format(title=spec.title))
    _needs(by, "Enter who answers")
    _needs(evidence, _SHOWN[answer])
    entry = Confirmation(
        check=spec.id,
        answer=answer,
        by=PersonId(by.strip()),
        recorded_by=PersonId(recorded_by),
        on=now,
        until=now + LONGEST,
        evidence=evidence.strip(),
        commit=commit,
        deploy=deploy,
    )
    kept = tuple(one for one in decisions.confirmations if one.check != spec.id)
    return msgspec.structs.replace(decisions, confirmations=(*kept, entry))


_REFUSED: dict[str, str] = {
    "": "LaunchReady checks “{title}” itself: run the check instead of confirming it",
    "yes": "“{title}” cannot be confirmed: fill in or try what is missing. You can record a no",
    "does-not-apply": "“{title}” applies to every launch: answer yes or no",
}
_SHOWN: dict[Answer, str] = {
    "yes": "Enter the evidence: where it was seen, or who did it and when",
    "no": "Enter what is missing",
    "does-not-apply": "Enter why it does not apply",
}


_ACCEPTED: dict[State, Literal["fail", "warn", "unknown"]] = {
    State.FAIL: "fail",
    State.WARN: "warn",
    State.UNKNOWN: "unknown",
}


def accept(
    decisions: Decisions, finding: Finding, *, by: str, recorded_by: str, reason: str, until: datetime, now: datetime
) -> Decisions:
    """Somebody takes on a known risk until a day, at most 90 days ahead. Raises DecisionError."""
    if finding.state not in (State.FAIL, State.WARN, State.UNKNOWN):
        raise DecisionError("Only an open problem can be accepted as a known risk")
    _needs(by, "Enter who accepts this risk")
    _needs(reason, "Enter why this risk is acceptable")
    if until <= now:
        raise DecisionError("An accepted risk must end in the future")
    if until > now + LONGEST_ACCEPTANCE:
        raise DecisionError(f"A risk can be accepted for {LONGEST_ACCEPTANCE.days} days at most. Then it is open again")
    entry = Acceptance(
        rule=finding.rule,
        subject=finding.subject,
        state=_ACCEPTED[finding.state],
        severity=finding.severity.value,
        by=PersonId(by.strip()),
        recorded_by=PersonId(recorded_by),
        reason=reason.strip(),
        on=now,
        until=until,
    )
    cleared = _without_decision(decisions, finding)
    return msgspec.structs.replace(cleared, accepted=(*cleared.accepted, entry))


def put_off(
    decisions: Decisions, finding: Finding, spec: CheckSpec, *, by: str, recorded_by: str, reason: str, now: datetime
) -> Decisions:
    """Left for after the launch; never a blocker. Raises DecisionError."""
    if finding.state not in (State.FAIL, State.WARN, State.UNKNOWN):
        raise DecisionError("Only an open problem can be postponed")
    if finding.severity is Severity.BLOCKER or (finding.state is State.UNKNOWN and spec.severity is Severity.BLOCKER):
        raise DecisionError(
            "This can stop the launch, so it cannot wait until after it. Fix it, or accept the risk with a reason"
        )
    _needs(by, "Enter who postpones it")
    _needs(reason, "Enter why it can wait")
    entry = PutOff(
        rule=finding.rule,
        subject=finding.subject,
        by=PersonId(by.strip()),
        recorded_by=PersonId(recorded_by),
        reason=reason.strip(),
        on=now,
    )
    cleared = _without_decision(decisions, finding)
    return msgspec.structs.replace(cleared, later=(*cleared.later, entry))


def park(
    decisions: Decisions, target: Target, *, waiting_for: str, until: datetime, by: str, now: datetime
) -> Decisions:
    """It waits for somebody and comes back by itself. Raises DecisionError."""
    _needs(waiting_for, "Enter who or what it waits for")
    if until <= now:
        raise DecisionError("It must come back at a time in the future")
    if until > now + timedelta(days=365):
        raise DecisionError("It must come back within a year")
    check, rule, subject = parts(target)
    entry = Parked(
        check=check,
        rule=rule,
        subject=subject,
        waiting_for=PersonId(waiting_for.strip()),
        until=until,
        by=PersonId(by),
        on=now,
    )
    kept = tuple(one for one in decisions.parked if (one.check, one.rule, one.subject) != (check, rule, subject))
    return msgspec.structs.replace(decisions, parked=(*kept, entry))


def set_owner(decisions: Decisions, target: Target, person: str) -> Decisions:
    """Who takes care of it; an empty id takes the owner away."""
    check, rule, subject = parts(target)
    kept = tuple(one for one in decisions.owners if (one.check, one.rule, one.subject) != (check, rule, subject))
    added = (Owner(check=check, rule=rule, subject=subject, person=PersonId(person.strip())),) if person.strip() else ()
    return msgspec.structs.replace(decisions, owners=(*kept, *added))


def add_note(decisions: Decisions, target: Target, words: str, *, by: str, now: datetime) -> Decisions:
    """A remark. Raises DecisionError."""
    _needs(words, "A note needs text")
    check, rule, subject = parts(target)
    note = Note(check=check, rule=rule, subject=subject, text=words.strip(), by=PersonId(by), on=now)
    return msgspec.structs.replace(decisions, notes=(*decisions.notes, note))


def sign(decisions: Decisions, made: SignOff) -> Decisions:
    """Every go and no-go is kept; of anything else the newest signature stands."""
    kept = tuple(one for one in decisions.signed if made.what == GO_NO_GO or one.what != made.what)
    return msgspec.structs.replace(decisions, signed=(*kept, made))


def parts(target: Target) -> tuple[str, str, str]:
    """(check, rule, subject) as decisions.toml names it: the check alone, or rule and subject alone."""
    if isinstance(target, str):
        return target, "", ""
    finding = finding_of(target)
    return "", finding.rule, finding.subject


def _without_decision(decisions: Decisions, finding: Finding) -> Decisions:
    """A finding has one decision at most."""
    key = (finding.rule, finding.subject)
    return msgspec.structs.replace(
        decisions,
        accepted=tuple(one for one in decisions.accepted if (one.rule, one.subject) != key),
        later=tuple(one for one in decisions.later if (one.rule, one.subject) != key),
    )


def _needs(value: str, words: str) -> None:
    if not value.strip():
        raise DecisionError(words)
