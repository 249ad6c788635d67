"""Text in cells: cropped at words, wrapped, broken where it must be; palettes that can be read; glyphs of both sets."""

from __future__ import annotations

import pytest
from double import DOMAIN, launch_of_demo
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from launchready_tui.console import words
from launchready_tui.console.ink import GLYPHS, PLAIN, break_hard, fit, plain_text, width_of, wrap, wrap_spans
from launchready_tui.console.themes import NIGHT, PAPER
from launchready_tui.findings import Finding, Severity, State


@pytest.mark.parametrize(
    ("text", "width", "want"),
    [
        ("a redirect chain", 16, "a redirect chain"),
        ("a redirect chain", 14, "a redirect…   "),
        ("a redirect chain", 11, "a redirect…"),
        ("averyveryverylongwordthatstandsalone", 10, "averyvery…"),
        ("", 3, "   "),
        ("x", 0, ""),
    ],
)
def test_fit_crops_at_words(text: str, width: int, want: str) -> None:
    assert plain_text(fit([(text, "ink")], width)) == want


@given(st.lists(st.tuples(st.text(max_size=30), st.just("ink")), max_size=4), st.integers(0, 60))
def test_fit_gives_exactly_the_width(parts: list[tuple[str, str]], width: int) -> None:
    clean = [(text.replace("\n", " "), tone) for text, tone in parts]
    assert width_of(fit(clean, width)) == width


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Mn", "Me")), max_size=200),
    st.integers(2, 40),
)
def test_wrap_loses_nothing(text: str, width: int) -> None:
    """Lines fit, and all that is not a blank is still there in order."""
    for lines in (
        wrap(text, width),
        break_hard(text, width),
        [plain_text(line) for line in wrap_spans([(text, "ink")], width)],
    ):
        assert all(cell_len(line) <= width for line in lines)
        assert "".join("".join(lines).split()) == "".join(text.split())


def test_wrap_keeps_indentation() -> None:
    assert wrap("server {\n    listen 80;\n}", 30) == ["server {", "    listen 80;", "}"]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, 1.4.3."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


GROUNDS = ("paper", "band", "tint", "fault")
DECORATION = "rule"


@pytest.mark.parametrize("palette", [NIGHT, PAPER], ids=["night", "paper"])
def test_every_ink_is_readable_on_every_ground(palette: dict[str, str]) -> None:
    for name, colour in palette.items():
        if name in (*GROUNDS, DECORATION):
            continue
        for ground in GROUNDS:
            assert contrast(colour, palette[ground]) >= 4.5, (name, ground)


def test_the_ascii_set_is_complete() -> None:
    """Every glyph has an ASCII stand-in of one cell, and states stay apart."""
    for name, glyph in GLYPHS.items():
        stand_in = glyph.translate(PLAIN)
        assert stand_in.isascii() and len(stand_in) == 1, name
    states = [
        GLYPHS[name].translate(PLAIN)
        for name in ("pass", "warn", "fail", "unknown", "accepted", "later", "checking", "stale")
    ]
    assert len(set(states)) == len(states)


def test_every_state_has_a_glyph_and_a_word() -> None:
    for look in [*GLYPHS, "asks", "new"]:
        if look != "none":
            assert words.WORDS[look] and words.glyph(look)[0]


@pytest.mark.parametrize(("count", "want"), [(5, "5 min"), (60, "1 h"), (95, "1 h 35"), (605, "10 h 05"), (0, "0 min")])
def test_minutes(count: int, want: str) -> None:
    assert words.minutes(count) == want


@pytest.mark.parametrize(
    ("brief", "summary", "want"),
    [
        ("api.demo-market.test fails", "api.demo-market.test fails: 5 of 5", "api fails"),
        ("https://www.demo-market.test/ leads on", "", "https://www leads on"),
        ("old.demo-market.test.elsewhere.example answers", "", "old.demo-market.test.elsewhere.example answers"),
        ("demo-market.test has no address", "", "demo-market.test has no address"),
        ("", "A journal of before says: all of it", "A journal of before says: all of it"),
    ],
)
def test_a_list_says_the_first_clause_with_hosts_as_people_say_them(brief: str, summary: str, want: str) -> None:
    finding = Finding(
        check="edge.https",
        rule="edge.https.no-redirect",
        subject=DOMAIN,
        state=State.FAIL,
        severity=Severity.HIGH,
        summary=summary or brief,
        brief=brief,
    )
    assert words.headline(finding, launch_of_demo()) == want
