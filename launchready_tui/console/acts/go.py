"""Going about: pages, the next step, back, help, theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..host import ConsoleHost


async def page(app: ConsoleHost, name: str) -> None:
    """Opens a page at its own start: what was laid over it is closed."""
    await app.open_page(name)


async def back(app: ConsoleHost) -> None:
    """Closes what is open; on a page that find led to it goes back to where one was; on a bare page it cancels a
    run."""
    from . import look

    if app.page is not None and app.page.leave():
        return
    if await app.close_top() or await app.go_back():
        return
    if app.walking or app.snapshot.progress is not None:
        look.cancel(app)


async def history(app: ConsoleHost) -> None:
    """The earlier answers of the selected check."""
    target = app.target()
    if target is None:
        app.say("Select a check first, then open its history")
        return
    await app.lay("history", target.standing.spec.id)


async def explain(app: ConsoleHost) -> None:
    """The technical side of the selected rule."""
    target = app.target()
    if target is None:
        app.say("Select a check first, then open its explanation")
        return
    await app.lay("explain", target)


def panel(app: ConsoleHost) -> None:
    """The page's own panel."""
    widget = app.page.panel() if app.page else None
    if widget is None:
        app.say("This page has no panel of its own")
    elif widget.can_focus:
        widget.focus()


async def items(app: ConsoleHost) -> None:
    """Groups the overview by sprint item, or by stage again, and shows it."""
    try:
        app.store.turn_items()
    except OSError as why:
        app.say(f"The grouping holds until you leave: {why.strerror or why}", wrong=True)
    await app.open_page("overview")


def sieve(app: ConsoleHost) -> None:
    """Shows one kind of line only."""
    table = app.page.ledger() if app.page else None
    if table is None:
        app.say("There is no list to filter here")
        return
    from ..widgets.rows import FILTERS

    name = table.filter_next()
    app.say(
        "Showing all again"
        if name == FILTERS[0][0]
        else f"Showing only: {name}. f shows the next kind, escape shows all"
    )


def theme(app: ConsoleHost) -> None:
    """Night or paper."""
    app.turn_theme()


async def help_panel(app: ConsoleHost) -> None:
    """What this page is for, and its keys."""
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for one in app.actions():
        groups.setdefault(one.group, []).append((one.key, one.label, one.tooltip))
    about = app.page.help_text() if app.page else ""
    order = ("check", "launch day", "watch", "decide", "copy", "show", "list", "edit", "go to", "console")
    await app.lay("help", "Help", about, [(name, groups[name]) for name in order if name in groups])


def palette(app: ConsoleHost) -> None:
    """Every action by name."""
    app.action_command_palette()


def leave(app: ConsoleHost) -> None:
    """Leaves; a run that is on is cancelled, and what it saved stays saved."""
    app.exit(0)
