"""What is fixed first, and the one next step."""

from __future__ import annotations

import msgspec
import pytest
from market import NOW, acceptance, found, result, results, roadmap, spec

from launchready_tui.findings import Finding, Severity, State
from launchready_tui.launch.decisions import Decisions
from launchready_tui.launch.model import Host, Launch, Route
from launchready_tui.roadmap import RuleSpec
from launchready_tui.roadmap import load as load_roadmap
from launchready_tui.verdict import FixRow, judge
from launchready_tui.verdict.touches import FLOW_WEIGHT, host_in

NONE = Decisions()


def order(specs: list, given: list, decisions: Decisions = NONE) -> list[str]:
    return [one.finding.rule for one in judge(roadmap(*specs), results(*given), decisions, NOW).fixes]


KEYS = {
    # the inputs in the order in which they count: (first, second) as (class, light, state, severity, flow, effort)
    "what stops the launch": (
        ("blocker", None, "fail", "blocker", "marketing", 90),
        ("high", "dns", "fail", "high", "pay", 5),
    ),
    "what keeps a light dark": (
        ("low", "dns", "fail", "low", "marketing", 90),
        ("blocker", None, "unknown", "blocker", "pay", 5),
    ),
    "a light that nobody could see is dark too": (
        ("low", "dns", "unknown", "low", "marketing", 90),
        ("high", None, "fail", "high", "pay", 5),
    ),
    "a warning keeps no light dark": (
        ("high", None, "fail", "high", "marketing", 90),
        ("high", "dns", "warn", "medium", "pay", 5),
    ),
    "an unknown that may block": (
        ("blocker", None, "unknown", "low", "marketing", 90),
        ("high", None, "fail", "high", "pay", 5),
    ),
    "a warning of blocker weight does not block": (
        ("blocker", None, "fail", "blocker", "marketing", 90),
        ("blocker", None, "warn", "blocker", "pay", 5),
    ),
    "severity": (("high", None, "fail", "high", "marketing", 90), ("high", None, "fail", "medium", "pay", 5)),
    "severity before having been seen": (
        ("high", None, "unknown", "high", "marketing", 90),
        ("high", None, "warn", "medium", "pay", 5),
    ),
    "what was seen": (("high", None, "fail", "high", "marketing", 90), ("high", None, "unknown", "high", "pay", 5)),
    "business flow": (("high", None, "fail", "high", "sign-up", 90), ("high", None, "fail", "high", "search", 5)),
    "effort": (("high", None, "fail", "high", "search", 5), ("high", None, "fail", "high", "list", 90)),
}


@pytest.mark.parametrize("case", KEYS)
@pytest.mark.parametrize("names", [("edge.a", "edge.b"), ("edge.b", "edge.a")])
def test_the_inputs_count_in_this_order(case: str, names: tuple[str, str]) -> None:
    specs, given = [], []
    for name, (severity_class, light, state, severity, flow, effort) in zip(names, KEYS[case], strict=True):
        specs.append(spec(name, severity_class, flow=flow, effort=effort, light=light))
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


# What stands in the way


def rows(specs: list, given: list, decisions: Decisions = NONE, **more: object) -> list[FixRow]:
    return list(judge(roadmap(*specs), results(*given), decisions, NOW, **more).rows)  # type: ignore[arg-type]


def short(row: FixRow) -> tuple[str, tuple[int, ...]]:
    return row.first.finding.rule, row.waits_for


CHAIN = [
    spec("audit.dns", "high"),
    spec("edge.tls", "high", after={"chain": "audit.dns.gone"}),
    spec("edge.hsts", "blocker", after={"missing": "edge.tls.chain"}),
]
MISSING = found("edge.hsts.missing", "fail", "blocker")


def test_a_cause_comes_right_before_the_first_that_waits_for_it() -> None:
    given = [
        result("audit.other", found("audit.other.x", "fail", "high")),
        result("audit.dns", found("audit.dns.gone", "fail", "low"), found("audit.dns.lame", "fail", "low")),
        result("edge.tls", found("edge.tls.chain", "fail", "medium"), found("edge.tls.key", "fail", "medium")),
        result("edge.hsts", MISSING),
    ]
    found_rows = rows([spec("audit.other", "high", flow="pay"), *CHAIN], given)
    assert [short(row) for row in found_rows] == [
        ("audit.dns.gone", ()),
        ("edge.tls.chain", (1,)),
        ("edge.hsts.missing", (2,)),
        ("audit.other.x", ()),
        ("edge.tls.key", ()),
        ("audit.dns.lame", ()),
    ], "what else the checks below found lifts nothing and waits where its own weight puts it"
    assert [row.unblocks for row in found_rows] == [(2,), (3,), (), (), (), ()]
    assert [one.rank and one.rank.waits_for for one in found_rows[1].members] == [(1,)]


