"""What a person's word can do to a verdict, and what it cannot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from market import DAY, NOW, confirmation, found, result, roadmap, spec

from launchready_tui.findings import CheckResult, Severity, State
from launchready_tui.launch.decisions import Acceptance, Decisions
from launchready_tui.roadmap.model import LIGHTS, Answer, CheckSpec
from launchready_tui.verdict import Verdict, judge

UNSEEN = found("edge.tls.lists", "unknown", "high")
ABSENT = found("edge.tls.nothing", "unknown", "high")


def word(check: str, answer: Answer = "yes", **more: object) -> Decisions:
    return Decisions(confirmations=(msgspec.structs.replace(confirmation(check), answer=answer, **more),))


LIT = [spec(f"lit.{light.id}", light=light.id) for light in LIGHTS]
NONE = Decisions()


def judged(one: CheckSpec, *results: CheckResult, given: Decisions = NONE, **current: Any) -> Verdict:
    """The verdict over this check alone; the minimum bar is lit by others, which are left out of the counts."""
    made = {done.check: done for done in (*results, *(result(lit.id) for lit in LIT))}
    verdict = judge(roadmap(one, *LIT), made, given, NOW, **current)
    return replace(verdict, counts=replace(verdict.counts, seen=verdict.counts.seen - len(LIT)))


def test_no_is_a_problem_of_the_checks_weight_with_the_question_as_its_fix() -> None:
    verdict = judged(spec("deploy.secrets", "blocker", automated=False), given=word("deploy.secrets", "no"))
    assert verdict.word == "NO-GO" and verdict.blockers == 1
    (first,) = verdict.fixes
    assert first.finding.rule == "deploy.secrets.denied" and first.finding.severity is Severity.BLOCKER
    assert first.finding.remedy is not None and first.finding.remedy.text == "Does deploy.secrets hold?"


def test_no_beside_a_look_that_saw_nothing_is_a_problem_too() -> None:
    one = spec("edge.tls", "blocker", how="live person", about="lists")
    verdict = judged(one, result("edge.tls", UNSEEN), given=word("edge.tls", "no"))
    assert verdict.standings["edge.tls"].state is State.FAIL and verdict.blockers == 1


def test_does_not_apply_is_neither_passed_nor_open() -> None:
    one = spec("deploy.ai", automated=False, may_not_apply=True)
    verdict = judged(one, given=word("deploy.ai", "does-not-apply"))
    assert verdict.standings["deploy.ai"].state is State.NOT_APPLICABLE
    assert (verdict.counts.seen, verdict.counts.said, verdict.counts.not_applicable) == (0, 0, 1)
    assert str(verdict.counts) == "0 seen, 1 does not apply"


@pytest.mark.parametrize("how", ["person", "live person"])
def test_what_every_launch_needs_cannot_be_said_not_to_apply(how: str) -> None:
    one = spec("edge.tls", "blocker", how=how, automated=how != "person", about="lists")
    verdict = judged(
        one, *([result("edge.tls", UNSEEN)] if one.automated else []), given=word("edge.tls", "does-not-apply")
    )
    assert verdict.standings["edge.tls"].state is State.UNKNOWN
    assert verdict.word == "NO-GO"


def test_a_word_settles_only_what_it_is_about() -> None:
    one = spec("edge.tls", "blocker", how="live person", about="lists")
    given = word("edge.tls")
    assert judged(one, result("edge.tls", UNSEEN), given=given).standings["edge.tls"].state is State.PASS
    verdict = judged(one, result("edge.tls", UNSEEN, ABSENT), given=given)
    assert verdict.standings["edge.tls"].state is State.UNKNOWN and verdict.word == "NO-GO"


def test_what_no_word_settles_is_to_be_fixed_and_not_asked_again_and_again() -> None:
    one = spec("handover.contacts", "high", how="person", about="agreed")
    unwritten = found("handover.contacts.nothing", "unknown", "high")
    for given in (NONE, word("handover.contacts")):
        verdict = judged(one, result("handover.contacts", unwritten), given=given)
        assert verdict.questions == ()
        assert [fix.finding.rule for fix in verdict.fixes] == ["handover.contacts.nothing"]
    asked = judged(one, result("handover.contacts", found("handover.contacts.agreed", "unknown", "high")))
    assert [standing.spec.id for standing in asked.questions] == ["handover.contacts"] and asked.fixes == ()


def test_a_reason_of_the_verdict_names_nobody() -> None:
    one = spec("deploy.secrets", "blocker", automated=False, seen_by="[repository] path")
    verdict = judged(one, given=word("deploy.secrets", by="only-in-decisions"))
    assert verdict.word == "GO WITH ACCEPTED RISKS" and "only-in-decisions" not in " ".join(verdict.reasons)


def test_what_stands_on_a_word_says_so_and_is_counted() -> None:
    one = spec("edge.tls", how="live person", about="lists")
    verdict = judged(one, result("edge.tls", UNSEEN), given=word("edge.tls"))
    standing = verdict.standings["edge.tls"]
    assert standing.by_word and standing.findings[0].by_word == standing.confirmation
    assert str(verdict.counts) == "0 seen, 1 said"
    seen = judged(one, result("edge.tls", found("edge.tls.lists", "pass", "low")), given=word("edge.tls"))
    assert not seen.standings["edge.tls"].by_word and str(seen.counts) == "1 seen"


@pytest.mark.parametrize(
    ("severity", "seen_by", "wanted"),
    [
        ("blocker", "[repository] path", "GO WITH ACCEPTED RISKS"),
        ("blocker", "", "GO"),
        ("high", "[repository] path", "GO"),
    ],
)
def test_a_word_never_outranks_a_look_that_was_possible(severity: str, seen_by: str, wanted: str) -> None:
    one = spec("deploy.secrets", severity, automated=False, seen_by=seen_by)
    verdict = judged(one, given=word("deploy.secrets"))
    assert verdict.word == wanted
    assert any(seen_by in reason for reason in verdict.reasons) is (wanted != "GO")


@pytest.mark.parametrize(
    ("shelf", "said_at", "now_at", "holds"),
    [
        ("commit", {"commit": "aaa"}, {"commit": "aaa"}, True),
        ("commit", {"commit": "aaa"}, {"commit": "bbb"}, False),
        ("commit", {"commit": ""}, {"commit": "bbb"}, True),
        ("deploy", {"deploy": "aaa"}, {"deploy": "bbb"}, False),
        ("deploy", {"commit": "aaa"}, {"commit": "bbb"}, True),
        ("deploy", {"deploy": "aaa"}, {"deploy": "aaa", "deployed_at": NOW}, True),
        ("deploy", {"deploy": ""}, {"deploy": "bbb", "deployed_at": NOW}, False),
        ("deploy", {"deploy": ""}, {"deploy": "bbb", "deployed_at": NOW - 99 * DAY}, True),
        ("30d", {"commit": "aaa", "deploy": "aaa"}, {"commit": "bbb", "deploy": "bbb"}, True),
    ],
)
def test_a_word_ends_with_what_ends_the_checks_answer(
    shelf: str, said_at: dict[str, str], now_at: dict[str, Any], holds: bool
) -> None:
    one = spec("deploy.build", automated=False, shelf=shelf)
    standing = judged(one, given=word("deploy.build", **said_at), **now_at).standings["deploy.build"]
    assert (standing.state is State.PASS) is holds
    assert standing.stale is not holds


def test_a_word_from_the_future_does_not_count() -> None:
    later = word("deploy.build", on=NOW + DAY, until=NOW + 9 * DAY)
    assert judged(spec("deploy.build", automated=False), given=later).standings["deploy.build"].state is State.UNKNOWN


@pytest.mark.parametrize(
    ("accepted", "now", "covered"),
    [
        (("warn", "medium"), ("warn", "medium"), True),
        (("warn", "medium"), ("warn", "low"), True),
        (("warn", "medium"), ("warn", "high"), False),
        (("warn", "medium"), ("fail", "medium"), False),
        (("fail", "high"), ("warn", "high"), True),
        (("unknown", "high"), ("fail", "high"), False),
        (("fail", "blocker"), ("fail", "blocker"), True),
        (None, ("fail", "blocker"), True),
    ],
)
def test_an_acceptance_covers_what_was_accepted_and_nothing_worse(
    accepted: tuple[str, str] | None, now: tuple[str, str], covered: bool
) -> None:
    problem = found("edge.tls.old", *now)
    given = Acceptance(
        rule=problem.rule,
        subject=problem.subject,
        state=accepted[0] if accepted else "",  # type: ignore[arg-type]
        severity=accepted[1] if accepted else "",  # type: ignore[arg-type]
        by="founder",
        recorded_by="engineer",
        reason="known",
        on=NOW - DAY,
        until=NOW + timedelta(days=9),
    )
    verdict = judged(spec("edge.tls"), result("edge.tls", problem), given=Decisions(accepted=(given,)))
    (one,) = verdict.standings["edge.tls"].findings
    assert (one.state is State.ACCEPTED) is covered
    assert (one.lapsed is not None) is not covered


def test_a_light_belongs_to_rules() -> None:
    one = spec("edge.canonical", light="redirects", lights={"robots": "", "absent": "dns"})
    dark = {
        "robots": set(),
        "loop": {"redirects"},
        "absent": {"dns"},
    }
    for rule, wanted in dark.items():
        problem = found(f"edge.canonical.{rule}", "fail", "high")
        fine = found("edge.canonical.two-origins", "pass", "low")
        verdict = judged(one, result("edge.canonical", problem, fine))
        failing = {light.light.id for light in verdict.lights if light.state is State.FAIL}
        assert failing == wanted, rule
