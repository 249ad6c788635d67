"""A check that stands on what another one measured: both say the same, whatever anybody says of it."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from market import NOW, confirmation, found, result, results

from launchready_tui.facts import Timing
from launchready_tui.findings import CheckResult, Evidence, Finding, State
from launchready_tui.launch.decisions import Decisions
from launchready_tui.roadmap import load
from launchready_tui.verdict import judge
from launchready_tui.verdict.model import Standing

FROM, TO = "audit.latency", "performance.routes"
YES = Decisions(confirmations=(confirmation(TO),))
NO = Decisions(confirmations=(msgspec.structs.replace(confirmation(TO), answer="no"),))


def timed(route: str, state: str) -> Finding:
    verdict = {"pass": "PASS", "fail": "FAIL", "unknown": "NOT ENOUGH DATA"}[state]
    fact = Timing(route=route, n=59, p95=120.0, target=300.0, verdict=verdict)
    seen = (Evidence.of("p95", "120 ms", source="probe", at=NOW, fact=fact),)
    return msgspec.structs.replace(found(f"{FROM}.target", state, "high", route), evidence=seen)


def standing(*given: CheckResult, decisions: Decisions = YES) -> Standing:
    return judge(load(), results(*given), decisions, NOW).standings[TO]


@pytest.mark.parametrize(
    ("findings", "state", "by_word"),
    [
        ((timed("search", "pass"), timed("book", "pass")), State.PASS, False),
        ((timed("search", "fail"), timed("book", "pass")), State.FAIL, False),
        ((timed("search", "fail"), timed("book", "unknown")), State.FAIL, False),
        ((found(f"{FROM}.errors", "fail", "high", "book"), timed("search", "pass")), State.FAIL, False),
        ((timed("search", "pass"), timed("book", "unknown")), State.PASS, True),
        ((found(f"{FROM}.no-safe-route", "unknown"),), State.PASS, True),
    ],
    ids=["all in time", "one slow", "one slow, one unsure", "one broken", "one unsure: the word", "none: the word"],
)
def test_what_was_measured_answers_and_a_word_only_where_nothing_was(
    findings: tuple[Finding, ...], state: State, by_word: bool
) -> None:
    told = standing(result(FROM, *findings))
    assert (told.state, told.by_word) == (state, by_word)


def test_the_slow_route_is_named_with_what_mends_it() -> None:
    (one,) = standing(result(FROM, timed("search", "fail"), timed("book", "pass"))).findings
    assert (one.finding.rule, one.finding.values["routes"]) == (f"{TO}.measured", ("search",))
    assert one.finding.remedy == timed("search", "fail").remedy
    assert "search" in one.finding.evidence[0].text


def test_a_slow_route_has_one_place_in_the_fix_order() -> None:
    verdict = judge(load(), results(result(FROM, timed("search", "fail"))), YES, NOW)
    assert {one.finding.rule for one in verdict.fixes} == {f"{FROM}.target"}
    assert verdict.standings[TO].state is State.FAIL


def test_who_denies_it_is_heard_although_it_was_measured() -> None:
    told = standing(result(FROM, timed("search", "pass")), decisions=NO)
    assert {one.state for one in told.findings} == {State.PASS, State.FAIL}
    assert (told.state, told.by_word) == (State.FAIL, True)


@pytest.mark.parametrize("given", [(), (result(FROM, timed("search", "fail"), at=NOW - timedelta(days=31)),)])
def test_a_measurement_that_never_ran_or_has_expired_says_nothing(given: tuple[CheckResult, ...]) -> None:
    assert (standing(*given).state, standing(*given).by_word) == (State.PASS, True)
    assert standing(*given, decisions=Decisions()).state is State.UNKNOWN