def test_a_lame_name_server_does_not_wait_in_front_of_an_open_env() -> None:
    real = load_roadmap()
    given = results(
        result("audit.dns-host", found("audit.dns-host.lame", "fail", "high", "ns2.example.com")),
        result("edge.exposure", found("edge.exposure.env-file", "fail", "blocker", "app.example.com/.env")),
    )
    made = judge(real, given, NONE, NOW).rows
    assert [short(row) for row in made] == [("edge.exposure.env-file", ()), ("audit.dns-host.lame", ())]


WAITS = {
    # how the cause stands, and whether what comes after it waits
    "passes": ([], NONE, False),
    "warns": ([found("edge.tls.chain", "warn")], NONE, False),
    "fails": ([found("edge.tls.chain")], NONE, True),
    "another rule of its check fails": ([found("edge.tls.key")], NONE, False),
    "unknown": ([found("edge.tls.chain", "unknown")], NONE, False),
    "fails, accepted": ([found("edge.tls.chain")], Decisions(accepted=(acceptance(found("edge.tls.chain")),)), False),
    "fails at another host": ([found("edge.tls.chain", subject="api.example.com")], NONE, False),
    "fails at a page of that host": ([found("edge.tls.chain", subject="example.com/shop")], NONE, True),
    "fails for all": ([found("edge.tls.chain", subject="launch")], NONE, True),
}


@pytest.mark.parametrize("case", WAITS)
def test_only_a_cause_that_fails_at_the_same_host_is_waited_for(case: str) -> None:
    findings, decisions, waits = WAITS[case]
    made = rows(CHAIN, [result("edge.tls", *findings), result("edge.hsts", MISSING)], decisions)
    row = next(row for row in made if row.first.finding.rule == "edge.hsts.missing")
    assert bool(row.waits_for) is waits


def test_a_cause_may_be_a_whole_check_and_a_circle_ends() -> None:
    specs = [
        spec("email.spf", "high", after={"syntax": "email.flows"}),
        spec("email.flows", "high", after={"refused": "email.spf"}),
    ]
    given = [
        result("email.spf", found("email.spf.syntax", "fail", "high"), found("email.spf.wide", "fail", "low")),
        result("email.flows", found("email.flows.refused", "fail", "high", "receipt, seed")),
    ]
    made = [short(row) for row in rows(specs, given)]
    assert sorted(name for name, _ in made) == ["email.flows.refused", "email.spf.syntax", "email.spf.wide"]
    assert dict(made)["email.flows.refused"] == (2, 3) or dict(made)["email.flows.refused"] == (1, 2)


HIDING = [
    spec("audit.hosts", "medium", blinds={"unresolved": "no-such-name"}),
    spec("edge.tls", "blocker", about="", blinds={"name": "certificate"}),
    spec("edge.https", "blocker", about="asked", how="live person"),
]
GONE = found("audit.hosts.unresolved", "fail", "high", "api.example.com")


def test_what_could_not_be_seen_stands_behind_what_hides_it() -> None:
    hidden = found("edge.tls.unread", "unknown", "high", "api.example.com", failure="no-such-name")
    other_host = found("edge.tls.unread", "unknown", "high", "www.example.com", failure="no-such-name")
    other_reason = found("edge.https.unread", "unknown", "high", "api.example.com", failure="timeout")
    asked = found("edge.https.asked", "unknown", "high", "api.example.com", failure="no-such-name")
    given = [
        result("audit.hosts", GONE, found("audit.hosts.dangling", "fail", "high", "old.example.com")),
        result("edge.tls", hidden, other_host),
        result("edge.https", other_reason, asked),
    ]
    made = rows(HIDING, given)
    assert [(row.first.finding, [one.finding for one in row.behind]) for row in made] == [
        (GONE, [hidden]),
        (other_reason, []),
        (other_host, []),
        (given[0].findings[1], []),
    ], "it holds the verdict as what it hides does"
    assert made[0].blocks and not made[0].stops and made[0].opens and made[0].id == GONE.id
    assert [one.rank and (one.rank.place, one.rank.waits_for) for one in made[0].findings] == [(1, ()), (1, ())]


def test_what_hides_must_have_failed() -> None:
    hidden = found("edge.tls.unread", "unknown", "high", "api.example.com", failure="no-such-name")
    gone = found("audit.hosts.unresolved", "unknown", "high", "api.example.com", failure="timeout")
    made = rows(HIDING, [result("audit.hosts", gone), result("edge.tls", hidden)])
    assert [row.behind for row in made] == [(), ()]


# One cause and one remedy are one row


def front(host: str, state: str = "fail", severity: str = "high", **more: str) -> Finding:
    return found("edge.cdn.shield", state, severity, f"{host}.example.com", **{"fix": "proxied", **more})  # type: ignore[arg-type]


