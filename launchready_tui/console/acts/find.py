"""Finding: lays the search over the page, goes to what was chosen, and remembers the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import search
from ..search import Thing
from ..target import Target

if TYPE_CHECKING:
    from ..host import ConsoleHost


async def find(app: ConsoleHost) -> None:
    """Looks through everything by words; what is chosen is gone to."""

    async def chosen(thing: Thing | None) -> None:
        if thing is not None:
            await go(app, thing)

    table = app.page.ledger() if app.page else None
    known = app.things()
    here = search.rows(table.all_rows, table.id or "", known) if table is not None else ()
    await app.find((*known, *here), chosen)


async def go(app: ConsoleHost, thing: Thing) -> None:
    """Shows a thing where it is. What is laid over the page closes with escape; from another page, or another place of
    this one, escape comes back."""
    if thing.kind == "finding":
        await app.lay("finding", thing.check, thing.key)
        return
    if thing.kind == "rule":
        standing = app.snapshot.verdict.standings[thing.check]
        found = next((one for one in standing.findings if one.finding.rule == thing.key), None)
        await app.lay("explain", Target(standing, found), thing.key)
        return
    way_back = app.way_back()
    if thing.kind == "check":
        await app.go_to(thing.check)
    elif thing.kind == "stage":
        await app.open_page(f"stage{thing.stage}")
    elif thing.kind == "host":
        await app.open_page("stage1")
        app.show_line("panel", thing.key)
    elif thing.kind == "line":
        await app.open_page("people")
        app.show_line(thing.place, thing.key)
    else:
        app.show_line(thing.place, thing.key)
    app.came_by(way_back)
