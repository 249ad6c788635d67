"""The path from log-in to notification: walked after a question, told step by step, judged at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...wording import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...workspace import Workspace
    from ..host import ConsoleHost

_SHOWN = 8


async def walk(app: ConsoleHost) -> None:
    """Asks, then walks."""
    from ...trials.walking import asked_of, refusal

    if app.walking:
        app.say("The walk is already running")
        return
    if app.snapshot.progress is not None:
        app.say("A run is in progress: walk the path when it is done")
        return
    workspace = app.workspace
    why = refusal(workspace.launch, True, workspace.launch.permits)
    if why:
        app.say(why[:1].upper() + why[1:], wrong=True)
        return
    steps = workspace.launch.recovery_path

    def answered(yes: bool | None) -> None:
        if yes:
            app.walk_path()

    more = [f"and {len(steps) - _SHOWN} more"] if len(steps) > _SHOWN else []
    lines = [
        "It acts in the product as a test user and may leave a test account and a test booking behind.",
        *map(asked_of, steps[:_SHOWN]),
        *more,
    ]
    await app.ask("Walk the path from log-in to notification?", lines, "walk", answered)


async def walked(workspace: Workspace, tell: Callable[[str], None]) -> tuple[str, bool]:
    """Walks it: how it ended in a sentence, and whether the whole path holds."""
    from ...journal import JournalError
    from ...trials import Refused
    from ...workspace.walks import walk_path

    try:
        found = await walk_path(workspace, tell, consent=True)
    except (Refused, JournalError) as why:
        return str(why), False
    broken = found.broken
    if broken is not None:
        return f"The path breaks at “{broken.name}”: {broken.problem}", False
    return f"The whole path works: {plural(found.of, 'step')} in {found.seconds:.1f} s", True
