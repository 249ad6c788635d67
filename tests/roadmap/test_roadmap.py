"""The roadmap data hold together, and are the ones that were agreed."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from launchready_tui import roadmap
from launchready_tui.failure import WORDS
from launchready_tui.roadmap.model import FLOWS, LIGHTS, SPRINT_ITEMS, CheckSpec, Stage
from launchready_tui.roadmap.sheet import home
from launchready_tui.wording import places

SNAPSHOT = Path(__file__).with_name("snapshot.csv")
"""What the checks' own files say, a line each: drawn anew with LAUNCHREADY_UPDATE_SNAPSHOT=1, and read in the diff."""

STAGES = ("audit", "edge", "email", "deploy", "performance", "monitoring", "handover")
CHECKS = list(roadmap.load().checks.values())
each_check = pytest.mark.parametrize("spec", CHECKS, ids=lambda spec: spec.id)


COLUMNS = "id,by,severity,flow,light,sprint item,shelf life,effort in minutes,rests on,rules"


def snapshot() -> str:
    """A line a check, in the order of the roadmap."""
    rules = [rule.rpartition(".")[0] for rule in roadmap.load().rules]
    lines = [COLUMNS]
    for spec in CHECKS:
        cells = (
            spec.id,
            "code" if spec.automated else "person",
            spec.severity.value,
            spec.flow,
            spec.light or "",
            spec.sprint_item,
            spec.shelf_life,
            str(spec.effort_min),
            " ".join(spec.rests_on),
            str(rules.count(spec.id)),
        )
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def test_the_roadmap_is_the_one_that_was_agreed() -> None:
    if os.environ.get("LAUNCHREADY_UPDATE_SNAPSHOT"):
        SNAPSHOT.write_text(snapshot(), encoding="utf-8")
    assert snapshot() == SNAPSHOT.read_text(encoding="utf-8")


def test_the_stages_stand_in_their_order() -> None:
    assert tuple((stage.id, stage.number) for stage in roadmap.load().stages) == tuple(
        zip(STAGES, range(1, 8), strict=True)
    )
    for stage in roadmap.load().stages:
        assert {spec.stage for spec in stage.checks} == {stage.id}
        assert stage.deliverables and stage.signals


def test_a_stage_is_found_by_name_and_by_number() -> None:
    assert roadmap.load().stage("edge") is roadmap.load().stage("2")
    with pytest.raises(KeyError):
        roadmap.load().stage("8")


@each_check
def test_what_stands_in_the_way_exists(spec: CheckSpec) -> None:
    known, rules = roadmap.load().checks, roadmap.load().rules
    own = {rule.removeprefix(f"{spec.id}.") for rule in rules if rule.rpartition(".")[0] == spec.id}
    for rule, names in spec.after.items():
        assert rule in own
        assert f"{spec.id}.{rule}" not in names, "a rule waits for itself"
        assert all(name in rules or name in known for name in names)
    assert set(spec.blinds) <= own
    assert set(spec.flows) <= own
    assert all(kind in WORDS for kinds in spec.blinds.values() for kind in kinds)
    assert all(flow in FLOWS and flow != spec.flow for flow in spec.flows.values())


@pytest.mark.parametrize("stage", roadmap.load().stages, ids=lambda stage: stage.id)
def test_a_cause_names_a_fix_that_only_shared_sheets_have(stage: Stage) -> None:
    causes = roadmap.causes_of(stage.id)
    fixes = [cause.fix for cause in causes.values()]
    assert len(set(fixes)) == len(fixes), "two causes are one"
    for check in stage.checks:
        sheet = roadmap.sheet_of(check.id)
        own = tomllib.loads((home(check.id) / "check.toml").read_text("utf-8")).get("fixes", {})
        for cause in causes.values():
            assert cause.fix in sheet.fixes and cause.fix not in own
            assert all(kind in WORDS for kind in cause.failures)


@each_check
def test_the_line_for_several_subjects_counts_them(spec: CheckSpec) -> None:
    for rule in roadmap.sheet_of(spec.id).rules.values():
        assert not rule.several or places(rule.several) == {"n"}


