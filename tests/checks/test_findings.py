"""Findings: their ids, and that whatever changes their texts reaches every one of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from launchready_tui.facts import VERSION, DnsRecords
from launchready_tui.findings import CheckResult, Evidence, Finding, Remedy, Severity, State, finding_id, mapped

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
PLAIN = Finding(
    check="edge.https",
    rule="edge.https.missing",
    subject="subject",
    state=State.FAIL,
    severity=Severity.HIGH,
    summary="summary",
    evidence=(
        Evidence(
            label="label",
            text="text",
            source="source",
            at=NOW,
            fact=DnsRecords(name="name", type="TXT", records=("one", "two"), server="server"),
        ),
    ),
    remedy=Remedy(text="remedy", paste="paste", where="where"),
    values={"word": "value", "list": ("first", "second"), "count": 3},
)
TEXTS = "subject summary label text source name one two server remedy paste where value first second"


@pytest.mark.parametrize("place", TEXTS.split())
def test_a_change_reaches_every_text_of_a_finding(place: str) -> None:
    """A secret that stands in one place alone is seen there, and taken out."""
    secret = f"secret-{place}"
    there = _with(PLAIN, place, secret)
    assert msgspec.json.encode(there).decode().count(secret) == 1
    hidden = mapped(there, lambda words: words.replace(secret, "hidden"))
    assert hidden == _with(PLAIN, place, "hidden")


def test_what_is_not_text_stays_and_what_needs_no_change_is_the_same_object() -> None:
    assert mapped(PLAIN, lambda words: words) is PLAIN
    changed = mapped(PLAIN, str.upper)
    (seen,) = changed.evidence
    assert (seen.at, changed.values["count"], changed.state) == (NOW, 3, State.FAIL)
    assert isinstance(seen.fact, DnsRecords) and seen.fact.records == ("ONE", "TWO")
    assert (changed.check, changed.rule) == (PLAIN.check, PLAIN.rule)


def _with(finding: Finding, place: str, words: str) -> Finding:
    """The finding with other words in one place."""
    plain: Any = msgspec.to_builtins(finding, builtin_types=(datetime,))

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: changed(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [changed(one) for one in value]
        return words if value == place else value

    return msgspec.convert(changed(plain), Finding)


def test_rule_and_subject_are_told_apart_in_an_id() -> None:
    assert finding_id("edge.https.a", "bc") != finding_id("edge.https.ab", "c")
    assert finding_id("edge.https.ab", "") != finding_id("edge.https.a", "b")
    assert finding_id("edge.https.missing", "shop.test") == "e8715be88f67"
    assert len({finding_id("a", str(number)) for number in range(5000)}) == 5000
    assert finding_id("a", "\udcff") != finding_id("a", "\udcfe")


def test_the_facts_of_a_finding_are_those_of_its_evidence() -> None:
    bare = msgspec.structs.replace(PLAIN, evidence=(Evidence(label="a", text="b"), *PLAIN.evidence))
    assert bare.facts == (PLAIN.evidence[0].fact,)
    assert bare.fact(DnsRecords) == PLAIN.evidence[0].fact


def test_a_result_is_read_only_where_its_facts_are_of_this_version() -> None:
    made = CheckResult(check="a", state=State.PASS, findings=(), started_at=NOW, duration_ms=1, facts=VERSION)
    versions = (VERSION - 1, VERSION, VERSION + 1)
    assert [msgspec.structs.replace(made, facts=one).readable for one in versions] == [False, True, False]
