"""What a finding does to the verdict, by its effect: on the roadmap that ships, each case alone in a launch in which
all else passes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from market import NOW, found, result

from launchready_tui.findings import Finding, Severity, State
from launchready_tui.launch.decisions import Confirmation, Decisions
from launchready_tui.roadmap import load, sheet_of
from launchready_tui.verdict import Verdict, judge

WORDS = Decisions(
    confirmations=tuple(
        Confirmation(
            check=spec.id,
            by="founder",
            recorded_by="engineer",
            on=NOW,
            until=NOW + timedelta(days=20),
            evidence="seen on the provider's page",
        )
        for spec in load().checks.values()
        if not spec.automated
    )
)


def a_finding(rule: str, message: str, state: str = "fail") -> Finding:
    """A finding as the sheet has it: its severity is that of the message."""
    check, _, name = rule.rpartition(".")
    said = sheet_of(check).message(name, message)
    assert said is not None, (rule, message)
    usual = {"fail": Severity.HIGH, "warn": Severity.MEDIUM, "pass": Severity.LOW}[state]
    return Finding(
        check=check,
        rule=rule,
        subject="x.example.com",
        state=State(state),
        severity=said.severity or usual,
        summary=said.text,
    )


def alone(finding: Finding | None = None) -> Verdict:
    """Every check passes, this finding apart."""
    given = {spec.id: result(spec.id) for spec in load().checks.values() if spec.automated}
    if finding is not None:
        given[finding.check] = result(finding.check, finding, found(f"{finding.check}.fine", "pass", "low"))
    return judge(load(), given, WORDS, NOW)


def dark(verdict: Verdict) -> set[str]:
    return {light.light.id for light in verdict.lights if not light.lit}


def test_all_lights_are_lit_when_all_passes() -> None:
    assert dark(alone()) == set()
    assert alone().blockers == alone().unanswered == 0


LIGHTS = {
    "a declared host has no address": ("audit.hosts.unresolved", "fail", {"dns"}),
    "robots.txt shuts search engines out": ("edge.canonical.robots", "fail", set()),
    "noindex was left": ("edge.canonical.noindex", "fail", set()),
    "the same site at two addresses": ("edge.canonical.two-origins", "fail", {"redirects"}),
    "docker-compose.yml": ("edge.exposure.leftover", "fail", set()),
    "/server-status": ("edge.exposure.debug-page", "fail", set()),
    "a readable .env": ("edge.exposure.env-file", "fail", {"secrets"}),
    "a readable .git": ("edge.exposure.repository", "fail", {"secrets"}),
    "no gzip": ("performance.caching.compression", "fail", set()),
    "static files that no one keeps": ("performance.caching.asset", "fail", {"caching"}),
    "the sending address has no name": ("email.reputation.ptr", "fail", {"email"}),
    "the sender is on a block list": ("email.reputation.listed", "fail", {"email"}),
}


@pytest.mark.parametrize("case", LIGHTS)
def test_a_rule_darkens_its_own_light_and_no_other(case: str) -> None:
    rule, message, wanted = LIGHTS[case]
    assert dark(alone(a_finding(rule, message))) == wanted


STOPS = (
    ("audit.registrar.expiry", "fail"),
    ("email.reputation.ptr", "fail"),
    ("email.reputation.ptr", "elsewhere"),
    ("email.dkim.sha1", "fail"),
    ("email.dkim.service", "fail"),
    ("performance.caching.personal-shared", "cookie-hit"),
    ("performance.caching.personal-shared", "cookie-kept"),
    ("audit.user-content.report", "store"),
    ("edge.certificates.key", "short"),
    ("edge.certificates.signature", "fail"),
    ("edge.certificates.lifetime", "fail"),
    ("edge.canonical.root-down", "no-address"),
)


@pytest.mark.parametrize(("rule", "message"), STOPS)
def test_what_keeps_strangers_out_or_opens_data_stops_the_launch(rule: str, message: str) -> None:
    verdict = alone(a_finding(rule, message))
    assert (verdict.word, verdict.blockers) == ("NO-GO", 1)


SMALL = (
    ("edge.canonical.robots", "fail", "fail"),
    ("edge.canonical.noindex", "fail", "fail"),
    ("edge.exposure.leftover", "fail", "fail"),
    ("edge.exposure.debug-page", "fail", "fail"),
    ("performance.caching.compression", "fail", "fail"),
    ("email.reputation.ptr", "may-send", "warn"),
    ("performance.caching.personal-shared", "preference", "warn"),
    ("audit.registrar.expiry", "warn", "warn"),
    ("audit.user-content.report", "fail", "fail"),
    ("email.transport.mta-sts-policy", "refused", "fail"),
)


@pytest.mark.parametrize(("rule", "message", "state"), SMALL)
def test_what_is_small_alone_does_not_stop_the_launch(rule: str, message: str, state: str) -> None:
    verdict = alone(a_finding(rule, message, state))
    assert verdict.word != "NO-GO"
    assert (verdict.blockers, verdict.unanswered, dark(verdict)) == (0, 0, set())


def test_nothing_stands_in_the_way_only_where_no_serious_finding_is_open() -> None:
    clear = alone()
    assert clear.word == "GO" and not any("serious" in reason for reason in clear.reasons)
    broken = alone(a_finding("edge.cdn.challenge", "fail"))
    warned = alone(a_finding("edge.cdn.shield", "bypass", "warn"))
    for verdict in (broken, warned):
        assert verdict.word == "GO"
        assert verdict.reasons[0] == "1 serious problem is open, none of which stops the launch"
    unseen = alone(found("audit.hosting.no-clue", "unknown", "high"))
    assert (unseen.word, unseen.reasons[0]) == (
        "GO",
        "1 serious question has no answer, none of which stops the launch",
    )
    small = alone(a_finding("edge.headers.hsts", "absent", "warn"))
    assert (small.word, small.reasons) == ("GO", clear.reasons)
