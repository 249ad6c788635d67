"""The one next step: each kind, each reason, each order; and the form that every step opens."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from market import DAY, HOUR, NOW, acceptance, confirmation, found, parked, result, results, roadmap, spec

from launchready_tui.findings import Finding, Remedy
from launchready_tui.launch.decisions import Decisions
from launchready_tui.roadmap import LIGHTS, load, sheet_of
from launchready_tui.verdict import Deeds, Gap, Step, Verdict, judge, next_step
from launchready_tui.verdict.steps import ENTRIES, FORMS, steps_left

NONE = Decisions()
DONE = Deeds(mails="done", path="done", watch="done", drill="done", signed=True, exported=True)
TODO = Deeds(mails="open", path="open", watch="open", drill="open", gaps=(Gap("people", "Write people down", "why"),))

# One check for each light of the minimum bar, so that nothing but what a test says is dark.
LIT = [spec(f"audit.{light.id}", "high", light=light.id) for light in LIGHTS]
RUNS = spec("edge.tls", "blocker")
SMALL = spec("edge.hsts", "medium")
ASKS = spec("handover.access", "blocker", automated=False, how="person")
ASKS_SMALL = spec("handover.notes", "medium", automated=False, how="person")
ALL = [*LIT, RUNS, SMALL, ASKS, ASKS_SMALL]
BROKEN = found("edge.tls.expired", "fail", "blocker")
SLIGHT = found("edge.hsts.short", "warn", "medium")
ANSWERED = (confirmation("handover.access"), confirmation("handover.notes"))


def verdict_of(*findings: Finding, decisions: Decisions = NONE, specs: list | None = None, at: object = NOW) -> Verdict:
    """Every automated check has run and found nothing, but for these findings."""
    specs = ALL if specs is None else specs
    given = [
        result(one.id, *(found for found in findings if found.check == one.id), at=at)  # type: ignore[arg-type]
        for one in specs
        if one.automated
    ]
    return judge(roadmap(*specs), results(*given), decisions, NOW)


def walked(verdict: Verdict, deeds: Deeds) -> list[Step]:
    """All steps that are left, one after the other."""
    return list(steps_left(verdict, deeds))


def test_the_whole_way_in_order() -> None:
    """What holds the verdict, the deeds, people and inventory, the questions a GO needs; then, marked, the rest."""
    steps = walked(verdict_of(BROKEN, SLIGHT), TODO)
    assert [(one.kind, one.optional) for one in steps] == [
        ("fix", False),
        ("mail", False),
        ("path", False),
        ("watch", False),
        ("drill", False),
        ("fill", False),
        ("ask", False),
        ("fix", True),
        ("ask", True),
        ("export", False),
        ("done", False),
    ]


def test_a_go_is_signed_before_it_is_handed_over() -> None:
    steps = walked(verdict_of(decisions=Decisions(confirmations=ANSWERED)), replace(DONE, signed=False, exported=False))
    assert [(one.kind, one.text, one.why) for one in steps] == [
        ("sign", "Sign the go or no-go", "the verdict is GO"),
        ("export", "Export the handover folder", "the verdict is GO"),
        ("done", "Nothing left to do", "GO"),
    ]


STEPS = {
    # findings, decisions, deeds: kind, text, why, form
    "something stops the launch": (
        [BROKEN],
        NONE,
        TODO,
        ("fix", "Fix: edge.tls.expired fail", "stops the launch", ""),
    ),
    "something that may stop it could not be seen": (
        [found("edge.tls.unread", "unknown")],
        NONE,
        TODO,
        ("fix", "Find out: edge.tls.unread unknown", "NO-GO until it is checked", ""),
    ),
    "a light is dark": (
        [found("audit.dns.lame", "fail", "medium")],
        NONE,
        TODO,
        ("fix", "Fix: audit.dns.lame fail", "DNS stays dark until then", ""),
    ),
    "the fix is parked": (
        [BROKEN],
        Decisions(parked=(parked(finding=BROKEN),)),
        DONE,
        ("ask", "Does handover.access hold?", "NO-GO until someone answers", "answer"),
    ),
    "its check is parked": (
        [BROKEN],
        Decisions(parked=(parked(check="edge.tls"),)),
        DONE,
        ("ask", "Does handover.access hold?", "NO-GO until someone answers", "answer"),
    ),
    "the parked fix is back": (
        [BROKEN],
        Decisions(parked=(parked(finding=BROKEN, until=NOW),)),
        DONE,
        ("fix", "Fix: edge.tls.expired fail", "stops the launch", ""),
    ),
    "the risk is accepted": (
        [BROKEN],
        Decisions(accepted=(acceptance(BROKEN),)),
        DONE,
        ("ask", "Does handover.access hold?", "NO-GO until someone answers", "answer"),
    ),
    "mails were not tested": (
        [],
        NONE,
        TODO,
        ("mail", "Test the product's mails", "not all were tested in the last 30 days", "mail"),
    ),
    "no permission for what comes next": (
        [],
        NONE,
        replace(TODO, permitted=False),
        ("fill", "Record who allowed the checks", "the mail test and the path need it", "permission"),
    ),
    "the path was not walked": (
        [],
        NONE,
        replace(TODO, mails="done"),
        ("path", "Walk the path from log-in to notification", "not walked in the last 30 days", "path"),
    ),
    "nobody watches": (
        [],
        NONE,
        replace(TODO, mails="none", path="none"),
        ("watch", "Start the watch", "nothing reports an outage yet", "watch"),
    ),
    "no drill": (
        [],
        NONE,
        replace(TODO, mails="done", path="done", watch="done"),
        ("drill", "Run a drill", "no drill in the last 30 days", "drill"),
    ),
    "people are missing": (
        [],
        NONE,
        replace(DONE, gaps=TODO.gaps),
        ("fill", "Write people down", "why", "entry"),
    ),
    "nobody decides": (
        [],
        NONE,
        replace(DONE, gaps=(Gap("plan", "Name who decides on launch day", "a go needs a name"),)),
        ("fill", "Name who decides on launch day", "a go needs a name", "plan"),
    ),
    "a question that a GO needs": (
        [],
        NONE,
        DONE,
        ("ask", "Does handover.access hold?", "NO-GO until someone answers", "answer"),
    ),
    "a small fix": (
        [SLIGHT],
        Decisions(confirmations=ANSWERED[:1]),
        DONE,
        ("fix", "Fix: edge.hsts.short warn", "not needed for GO", ""),
    ),
    "a small question": (
        [],
        Decisions(confirmations=ANSWERED[:1]),
        DONE,
        ("ask", "Does handover.notes hold?", "not needed for GO", "answer"),
    ),
    "the bundle": (
        [],
        Decisions(confirmations=ANSWERED),
        replace(DONE, exported=False),
        ("export", "Export the handover folder", "the verdict is GO", "export"),
    ),
    "nothing": ([], Decisions(confirmations=ANSWERED), DONE, ("done", "Nothing left to do", "GO", "")),
    "waiting, and a NO-GO is not signed": (
        [BROKEN],
        Decisions(confirmations=ANSWERED, parked=(parked(finding=BROKEN, until=NOW + 2 * HOUR),)),
        replace(DONE, signed=False),
        ("done", "Waiting for support until 2026-11-24 16:00:00 UTC", "1 parked", ""),
    ),
}


@pytest.mark.parametrize("case", STEPS)
def test_there_is_one_next_step(case: str) -> None:
    findings, decisions, deeds, wanted = STEPS[case]
    step = next_step(verdict_of(*findings, decisions=decisions), deeds)
    assert (step.kind, step.text, step.why, step.form) == wanted


RUN = {
    # results given, text, why
    "nothing ran": ([], "Run the checks", "2 never run"),
    "one never ran": ([result("edge.tls")], "Run the check: hsts", "1 never run"),
    "one is out of date": (
        [result("edge.tls", at=NOW - 2 * DAY), result("edge.hsts")],
        "Check again: tls",
        "1 out of date",
    ),
    "both": ([result("edge.tls", at=NOW - 2 * DAY)], "Run 2 checks", "1 never run, 1 out of date"),
    "two are out of date": (
        [result("edge.tls", at=NOW - 2 * DAY), result("edge.hsts", at=NOW - 2 * DAY)],
        "Check again: 2 checks are out of date",
        "2 out of date",
    ),
}


@pytest.mark.parametrize("case", RUN)
def test_what_can_run_by_itself_comes_first(case: str) -> None:
    given, text, why = RUN[case]
    step = next_step(judge(roadmap(RUNS, SMALL), results(*given), NONE, NOW), TODO)
    assert (step.kind, step.text, step.why) == ("run", text, why)
    assert step.checks


def test_a_step_leads_to_its_place() -> None:
    step = next_step(verdict_of(BROKEN), TODO)
    assert (step.check, step.finding) == ("edge.tls", BROKEN.id)


CHAIN = [*LIT, spec("edge.tls", "high"), spec("edge.hsts", "blocker", after={"x": "edge.tls"})]


def test_a_fix_that_waits_says_what_comes_first_and_that_comes_first() -> None:
    below, above = found("edge.tls.chain", "fail", "low"), found("edge.hsts.x", "fail", "blocker")
    step = next_step(verdict_of(below, above, specs=CHAIN), TODO)
    assert (step.text, step.why, step.optional) == ("Fix: edge.tls.chain fail", "comes before: hsts", False)
    aside = Decisions(parked=(parked(finding=below),))
    step = next_step(verdict_of(below, above, specs=CHAIN, decisions=aside), TODO)
    assert (step.text, step.note) == ("Fix: edge.hsts.x fail", "mend it; first: edge.tls.chain fail")


@pytest.mark.parametrize(("check", "deed"), [("email.flows", "mails"), ("handover.recovery", "path")])
def test_what_a_deed_would_show_is_left_to_it_and_then_is_to_be_found_out(check: str, deed: str) -> None:
    unseen = found(f"{check}.untested", "unknown", "blocker")
    verdict = verdict_of(unseen, specs=[*LIT, spec(check, "blocker")])
    waiting = replace(DONE, **{deed: "open"})
    assert next(one.kind for one in walked(verdict, waiting)) == {"mails": "mail", "path": "path"}[deed]
    assert "fix" not in [one.kind for one in walked(verdict, waiting)]
    assert next_step(verdict, DONE).text == f"Find out: {check}.untested unknown"


@pytest.mark.parametrize(
    ("check", "kind"),
    [
        ("email.flows", "mail"),
        ("handover.recovery", "path"),
        ("monitoring.uptime", "watch"),
        ("monitoring.detection", "drill"),
    ],
)
def test_a_deed_waits_while_the_check_that_judges_it_is_parked(check: str, kind: str) -> None:
    specs = [*LIT, spec(check, "high")]
    aside = Decisions(parked=(parked(check=check),))
    kinds = ["mail", "path", "watch", "drill"]
    assert [one.kind for one in walked(verdict_of(specs=specs), TODO)][:4] == kinds
    kinds.remove(kind)
    assert [one.kind for one in walked(verdict_of(specs=specs, decisions=aside), TODO)][:3] == kinds


def test_what_a_deed_saw_to_fail_is_fixed_before_other_deeds() -> None:
    lost = found("email.flows.refused", "fail", "blocker")
    verdict = verdict_of(lost, specs=[*LIT, spec("email.flows", "blocker")])
    assert next_step(verdict, replace(TODO, mails="open")).kind == "fix"


def test_what_is_not_written_down_comes_with_people_and_inventory() -> None:
    """Somebody who has left and still gets in is fixed at once; an empty list is filled in with the others."""
    specs = [*LIT, spec("handover.access", "blocker")]
    empty = found("handover.access.nothing", "unknown", "blocker")
    steps = walked(verdict_of(empty, specs=specs), TODO)
    assert [one.kind for one in steps][:6] == ["mail", "path", "watch", "drill", "fill", "fix"]
    assert (steps[5].form, steps[5].table) == ("entry", "access")
    left = found("handover.access.left", "fail", "blocker")
    assert [one.kind for one in walked(verdict_of(left, specs=specs), TODO)][:2] == ["fix", "mail"]


def test_a_question_that_a_word_alone_cannot_settle_says_what_would() -> None:
    seen = spec("handover.backups", "blocker", automated=False, how="person", seen_by="launchready look")
    step = next_step(verdict_of(specs=[*LIT, seen]), DONE)
    assert step.note == "a confirmation alone makes it GO WITH ACCEPTED RISKS; to have it checked: launchready look"


def test_questions_say_how_many_of_their_kind_come_after() -> None:
    more = [spec(f"handover.{name}", "blocker", automated=False, how="person") for name in ("backups", "contacts")]
    steps = walked(verdict_of(specs=[*ALL, *more]), DONE)
    assert [one.note for one in steps if one.kind == "ask"] == ["2 more after it", "1 more after it", "", ""]


def with_fix(finding: Finding, fix: str) -> Finding:
    return msgspec.structs.replace(finding, remedy=Remedy(text="do it", fix=fix))


@pytest.mark.parametrize("name", FORMS)
def test_a_fix_that_has_a_form_opens_it(name: str) -> None:
    check, _, fix = name.rpartition(".")
    check = "edge.tls" if check == "*" else check
    unseen = with_fix(found(f"{check}.unseen", "unknown", "blocker"), fix)
    verdict = verdict_of(unseen, specs=[*LIT, spec(check, "blocker")])
    assert next_step(verdict, DONE).form == FORMS[name]


def test_forms_belong_to_fixes_and_tables_to_checks_that_there_are() -> None:
    checks = load().checks
    for name in FORMS:
        check, _, fix = name.rpartition(".")
        assert any(fix in sheet_of(one).fixes for one in (checks if check == "*" else [check])), name
    assert set(ENTRIES) <= set(checks)
