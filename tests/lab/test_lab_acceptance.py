"""The flaw table is the product's acceptance test: from the all-fixed market each flaw alone changes exactly what it
lists."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flawtable import ALWAYS, Market, Score, alone, fixed_market, options, score, told

from launchready_tui.lab import demo, flaws
from launchready_tui.lab.client import Lab
from launchready_tui.workspace.core import Workspace

__all__ = ["fixed_market", "score"]


async def test_nothing_is_open_when_everything_is_fixed_and_the_verdict_is_go(fixed_market: Market) -> None:
    await fixed_market.lab.set([])
    await fixed_market.mail()
    assert told(await fixed_market.look(timed=True)) == told(ALWAYS)
    verdict = fixed_market.workspace.verdict()
    assert (verdict.word, verdict.reasons) == ("GO", verdict.reasons)
    assert verdict.label == "GO (demo)"


@pytest.mark.parametrize("flaw", [flaw.id for flaw in flaws.load() if not flaw.waits])
async def test_a_flaw_alone_changes_exactly_what_it_lists(fixed_market: Market, score: Score, flaw: str) -> None:
    await alone(fixed_market, score, flaw)


async def test_all_flaws_together_are_the_union_less_what_is_masked(fixed_market: Market) -> None:
    await fixed_market.lab.set(flaws.at_start())
    await fixed_market.mail()
    found = await fixed_market.look(timed=True)
    assert told(found - ALWAYS) == told(flaws.expected(flaws.at_start()))
    assert fixed_market.workspace.verdict().word == "NO-GO"
    for change in found - ALWAYS:
        assert fixed_market.lab.flaw_for(change.rule, change.subject), (
            f"no fix of the lab turns {change.rule} {change.subject}"
        )


async def test_fixing_one_after_the_other_leads_to_the_fixed_market(tmp_path: Path) -> None:
    """As in the demo: take the first open finding, fix what causes it, look again; it ends, and with nothing left."""
    async with Lab.start() as lab:
        how = demo.prepare(tmp_path / "demo", lab, datetime.now(UTC))
        workspace = Workspace.open(tmp_path / "demo", options(how, state_dir=tmp_path / "state"))
        market = Market(lab, workspace)
        for _ in range(len(flaws.at_start()) + 1):
            await market.mail()
            left = await market.look(timed=False) - ALWAYS
            if not left:
                break
            for change in sorted(left, key=lambda one: (one.rule, one.subject)):
                flaw = lab.flaw_for(change.rule, change.subject)
                if flaw is not None:
                    await lab.fix(flaw.id)
        workspace.close()
        assert lab.on == {"search-no-index"}  # the one that only shows when routes are timed
