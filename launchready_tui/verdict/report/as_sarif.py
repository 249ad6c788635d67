"""SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), for code scanning.

A finding about the running product has no line of code. Its place is the launch file, at the line that names its
subject where one does (viewers such as GitHub refuse a result without a file), and the subject itself is given as a
logical location. Every open or decided finding is a result; what passes is none. Accepted and put-off ones are
suppressed with their reason, unknown ones are `open`.
"""

from __future__ import annotations

import json
from typing import Any

from ... import __version__
from ...findings import State
from ...launch.decisions import Acceptance
from ...text import clean, clean_block
from .. import Judged
from .model import Report

_LEVEL = {"blocker": "error", "high": "error", "medium": "warning", "low": "note"}
_SHOWN = (State.FAIL, State.WARN, State.UNKNOWN, State.ACCEPTED, State.LATER)


def render(report: Report) -> str:
    """One SARIF log with one run, as ASCII JSON."""
    shown = [one for one in report.findings if one.state in _SHOWN]
    rules = list(dict.fromkeys(one.finding.rule for one in shown))
    lines = _lines(report)
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "LaunchReady",
                        "version": __version__,
                        "rules": [_rule(rule, report, shown) for rule in rules],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": report.outcome == "done",
                        "startTimeUtc": report.started_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                        "endTimeUtc": report.finished_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                    }
                ],
                "columnKind": "unicodeCodePoints",
                "properties": {"verdict": report.word, "demo": report.verdict.demo, "via": report.via or None},
                "results": [_result(one, rules, lines, report) for one in shown],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=True) + "\n"


def _rule(rule: str, report: Report, shown: list[Judged]) -> dict[str, Any]:
    known = report.roadmap.rules.get(rule)
    check = report.roadmap.checks.get(rule.rpartition(".")[0])
    about: dict[str, Any] = {"id": rule}
    if known:
        about["shortDescription"] = {"text": known.term}
        about["fullDescription"] = {"text": known.explain}
        about["help"] = {"text": f"{known.explain} Source: {known.source}"}
    elif check:
        about["shortDescription"] = {"text": check.goal}
    weight = min(
        (one.finding.severity for one in shown if one.finding.rule == rule), key=lambda severity: severity.weight
    )
    about["defaultConfiguration"] = {"level": _LEVEL[weight]}
    return about


def _result(judged: Judged, rules: list[str], lines: list[str], report: Report) -> dict[str, Any]:
    finding = judged.finding
    remedy = f" Fix: {finding.remedy.text}" if finding.remedy else ""
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "kind": "open" if finding.state is State.UNKNOWN else "fail",
        "level": "none"
        if finding.state is State.UNKNOWN
        else "warning"
        if finding.state is State.WARN
        else _LEVEL[finding.severity],
        "message": {"text": f"{clean(finding.summary)}{clean_block(remedy) and ' ' + clean_block(remedy).strip()}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": report.launch_file.name if report.launch_file else "launchready.toml"},
                    "region": {"startLine": _line(finding.subject, lines)},
                },
                "logicalLocations": [{"name": clean(finding.subject), "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"launchreadyFindingId/v1": finding.id},
        "properties": {"severity": finding.severity.value, "check": finding.check, "state": judged.state.value},
    }
    if judged.decision is not None:
        kind = "accepted risk" if isinstance(judged.decision, Acceptance) else "after launch"
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": clean(f"{kind}, {judged.decision.by}: {judged.decision.reason}"),
            }
        ]
    return result


def _lines(report: Report) -> list[str]:
    if report.launch_file is None:
        return []
    try:
        return report.launch_file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _line(subject: str, lines: list[str]) -> int:
    """The first line of the launch file that names the subject in quotes, else that contains it; 1 where none does."""
    if not subject:
        return 1
    for sign in (f'"{subject}"', subject):
        for number, line in enumerate(lines, 1):
            if sign in line and not line.lstrip().startswith("#"):
                return number
    return 1
