"""The redirect map is read from evidence: each way once, worst first, and each hop says only what changed."""

from __future__ import annotations

import msgspec
import pytest
from bundle_source import full, results
from sights import as_chain

from launchready_tui.findings import Evidence, Finding, Severity, State
from launchready_tui.handover.chains import ChainRow, chain_rows, step


def chain(start: str, text: str, state: State = State.PASS, rule: str = "edge.redirects.too-many-hops") -> Finding:
    return Finding(
        check=".".join(rule.split(".")[:2]),
        rule=rule,
        subject=start.partition("://")[2],
        state=state,
        severity=Severity.HIGH,
        summary="seen",
        evidence=(Evidence.of("chain", text, source=start, fact=as_chain(start, text)),),
    )


def rows(*findings: Finding) -> tuple[ChainRow, ...]:
    market = full()
    market.results = results(*(msgspec.structs.replace(one) for one in findings))
    verdict = market.verdict()
    return chain_rows([judged for standing in verdict.standings.values() for judged in standing.findings])


def test_ways_are_read_worst_first_and_what_answers_at_once_is_left_out() -> None:
    found = rows(
        chain("https://b.example.com/", "200  https://b.example.com/  12 ms"),
        chain("http://www.example.com/", "308  http://www.example.com/  20 ms\n200  https://www.example.com/  30 ms"),
        chain(
            "https://example.com/old",
            "301  https://example.com/old  10 ms\n302  https://example.com/a  10 ms\n200  "
            "https://example.com/new  5 ms",
            State.FAIL,
            "edge.redirects.old-address",
        ),
    )
    assert [(row.start, row.redirects, row.ms, row.state.value) for row in found] == [
        ("https://example.com/old", 2, 25, "fail"),
        ("http://www.example.com/", 1, 50, "pass"),
    ]


def test_a_way_without_end_says_why_and_a_page_that_moves_on_counts_as_a_hop() -> None:
    looped, meta = rows(
        chain(
            "https://example.com/a",
            "301  https://example.com/a  1 ms\n---  loop: back to https://example.com/a",
            State.FAIL,
        ),
        chain(
            "https://example.com/m",
            "200  https://example.com/m  1 ms  (meta)\n200  https://example.com/n  1 ms",
            State.WARN,
        ),
    )
    assert looped.problem == "loop: back to https://example.com/a" and looped.redirects == 1
    assert meta.redirects == 1 and meta.stops[0].kind == "meta" and not meta.stops[1].moves


def test_evidence_without_its_fact_is_no_way() -> None:
    told = chain("https://example.com/", "301  https://example.com/  9 ms\n200  https://example.com/x  9 ms")
    old = msgspec.structs.replace(told, evidence=(Evidence.of("chain", told.evidence[0].text, source="x"),))
    assert len(rows(told)) == 1 and rows(old) == ()


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("http://a.test/", "https://a.test/", "https"),
        ("http://a.test/x", "https://a.test/y", "https /y"),
        ("https://a.test/x", "https://a.test/y?z=1", "/y?z=1"),
        ("https://www.a.test/x", "https://a.test/x", "a.test"),
        ("https://www.a.test/x", "https://a.test/", "a.test/"),
        ("http://www.a.test/", "https://a.test:8443/", "https://a.test:8443"),
        ("https://a.test/x", "https://a.test/x", "/x"),
    ],
)
def test_a_hop_says_what_changes(before: str, after: str, told: str) -> None:
    assert step(before, after) == told
