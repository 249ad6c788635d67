"""START-HERE.html: the whole bundle as one page that opens anywhere, asks nothing of the network, and prints well."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources

from .. import text
from .blocks import Block, Cell, Code, Facts, Heading, Para, Steps, Table
from .model import Document, not_filled

_PLACE = re.compile(r"#[a-z-]+")
_SHORT = 12
"""Tables of so many rows are kept on one printed page."""


def render(
    title: str,
    lead: tuple[Block, ...],
    documents: tuple[Document, ...],
    banners: tuple[str, ...],
    masthead: tuple[str, str, str],
    foot: str,
    urgent: tuple[Block, ...] = (),
) -> str:
    """The page. `masthead` is product, domain and when it was made; `lead` stands before the contents, `urgent` right
    after it."""
    body = [
        *(_banner(banner) for banner in banners),
        *(block(one) for one in lead if not isinstance(one, Table)),
        *(
            ('<p><a href="#emergency">When something breaks: roll back, take the product offline, who to call</a></p>',)
            if urgent
            else ()
        ),
        '<div class="pair">',
        *(block(one) for one in lead if isinstance(one, Table)),
        "</div>",
        *_urgent(urgent),
        _contents(documents),
        *(_section(document, banners) for document in documents),
    ]
    return _document(title, style(), masthead, body, foot)


def _document(title: str, css: str, masthead: tuple[str, str, str], body: list[str], foot: str) -> str:
    """A whole page that asks nothing of anybody: its own style, no script, no outside request."""
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(css)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    e = text.for_html
    name, domain, made = masthead
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{e(policy)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="robots" content="noindex">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{e(title)}</title>",
        # An empty icon of its own keeps browsers from asking a server for one.
        '<link rel="icon" href="data:,">',
        f"<style>{css}</style>",
        "</head>",
        "<body>",
        '<a class="skip" href="#content">Skip to the content</a>',
        '<header class="masthead">',
        f'<p><b>{e(name)}</b> <span class="quiet">{e(domain)}</span></p>',
        f'<p class="quiet">{e(made)}</p>',
        "</header>",
        '<main id="content">',
        f"<h1>{e(title)}</h1>",
        *body,
        "</main>",
        f'<footer class="quiet"><p>{e(foot)}</p></footer>',
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _urgent(blocks: tuple[Block, ...]) -> list[str]:
    if not blocks:
        return []
    head = '<section id="emergency" class="urgent" aria-labelledby="emergency-title">'
    return [head, '<h2 id="emergency-title">When something breaks</h2>', *(block(one) for one in blocks), "</section>"]


def card(
    title: str, blocks: tuple[Block, ...], banners: tuple[str, ...], masthead: tuple[str, str, str], foot: str
) -> str:
    """One sheet of its own, in the same style."""
    css = style()
    return _document(
        title,
        css,
        masthead,
        [*(_banner(banner) for banner in banners), '<div class="card">', *map(block, blocks), "</div>"],
        foot,
    )


def style() -> str:
    """The page's own style sheet."""
    return resources.files(__package__).joinpath("start_here.css").read_text("utf-8")


def block(one: Block) -> str:
    """One block as HTML. Headings sit one level deeper than in Markdown, where each document is a file of its own."""
    e = text.for_html
    match one:
        case Heading():
            level = one.level + 1
            return f"<h{level}>{_mark(one.glyph, one.tone)}{e(one.text)}</h{level}>"
        case Para(kind="gap"):
            return f'<p class="gap">{_gap(one.text)}</p>'
        case Para():
            css = f' class="{one.kind}{f" {one.tone}" if one.tone else ""}"' if one.kind != "plain" else ""
            return f"<p{css}>{_mark(one.glyph, one.tone)}{e(one.text)}</p>"
        case Facts():
            rows = "".join(f"<div><dt>{e(name)}</dt><dd>{cell(value)}</dd></div>" for name, value in one.rows)
            return f'<dl class="facts">{rows}</dl>'
        case Steps():
            tag = "ol" if one.numbered else "ul"
            return f"<{tag}>{''.join(f'<li>{e(item)}</li>' for item in one.items)}</{tag}>"
        case Code():
            label = f'<p class="label">{e(one.label)}</p>' if one.label else ""
            # A box that scrolls must be reachable by keyboard.
            return f'{label}<pre tabindex="0"{" class=paste" if one.paste else ""}><code>{e(one.text)}</code></pre>'
        case Table():
            return _table(one)


