"""The flaw table reads, holds together, and says what is expected with several flaws on."""

from __future__ import annotations

import pytest

from launchready_tui.findings import State
from launchready_tui.lab import flaws
from launchready_tui.lab.flaws import Change, Flaw, FlawTableError, UnknownFlawError
from launchready_tui.roadmap.model import load as load_roadmap


def test_every_flaw_belongs_to_a_stage_and_to_automated_checks_of_the_roadmap() -> None:
    roadmap = load_roadmap()
    for flaw in flaws.load():
        assert roadmap.stage(flaw.stage).id == flaw.stage
        assert flaw.changes[0].rule.startswith(f"{flaw.stage}.")
        for change in flaw.changes:
            check = change.rule.rpartition(".")[0]
            assert roadmap.checks[check].automated, f"{flaw.id}: {check} runs by nobody"
            assert change.rule in roadmap.rules, f"{flaw.id}: {change.rule} is no rule"
            assert change.subject


def test_every_flaw_has_a_failing_finding_of_its_own() -> None:
    for flaw in flaws.load():
        assert flaw.changes[0].state in (State.FAIL, State.WARN), flaw.id


def test_titles_and_fixes_are_one_sentence_each() -> None:
    for flaw in flaws.load():
        for sentence in (flaw.title, flaw.fix):
            assert 15 < len(sentence) < 110
            assert not sentence.endswith(".")
            assert sentence[0].isupper() or sentence.startswith(("www ", "ns2 "))


def test_expected_is_the_union_without_what_is_masked() -> None:
    alone = flaws.by_id()["dmarc-no-reports"].changes
    assert flaws.expected(["dmarc-no-reports"]) == set(alone)
    both = flaws.expected(["dmarc-no-reports", "dmarc-missing"])
    assert both == set(flaws.by_id()["dmarc-missing"].changes)
    assert flaws.expected([]) == frozenset()


def test_everything_on_expects_what_no_other_flaw_hides() -> None:
    every = flaws.expected(flaws.every_id())
    hidden = {other for flaw in flaws.load() for other in flaw.masks}
    assert hidden
    for flaw in flaws.load():
        assert (set(flaw.changes) <= every) == (flaw.id not in hidden), flaw.id


def test_the_flaw_of_a_finding_is_one_that_is_on() -> None:
    change = flaws.by_id()["no-csp"].changes[0]
    assert flaws.flaw_for(change.rule, change.subject) == flaws.by_id()["no-csp"]
    assert flaws.flaw_for(change.rule, change.subject, on={"no-hsts"}) is None
    assert flaws.flaw_for("edge.headers.csp", "nobody.example") is None


def test_unknown_flaws_are_named_with_those_there_are() -> None:
    with pytest.raises(UnknownFlawError, match=r"no flaw is called 'no-cps'.*no-csp"):
        flaws.known(["no-cps"])


def row(name: str = "one", masks: tuple[str, ...] = (), changes: tuple[Change, ...] | None = None) -> Flaw:
    found = (Change(rule="edge.headers.csp", subject="example.com", state=State.WARN),) if changes is None else changes
    return Flaw(id=name, stage="edge", title="t", fix="f", masks=masks, changes=found)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ((row(), row()), "two flaws are called one"),
        ((row(masks=("two",)),), "one masks two"),
        ((row(masks=("one",)),), "one masks one"),
        ((row(changes=()),), "one changes nothing"),
    ],
)
def test_a_table_that_does_not_hold_together_is_refused(table: tuple[Flaw, ...], complaint: str) -> None:
    with pytest.raises(FlawTableError, match=complaint):
        flaws.verified(table)


def test_a_sound_table_is_taken_as_it_is() -> None:
    table = (row(), row("two", masks=("one",)))
    assert flaws.verified(table) == table