ONE_ROW = {
    # findings of one rule, and how many are in each row
    "one fix for several hosts": ([front("a"), front("b"), front("c")], [3]),
    "a warning with the same fix": ([front("a"), front("b", "warn", "medium")], [2]),
    "another fix": ([front("a"), front("b", fix="move")], [1, 1]),
    "the same fix of another system": ([front("a", where="nginx"), front("b", where="Caddy")], [1, 1]),
    "what could not be seen has another remedy": ([front("a"), front("b", "unknown", failure="timeout")], [1, 1]),
    "unseen for the same reason": (
        [front("a", "unknown", failure="timeout"), front("b", "unknown", failure="timeout")],
        [2],
    ),
    "unseen for another reason": (
        [front("a", "unknown", failure="timeout"), front("b", "unknown", failure="reset")],
        [1, 1],
    ),
}


@pytest.mark.parametrize("case", ONE_ROW)
def test_findings_of_one_rule_with_one_remedy_are_one_row(case: str) -> None:
    findings, sizes = ONE_ROW[case]
    made = rows([spec("edge.cdn", effort=40)], [result("edge.cdn", *findings)])
    assert [len(row.members) for row in made] == sizes
    assert [row.place for row in made] == list(range(1, len(sizes) + 1))
    assert {one.id for row in made for one in row.members} == {one.id for one in findings}


def test_a_row_is_as_heavy_as_its_heaviest_and_keeps_its_name() -> None:
    light, heavy = front("a", "warn", "medium"), front("b", "fail", "blocker")
    specs = [spec("edge.cdn", "blocker", effort=40), spec("edge.tls")]
    other = result("edge.tls", found("edge.tls.x"))
    row, rest = rows(specs, [result("edge.cdn", light, heavy), other])
    assert [one.finding for one in row.members] == [heavy, light]
    assert (row.state, row.severity, row.stops, row.effort_min) == (State.FAIL, Severity.BLOCKER, True, 40)
    assert rest.place == 2 and rest.id == rest.first.id
    longer, _ = rows(specs, [result("edge.cdn", light, heavy, front("c")), other])
    assert row.id == longer.id != heavy.id, "it stays selected while its members come and go"


TITLES = {
    # how many findings, the sheet's line, and the title
    "one": (1, "{n} hosts have nothing in front", "edge.cdn.shield fail"),
    "several": (4, "{n} hosts have nothing in front", "4 hosts have nothing in front"),
    "several without a line": (4, "", "edge.cdn.shield fail (and 3 more)"),
}


@pytest.mark.parametrize("case", TITLES)
def test_a_row_says_what_is_wrong_in_one_line(case: str) -> None:
    count, line, title = TITLES[case]
    rules = {"edge.cdn.shield": RuleSpec("edge.cdn.shield", "term", "why", "source", line)}
    given = results(result("edge.cdn", *(front(host) for host in "abcd"[:count])))
    made = judge(roadmap(spec("edge.cdn"), rules=rules), given, NONE, NOW).rows
    assert [row.title for row in made] == [title]


def test_what_could_not_be_seen_is_not_told_as_broken() -> None:
    rules = {"edge.cdn.shield": RuleSpec("edge.cdn.shield", "term", "why", "source", "{n} hosts have nothing in front")}
    unseen = [front(host, "unknown", failure="timeout") for host in "abc"]
    (row,) = judge(roadmap(spec("edge.cdn"), rules=rules), results(result("edge.cdn", *unseen)), NONE, NOW).rows
    assert row.title == "edge.cdn.shield unknown (and 2 more)"


def test_one_cause_over_several_checks_is_one_row_with_its_own_minutes() -> None:
    asks = [found(f"edge.{name}.no-permission", "info", "low", fix="permission") for name in ("tls", "cdn", "cors")]
    refused = found("edge.exposure.files", "unknown", "blocker", "api.example.com", failure="no-permission")
    refused = msgspec.structs.replace(refused, remedy=None)
    given = [*(result(one.check, one) for one in asks), result("edge.exposure", refused, front("x"))]
    verdict = judge(
        roadmap(*(spec(one.check, effort=60) for one in given), spec("edge.headers")),
        results(*given, result("edge.headers", found("edge.headers.csp", "warn", "low"))),
        NONE,
        NOW,
    )
    row = next(row for row in verdict.rows if row.shared)
    assert row.title == "No confirmed permission: 4 checks"
    assert row.remedy is not None and row.remedy.fix == "permission"
    assert (len(row.members), row.effort_min, row.checks[0]) == (4, 2, "edge.exposure")
    assert verdict.minutes_left == 2 + 60 + 30, "one permission, and what was seen to fail"
    part = row.among({"edge.tls", "edge.cdn"})
    assert part is not None and part.title == "No confirmed permission: 2 checks"
    assert row.among({"edge.headers"}) is None