def cell(one: Cell) -> str:
    """What stands in a table's cell."""
    e = text.for_html
    if one.kind == "gap":
        return _gap(one.text)
    if one.kind == "code":
        return f"<code>{_breakable(one.text)}</code>"
    if one.kind == "quiet":
        return f'<span class="quiet">{e(one.text)}</span>'
    if one.kind == "state":
        return f'<span class="state">{_mark(one.glyph, one.tone)}{e(one.text)}</span>'
    if _PLACE.fullmatch(one.link):
        return f'<a href="{one.link}">{e(one.text)}</a>'
    if one.link.startswith("https://"):
        return f'<a href="{e(one.link)}" rel="noreferrer noopener">{e(one.text)}</a>'
    return e(one.text)


def _mark(glyph: str, tone: str) -> str:
    return f'<span class="mark {tone}" aria-hidden="true">{text.for_html(glyph)}</span> ' if glyph else ""


def _gap(words: str) -> str:
    return f'<span class="gap"><b>Missing:</b> {text.for_html(words)}</span>'


def _breakable(value: str) -> str:
    """Long names may break after a dot, a slash or a comma."""
    out = text.for_html(value)
    for mark in (".", "/", ","):
        out = out.replace(mark, mark + "<wbr>")
    return out


def _banner(words: str) -> str:
    return f'<p class="banner" role="note">{text.for_html(words)}</p>'


def _table(one: Table) -> str:
    e = text.for_html
    if not one.rows:
        return f'<p class="title">{e(one.caption)}</p>\n<p class="note">{e(one.empty)}</p>'
    heads = "".join(
        f'<th scope="col"{_column_class(column.number, column.wide)}>{e(column.head)}</th>' for column in one.columns
    )
    rows = []
    for row in one.rows:
        cells = []
        for at, (column, value) in enumerate(zip(one.columns, row, strict=True)):
            tag, scope = ("th", ' scope="row"') if at == 0 else ("td", "")
            cells.append(f"<{tag}{scope}{_column_class(column.number, column.wide)}>{cell(value)}</{tag}>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="scroll{" short" if len(rows) <= _SHORT else ""}" role="region" tabindex="0" '
        f'aria-label="{e(one.caption)}">\n'
        f"<table>\n<caption>{e(one.caption)}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + "\n</tbody>\n</table>\n</div>"
    )


def _column_class(number: bool, wide: bool) -> str:
    names = " ".join(name for name, on in (("number", number), ("wide", wide)) if on)
    return f' class="{names}"' if names else ""


def _contents(documents: tuple[Document, ...]) -> str:
    e = text.for_html
    rows = []
    for document in documents:
        done = 20 * document.have // document.of if document.of else 20
        gaps = f"{len(document.gaps)} missing" if document.gaps else "complete"
        rows.append(
            f'<tr><th scope="row"><a href="#{document.id}">{e(document.title)}</a></th>'
            f'<td class="bar" aria-hidden="true"><span>{"━" * done}</span><span '
            f'class="rest">{"━" * (20 - done)}</span></td>'
            f'<td class="number">{document.have} of {document.of}</td><td class="quiet">{gaps}</td>'
            f'<td class="quiet file"><a href="{e(document.file)}">{e(document.file)}</a></td></tr>'
        )
    head = '<th scope="col">Document</th><th scope="col"><span class="hidden">Completeness</span></th>'
    head += (
        '<th scope="col" class="number">Facts known</th><th scope="col">Gaps</th><th '
        'scope="col" class="file">As a file</th>'
    )
    missing = len(not_filled(documents))
    caption = (
        f"In this folder: {missing} {'fact is' if missing == 1 else 'facts are'} missing"
        if missing
        else "In this folder"
    )
    return (
        f'<nav aria-label="Documents">\n<table class="contents">\n<caption>{caption}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>\n</nav>"
    )


def _section(document: Document, banners: tuple[str, ...]) -> str:
    e = text.for_html
    gaps = f'<p class="full quiet">{document.have} of {document.of} facts known</p>'
    return "\n".join(
        [
            f'<section id="{document.id}" aria-labelledby="{document.id}-title">',
            f'<h2 id="{document.id}-title">{e(document.title)}</h2>',
            gaps,
            *([_banner(" ".join(banners))] if banners else []),
            *(block(one) for one in document.blocks),
            '<p class="back"><a href="#content">Back to the contents</a></p>',
            "</section>",
        ]
    )


def _digest(css: str) -> str:
    return base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
