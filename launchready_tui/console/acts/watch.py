"""The watch: holding the display, its window, starting and stopping the watcher, test alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...clock import ago
from .. import words
from ..widgets.form import Field, WrongField

if TYPE_CHECKING:
    from ..host import ConsoleHost, WatchInSight


def _page(app: ConsoleHost) -> WatchInSight | None:
    page = app.page.as_watch() if app.page is not None else None
    if page is None:
        app.say(f"Open the watch first ({app.key_of('go.watch')}); this key works there")
    return page


def pause(app: ConsoleHost) -> None:
    """Holds the display; probing goes on."""
    page = _page(app)
    if page is not None:
        page.hold()


def shorter(app: ConsoleHost) -> None:
    """The next shorter window of the chart; only on the watch page."""
    page = _page(app)
    if page is not None:
        page.turn(-1)


def longer(app: ConsoleHost) -> None:
    """The next longer window of the chart; only on the watch page."""
    page = _page(app)
    if page is not None:
        page.turn(1)


async def run(app: ConsoleHost) -> None:
    """Starts the watcher after telling what it does, or stops it after a question."""
    page = _page(app)
    if page is None:
        return
    if app.watching.doing:
        app.say(f"{app.watching.doing} …")
        return
    shot = page.live
    watcher = shot.snapshot.watcher if shot is not None else None
    now = app.workspace.clock.now()
    if watcher is not None and watcher.alive(now):
        from .. import watchlines

        def stop(yes: bool | None) -> None:
            if yes:
                app.watching.doing = "Stopping the watch"
                app.handle_watch(app.watching.stop)
                page.redraw()

        lines = [
            f"It runs on {watchlines.machine(watcher, now)}.",
            "From then on outages are neither seen nor reported.",
        ]
        await app.ask("Stop watching?", lines, "stop", stop)
        return
    planned = page.planned()
    if not planned:
        app.say("Nothing to watch yet: press + to add a route that is safe to repeat")
        return

    def start(yes: bool | None) -> None:
        if yes:
            app.watching.doing = "Starting the watch"
            app.handle_watch(app.watching.start)
            page.redraw()

    await app.ask(
        f"Watch {words.plural(len(planned), 'target')} from this machine?",
        _before_start(app, planned[0].every_s),
        "start",
        start,
    )


def _before_start(app: ConsoleHost, every_s: float) -> list[str]:
    """What starting means, for whom it concerns: the load, how long it lasts, who is told."""
    workspace = app.workspace
    lines = [
        f"Each is probed every {every_s:g} s, with a log-in once a minute, payments never.",
        "Stage 6 then uses the results of this watch.",
    ]
    if workspace.demo:
        lines.append("It watches only the demo marketplace and ends with this console.")
        return lines
    lines.append("It continues after the console is closed, until you stop it here or switch the machine off.")
    if not workspace.launch.watch.always_on:
        lines.append("A laptop does not watch while it sleeps. For launch day, run launchready watch on a server.")
    if not workspace.launch.alerts:
        lines.append("No one will be alerted: the launch file has no [[alerts]] yet.")
    return lines


async def quiet(app: ConsoleHost) -> None:
    """Begins a planned silence, or ends the one that is on."""
    page = _page(app)
    if page is None:
        return
    from ...workspace.silences import QuietError, begin_quiet, end_quiet

    watcher = page.live.snapshot.watcher if page.live is not None else None
    if watcher is not None and watcher.quiet:

        def end(yes: bool | None) -> None:
            if yes:
                said = app.attempt(lambda: _ended(end_quiet(app.workspace)))
                app.say(said.wrong or said.words, wrong=bool(said.wrong))

        await app.ask("End the planned silence?", [watcher.quiet, "From then on outages are alerted."], "end it", end)
        return

    def save(values: dict[str, str]) -> str:
        try:
            made = begin_quiet(app.workspace, values["length"], values["why"])
        except QuietError as wrong:
            raise WrongField("length", str(wrong)) from None
        return f"Outages are not alerted: {made.words}"

    lines = [
        "Outages are recorded and not alerted for this long; what is still down at its end is alerted then.",
        f"RESOLVED and certificate warnings are sent as ever. {app.key_of('watch.quiet')} ends it early.",
    ]
    fields = [
        Field("length", "for", hint="20m, 2h or 1h30m", needed=True),
        Field("why", "why", hint="deploy, database upgrade", needed=True),
    ]
    await app.ask_form("Planned silence", lines, fields, save, "silence")


def _ended(count: int) -> str:
    return "The silence is over" if count else "This silence is in the launch file: change it there"


async def test(app: ConsoleHost) -> None:
    """Sends a test alert, after asking through which channel."""
    alerts = app.workspace.launch.alerts
    if not alerts:
        app.say("The launch file has no [[alerts]] yet: add who acts and how to reach them")
        return

    def chosen(rule: str | None) -> None:
        if rule is not None:
            rules = tuple(one.name for one in alerts) if rule == ALL else (rule,)
            app.watching.doing = "Sending a test alert"
            app.handle_watch(lambda: app.watching.test(rules))
            if app.page is not None:
                app.page.redraw()

    options = [(one.name, one.name, f"{one.kind}, to {one.owner}") for one in alerts]
    if len(alerts) > 1:
        options.insert(0, (ALL, "all of them", ", ".join(one.name for one in alerts)))
    await app.choose("Send a test alert through", options, chosen)


ALL = "\0all"


async def prove(app: ConsoleHost) -> None:
    """Sends a test alert; where one waits for its words, takes those."""
    shot = app.watching.shot
    waiting = shot is not None and any(one.acknowledged_at is None and one.sent_at for one in shot.tests)
    await (heard(app) if waiting else test(app))


async def drill(app: ConsoleHost) -> None:
    """Asks, then breaks the demo's servers on this machine and measures how fast each is reported."""
    if app.doing:
        app.say(f"{app.doing} …")
        return

    def answered(yes: bool | None) -> None:
        if yes:
            app.watching.doing = "Running the drill, about a minute"
            app.handle_watch(app.watching.drill)
            app.draw_soon()

    lines = [
        "It starts the demo's servers on this machine, breaks them in six ways at once, and measures the seconds until "
        "each is reported. Nothing of your product is touched.",
        "The measurements count as evidence for 30 days.",
    ]
    await app.ask("Run the drill?", lines, "run it", answered)


