"""The product's acceptance: the checks against the demo marketplace, flaw by flaw.

With nothing wrong no problem is open. Each flaw alone changes exactly what its row in the table lists. All together they are the union,
less what is masked. Nothing outside the connect map is ever reached for.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest

from launchready_tui.findings import State
from launchready_tui.lab import demo, flaws
from launchready_tui.lab.client import Lab
from launchready_tui.run import Ended
from launchready_tui.workspace import Options, Workspace

Open = frozenset[tuple[str, str, str]]
PROBLEMS = (State.FAIL, State.WARN, State.UNKNOWN)


@pytest.fixture(scope="module")
def lab() -> AsyncIterator[Lab]:
    with Lab.start(fixed="all") as running:
        yield running


@pytest.fixture(scope="module")
def workspace(lab: Lab) -> AsyncIterator[Workspace]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = Options(**asdict(demo.prepare(folder / "demo", lab, lab.now)), state_dir=folder / "state")
        opened = Workspace.open(folder / "demo", options)
        yield opened
        opened.close()


async def seen(workspace: Workspace) -> Open:
    """The open findings of one whole run, and proof that nothing unmapped was reached for."""
    async for event in workspace.run():
        if isinstance(event, Ended):
            assert event.counts is not None
            assert event.counts.refused_unmapped == 0
    return frozenset(
        (finding.rule, finding.subject, finding.state.value)
        for result in workspace.results.values()
        for finding in result.findings
        if finding.state in PROBLEMS
    )


def listed(changes: frozenset[flaws.Change] | tuple[flaws.Change, ...]) -> Open:
    return frozenset((change.rule, change.subject, str(change.state)) for change in changes)


async def test_the_marketplace_with_nothing_wrong_is_go(lab: Lab, workspace: Workspace) -> None:
    await lab.set(())
    assert await seen(workspace) == frozenset()
    verdict = workspace.verdict()
    assert (verdict.word, verdict.reasons) == ("GO", ())


@pytest.mark.parametrize("flaw", flaws.load(), ids=lambda flaw: flaw.id)
async def test_a_flaw_alone_changes_exactly_what_it_lists(lab: Lab, workspace: Workspace, flaw: flaws.Flaw) -> None:
    await lab.set({flaw.id})
    assert await seen(workspace) == listed(flaw.changes)


async def test_all_flaws_together_are_the_union_less_the_masked(lab: Lab, workspace: Workspace) -> None:
    await lab.set(flaws.every_id())
    assert await seen(workspace) == listed(flaws.expected(flaws.every_id()))
    assert workspace.verdict().word == "NO-GO"


def test_each_stage_that_looks_by_itself_has_its_flaws() -> None:
    assert {flaw.stage for flaw in flaws.load()} == {"audit", "edge", "email", "performance"}