def test_a_cause_without_a_remedy_of_its_findings_brings_its_own() -> None:
    unseen = [found(f"edge.{name}.x", "unknown", failure="unreachable") for name in ("tls", "cdn")]
    bare = [msgspec.structs.replace(one, remedy=None) for one in unseen]
    own = found("edge.cors.x", "unknown", failure="unreachable", fix="use-ipv4")
    made = rows([spec(one.check) for one in (*bare, own)], [result(one.check, one) for one in (*bare, own)])
    row = made[0]
    assert [len(one.members) for one in made] == [2, 1], "what brings a fix of its own has another cause"
    assert row.title == "This machine cannot reach the network: 2 checks"
    assert row.remedy is not None and row.remedy.text.startswith("Connect this machine")


def test_rows_of_one_remedy_are_one_effort() -> None:
    given = results(result("edge.cdn", *(front(host) for host in "abcdefghij")))
    verdict = judge(roadmap(spec("edge.cdn", effort=25)), given, NONE, NOW)
    assert (len(verdict.rows), len(verdict.fixes), verdict.minutes_left) == (1, 10, 25)


def test_a_row_is_found_by_its_own_name_and_by_its_findings() -> None:
    given = results(result("edge.cdn", front("a"), front("b")), result("edge.tls", found("edge.tls.x")))
    verdict = judge(roadmap(spec("edge.cdn"), spec("edge.tls")), given, NONE, NOW)
    group = verdict.rows[0]
    assert verdict.row(group.id) == verdict.row(front("b").id) == group
    assert verdict.row("nothing") is None
    assert verdict.rows_at((2, 1)) == (verdict.rows[1], group)


# The flow of a finding

LAUNCH = Launch(
    name="Market",
    domain="example.com",
    canonical="https://example.com/",
    hosts=(
        Host(name="app.example.com", role="app"),
        Host(name="admin.example.com", role="admin"),
        Host(name="status.example.com", role="status"),
        Host(name="beta.example.com", role="app", environment="staging"),
    ),
    routes=(
        Route(name="basket", url="https://app.example.com/basket", flow="book"),
        Route(name="reports", url="https://admin.example.com/reports", flow="list"),
    ),
)
TOUCHES = {
    # check's flow, subject, flow
    "a customer's host": ("all", "app.example.com", "all"),
    "a page of it": ("log-in", "app.example.com/.env", "log-in"),
    "an admin host is not all": ("all", "admin.example.com", "admin"),
    "nor is a page of it": ("search", "admin.example.com/.git", "admin"),
    "nor is a route of it": ("search", "reports", "admin"),
    "the status page": ("all", "status.example.com", "admin"),
    "staging": ("sign-up", "beta.example.com", "admin"),
    "money is money anywhere": ("pay", "admin.example.com/app.js: live key", "pay"),
    "a route by its name": ("search", "basket", "book"),
    "a route by its address": ("search", "app.example.com/basket", "book"),
    "no host at all": ("admin", "receipt, seed", "admin"),
    "a stranger's host": ("all", "admin.example.net", "all"),
}


@pytest.mark.parametrize("case", TOUCHES)
def test_a_finding_touches_what_its_host_and_route_do(case: str) -> None:
    flow, subject, wanted = TOUCHES[case]
    made = rows([spec("edge.x", flow=flow)], [result("edge.x", found("edge.x.y", subject=subject))], launch=LAUNCH)
    assert (made[0].flow, made[0].first.rank and made[0].first.rank.flow) == (wanted, wanted)


def test_a_rule_may_touch_another_flow_than_its_check() -> None:
    specs = [spec("edge.x", flow="search", flows={"cookie": "log-in"})]
    given = [result("edge.x", found("edge.x.cookie", subject="basket"), found("edge.x.file", subject="basket"))]
    assert [(row.first.finding.rule, row.flow) for row in rows(specs, given, launch=LAUNCH)] == [
        ("edge.x.cookie", "log-in"),
        ("edge.x.file", "book"),
    ]
    assert load_roadmap().checks["performance.caching"].flow_of("performance.caching.personal-shared") == "log-in"


HOSTS = {
    "app.example.com": "app.example.com",
    "app.example.com/.env": "app.example.com",
    "app.example.com/a.js: live key": "app.example.com",
    "App.Example.com:8443": "app.example.com",
    "ship._domainkey.example.com": "example.com",
    "_dmarc.example.com": "example.com",
    "basket": "app.example.com",
    "203.0.113.25": "",
    "inventory.toml": "",
    "receipt, seed": "",
    "launch": "",
}


@pytest.mark.parametrize("subject", HOSTS)
def test_the_host_of_a_subject(subject: str) -> None:
    assert host_in(subject, LAUNCH) == HOSTS[subject]


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