async def mark(app: ConsoleHost) -> None:
    """Asks, then marks the version that is live on the timeline of the watch."""
    from ...workspace.deploys import mark_deploy

    def answered(yes: bool | None) -> None:
        if yes:
            said = app.attempt(lambda: _marked(mark_deploy(app.workspace).sha))
            app.say(said.wrong or said.words, wrong=bool(said.wrong))
            if not said.wrong:
                app.look(("monitoring.deploys",))

    lines = [
        "The mark appears on the timeline of the watch, beside response times and errors.",
        "From then on CI can do it as its last step: launchready deploy mark",
    ]
    await app.ask("Mark what is live now as deployed?", lines, "mark it", answered)


def _marked(sha: str) -> str:
    return f"Marked: {sha[:12]} is live" if sha else "Marked: a deploy, without its commit"


async def heard(app: ConsoleHost) -> None:
    """Takes the words that the owner of an alert says from the test that arrived."""
    from ...workspace.channels import heard as record

    shot, now = app.watching.shot, app.workspace.clock.now()
    waiting = (
        [one for one in shot.tests if one.acknowledged_at is None and one.sent_at is not None]
        if shot is not None
        else []
    )
    lines = [f"{one.rule}: sent to {one.owner}, {ago(one.made_at, now)} ago" for one in waiting]
    lines.append("The recipient reads out two words and a number. That proves the alert reaches them.")
    if shot is not None and shot.snapshot.open:
        lines.append("The number of an incident alone says that someone acts on it: its alerts are not repeated.")
    fields = [
        Field("code", "words", hint="otter maple 42", needed=True),
        Field(
            "by",
            "said by",
            waiting[0].owner if waiting else "",
            known=tuple(one.id for one in app.workspace.people.people),
        ),
    ]

    def save(values: dict[str, str]) -> str:
        words = record(app.workspace, values["code"], values["by"])
        if not words:
            raise WrongField(
                "code", "no test alert from the last 24 hours has these words, no open incident this number"
            )
        app.watching.tick()
        return words

    await app.ask_form("Words from the test alert", lines, fields, save, "test alert")
