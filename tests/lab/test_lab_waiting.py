"""The flaws that are off when the demo begins, each alone: it changes exactly what it lists."""

from __future__ import annotations

import pytest
from flawtable import Market, Score, alone, fixed_market, score

from launchready_tui.lab import flaws

__all__ = ["fixed_market", "score"]


@pytest.mark.parametrize("flaw", [flaw.id for flaw in flaws.load() if flaw.waits])
async def test_a_flaw_alone_changes_exactly_what_it_lists(fixed_market: Market, score: Score, flaw: str) -> None:
    await alone(fixed_market, score, flaw)
