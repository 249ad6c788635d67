"""The verdict as the roadmap words it."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from market import DAY, HOUR, NOW, acceptance, confirmation, found, parked, put_off, result, results, roadmap, spec

from launchready_tui.findings import CheckResult, Remedy, State
from launchready_tui.launch.decisions import Decisions, Note, Owner
from launchready_tui.roadmap.model import LIGHTS
from launchready_tui.verdict import Verdict, judge

# Every light needs checks, or it is dark for lack of any: these pass in all tests below.
LIT = [spec(f"lit.{light.id}", light=light.id) for light in LIGHTS]


NONE = Decisions()


def judged(specs: list, given: list[CheckResult], decisions: Decisions = NONE, **more: object) -> Verdict:
    passing = [result(one.id) for one in LIT]
    return judge(roadmap(*specs, *LIT), results(*given, *passing), decisions, NOW, **more)  # type: ignore[arg-type]


BLOCKER = found("edge.tls.expired", "fail", "blocker")
HIGH = found("edge.tls.expiring", "fail", "high")
UNSEEN = found("edge.tls.unread", "unknown", "high")
WARNING = found("edge.tls.key", "warn", "blocker")

WORDS = {
    # what the check is: (its class, its findings, decisions), the word
    "all pass": ("blocker", [], Decisions(), "GO"),
    "a failing blocker": ("blocker", [BLOCKER], Decisions(), "NO-GO"),
    "a failing blocker, accepted": (
        "blocker",
        [BLOCKER],
        Decisions(accepted=(acceptance(BLOCKER),)),
        "GO WITH ACCEPTED RISKS",
    ),
    "a failing blocker, put off: never": ("blocker", [BLOCKER], Decisions(later=(put_off(BLOCKER),)), "NO-GO"),
    "accepted, but for another subject": (
        "blocker",
        [BLOCKER],
        Decisions(accepted=(acceptance(found("edge.tls.expired", subject="api.example.com")),)),
        "NO-GO",
    ),
    "a high failure": ("blocker", [HIGH], Decisions(), "GO"),
    "a high failure, put off": ("blocker", [HIGH], Decisions(later=(put_off(HIGH),)), "GO"),
    "a high failure, accepted": ("blocker", [HIGH], Decisions(accepted=(acceptance(HIGH),)), "GO"),
    "a warning of blocker weight": ("blocker", [WARNING], Decisions(), "GO"),
    "unknown in a blocker-class check": ("blocker", [UNSEEN], Decisions(), "NO-GO"),
    "unknown beside a milder failure in a blocker-class check": ("blocker", [HIGH, UNSEEN], Decisions(), "NO-GO"),
    "unknown in a blocker-class check, accepted": (
        "blocker",
        [UNSEEN],
        Decisions(accepted=(acceptance(UNSEEN),)),
        "GO WITH ACCEPTED RISKS",
    ),
    "unknown in a blocker-class check, put off: never": (
        "blocker",
        [UNSEEN],
        Decisions(later=(put_off(UNSEEN),)),
        "NO-GO",
    ),
    "unknown in a high-class check": ("high", [UNSEEN], Decisions(), "GO"),
    "an acceptance that has run out": (
        "blocker",
        [BLOCKER],
        Decisions(accepted=(acceptance(BLOCKER, on=NOW - 5 * DAY, until=NOW),)),
        "NO-GO",
    ),
    "an acceptance of more than 90 days counts 90": (
        "blocker",
        [BLOCKER],
        Decisions(accepted=(acceptance(BLOCKER, on=NOW - 91 * DAY, until=NOW + 900 * DAY),)),
        "NO-GO",
    ),
}


@pytest.mark.parametrize("case", WORDS)
def test_the_word(case: str) -> None:
    severity, findings, decisions, word = WORDS[case]
    verdict = judged([spec("edge.tls", severity)], [result("edge.tls", *findings)], decisions)
    assert verdict.word == word


def test_a_blocker_class_check_that_never_ran_is_no_go() -> None:
    verdict = judged([spec("edge.tls", "blocker")], [])
    assert (verdict.word, verdict.not_run, verdict.unanswered) == ("NO-GO", ("edge.tls",), 1)
    assert verdict.reasons == ("1 launch-blocking check has not run yet",)


def test_a_high_class_check_that_never_ran_leaves_the_word_alone() -> None:
    verdict = judged([spec("edge.tls", "high")], [])
    assert (verdict.word, verdict.not_run) == ("GO", ("edge.tls",))


def test_the_demo_says_so() -> None:
    assert judged([], [], demo=True).label == "GO (demo)"
    assert judged([], []).label == "GO"


LIGHT_FAIL = found("edge.dns.lame", "fail", "high")
LIGHT_UNKNOWN = found("edge.dns.silent", "unknown", "high")
LIGHT_WARN = found("edge.dns.ttl", "warn", "high")
LIGHT_INFO = found("edge.dns.fact", "info", "low")
LIGHT_NONE = found("edge.dns.none", "not-applicable", "low")

LIGHT_TABLE = {
    # findings of the light's one check, decisions, the light's state, lit, the word
    "pass": ([], Decisions(), State.PASS, True, "GO"),
    "warn": ([LIGHT_WARN], Decisions(), State.WARN, True, "GO"),
    "warn, accepted": ([LIGHT_WARN], Decisions(accepted=(acceptance(LIGHT_WARN),)), State.WARN, True, "GO"),
    "warn, put off": ([LIGHT_WARN], Decisions(later=(put_off(LIGHT_WARN),)), State.WARN, True, "GO"),
    "does not apply": ([LIGHT_NONE], Decisions(), State.PASS, True, "GO"),
    "fail": ([LIGHT_FAIL], Decisions(), State.FAIL, False, "NO-GO"),
    "unknown": ([LIGHT_UNKNOWN], Decisions(), State.UNKNOWN, False, "NO-GO"),
    "only facts": ([LIGHT_INFO], Decisions(), State.UNKNOWN, False, "NO-GO"),
    "fail and unknown": ([LIGHT_FAIL, LIGHT_UNKNOWN], Decisions(), State.FAIL, False, "NO-GO"),
    "fail, put off: that is not accepting": (
        [LIGHT_FAIL],
        Decisions(later=(put_off(LIGHT_FAIL),)),
        State.FAIL,
        False,
        "NO-GO",
    ),
    "fail, accepted": (
        [LIGHT_FAIL],
        Decisions(accepted=(acceptance(LIGHT_FAIL),)),
        State.ACCEPTED,
        False,
        "GO WITH ACCEPTED RISKS",
    ),
    "one of two accepted": (
        [LIGHT_FAIL, LIGHT_UNKNOWN],
        Decisions(accepted=(acceptance(LIGHT_FAIL),)),
        State.UNKNOWN,
        False,
        "NO-GO",
    ),
    "both accepted": (
        [LIGHT_FAIL, LIGHT_UNKNOWN],
        Decisions(accepted=(acceptance(LIGHT_FAIL), acceptance(LIGHT_UNKNOWN))),
        State.ACCEPTED,
        False,
        "GO WITH ACCEPTED RISKS",
    ),
}


@pytest.mark.parametrize("case", LIGHT_TABLE)
def test_a_light_of_the_minimum_bar(case: str) -> None:
    findings, decisions, state, lit, word = LIGHT_TABLE[case]
    verdict = judged([spec("edge.dns", "high", light="dns")], [result("edge.dns", *findings)], decisions)
    light = next(one for one in verdict.lights if one.light.id == "dns")
    assert (light.state, light.lit, verdict.word) == (state, lit, word)
    assert verdict.fragile is not lit, "one dark light, accepted or not, is fragile"
    assert light.checks == ("edge.dns", "lit.dns")


def test_a_stale_check_darkens_its_light_and_names_it() -> None:
    old = result("edge.dns", at=NOW - 25 * HOUR)
    verdict = judged([spec("edge.dns", "high", light="dns")], [old])
    assert verdict.word == "NO-GO"
    assert verdict.reasons == ("Minimum bar not met: DNS",)


FRESH = {
    # shelf life, age, marks then, marks now, stale
    "24 h, a minute before": ("24h", 24 * HOUR - timedelta(minutes=1), {}, {}, False),
    "24 h, at the minute": ("24h", 24 * HOUR, {}, {}, True),
    "30 d, a minute before": ("30d", 30 * DAY - timedelta(minutes=1), {}, {}, False),
    "30 d, at the minute": ("30d", 30 * DAY, {}, {}, True),
    "the same commit": ("commit", 5 * DAY, {"commit": "a1"}, {"commit": "a1"}, False),
    "the next commit": ("commit", HOUR, {"commit": "a1"}, {"commit": "b2"}, True),
    "a commit, but nobody knows which is current": ("commit", HOUR, {"commit": "a1"}, {}, False),
    "a commit, but the answer has none": ("commit", HOUR, {}, {"commit": "b2"}, False),
    "a commit, 30 days": ("commit", 30 * DAY, {"commit": "a1"}, {"commit": "a1"}, True),
    "the next deploy": ("deploy", HOUR, {"deploy": "a1"}, {"deploy": "b2"}, True),
    "a deploy since, and the answer knows of none": ("deploy", HOUR, {}, {"deploy": "b2", "deployed_at": NOW}, True),
    "a deploy before, and the answer knows of none": (
        "deploy",
        HOUR,
        {},
        {"deploy": "b2", "deployed_at": NOW - DAY},
        False,
    ),
    "the next commit ends no measurement": ("deploy", HOUR, {"commit": "a1"}, {"commit": "b2"}, False),
    "seen in the future, as another clock has it": ("24h", -HOUR, {}, {}, False),
}


@pytest.mark.parametrize("case", FRESH)
def test_shelf_life(case: str) -> None:
    shelf, age, then, now, stale = FRESH[case]
    verdict = judged([spec("edge.tls", "blocker", shelf=shelf)], [result("edge.tls", at=NOW - age, **then)], **now)
    standing = verdict.standings["edge.tls"]
    assert standing.stale is stale
    assert standing.state is (State.UNKNOWN if stale else State.PASS)
    assert verdict.stale == (("edge.tls",) if stale else ())
    assert verdict.word == ("NO-GO" if stale else "GO"), "stale counts as unknown"


def test_a_stale_check_keeps_what_was_found() -> None:
    verdict = judged([spec("edge.tls", "blocker")], [result("edge.tls", HIGH, at=NOW - 2 * DAY)])
    standing = verdict.standings["edge.tls"]
    assert standing.stale
    assert [one.finding for one in standing.findings] == [HIGH]
    assert standing.seen_at == NOW - 2 * DAY
    assert standing.fresh_until == NOW - DAY


PERSON = {
    # confirmations, state of the check, rule of its finding, asked, the word
    "nobody": ((), State.UNKNOWN, "handover.access.not-confirmed", True, "NO-GO"),
    "somebody": ((confirmation("handover.access"),), State.PASS, "handover.access.confirmed", False, "GO"),
    "somebody, for another check": (
        (confirmation("handover.backups"),),
        State.UNKNOWN,
        "handover.access.not-confirmed",
        True,
        "NO-GO",
    ),
    "run out": (
        (confirmation("handover.access", on=NOW - 3 * DAY, until=NOW),),
        State.UNKNOWN,
        "handover.access.not-confirmed",
        True,
        "NO-GO",
    ),
    "more than 30 days, whatever the file says": (
        (confirmation("handover.access", on=NOW - 30 * DAY, until=NOW + 900 * DAY),),
        State.UNKNOWN,
        "handover.access.not-confirmed",
        True,
        "NO-GO",
    ),
    "run out, and confirmed again": (
        (confirmation("handover.access", on=NOW - 3 * DAY, until=NOW - DAY), confirmation("handover.access")),
        State.PASS,
        "handover.access.confirmed",
        False,
        "GO",
    ),
}


@pytest.mark.parametrize("case", PERSON)
def test_a_check_for_a_person(case: str) -> None:
    confirmations, state, rule, asked, word = PERSON[case]
    one = spec("handover.access", "blocker", automated=False, how="person")
    verdict = judged([one], [], Decisions(confirmations=confirmations))
    standing = verdict.standings["handover.access"]
    assert (standing.state, standing.findings[0].finding.rule) == (state, rule)
    assert ([one.spec.id for one in verdict.questions] == ["handover.access"]) is asked
    assert verdict.word == word
    assert verdict.not_run == verdict.stale == (), "nothing to run: a person answers it"


def test_an_unconfirmed_check_can_be_accepted() -> None:
    one = spec("deploy.build", "blocker", automated=False, how="repo", light="deployment")
    open_finding = judged([one], []).standings["deploy.build"].findings[0].finding
    verdict = judged([one], [], Decisions(accepted=(acceptance(open_finding),)))
    assert verdict.word == "GO WITH ACCEPTED RISKS"
    assert verdict.questions == ()


LIFT = {
    # how it is verified, finding, state after a valid confirmation
    "could not be seen, and a person may say": ("live person", UNSEEN, State.PASS),
    "could not be seen, and only looking counts": ("live", UNSEEN, State.UNKNOWN),
    "failed, whatever a person says": ("live person", HIGH, State.FAIL),
    "warned, whatever a person says": ("live person", WARNING, State.WARN),
    "only facts, and a person may say": ("live person", found("edge.tls.fact", "info", "low"), State.PASS),
}


@pytest.mark.parametrize("case", LIFT)
def test_a_person_may_say_what_could_not_be_seen(case: str) -> None:
    how, finding, state = LIFT[case]
    given = Decisions(confirmations=(confirmation("edge.tls"),))
    verdict = judged(
        [spec("edge.tls", how=how, about="unread not-judged")],
        [result("edge.tls", finding)],
        given,
    )
    assert verdict.standings["edge.tls"].state is state


def test_a_person_is_asked_where_looking_failed_but_not_before_it_was_tried() -> None:
    one = spec("edge.tls", how="live person", about="unread")
    assert [s.spec.id for s in judged([one], [result("edge.tls", UNSEEN)]).questions] == ["edge.tls"]
    assert judged([one], []).questions == ()
    assert judged([one], [result("edge.tls", UNSEEN, at=NOW - 2 * DAY)]).questions == ()
    assert judged([one], [result("edge.tls", HIGH, UNSEEN)]).questions == (), (
        "what fails must be fixed, not asked about"
    )


def test_a_confirmation_does_not_stand_for_a_run() -> None:
    given = Decisions(confirmations=(confirmation("edge.tls"),))
    assert judged([spec("edge.tls", how="live person")], [], given).standings["edge.tls"].state is State.UNKNOWN


def test_facts_alone_are_unknown_and_say_what_to_do() -> None:
    fact = found("edge.tls.no-permission", "info", "low")
    verdict = judged([spec("edge.tls", "blocker")], [result("edge.tls", fact)])
    added = verdict.fixes[0].finding
    assert (added.rule, added.state, added.remedy) == ("edge.tls.not-judged", State.UNKNOWN, fact.remedy)
    assert verdict.word == "NO-GO"


def test_owners_the_nearest_counts() -> None:
    owners = (
        Owner(check="edge.tls", person="engineer"),
        Owner(rule=HIGH.rule, subject=HIGH.subject, person="founder"),
        Owner(rule=UNSEEN.rule, person="support"),
    )
    verdict = judged([spec("edge.tls")], [result("edge.tls", HIGH, UNSEEN, WARNING)], Decisions(owners=owners))
    standing = verdict.standings["edge.tls"]
    assert standing.owner == "engineer"
    assert {one.finding.rule: one.owner for one in standing.findings} == {
        HIGH.rule: "founder",
        UNSEEN.rule: "support",
        WARNING.rule: "engineer",
    }


def test_notes_stand_where_they_were_written() -> None:
    notes = (
        Note(check="edge.tls", text="asked the host", by="engineer", on=NOW),
        Note(rule=HIGH.rule, subject=HIGH.subject, text="renewal is on", by="founder", on=NOW),
    )
    standing = judged([spec("edge.tls")], [result("edge.tls", HIGH)], Decisions(notes=notes)).standings["edge.tls"]
    assert [note.text for note in standing.notes] == ["asked the host"]
    assert [note.text for note in standing.findings[0].notes] == ["renewal is on"]


@pytest.mark.parametrize(("until", "waits"), [(NOW + HOUR, True), (NOW, False), (NOW - HOUR, False)])
def test_what_is_parked_comes_back_by_itself(until: object, waits: bool) -> None:
    one = spec("handover.access", automated=False, how="person")
    given = Decisions(parked=(parked(check="handover.access", until=until),))  # type: ignore[arg-type]
    verdict = judged([one], [], given)
    assert (verdict.standings["handover.access"].parked is not None) is waits
    assert (verdict.questions == ()) is waits
    assert verdict.standings["handover.access"].state is State.UNKNOWN, "parking answers nothing"


def test_a_lapsed_acceptance_is_shown_as_one() -> None:
    old = acceptance(BLOCKER, on=NOW - 5 * DAY, until=NOW - DAY)
    verdict = judged([spec("edge.tls", "blocker")], [result("edge.tls", BLOCKER)], Decisions(accepted=(old,)))
    one = verdict.standings["edge.tls"].findings[0]
    assert (one.state, one.decision, one.lapsed) == (State.FAIL, None, old)
    assert verdict.reasons == (
        "1 problem stops the launch",
        "1 accepted risk is open again: expired, or worse than what was accepted",
    )


def test_findings_stand_worst_first_however_they_came_in() -> None:
    fine = found("edge.tls.fine", "pass", "low")
    forth = judged([spec("edge.tls")], [result("edge.tls", fine, WARNING, UNSEEN, HIGH, BLOCKER)])
    back = judged([spec("edge.tls")], [result("edge.tls", BLOCKER, HIGH, UNSEEN, WARNING, fine)])
    order = [one.finding for one in forth.standings["edge.tls"].findings]
    assert order == [BLOCKER, HIGH, UNSEEN, WARNING, fine]
    assert order == [one.finding for one in back.standings["edge.tls"].findings]


def test_minutes_count_each_check_once() -> None:
    verdict = judged(
        [spec("edge.tls", effort=20), spec("edge.dns", effort=5)],
        [result("edge.tls", HIGH, WARNING), result("edge.dns")],
    )
    assert verdict.minutes_left == 20


def test_minutes_count_a_remedy_once_and_nothing_for_what_was_not_seen() -> None:
    same = Remedy(text="Let the server answer again", paste="systemctl restart app")
    here, there = (
        msgspec.structs.replace(found(f"{check}.silent"), remedy=same) for check in ("edge.tls", "audit.latency")
    )
    specs = [spec("edge.tls", effort=20), spec("audit.latency", effort=90), spec("edge.dns", effort=5)]
    unseen = found("edge.dns.silent", "unknown")
    verdict = judged(specs, [result("edge.tls", here), result("audit.latency", there), result("edge.dns", unseen)])
    assert verdict.minutes_left == 20
    other = msgspec.structs.replace(there, remedy=Remedy(text="Make the database faster"))
    verdict = judged(specs, [result("edge.tls", here), result("audit.latency", other), result("edge.dns", unseen)])
    assert verdict.minutes_left == 110


def test_what_could_not_be_seen_is_not_counted_as_stopping() -> None:
    specs = [spec("edge.tls", "blocker"), spec("edge.dns", "blocker")]
    verdict = judged(specs, [result("edge.tls", BLOCKER), result("edge.dns", found("edge.dns.silent", "unknown"))])
    assert [(one.finding.check, one.stops, one.blocks) for one in verdict.fixes] == [
        ("edge.tls", True, True),
        ("edge.dns", False, True),
    ]
    assert (verdict.blockers, verdict.unanswered) == (1, 1)


def test_reasons_for_accepted_risks_name_the_first_end() -> None:
    given = Decisions(accepted=(acceptance(BLOCKER, until=NOW + 10 * DAY), acceptance(HIGH, until=NOW + 3 * DAY)))
    verdict = judged([spec("edge.tls", "blocker")], [result("edge.tls", BLOCKER, HIGH)], given)
    assert verdict.reasons == ("2 known risks are accepted, the first of them until 2026-11-27 14:00:00 UTC",)
    assert verdict.accepted == 2


def test_a_finding_is_found_by_its_id() -> None:
    verdict = judged([spec("edge.tls")], [result("edge.tls", HIGH)])
    one = verdict.finding(HIGH.id)
    assert one is not None and one.finding == HIGH
    assert verdict.finding("0" * 12) is None


@pytest.mark.parametrize(("days", "state"), [(29.9, State.PASS), (30.1, State.UNKNOWN)])
def test_a_confirmation_holds_for_thirty_days_whatever_it_says(days: float, state: State) -> None:
    said = confirmation("deploy.backup", on=NOW - days * DAY, until=NOW + 365 * DAY)
    one = judged([spec("deploy.backup", automated=False)], [], Decisions(confirmations=(said,)))
    assert one.standings["deploy.backup"].state is state


@pytest.mark.parametrize(("days", "state"), [(89.9, State.ACCEPTED), (90.1, State.FAIL)])
def test_a_risk_is_accepted_for_ninety_days_whatever_it_says(days: float, state: State) -> None:
    taken = acceptance(BLOCKER, on=NOW - days * DAY, until=NOW + 365 * DAY)
    one = judged([spec("edge.tls", "blocker")], [result("edge.tls", BLOCKER)], Decisions(accepted=(taken,)))
    assert one.standings["edge.tls"].findings[0].state is state
