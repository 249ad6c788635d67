"""A launch file that was changed while the console is open is asked about before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...workspace import NotTrusted
    from ..host import ConsoleHost


def ask(app: ConsoleHost, why: NotTrusted) -> None:
    """Shows what the changed file would reach; y allows it, anything else keeps the old one in use."""
    if app.refused == why.sha256 or app.is_laid("question"):
        return

    def answered(yes: bool | None) -> None:
        if not yes:
            app.refused = why.sha256
            app.say("The changed launch file is not used; the previous one stays in use")
            return

        def take() -> str:
            app.workspace.trust_launch_file(why.sha256)
            app.workspace.refresh()
            later = "; its permission does not count until you confirm it (+)" if app.workspace.unconfirmed else ""
            return f"The changed launch file is now in use{later}"

        said = app.attempt(take)
        app.say(said.wrong or said.words, wrong=bool(said.wrong))

    lines = [f"{why.path.name} was changed. It would now connect to and use:", *why.summary.lines()]
    app.ask("Use the changed launch file?", lines, "use it", answered, "keep the old one")
