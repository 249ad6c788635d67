"""The emergency card and the sprint's receipt: one sheet each, on either paper, silent, nothing out of the window."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from bundle_source import NOW, Market, finding, full, results
from chrome import Chrome

from launchready_tui.findings import State
from launchready_tui.handover import build, receipt
from launchready_tui.launch.inventory import Plan


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with Chrome(tmp_path_factory.mktemp("profile")) as running:
        yield running


def planned() -> Market:
    market = full(demo=True)
    market.inventory = msgspec.structs.replace(
        market.inventory, plan=Plan(kill_switch="Maintenance page at the edge, switch “closed”")
    )
    before = results(finding("edge.headers.csp", "example.com", "No policy", State.FAIL), at=NOW - timedelta(days=2))
    market.first_results = {one.check: one for one in before}
    return market


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sheets")
    market = planned()
    made = {
        "card": build(market, now=NOW)[0]["EMERGENCY-CARD.html"],
        "receipt": receipt.as_html(receipt.receipt(market, now=NOW)).encode(),
    }
    for name, content in made.items():
        (folder / f"{name}.html").write_bytes(content)
    return {name: folder / f"{name}.html" for name in made}


@pytest.mark.browser
@pytest.mark.parametrize("sheet", ["card", "receipt"])
@pytest.mark.parametrize("paper", [(8.27, 11.69), (8.5, 11.0)], ids=["A4", "Letter"])
def test_it_is_one_sheet_on_paper(
    chrome: Chrome, sheets: dict[str, Path], sheet: str, paper: tuple[float, float]
) -> None:
    chrome.open(sheets[sheet])
    pdf = chrome.pdf(*paper)
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1


@pytest.mark.browser
@pytest.mark.parametrize("sheet", ["card", "receipt"])
def test_it_is_silent_and_stays_in_the_window(chrome: Chrome, sheets: dict[str, Path], sheet: str) -> None:
    chrome.open(sheets[sheet])
    assert chrome.complaints() == []
    for width in (1280, 390):
        chrome.resize(width, 800)
        assert chrome.value("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_the_first_screen_of_the_card_says_how_to_go_back(chrome: Chrome, sheets: dict[str, Path]) -> None:
    chrome.open(sheets["card"])
    chrome.resize(1280, 800)
    bottom = chrome.value("document.querySelector('pre.paste').getBoundingClientRect().bottom")
    assert 0 < bottom < 800
