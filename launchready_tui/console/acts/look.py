"""Looking again: one check, all, what is old; cancelling; and the demo's repair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..host import ConsoleHost
    from ..target import Target


def start(app: ConsoleHost, names: Sequence[str]) -> None:
    """Starts a run, unless one is on."""
    if app.snapshot.progress is not None:
        app.say("A run is in progress; esc cancels it")
        return
    able = [name for name in names if app.snapshot.roadmap.checks[name].automated]
    if not able:
        app.say("Nothing here is automated; y answers what only a person can")
        return
    app.look(tuple(able))


def selected(app: ConsoleHost) -> None:
    """Runs the selected check again; on a line that stands for several, all of those."""
    several = app.page.checks_here() if app.page is not None else ()
    if several:
        start(app, several)
        return
    target = app.target()
    if target is None:
        everything(app)
        return
    spec = target.standing.spec
    if not spec.automated:
        app.say(f"A person answers {spec.title}: press y to confirm it with a name and evidence")
        return
    start(app, [spec.id])


def everything(app: ConsoleHost) -> None:
    """Runs all that can run by itself."""
    start(app, [name for name, spec in app.snapshot.roadmap.checks.items() if spec.automated])


def stale(app: ConsoleHost) -> None:
    """Runs what was never run or is out of date."""
    verdict = app.snapshot.verdict
    names = [*verdict.not_run, *verdict.stale]
    if not names:
        app.say("Nothing is out of date")
        return
    start(app, names)


def cancel(app: ConsoleHost) -> None:
    """Stops a run that is on, or the walk along the path."""
    if app.walking:
        app.stop_walking()
        app.say("The walk was stopped. What it did in the product remains")
        return
    if app.snapshot.progress is None:
        if not app.copy_selection():
            app.say(f"Nothing is running; {app.key_of('quit')} leaves the console")
        return
    app.stop_looking()


def fix_in_demo(app: ConsoleHost) -> None:
    """Repairs what is behind the selected finding in the demo marketplace, then looks again; on a line of several what
    is behind each of them."""
    if (target := _to_repair(app)) is not None:
        app.repair(tuple(one.finding for one in target.all))


def fix_row_in_demo(app: ConsoleHost) -> None:
    """Repairs everything of one cause: what is behind each finding in the selected one's row of the fix order, and
    behind what that row hides; and all else that the same checks found."""
    target = _to_repair(app)
    if target is None or target.judged is None:
        return
    verdict = app.snapshot.verdict
    row = verdict.row(target.judged.id)
    checks = row.checks if row is not None else (target.standing.spec.id,)
    also = [one for one in verdict.fixes if one.finding.check in checks]
    app.repair(tuple(one.finding for one in (*(row.findings if row else target.all), *also)))


def _to_repair(app: ConsoleHost) -> Target | None:
    """The selection, where it can be repaired now; says why not otherwise."""
    if app.lab is None:
        app.say("Only the demo marketplace can be fixed from here")
        return None
    target = app.target()
    if target is None or target.judged is None:
        app.say("Select a problem first, then fix it in the demo marketplace")
        return None
    if app.snapshot.progress is not None or app.doing:
        app.say("A run is in progress: fix it when the run is done")
        return None
    return target
