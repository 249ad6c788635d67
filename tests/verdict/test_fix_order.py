"""What is fixed first, and the one next step."""

from __future__ import annotations

import pytest
from market import DAY, HOUR, NOW, acceptance, confirmation, found, parked, result, results, roadmap, spec

from launchready_tui.findings import Severity
from launchready_tui.launch.decisions import Decisions
from launchready_tui.verdict import judge, next_step
from launchready_tui.verdict.ranking import FLOW_WEIGHT

NONE = Decisions()


def order(specs: list, given: list, decisions: Decisions = NONE) -> list[str]:
    return [one.finding.rule for one in judge(roadmap(*specs), results(*given), decisions, NOW).fixes]


KEYS = {
    # the inputs in the order in which they count: (first, second) as (class, state, severity, flow, effort, name)
    "what blocks the launch": (("blocker", "fail", "blocker", "marketing", 90), ("high", "fail", "high", "pay", 5)),
    "what has a fix before what could not be seen": (
        ("low", "warn", "low", "marketing", 90),
        ("blocker", "unknown", "blocker", "pay", 5),
    ),
    "an unknown that may block before others": (
        ("blocker", "unknown", "low", "marketing", 90),
        ("high", "unknown", "high", "pay", 5),
    ),
    "a warning of blocker weight does not block": (
        ("blocker", "fail", "blocker", "pay", 5),
        ("blocker", "warn", "blocker", "pay", 5),
    ),
    "severity": (("high", "fail", "high", "marketing", 90), ("high", "fail", "medium", "pay", 5)),
    "business flow": (("high", "fail", "high", "sign-up", 90), ("high", "fail", "high", "search", 5)),
    "effort": (("high", "fail", "high", "search", 5), ("high", "fail", "high", "list", 90)),
}


@pytest.mark.parametrize("case", KEYS)
@pytest.mark.parametrize("names", [("edge.a", "edge.b"), ("edge.b", "edge.a")])
def test_the_inputs_count_in_this_order(case: str, names: tuple[str, str]) -> None:
    specs, given = [], []
    for name, (severity_class, state, severity, flow, effort) in zip(names, KEYS[case], strict=True):
        specs.append(spec(name, severity_class, flow=flow, effort=effort))
        given.append(result(name, found(f"{name}.broken", state, severity)))
    assert order(specs, given) == [f"{name}.broken" for name in names]


def test_flows_rank_as_the_roadmap_says() -> None:
    ranked = sorted(FLOW_WEIGHT, key=lambda flow: (FLOW_WEIGHT[flow], flow))
    assert ranked == ["all", "pay", "log-in", "sign-up", "book", "list", "search", "message", "admin", "marketing"]
    assert FLOW_WEIGHT["sign-up"] == FLOW_WEIGHT["log-in"]
    assert FLOW_WEIGHT["search"] == FLOW_WEIGHT["list"]


def test_equals_stand_by_their_names() -> None:
    specs = [spec("edge.b"), spec("edge.a")]
    given = [
        result("edge.b", found("edge.b.x")),
        result("edge.a", found("edge.a.x", subject="b.example.com"), found("edge.a.x", subject="a.example.com")),
    ]
    fixes = judge(roadmap(*specs), results(*given), Decisions(), NOW).fixes
    assert [(one.finding.rule, one.finding.subject) for one in fixes] == [
        ("edge.a.x", "a.example.com"),
        ("edge.a.x", "b.example.com"),
        ("edge.b.x", "example.com"),
    ]


CHAIN = [
    spec("audit.dns", "high"),
    spec("edge.tls", "high", needs="audit.dns"),
    spec("edge.hsts", "blocker", needs="edge.tls"),
]


