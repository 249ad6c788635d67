"""START-HERE.html in a real browser: silent, alone, readable on a screen, a phone and paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import hostile
import pytest
from bundle_source import NOW, full
from chrome import Chrome

from launchready_tui.handover import export
from launchready_tui.launch.inventory import Inventory, System

pytestmark = pytest.mark.browser

A4 = (8.27, 11.69)
LETTER = (8.5, 11.0)


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with Chrome(tmp_path_factory.mktemp("chrome")) as browser:
        yield browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(full(), tmp_path_factory.mktemp("bundle"), now=NOW).folder / "START-HERE.html"


@pytest.fixture
def opened(chrome: Chrome, page: Path) -> Chrome:
    chrome.media()
    chrome.resize(1200, 900)
    chrome.open(page)
    return chrome


def test_the_page_is_silent_and_asks_for_nothing_but_itself(opened: Chrome, page: Path) -> None:
    assert opened.complaints() == []
    assert [url for url in opened.requests() if not url.startswith("data:")] == [page.as_uri()]


def test_a_page_that_is_not_silent_is_noticed(chrome: Chrome, page: Path, tmp_path: Path) -> None:
    """The test above can fail: the same page with a foreign picture and a script is caught, and its policy stops
    both."""
    loud = tmp_path / "loud.html"
    loud.write_text(
        page.read_text().replace(
            "<main", '<img src="http://192.0.2.1/x.png"><script>document.title = "stolen"</script><main'
        )
    )
    chrome.open(loud)
    assert any("Content Security Policy" in said for said in chrome.complaints())
    assert chrome.value("document.title") == "Example Market: handover"


def test_what_is_needed_in_trouble_is_found_without_a_click_and_read_more_in_with_one(opened: Chrome) -> None:
    """The way back, where DNS is changed and who is called stand before the first document; each answer leads to its
    document."""
    urgent = opened.value("document.querySelector('#emergency').innerText.toLowerCase()")
    for words in ("back to the last good version", "change dns at", "log-in", "call in this order"):
        assert words in urgent, words
    documents = opened.value("document.querySelector('main section:not(#emergency)').offsetTop")
    assert opened.value("document.querySelector('#emergency').offsetTop") < documents
    leads = (
        "[...document.querySelectorAll('.pair table:first-of-type tbody td:last-child a')].map(a => "
        "a.getAttribute('href'))"
    )
    found = opened.value(leads)
    assert found[:5] == ["#deploy", "#recovery", "#recovery", "#access", "#access"]
    assert all(opened.value(f"document.querySelector('{one}') !== null") for one in found)


def test_its_own_style_passes_its_own_policy(opened: Chrome) -> None:
    assert opened.value("getComputedStyle(document.body).backgroundColor") == "rgb(248, 246, 240)"
    assert opened.value("document.styleSheets.length") == 1


def test_the_text_is_there_to_be_read(opened: Chrome) -> None:
    text = opened.value("document.body.innerText")
    for words in (
        "NO-GO",
        "If the engineer vanished tomorrow",
        "Fix first",
        "Missing: who pays",
        "fly deploy --image market:41",
    ):
        assert words in text


@pytest.mark.parametrize(("width", "height"), [(1200, 900), (800, 600), (360, 740)])
def test_nothing_runs_out_of_the_window(opened: Chrome, width: int, height: int) -> None:
    opened.resize(width, height)
    assert opened.value("document.documentElement.scrollWidth") <= width
    outside = """[...document.querySelectorAll("p, h1, h2, h3, h4, dd, li, pre")].filter(one =>
        !one.matches(".skip, .hidden") && one.getBoundingClientRect().right > innerWidth + 1)
        .map(one => one.outerHTML.slice(0, 80))"""
    assert opened.value(outside) == []


def test_long_hostile_text_does_not_break_the_page(chrome: Chrome, tmp_path: Path) -> None:
    systems = tuple(System(id=name, name=words, provider=words) for name, words in hostile.TEXTS.items())
    made = export(full(inventory=Inventory(systems=systems)), tmp_path, now=NOW)
    chrome.media()
    chrome.resize(1200, 900)
    chrome.open(made.folder / "START-HERE.html")
    assert chrome.complaints() == []
    assert chrome.value("document.documentElement.scrollWidth") <= 1200
    assert chrome.value("document.querySelectorAll('script, img, svg').length") == 0


def test_the_keyboard_reaches_the_content_first(opened: Chrome) -> None:
    opened.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    opened.call("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert opened.value("document.activeElement.textContent") == "Skip to the content"
    assert opened.value("document.activeElement.getBoundingClientRect().left") >= 0


def test_a_reader_hears_the_tables_as_tables(opened: Chrome) -> None:
    opened.call("Accessibility.enable")
    nodes = opened.call("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in nodes if not node.get("ignored")]
    assert roles.count("table") == opened.value("document.querySelectorAll('table').length")
    assert roles.count("columnheader") > 50 and roles.count("rowheader") > 100
    assert {"main", "navigation", "banner", "contentinfo"} <= set(roles)
    names = [node["name"]["value"] for node in nodes if node.get("role", {}).get("value") == "table"]
    assert "Public host names" in names and "" not in names


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(248, 246, 240)"), ("dark", "rgb(22, 24, 27)")])
def test_the_page_follows_the_readers_light_or_dark(opened: Chrome, scheme: str, ground: str) -> None:
    opened.media(scheme=scheme)
    assert opened.value("getComputedStyle(document.body).backgroundColor") == ground
    assert opened.picture()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_print_is_dark_on_white_whatever_the_screen_is(opened: Chrome, scheme: str) -> None:
    opened.media("print", scheme)
    assert opened.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.value("getComputedStyle(document.body).color") == "rgb(31, 33, 38)"
    assert opened.value("getComputedStyle(document.querySelector('.back')).display") == "none"


@pytest.mark.parametrize("paper", [A4, LETTER], ids=["A4", "Letter"])
def test_it_prints_on_paper(opened: Chrome, paper: tuple[float, float]) -> None:
    pdf = opened.pdf(*paper)
    assert pdf.startswith(b"%PDF-")
    boxes = set(re.findall(rb"/MediaBox \[([\d. ]+)\]", pdf))
    assert len(boxes) == 1
    assert [float(side) for side in boxes.pop().split()][2:] == pytest.approx([side * 72 for side in paper], abs=1)
    pages = len(re.findall(rb"/Type /Page\b", pdf))
    assert 11 < pages < 40, "every document starts on a page of its own, and none is scattered"
    for title in (b"Risk list", b"Access inventory", b"Recovery notes"):
        assert b"(" + title + b")" in pdf, "a printed page has its headings as text"