@each_check
def test_flows_and_lights_are_known(spec: CheckSpec) -> None:
    assert spec.flow in FLOWS
    assert spec.light is None or spec.light in {light.id for light in LIGHTS}


def test_every_light_is_made_of_checks() -> None:
    made = {light.id: len(roadmap.load().light(light.id)) for light in LIGHTS}
    assert all(made.values()), made


def test_deliverables_and_signals_name_what_exists() -> None:
    load = roadmap.load()
    wrong = []
    for stage in load.stages:
        for item, names in [
            *((d.id, d.filled_by) for d in stage.deliverables),
            *((s.id, s.lit_by) for s in stage.signals),
        ]:
            assert names, f"{stage.id}: {item} has nothing behind it"
            assert len(set(names)) == len(names), f"{stage.id}: {item} names something twice"
            wrong += [
                f"{stage.id}: {item}: {name}" for name in names if name not in load.checks and name not in load.rules
            ]
    assert not wrong


def test_all_checks_but_one_fill_a_deliverable_or_light_a_signal() -> None:
    named = {
        ".".join(name.split(".")[:2])
        for stage in roadmap.load().stages
        for names in [*(d.filled_by for d in stage.deliverables), *(s.lit_by for s in stage.signals)]
        for name in names
    }
    assert sorted(set(roadmap.load().checks) - named) == ["deploy.ai-safety"]


def test_ids_of_deliverables_and_signals_are_single() -> None:
    for stage in roadmap.load().stages:
        ids = [deliverable.id for deliverable in stage.deliverables] + [signal.id for signal in stage.signals]
        assert len(set(ids)) == len(ids)


@each_check
def test_a_title_fits_the_list_of_the_narrowest_screen(spec: CheckSpec) -> None:
    assert 4 <= len(spec.title) <= 18
    assert spec.title[0].isupper()
    assert not spec.title.endswith(".")


def test_no_two_checks_share_a_title() -> None:
    assert len({spec.title for spec in CHECKS}) == len(CHECKS)


@each_check
def test_texts_are_whole_plain_sentences(spec: CheckSpec) -> None:
    for text in (spec.goal, spec.why, spec.verify, spec.question):
        assert text == text.strip() and "  " not in text
        assert text.isprintable()
        assert text[0].isupper() or text[0].isdigit()
        assert len(text) <= 190, f"too long to be read in one look: {text}"
        assert not re.search(r"\b(simply|leverage|seamless|robust|utilize|etc)\b", text, re.IGNORECASE)
    for text in (spec.goal, spec.why, spec.verify):
        assert text.endswith(".")
    assert spec.goal.count(".") == 1
    assert "?" in spec.question and spec.question[-1] in "?)"


# Words that the console keeps for `e`; a founder's sentence does without them.
JARGON = re.compile(
    r"\b(p9[59]|RTO|RPO|TTFB|canonical|remedy|bus factor|least privilege|idempoten\w*|CSP|HSTS|N\+1)\b", re.IGNORECASE
)


@each_check
def test_a_founder_can_read_the_reason_and_the_question(spec: CheckSpec) -> None:
    for text in (spec.title, spec.goal, spec.why, spec.question):
        assert not JARGON.search(text), text


@each_check
def test_what_only_a_person_can_confirm_lives_no_longer_than_a_month(spec: CheckSpec) -> None:
    if spec.how == ("person",):
        assert spec.shelf_life == "30d"


def test_each_check_belongs_to_an_item_of_the_sprint_and_each_item_has_checks() -> None:
    """Every item's checks together are all checks, each once; the items are those of the offer."""
    loaded = roadmap.load()
    by_item = [check.id for item in SPRINT_ITEMS for check in loaded.of_item(item)]
    assert sorted(by_item) == sorted(loaded.checks) and len(by_item) == len(set(by_item))
    assert all(loaded.of_item(item) for item in SPRINT_ITEMS) and len(SPRINT_ITEMS) == 13


def test_a_check_of_an_unknown_sprint_item_does_not_load() -> None:
    given = msgspec.to_builtins(roadmap.load().checks["edge.certificates"])
    with pytest.raises(msgspec.ValidationError, match="sprint_item"):
        msgspec.convert({**given, "sprint_item": "Certificates"}, CheckSpec)
