"""JUnit XML, as CI servers read it: a suite a stage, a test case a check.

A failing finding is a failure, something unknown an error, a question nobody has answered and what a person decided is
skipped; a warning passes and says itself in the output. (There is no standard; attributes and elements are those of
Jenkins' junit plugin schema,
https://github.com/jenkinsci/xunit-plugin, junit-10.xsd, as known in November 2026.)
"""

from __future__ import annotations

from ...findings import State
from ...text import for_xml
from .. import Judged, Standing
from .model import Report, waits_for_a_person


def render(report: Report) -> str:
    """One XML document."""
    suites = [_suite(stage.id, stage.title, standings, report) for stage, standings in report.stages()]
    tests, failures, errors, skipped = (sum(suite[1][at] for suite in suites) for at in range(4))
    label = f" {report.label}" if report.label else ""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="{for_xml(f"LaunchReady {report.name}{label}")}" tests="{tests}" failures="{failures}" '
        f'errors="{errors}" skipped="{skipped}" '
        f'time="{(report.finished_at - report.started_at).total_seconds():.3f}">\n'
    )
    return head + "".join(suite[0] for suite in suites) + "</testsuites>\n"


def _suite(name: str, title: str, standings: list[Standing], report: Report) -> tuple[str, tuple[int, int, int, int]]:
    cases = [_case(standing) for standing in standings]
    kinds = [kind for _, kind in cases]
    counts = (len(cases), kinds.count("failure"), kinds.count("error"), kinds.count("skipped"))
    seconds = sum(standing.result.duration_ms for standing in standings if standing.result) / 1000
    head = (
        f'  <testsuite name="{for_xml(name)}" tests="{counts[0]}" failures="{counts[1]}" errors="{counts[2]}" '
        f'skipped="{counts[3]}" '
        f'timestamp="{report.started_at.strftime("%Y-%m-%dT%H:%M:%S")}" time="{seconds:.3f}">\n'
        f'    <properties><property name="stage" value="{for_xml(title)}"/>'
        + (f'<property name="via" value="{for_xml(report.via)}"/>' if report.via else "")
        + "</properties>\n"
    )
    return head + "".join(text for text, _ in cases) + "  </testsuite>\n", counts


def _case(standing: Standing) -> tuple[str, str]:
    """The test case and what it is: failure, error, skipped, or empty."""
    spec = standing.spec
    seconds = standing.result.duration_ms / 1000 if standing.result else 0
    head = (
        f'    <testcase classname="{for_xml(f"launchready.{spec.stage}")}" name="{for_xml(spec.id)}" '
        f'time="{seconds:.3f}">\n'
    )
    kind, inner = _inside(standing)
    warned = [one for one in standing.findings if one.state is State.WARN]
    out = f"      <system-out>{for_xml(_words(warned))}</system-out>\n" if warned else ""
    return f"{head}{inner}{out}    </testcase>\n", kind


def _inside(standing: Standing) -> tuple[str, str]:
    failed = [one for one in standing.findings if one.state is State.FAIL]
    unknown = [one for one in standing.findings if one.state is State.UNKNOWN]
    if standing.stale and standing.spec.automated:
        return "error", _element("error", "stale", f"Check again: {standing.spec.goal}", "")
    if failed:
        return "failure", _element(
            "failure", str(failed[0].finding.severity), failed[0].finding.summary, _words(failed)
        )
    if waits_for_a_person(standing):
        return "skipped", f'      <skipped message="{for_xml(f"For a person to answer: {standing.spec.question}")}"/>\n'
    if standing.state is State.UNKNOWN:
        what = unknown[0].finding.summary if unknown else f"Not checked yet: {standing.spec.goal}"
        return "error", _element("error", "unknown", what, _words(unknown))
    if standing.state in (State.ACCEPTED, State.LATER, State.NOT_APPLICABLE):
        reason = next((one.finding.summary for one in standing.findings if one.state is standing.state), "")
        return "skipped", f'      <skipped message="{for_xml(f"{standing.state}: {reason}")}"/>\n'
    return "", ""


def _element(name: str, kind: str, message: str, body: str) -> str:
    return f'      <{name} type="{for_xml(kind)}" message="{for_xml(message)}">{for_xml(body)}</{name}>\n'


def _words(findings: list[Judged]) -> str:
    lines = []
    for one in findings:
        lines.append(f"{one.finding.severity}: {one.finding.summary} [{one.finding.subject}] ({one.finding.rule})")
        lines += [f"  {evidence.label}: {evidence.text}" for evidence in one.finding.evidence]
        if one.finding.remedy:
            lines.append(f"  fix: {one.finding.remedy.text}")
            lines += [f"    {line}" for line in one.finding.remedy.paste.splitlines()]
    return "\n".join(lines)
