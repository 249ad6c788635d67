"""Going about: pages, the next step, back, help, theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..app import Console


async def page(app: Console, name: str) -> None:
    """Opens a page at its own start: what was laid over it is closed."""
    await app.open_page(name)


async def next_step(app: Console) -> None:
    """Goes to the one next thing to do, and starts it where it can run by itself."""
    from . import look

    step = app.snapshot.step
    if step.kind == "run":
        look.start(app, step.checks)
    elif step.kind in ("fix", "ask"):
        target = app.target() if app.current_mode.startswith("stage") else None
        on_check = target is not None and target.standing.spec.id == step.check
        there = on_check and (
            not step.finding or (target is not None and target.judged is not None and target.judged.id == step.finding)
        )
        if there and step.kind == "ask":
            from . import decide

            await decide.confirm(app)
        elif there:
            await app.open_finding()
        else:
            await app.go_to(step.check, step.finding)
    elif step.kind == "export":
        await app.open_page("handover")
    else:
        app.say(step.text)


async def back(app: Console) -> None:
    """Closes what is open; on a bare page it cancels a run."""
    from . import look

    if app.page is not None and app.page.leave():
        return
    if len(app.screen_stack) > 1:
        await app.pop_screen()
    elif app.walking or app.snapshot.progress is not None:
        look.cancel(app)


async def history(app: Console) -> None:
    """The earlier answers of the selected check."""
    target = app.target()
    if target is None:
        app.say("Select a check first: its history is shown here")
        return
    from ..screens.history import History

    await app.push_screen(History(target.standing.spec.id))


async def explain(app: Console) -> None:
    """The technical side of the selected rule."""
    target = app.target()
    if target is None:
        app.say("Select a check first: its rule is explained here")
        return
    from ..screens.explain import Explain

    await app.push_screen(Explain(target))


def panel(app: Console) -> None:
    """The page's own panel."""
    widget = app.page.panel() if app.page else None
    if widget is None:
        app.say("This page has no panel of its own")
    elif widget.can_focus:
        widget.focus()


def find(app: Console) -> None:
    """Looks for words in the list."""
    table = app.page.ledger() if app.page else None
    if table is None:
        app.say("There is no list here to look through")
        return
    table.focus()
    table.find()


def sieve(app: Console) -> None:
    """Shows one kind of line only."""
    table = app.page.ledger() if app.page else None
    if table is None:
        app.say("There is no list here to filter")
        return
    from ..widgets.rows import FILTERS

    name = table.filter_next()
    app.say(
        "Shows all again" if name == FILTERS[0][0] else f"Shows only: {name}; f shows the next kind, escape shows all"
    )


def theme(app: Console) -> None:
    """Night or paper."""
    app.theme = "ledger-paper" if app.theme == "ledger-night" else "ledger-night"


async def help_panel(app: Console) -> None:
    """What this page is for, and its keys."""
    from ..actions import ACTIONS
    from ..screens.dialog import Help

    groups: dict[str, list[tuple[str, str, str]]] = {}
    for action in ACTIONS:
        if not action.demo or app.lab is not None:
            groups.setdefault(action.group, []).append((app.key_of(action.id), action.label, action.tooltip))
    about = (app.page.HELP if app.page else "") or ""
    order = ("check", "launch day", "watch", "decide", "copy", "show", "list", "edit", "go to", "console")
    await app.push_screen(Help("Help", about, [(name, groups[name]) for name in order if name in groups]))


def palette(app: Console) -> None:
    """Every action by name."""
    app.action_command_palette()


def leave(app: Console) -> None:
    """Leaves; a run that is on is cancelled, and what it saved stays saved."""
    app.exit(0)