def test_nothing_comes_before_what_it_rests_on() -> None:
    given = [
        result("audit.dns", found("audit.dns.lame", "fail", "low")),
        result("edge.tls", found("edge.tls.chain", "fail", "medium")),
        result("edge.hsts", found("edge.hsts.missing", "fail", "blocker")),
    ]
    fixes = judge(roadmap(*CHAIN), results(*given), Decisions(), NOW).fixes
    ranks = [one.rank for one in fixes]
    assert [one.finding.check for one in fixes] == ["audit.dns", "edge.tls", "edge.hsts"]
    assert [rank and rank.waits_for for rank in ranks] == [(), ("audit.dns",), ("edge.tls",)]
    assert [rank and rank.unblocks for rank in ranks] == [("edge.tls",), ("edge.hsts",), ()]
    assert [rank and rank.place for rank in ranks] == [1, 2, 3]


def test_a_prerequisite_is_lifted_to_just_before_what_waits_for_it() -> None:
    specs = [spec("audit.other", "high", flow="pay"), *CHAIN]
    given = [
        result("audit.other", found("audit.other.x", "fail", "high")),
        result("audit.dns"),
        result("edge.tls", found("edge.tls.chain", "fail", "low")),
        result("edge.hsts", found("edge.hsts.missing", "fail", "blocker")),
    ]
    assert order(specs, given) == ["edge.tls.chain", "edge.hsts.missing", "audit.other.x"]


PREREQUISITE = {
    # how the needed check stands, and whether the finding waits for it
    "passes": ([], Decisions(), False),
    "warns": ([found("edge.tls.key", "warn")], Decisions(), False),
    "fails": ([found("edge.tls.chain")], Decisions(), True),
    "unknown": ([found("edge.tls.unread", "unknown")], Decisions(), True),
    "fails, accepted": ([found("edge.tls.chain")], Decisions(accepted=(acceptance(found("edge.tls.chain")),)), False),
}


@pytest.mark.parametrize("case", PREREQUISITE)
def test_only_what_fails_or_is_unknown_is_waited_for(case: str) -> None:
    findings, decisions, waits = PREREQUISITE[case]
    given = [
        result("audit.dns"),
        result("edge.tls", *findings),
        result("edge.hsts", found("edge.hsts.missing", "fail", "blocker")),
    ]
    fixes = judge(roadmap(*CHAIN), results(*given), decisions, NOW).fixes
    rank = next(one.rank for one in fixes if one.finding.check == "edge.hsts")
    assert rank is not None
    assert rank.waits_for == (("edge.tls",) if waits else ())


def test_past_a_check_in_order_what_that_one_needs_counts() -> None:
    given = [
        result("audit.dns", found("audit.dns.lame", "fail", "low")),
        result("edge.tls"),
        result("edge.hsts", found("edge.hsts.x")),
    ]
    fixes = judge(roadmap(*CHAIN), results(*given), Decisions(), NOW).fixes
    assert [one.finding.check for one in fixes] == ["audit.dns", "edge.hsts"]
    assert fixes[1].rank is not None and fixes[1].rank.waits_for == ("audit.dns",)


def test_a_check_that_never_ran_is_waited_for() -> None:
    given = [result("audit.dns"), result("edge.hsts", found("edge.hsts.x"))]
    fixes = judge(roadmap(*CHAIN), results(*given), Decisions(), NOW).fixes
    assert fixes[0].rank is not None and fixes[0].rank.waits_for == ("edge.tls",)


def test_the_inputs_of_a_rank_stand_beside_it() -> None:
    specs = [spec("edge.tls", "blocker", flow="pay", effort=20)]
    fix = judge(
        roadmap(*specs), results(result("edge.tls", found("edge.tls.x", "fail", "blocker"))), Decisions(), NOW
    ).fixes[0]
    assert fix.rank is not None
    assert (fix.rank.blocks, fix.rank.severity, fix.rank.flow, fix.rank.effort_min) == (
        True,
        Severity.BLOCKER,
        "pay",
        20,
    )


def test_what_a_person_can_settle_is_a_question_not_a_fix() -> None:
    unseen = found("edge.tls.unread", "unknown")
    assert order([spec("edge.tls", how="live")], [result("edge.tls", unseen)]) == ["edge.tls.unread"]
    assert order([spec("edge.tls", how="live person", about="unread")], [result("edge.tls", unseen)]) == []


# The one next step

