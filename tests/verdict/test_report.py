"""The formats: valid, complete, and inert whatever the outside put into a name."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import msgspec
import pytest
from hostile import TEXTS
from market import DAY, NOW, acceptance, confirmation, found, put_off, result, results, spec
from market import roadmap as roadmap_of

from launchready_tui.findings import CheckResult, Evidence, Finding, Remedy, Severity, State
from launchready_tui.journal import Changes
from launchready_tui.launch.decisions import Acceptance, Confirmation, Decisions
from launchready_tui.verdict import judge
from launchready_tui.verdict.report import FORMATS, Ink, Report, as_json, of, render, schema
from launchready_tui.verdict.report.ink import ASCII, GLYPHS, columns, cut, pad

SPECS = (
    spec("audit.dns", "blocker", flow="all", light="dns"),
    spec("edge.tls", "blocker", flow="pay", effort=20, after={"expired": "audit.dns.lame"}),
    spec("edge.headers", "medium"),
    spec("edge.never", "low"),
    spec("handover.access", "blocker", automated=False, how="person"),
    spec("handover.backups", "high", automated=False, how="person"),
)
ROADMAP = roadmap_of(*SPECS)
EXPIRED = found("edge.tls.expired", "fail", "blocker", "api.example.com")
CHAIN = found("edge.tls.chain", "fail", "high")
KEY = found("edge.tls.key", "warn", "medium")
LATER = found("edge.headers.csp", "fail", "medium")
UNSEEN = found("audit.dns.silent", "unknown", "high")
LAME = found("audit.dns.lame", "fail", "low", "api.example.com")


def report(*given: CheckResult, decisions: Decisions | None = None, full: bool = True, **more: object) -> Report:
    said = decisions or Decisions(confirmations=(confirmation("handover.backups"),))
    verdict = judge(ROADMAP, results(*given), said, NOW, demo=bool(more.pop("demo", False)))
    names = None if full else tuple(one.check for one in given)
    made = Report(
        name="Market",
        domain="example.com",
        started_at=NOW,
        finished_at=NOW,
        verdict=verdict,
        roadmap=ROADMAP,
        standings=of(verdict, ROADMAP, names),
        full=full,
        ran=frozenset(one.check for one in given),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def usual(**more: object) -> Report:
    """Something of every kind: blocker, high, warning, unknown, accepted, put off, passing, never run, asked and
    confirmed."""
    decisions = Decisions(
        accepted=(acceptance(CHAIN),), later=(put_off(LATER),), confirmations=(confirmation("handover.backups"),)
    )
    return report(
        result("audit.dns", UNSEEN, found("audit.dns.fine", "pass", "low")),
        result("edge.tls", EXPIRED, CHAIN, KEY),
        result("edge.headers", LATER),
        decisions=decisions,
        **more,
    )


# JSON


def validated(made: Report) -> dict:
    document = json.loads(render(made, "json"))
    jsonschema.Draft202012Validator(json.loads(schema()), format_checker=jsonschema.FormatChecker()).validate(document)
    return document


def test_the_json_schema_in_the_package_is_that_of_the_types() -> None:
    assert schema() == as_json.schema()
    jsonschema.Draft202012Validator.check_schema(json.loads(schema()))


def test_the_json_report_says_all_that_design_promises() -> None:
    document = validated(usual(via="connect-map"))
    assert (document["schema"], document["launch"], document["verdict"], document["demo"], document["via"]) == (
        1,
        "Market",
        "NO-GO",
        False,
        "connect-map",
    )
    assert document["minimum_bar"]["dns"] == "unknown"
    finding = next(one for one in document["findings"] if one["rule"] == EXPIRED.rule)
    assert finding["id"] == EXPIRED.id
    assert finding["remedy"] == {"text": "mend it", "paste": "", "where": ""}
    assert finding["rank"] == {"place": 1, "blocks": True, "flow": "pay", "effort_min": 20, "waits_for": []}
    assert document["fixes"][0] == {
        "place": 1,
        "id": EXPIRED.id,
        "title": EXPIRED.summary,
        "state": "fail",
        "severity": "blocker",
        "blocks": True,
        "flow": "pay",
        "effort_min": 20,
        "waits_for": [],
        "unblocks": [],
        "members": [EXPIRED.id],
        "behind": [],
        "remedy": finding["remedy"],
    }
    assert document["minutes_left"] == 20
    assert finding["fresh_until"] == "2026-11-25T14:00:00Z"
    accepted = next(one for one in document["findings"] if one["rule"] == CHAIN.rule)
    assert (accepted["state"], accepted["seen"], accepted["decision"]["kind"], accepted["decision"]["by"]) == (
        "accepted",
        "fail",
        "accepted",
        "founder",
    )
    assert accepted["rank"] is None
    check = next(one for one in document["checks"] if one["check"] == "edge.never")
    assert (check["state"], check["ran"], check["duration_ms"]) == ("unknown", False, None)
    assert len(document["checks"]) == len(SPECS)


def test_a_run_of_some_checks_has_no_verdict_and_speaks_of_those_only() -> None:
    document = validated(report(result("edge.tls", EXPIRED), full=False))
    assert document["verdict"] is None
    assert [one["check"] for one in document["checks"]] == ["edge.tls"]


def test_a_cancelled_run_has_no_verdict() -> None:
    assert validated(usual(outcome="cancelled"))["verdict"] is None


# Exit

FAILS = {
    # what was found, whether it fails at blocker, high, medium, low, never
    "a blocker": (EXPIRED, (True, True, True, True, False)),
    "a high failure": (CHAIN, (False, True, True, True, False)),
    "a medium warning": (KEY, (False, False, True, True, False)),
    "unknown, high": (found("edge.tls.unread", "unknown", "high"), (False, True, True, True, False)),
    "passing": (found("edge.tls.fine", "pass", "blocker"), (False, False, False, False, False)),
    "a fact": (found("edge.tls.fact", "info", "blocker"), (True, True, True, True, False)),
}


@pytest.mark.parametrize("case", FAILS)
def test_what_makes_a_run_of_some_checks_fail(case: str) -> None:
    finding, answers = FAILS[case]
    made = report(result("edge.tls", finding), full=False)
    assert tuple(made.fails(level) for level in [*Severity, None]) == answers


def test_accepted_findings_fail_no_run() -> None:
    given = Decisions(accepted=(acceptance(EXPIRED),))
    assert not report(result("edge.tls", EXPIRED), decisions=given, full=False).fails(Severity.LOW)


def test_findings_of_other_checks_fail_no_run_of_some() -> None:
    verdict_over_both = report(result("edge.tls", EXPIRED), result("edge.headers"))
    some = replace(
        verdict_over_both,
        full=False,
        standings=of(verdict_over_both.verdict, ROADMAP, ["edge.headers"]),
        ran=frozenset(["edge.headers"]),
    )
    assert not some.fails(Severity.LOW)


def test_no_go_of_a_full_run_fails_at_every_level_but_never() -> None:
    made = report(result("audit.dns"))
    assert made.word == "NO-GO"
    assert made.fails(Severity.BLOCKER)
    assert not made.fails(None)


# JUnit


def test_junit_has_a_case_a_check_and_a_suite_a_stage() -> None:
    tree = ElementTree.fromstring(render(usual(), "junit"))
    assert (tree.get("tests"), tree.get("failures"), tree.get("errors"), tree.get("skipped")) == ("6", "1", "2", "2")
    assert [suite.get("name") for suite in tree] == ["audit", "edge", "handover"]
    cases = {case.get("name"): [child.tag for child in case] for case in tree.iter("testcase")}
    assert cases == {
        "audit.dns": ["error"],
        "edge.tls": ["failure", "system-out"],
        "edge.headers": ["skipped"],
        "edge.never": ["error"],
        "handover.access": ["skipped"],
        "handover.backups": [],
    }
    failure = next(tree.iter("failure"))
    assert failure.get("type") == "blocker"
    assert "fix: mend it" in (failure.text or "")


# SARIF


def test_sarif_results_have_a_file_a_subject_and_a_fingerprint(tmp_path: Path) -> None:
    launch = tmp_path / "launchready.toml"
    launch.write_text('# api.example.com in a comment\nname = "Market"\n[[hosts]]\nname = "api.example.com"\n')
    log = json.loads(render(usual(launch_file=launch), "sarif"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    found_rules = [(one["ruleId"], one["kind"], one["level"]) for one in run["results"]]
    assert sorted(found_rules) == [
        ("audit.dns.silent", "open", "none"),
        ("edge.headers.csp", "fail", "warning"),
        ("edge.tls.chain", "fail", "error"),
        ("edge.tls.expired", "fail", "error"),
        ("edge.tls.key", "fail", "warning"),
        ("handover.access.not-confirmed", "open", "none"),
    ]
    for one in run["results"]:
        assert rules[one["ruleIndex"]] == one["ruleId"]
        place = one["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "launchready.toml"
        assert place["region"]["startLine"] >= 1
    expired = next(one for one in run["results"] if one["ruleId"] == EXPIRED.rule)
    assert expired["locations"][0]["physicalLocation"]["region"]["startLine"] == 4
    assert expired["locations"][0]["logicalLocations"] == [{"name": "api.example.com", "kind": "resource"}]
    assert expired["partialFingerprints"] == {"launchreadyFindingId/v1": EXPIRED.id}
    assert "suppressions" not in expired
    reasons = {
        one["ruleId"]: one["suppressions"][0]["justification"] for one in run["results"] if "suppressions" in one
    }
    assert reasons == {
        "edge.tls.chain": "accepted risk, founder: few users",
        "edge.headers.csp": "after launch, founder: can wait",
    }


def test_sarif_of_a_clean_run_is_valid_and_empty() -> None:
    log = json.loads(render(report(result("edge.headers"), full=False), "sarif"))
    assert log["runs"][0]["results"] == []


# Markdown and text


def test_markdown_reads_from_verdict_to_stages() -> None:
    text = render(usual(changes=Changes(4, ("a",), ("b", "c"), ("d",)), via="connect-map", kept=False), "markdown")
    heads = re.findall(r"(?m)^#+ (.+)$", text)
    assert heads == ["Market: NO-GO", "Minimum bar", "Fix first", "1. audit", "2. edge", "3. handover"]
    assert "2. ? **audit.dns.silent unknown (example.com)** (high, all, 30 min)" in text
    assert "Since the last run: 1 new, 2 fixed, 1 unchanged." in text
    assert "connect map" in text and "set time" in text
    assert re.search(r"(?m)^[2-8] of \d lights are dark: fragile, not ready\.$", text)


def test_text_says_word_reasons_bar_stages_and_fixes() -> None:
    text = render(usual(demo=True, changes=Changes(4, ("a",), ("b", "c"), ("d",))), "text")
    for part in (
        "✕ NO-GO (demo)   2 seen, 1 said   1 problem stops the launch",
        "? DNS",
        "fragile",
        "2  edge",
        "✕ blocker  edge.tls.expired fail (api.example.com)",
        "◆ known risk edge.tls.chain fail (example.com)",
        "not checked yet",
        "Does handover.access hold?",
        "confirmed by founder, until 2026-12-23",
        "Fix first",
        "blocker · pay · 20 min",
        "mend it",
        "Since the last run: 1 new, 2 fixed, 1 unchanged",
    ):
        assert part in text, part


def test_text_of_some_checks_says_no_verdict() -> None:
    text = render(report(result("edge.tls", EXPIRED), full=False), "text")
    assert "GO" not in text
    assert "Minimum bar" not in text


def test_only_ten_fixes_are_shown() -> None:
    many = [found(f"edge.tls.x{number:02}") for number in range(14)]
    text = render(report(result("edge.tls", *many), full=False), "text")
    fixes = text.partition("Fix first")[2]
    assert fixes.count("✕") == 10
    assert "4 more" in fixes


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_one_remedy_for_many_is_one_entry_with_its_findings(format_: str) -> None:
    many = [found("edge.tls.chain", subject=f"{number:02}.example.com", fix="send-chain") for number in range(8)]
    made = report(result("edge.tls", *many), full=False)
    fixes = render(made, format_).partition("Fix first")[2].partition("edge\n")[0]
    assert "edge.tls.chain fail (and 7 more)" in fixes
    assert [f"- edge.tls.chain fail ({number:02}.example.com)" in fixes for number in range(7)] == [
        *([True] * 6),
        False,
    ]
    assert "- and 2 more" in fixes
    assert fixes.count("mend 0") == 1, "one remedy"
    assert made.minutes_left == 20


def test_what_comes_first_and_what_waits_for_it_name_each_other() -> None:
    made = report(result("audit.dns", LAME), result("edge.tls", EXPIRED))
    assert [(fix["members"], fix["waits_for"], fix["unblocks"]) for fix in validated(made)["fixes"]] == [
        ([LAME.id], [], [2]),
        ([EXPIRED.id], [1], []),
    ]
    assert "2. ✕ **edge.tls.expired fail (api.example.com)** (blocker, pay, 20 min, waits for 1)" in render(
        made, "markdown"
    )
    text = render(made, "text")
    assert "low · all · 30 min · before 2" in text and "blocker · pay · 20 min · after 1" in text


def test_what_a_cause_hides_stands_under_it() -> None:
    hiding = msgspec.structs.replace(SPECS[0], blinds={"gone": ("no-such-name",)})
    made = roadmap_of(hiding, *SPECS[1:])
    hidden = found("edge.tls.unread", "unknown", failure="no-such-name")
    given = results(result("audit.dns", found("audit.dns.gone")), result("edge.tls", hidden))
    verdict = judge(made, given, Decisions(), NOW)
    whole = replace(report(full=True), verdict=verdict, roadmap=made, standings=of(verdict, made, None))
    assert "      - not visible until then: edge.tls.unread unknown (example.com)" in render(whole, "text")
    fix = json.loads(render(whole, "json"))["fixes"][0]
    assert (fix["members"], fix["behind"]) == ([found("audit.dns.gone").id], [hidden.id])


def test_plain_text_has_no_glyph() -> None:
    text = render(usual(), "text", Ink(plain=True))
    assert text.isascii()


def test_without_colour_there_is_no_escape_and_with_it_every_one_is_closed() -> None:
    assert "\x1b" not in render(usual(), "text", Ink())
    coloured = render(usual(), "text", Ink(colour=True, width=100))
    assert coloured.count("\x1b[0m") * 2 == coloured.count("\x1b[")
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render(usual(), "text", Ink(width=100))


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_lines_fit_the_terminal_but_for_what_is_to_be_pasted(width: int) -> None:
    long = Finding(
        check="edge.tls",
        rule="edge.tls.long",
        subject="example.com",
        state=State.FAIL,
        severity=Severity.BLOCKER,
        summary="an unusually long sentence " * 20,
        remedy=Remedy(text="do something about it " * 20, paste="PASTE " + "x" * 300),
    )
    text = render(report(result("edge.tls", long), full=False), "text", Ink(width=width))
    assert [line for line in text.splitlines() if columns(line) > width and "PASTE" not in line] == []


def test_every_glyph_has_an_ascii_form_of_its_own() -> None:
    shown = {GLYPHS[str(state)].translate(ASCII) for state in State}
    assert all(char.isascii() for char in shown)
    assert len(shown) == len(State)


def test_columns_of_wide_and_combining_characters() -> None:
    assert (columns("abc"), columns("日本"), columns("e\u0301")) == (3, 4, 1)
    assert cut("日本語", 5) == "日本…"
    assert cut("abc", 3) == "abc"
    assert pad("日", 4) == "日  "


# Hostile text


def hostile_report(said: str) -> Report:
    """The same hostile text wherever a finding, a decision or a launch has text."""
    finding = Finding(
        check="edge.tls",
        rule="edge.tls.x",
        subject=said,
        state=State.FAIL,
        severity=Severity.BLOCKER,
        summary=said,
        evidence=(Evidence(label=said, text=said, source=said, at=NOW),),
        remedy=Remedy(text=said, paste=said, where=said),
    )
    accepted = replace_subject(finding, f"{said} again")
    decision = Acceptance(
        rule=accepted.rule, subject=accepted.subject, by=said, recorded_by=said, reason=said, on=NOW, until=NOW + DAY
    )
    confirmed = Confirmation(check="handover.access", by=said, recorded_by=said, on=NOW, until=NOW + DAY, evidence=said)
    warned = Finding(
        check="edge.tls", rule="edge.tls.w", subject=said, state=State.WARN, severity=Severity.LOW, summary=said
    )
    made = report(
        result("edge.tls", finding, accepted, warned),
        decisions=Decisions(accepted=(decision,), confirmations=(confirmed,)),
    )
    return replace(made, name=said, domain=said, via=said)


def replace_subject(finding: Finding, subject: str) -> Finding:
    import msgspec

    return msgspec.structs.replace(finding, subject=subject)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_steers_no_reader(kind: str, name: str) -> None:
    text = render(hostile_report(TEXTS[name]), kind, Ink(width=100))
    text.encode("utf-8")
    steering = [char for char in text if not char.isprintable() and char != "\n"]
    assert steering == []
    if kind in ("json", "sarif"):
        assert text.isascii()
        json.loads(text)
    if kind == "junit":
        ElementTree.fromstring(text)
    if kind == "markdown":
        outside = re.sub(r"(?ms)^\s*(`{3,}).*?^\s*\1\s*$", "", text)
        assert not re.search(r"(?<!\\)<(?!br>)", outside)
        assert not re.search(r"(?<!\\)\]\(", outside)
