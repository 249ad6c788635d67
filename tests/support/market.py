"""Small hands for tests of the verdict: a roadmap of a few checks, findings and results in one line each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from launchready_tui.findings import CheckResult, Finding, Remedy, Severity, State, worst
from launchready_tui.launch.decisions import Acceptance, Confirmation, Parked, PutOff
from launchready_tui.roadmap.model import CheckSpec, Roadmap, RuleSpec, Stage

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def spec(
    check: str,
    severity: str = "high",
    *,
    flow: str = "search",
    light: str | None = None,
    shelf: str = "24h",
    effort: int = 30,
    after: dict[str, str] | None = None,
    blinds: dict[str, str] | None = None,
    flows: dict[str, str] | None = None,
    automated: bool = True,
    how: str = "live",
    about: str = "",
    may_not_apply: bool = False,
    seen_by: str = "",
    lights: dict[str, str] | None = None,
) -> CheckSpec:
    return CheckSpec(
        id=check,
        title=check.partition(".")[2],
        goal=f"{check} holds.",
        why="why",
        verify="how",
        how=tuple(how.split()),  # type: ignore[arg-type]
        question=f"Does {check} hold?",
        severity=Severity(severity),
        flow=flow,
        light=light,  # type: ignore[arg-type]
        lights=lights or {},  # type: ignore[arg-type]
        asks_about=tuple(about.split()),
        may_not_apply=may_not_apply,
        seen_by=seen_by,
        sprint_item="DNS setup",
        shelf_life=shelf,  # type: ignore[arg-type]
        effort_min=effort,
        after={rule: tuple(names.split()) for rule, names in (after or {}).items()},
        blinds={rule: tuple(kinds.split()) for rule, kinds in (blinds or {}).items()},  # type: ignore[misc]
        flows=flows or {},
        automated=automated,
    )


def roadmap(*specs: CheckSpec, rules: dict[str, RuleSpec] | None = None) -> Roadmap:
    stages: dict[str, list[CheckSpec]] = {}
    for one in specs:
        stages.setdefault(one.stage, []).append(one)
    return Roadmap(
        tuple(
            Stage(id=name, number=number, title=name, goal="", checks=tuple(checks), deliverables=(), signals=())
            for number, (name, checks) in enumerate(stages.items(), 1)
        ),
        rules or {},
    )


def found(
    rule: str,
    state: str = "fail",
    severity: str = "high",
    subject: str = "example.com",
    *,
    fix: str = "",
    where: str = "",
    failure: str = "",
) -> Finding:
    """A finding of rule `stage.check.rule`. `fix` is its fix in a sheet, `failure` why it could not be seen."""
    return Finding(
        check=rule.rpartition(".")[0],
        rule=rule,
        subject=subject,
        state=State(state),
        severity=Severity(severity),
        summary=f"{rule} {state}",
        remedy=Remedy(text=f"mend {subject}" if fix else "mend it", where=where, fix=fix),
        values={"failure": failure} if failure else {},
    )


def result(check: str, *findings: Finding, at: datetime = NOW, commit: str = "", deploy: str = "") -> CheckResult:
    """A result; without findings it passes."""
    said = findings or (found(f"{check}.fine", "pass", "low"),)
    return CheckResult(
        check=check,
        state=worst([one.state for one in said]),
        findings=said,
        started_at=at,
        duration_ms=5,
        commit=commit,
        deploy=deploy,
    )


def results(*given: CheckResult) -> dict[str, CheckResult]:
    return {one.check: one for one in given}


def confirmation(
    check: str, *, on: datetime = NOW - HOUR, until: datetime = NOW + 29 * DAY, by: str = "founder"
) -> Confirmation:
    return Confirmation(
        check=check, by=by, recorded_by="engineer", on=on, until=until, evidence="seen on the provider's page"
    )


def acceptance(finding: Finding, *, on: datetime = NOW - HOUR, until: datetime = NOW + 10 * DAY) -> Acceptance:
    return Acceptance(
        rule=finding.rule,
        subject=finding.subject,
        by="founder",
        recorded_by="engineer",
        reason="few users",
        on=on,
        until=until,
    )


def put_off(finding: Finding) -> PutOff:
    return PutOff(
        rule=finding.rule,
        subject=finding.subject,
        by="founder",
        recorded_by="engineer",
        reason="can wait",
        on=NOW - HOUR,
    )


def parked(*, check: str = "", finding: Finding | None = None, until: datetime = NOW + 2 * HOUR) -> Parked:
    return Parked(
        check=check,
        rule=finding.rule if finding else "",
        subject=finding.subject if finding else "",
        waiting_for="support",
        until=until,
        by="engineer",
        on=NOW - HOUR,
    )