RUNS = spec("edge.tls", "blocker")
ASKS = spec("handover.access", "blocker", automated=False, how="person")
ASKS_LATER = spec("handover.backups", "blocker", automated=False, how="person")
BROKEN = found("edge.tls.expired", "fail", "blocker")
ANSWERED = (confirmation("handover.access"), confirmation("handover.backups"))

STEPS = {
    # results, decisions, bundle exported, kind, text
    "nothing ran": ([], Decisions(), False, "run", "Run the check: tls"),
    "out of date": ([result("edge.tls", at=NOW - 2 * DAY)], Decisions(), False, "run", "Check again: tls"),
    "something to fix": ([result("edge.tls", BROKEN)], Decisions(), False, "fix", "Fix: edge.tls.expired fail"),
    "the fix is parked": (
        [result("edge.tls", BROKEN)],
        Decisions(parked=(parked(finding=BROKEN),)),
        False,
        "ask",
        "Does handover.access hold?",
    ),
    "its check is parked": (
        [result("edge.tls", BROKEN)],
        Decisions(parked=(parked(check="edge.tls"),)),
        False,
        "ask",
        "Does handover.access hold?",
    ),
    "the parked fix is back": (
        [result("edge.tls", BROKEN)],
        Decisions(parked=(parked(finding=BROKEN, until=NOW),)),
        False,
        "fix",
        "Fix: edge.tls.expired fail",
    ),
    "the risk is accepted": (
        [result("edge.tls", BROKEN)],
        Decisions(accepted=(acceptance(BROKEN),)),
        False,
        "ask",
        "Does handover.access hold?",
    ),
    "a question": ([result("edge.tls")], Decisions(), False, "ask", "Does handover.access hold?"),
    "the next question": (
        [result("edge.tls")],
        Decisions(confirmations=ANSWERED[:1]),
        False,
        "ask",
        "Does handover.backups hold?",
    ),
    "the bundle": (
        [result("edge.tls")],
        Decisions(confirmations=ANSWERED),
        False,
        "export",
        "Export the handover folder",
    ),
    "nothing": ([result("edge.tls")], Decisions(confirmations=ANSWERED), True, "done", "Nothing is left to do"),
    "waiting": (
        [result("edge.tls", BROKEN)],
        Decisions(confirmations=ANSWERED, parked=(parked(finding=BROKEN, until=NOW + 2 * HOUR),)),
        True,
        "done",
        "Waiting for support until 2026-11-24 16:00:00 UTC",
    ),
}


@pytest.mark.parametrize("case", STEPS)
def test_there_is_one_next_step(case: str) -> None:
    given, decisions, exported, kind, text = STEPS[case]
    verdict = judge(roadmap(RUNS, ASKS, ASKS_LATER), results(*given), decisions, NOW)
    step = next_step(verdict, bundle_exported=exported)
    assert (step.kind, step.text) == (kind, text)


def test_a_step_leads_to_its_place() -> None:
    verdict = judge(roadmap(RUNS, ASKS), results(result("edge.tls", BROKEN)), Decisions(), NOW)
    step = next_step(verdict, bundle_exported=False)
    assert (step.check, step.finding) == ("edge.tls", BROKEN.id)
    run = next_step(judge(roadmap(RUNS, ASKS), {}, Decisions(), NOW), bundle_exported=False)
    assert run.checks == ("edge.tls",)


def test_a_fix_that_waits_says_what_comes_first() -> None:
    unseen = found("edge.tls.unread", "unknown")
    given = results(
        result("audit.dns"), result("edge.tls", unseen), result("edge.hsts", found("edge.hsts.x", "fail", "blocker"))
    )
    aside = Decisions(parked=(parked(finding=unseen),))
    step = next_step(judge(roadmap(*CHAIN), given, aside, NOW), bundle_exported=False)
    assert (step.text, step.note) == ("Fix: edge.hsts.x fail", "mend it; first: tls")


def test_what_could_not_be_seen_is_to_be_found_out() -> None:
    verdict = judge(roadmap(RUNS), results(result("edge.tls", found("edge.tls.unread", "unknown"))), Decisions(), NOW)
    assert next_step(verdict, bundle_exported=False).text == "Find out: edge.tls.unread unknown"
