"""Foreign text in Markdown renders as exactly that text: no link, no tag, no list, no heading, no table cell."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from launchready_tui import text

RENDER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PLAIN = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Co", "Cn")), max_size=60)
MARKS = st.text(alphabet="`*_[]()<>#+-=.!|~:&;\\ 19aw/@", max_size=30)


def shown(rendered: str) -> str:
    return html.unescape(rendered.strip().removeprefix("<p>").removesuffix("</p>"))


@given(st.one_of(PLAIN, MARKS))
def test_a_paragraph_shows_the_text_itself(value: str) -> None:
    assert shown(RENDER.render(text.for_markdown(value))) == text.clean(value)


@given(st.one_of(PLAIN, MARKS))
def test_a_table_cell_shows_the_text_itself(value: str) -> None:
    rendered = RENDER.render(f"| a | b |\n| --- | --- |\n| {text.for_markdown(value)} | end |\n")
    cells = re.findall(r"<td>(.*?)</td>", rendered, re.DOTALL)
    assert [html.unescape(cell) for cell in cells] == [text.clean(value), "end"]


@given(st.one_of(PLAIN, MARKS))
def test_a_code_span_in_a_cell_shows_the_text_itself(value: str) -> None:
    rendered = RENDER.render(f"| a | b |\n| --- | --- |\n| {text.span_for_markdown(value)} | end |\n")
    cells = re.findall(r"<td>(.*?)</td>", rendered, re.DOTALL)
    want = text.clean(value)
    assert [html.unescape(cell.removeprefix("<code>").removesuffix("</code>")) for cell in cells] == [want, "end"]


@given(st.one_of(PLAIN, MARKS))
def test_a_heading_shows_the_text_itself(value: str) -> None:
    rendered = RENDER.render(f"## {text.for_markdown(value)}")
    assert html.unescape(rendered.strip().removeprefix("<h2>").removesuffix("</h2>")) == text.clean(value)


@given(PLAIN)
def test_a_fence_cannot_be_closed_from_inside(value: str) -> None:
    rendered = RENDER.render(text.code_for_markdown("```\n" + value + "\n````"))
    assert rendered.count("<pre>") == 1 and rendered.strip().endswith("</code></pre>")


@pytest.mark.parametrize(
    "value",
    [
        "https://evil.example/x",
        "www.evil.example",
        "someone@evil.example",
        "[a](javascript:alert(1))",
        "<https://evil.example>",
    ],
)
def test_nothing_that_github_turns_into_a_link_stays_whole(value: str) -> None:
    out = text.for_markdown(value)
    assert not re.search(r"(?<!\\)(://|@|\[|<)|www\.", out), out


def test_own_words_stay_readable() -> None:
    sentence = "Nothing stops the launch - 3 things (at most) need care: see stage 2, demo-market.test."
    assert text.for_markdown(sentence) == sentence
