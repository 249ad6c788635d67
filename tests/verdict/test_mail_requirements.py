"""What Gmail, Yahoo and Outlook ask for: each point with the state of the checks and rules behind it."""

from __future__ import annotations

import pytest
from market import NOW, confirmation, found, result, results, roadmap, spec

from launchready_tui import roadmap as real
from launchready_tui.findings import State
from launchready_tui.launch.decisions import Decisions
from launchready_tui.verdict import judge
from launchready_tui.verdict.mailboxes import mailboxes, requirements

CHECKS = ("email.spf", "email.dkim", "email.dmarc", "email.reputation", "email.flows")


def met(**given: list[tuple[str, str]]) -> dict[str, State]:
    """`spf=[("all", "fail")]`: findings by check; a check that is not given passes."""
    made = []
    for check in CHECKS:
        rows = given.get(check.partition(".")[2], [("ok", "pass")])
        made.append(result(check, *(found(f"{check}.{rule}", state) for rule, state in rows)))
    verdict = judge(roadmap(*(spec(check) for check in CHECKS)), results(*made), Decisions(), NOW)
    return {one.requirement.id: one.state for one in mailboxes(verdict.standings)}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"either": "pass", "both": "pass", "aligned": "unknown", "one-click": "unknown"}),
        ({"flows": [("aligned", "pass"), ("link-broken", "fail")]}, {"aligned": "pass", "one-click": "unknown"}),
        ({"flows": [("aligned", "pass"), ("unaligned", "fail")]}, {"aligned": "fail"}),
        ({"flows": [("unsubscribe", "fail"), ("aligned", "pass")]}, {"aligned": "pass", "one-click": "fail"}),
        ({"flows": [("unsubscribe", "not-applicable")]}, {"one-click": "not-applicable"}),
        ({"spf": [("all", "fail")]}, {"either": "pass", "both": "fail"}),
        ({"spf": [("all", "fail")], "dkim": [("missing", "fail")]}, {"either": "fail", "both": "fail", "key": "fail"}),
        ({"spf": [("missing", "unknown")], "dkim": [("missing", "fail")]}, {"either": "unknown", "both": "fail"}),
        ({"dmarc": [("policy", "pass"), ("reports", "warn")]}, {"dmarc": "pass"}),
        ({"dmarc": [("missing", "fail")]}, {"dmarc": "fail"}),
        ({"dkim": [("key", "pass"), ("testing", "warn")]}, {"key": "pass"}),
        ({"reputation": [("ptr", "fail"), ("listed", "pass")]}, {"ptr": "fail"}),
        ({"reputation": [("ptr", "pass"), ("listed", "fail")]}, {"ptr": "pass"}),
        ({"flows": [("unaligned", "fail")]}, {"aligned": "fail", "one-click": "unknown"}),
    ],
)
def test_states(given: dict[str, list[tuple[str, str]]], expected: dict[str, str]) -> None:
    states = met(**given)
    assert {name: str(states[name]) for name in expected} == expected


def test_what_a_person_confirmed_is_met() -> None:
    checks = roadmap(spec("email.flows", how="live person", about="not-judged"))
    made = results(result("email.flows", found("email.flows.not-tested", "info")))
    for given, expected in (((confirmation("email.flows"),), State.PASS), ((), State.UNKNOWN)):
        verdict = judge(checks, made, Decisions(confirmations=given), NOW)
        states = {one.requirement.id: one.state for one in mailboxes(verdict.standings)}
        assert (states["aligned"], states["one-click"]) == (expected, expected)


def test_what_was_never_looked_at_is_not_met() -> None:
    verdict = judge(roadmap(*(spec(check) for check in CHECKS)), {}, Decisions(), NOW)
    assert {one.state for one in mailboxes(verdict.standings)} == {State.UNKNOWN}
    assert {one.state for one in mailboxes({})} == {State.UNKNOWN}


def test_every_requirement_names_checks_and_rules_that_exist_and_somebody_who_asks() -> None:
    load = real.load()
    for one in requirements():
        assert one.asked_by and bool(one.all_of) + bool(one.any_of) + bool(one.seen) == 1, one.id
        assert len(one.text) <= 24, one.text
        for name in (*one.all_of, *one.any_of):
            assert name in load.checks or name in load.rules, name


def test_who_asks_is_told_in_words() -> None:
    by_id = {one.id: one.asked_by for one in requirements()}
    assert by_id["either"] == "Gmail and Yahoo from everyone"
    assert by_id["both"] == "Gmail, Yahoo and Outlook from bulk senders"
