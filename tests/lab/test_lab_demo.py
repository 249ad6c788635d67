"""The demo's workspace: files that the product itself takes, written once, complete where nothing can be seen from
outside."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from launchready_tui.cli.demo import workspace_of
from launchready_tui.cli.options import Common
from launchready_tui.lab import demo
from launchready_tui.lab.client import Lab
from launchready_tui.launch.decisions import DecisionsFile
from launchready_tui.launch.inventory import InventoryFile
from launchready_tui.launch.load import load
from launchready_tui.launch.people import PeopleFile
from launchready_tui.roadmap.model import load as load_roadmap
from launchready_tui.watch import PLACE
from launchready_tui.watch.samples import WatchReader
from launchready_tui.wire import ConnectMap
from launchready_tui.workspace.options import Options

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start(fixed="all") as lab:
        yield lab


def test_the_launch_file_is_valid_and_names_what_the_lab_serves(tmp_path: Path, lab: Lab) -> None:
    demo.prepare(tmp_path, lab, NOW)
    launch = load(tmp_path / demo.LAUNCH_FILE).launch
    assert launch == demo.launch(NOW)
    assert [route.safe for route in launch.routes] == [True] * 5 + [False] * 5
    assert {flow.route for flow in launch.flows} == {route.name for route in launch.routes if not route.safe}
    assert {page.use for page in launch.pages} == {"demo", "advertisement"}
    assert launch.permits("api.demo-market.test")
    assert launch.repository is not None and (tmp_path / launch.repository.path / "README.md").is_file()


def test_the_release_was_marked_before_anybody_confirmed_anything_of_it(tmp_path: Path, lab: Lab) -> None:
    """Else the mark that the walk asks for would end those words."""
    for _ in range(2):
        with workspace_of(Common(folder=tmp_path), lab) as ws:
            assert ws.marks().deploy
            verdict = ws.verdict()
            assert all(one.by_word for one in verdict.standings.values() if not one.spec.automated)
            with WatchReader(ws.folder / PLACE) as reader:
                assert len(reader.marks(lab.now - timedelta(days=1), lab.now + timedelta(days=1))) == 1


def test_the_fields_of_the_demo_are_options_of_a_workspace(tmp_path: Path, lab: Lab) -> None:
    how = demo.prepare(tmp_path, lab, NOW)
    fields = {field.name: getattr(how, field.name) for field in dataclasses.fields(how)}
    assert fields.keys() <= inspect.signature(Options).parameters.keys()
    options = Options(**fields)
    assert options.demo
    assert options.refuse_unmapped
    found = ConnectMap.parse(options.connect).find("demo-market.test", 443, "203.0.113.10")
    assert found is not None
    assert found[0] == "127.0.0.1"


def test_every_check_that_nothing_sees_is_signed_by_a_role_of_the_team(tmp_path: Path, lab: Lab) -> None:
    demo.prepare(tmp_path, lab, NOW)
    roadmap = load_roadmap()
    decisions = DecisionsFile(tmp_path).load()
    signed = {confirmation.check for confirmation in decisions.confirmations}
    assert {spec.id for spec in roadmap.checks.values() if not spec.automated} <= signed
    people = {person.id for person in PeopleFile(tmp_path).load().people}
    for confirmation in decisions.confirmations:
        assert confirmation.by in people
        assert confirmation.on < NOW < confirmation.until <= NOW + timedelta(days=30)


def test_the_inventory_has_gaps_to_be_seen(tmp_path: Path, lab: Lab) -> None:
    demo.prepare(tmp_path, lab, NOW)
    inventory = InventoryFile(tmp_path).load()
    assert any(not system.login_url for system in inventory.systems)
    assert any(not backup.rpo for backup in inventory.backups)
    assert any(not person.hours for person in PeopleFile(tmp_path).load().people)
    assert any(card.rehearsed for card in inventory.recovery)
    assert any(not card.rehearsed for card in inventory.recovery)


def test_what_is_there_stays(tmp_path: Path, lab: Lab) -> None:
    demo.prepare(tmp_path, lab, NOW)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    demo.prepare(tmp_path, lab, NOW + timedelta(days=1))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
    assert len(before) >= 4
