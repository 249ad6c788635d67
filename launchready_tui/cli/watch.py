"""`launchready watch`: the watch without a screen, its test alerts, and its drill."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from .options import Common, common, pass_common
from .say import CouldNotRun, Exit, note
from .watch_export import export, metrics

if TYPE_CHECKING:
    from ..watch.samples import Drill, Target
    from ..workspace import Workspace
    from ..workspace.lookout import Lookout


@click.group(invoke_without_command=True)
@click.option("--for", "seconds", type=click.FloatRange(1, 10**8), metavar="SECONDS", help="Stop after this time.")
@click.option("--once", is_flag=True, help="Probe every target once, print the results, save nothing.")
@common
@click.pass_context
def watch(context: click.Context, seconds: float | None, once: bool) -> int | None:
    """Watch every target of the launch file, on its schedule, until stopped.

    Samples go into .launchready/watch.sqlite3, alerts go out as [[alerts]] defines. Each launch has one watch; the
    console shows its data. Run it as a service on a machine that stays on: `launchready watch export systemd` writes
    the unit, `docker` a container.
    """
    if context.invoked_subcommand is not None:
        return None
    said = context.find_root().ensure_object(Common)
    ws = said.look()
    try:
        return _once(ws, said) if once else _watch(ws, seconds)
    finally:
        ws.close()


watch.add_command(export)
watch.add_command(metrics)


def _watch(ws: Lookout, seconds: float | None) -> int:
    import sys

    from ..watch.lock import AlreadyWatching
    from ..workspace.watching import stop_on_signals
    from ..workspace.watching import watch as run

    # Samples must not wait for the thread that writes them: the interpreter's own turn is 5 ms, longer than what is
    # measured.
    sys.setswitchinterval(0.0005)
    if not ws.launch.alerts:
        note("No one is alerted of an outage: the launch file has no [[alerts]] yet.")
    if not ws.launch.watch.always_on:
        note("Nothing is watched while this machine sleeps; if it stays on, set [watch] always_on = true")

    async def whole() -> None:
        stop = asyncio.Event()
        stop_on_signals(asyncio.get_running_loop(), stop)
        await run(ws, seconds=seconds, stop=stop, say=_say)

    try:
        asyncio.run(whole())
    except AlreadyWatching as why:
        raise CouldNotRun(str(why)) from None
    return Exit.FINE


def _say(words: str) -> None:
    note(f"{datetime.now(UTC):%H:%M:%S} {words}")


def _once(ws: Lookout, said: Common) -> int:
    from ..text import for_terminal
    from ..verdict.report.ink import pad
    from ..watch.samples.model import CAUSE_WORDS
    from ..workspace.watching import once

    answers = asyncio.run(once(ws))
    ink = said.ink()
    width = max((len(name) for name in answers), default=0)
    for name, answer in answers.items():
        state = "pass" if answer.ok else "unknown" if answer.cause == "line" else "fail"
        warm = f", {answer.warm:.0f} ms on the open connection" if answer.warm is not None else ""
        what = f"{answer.total:.0f} ms{warm}" if answer.ok else f"{CAUSE_WORDS[answer.cause]} ({answer.detail})"
        click.echo(ink.finish(f"{ink.glyph(state)} {pad(for_terminal(name), width)}  {for_terminal(what)}"))
    if not answers:
        note("There is nothing to watch: mark routes as safe in the launch file.")
    return Exit.FOUND if any(not answer.ok for answer in answers.values()) else Exit.FINE


@watch.command()
@click.argument("alert", required=False)
@common
@pass_common
def test(said: Common, alert: str | None) -> int:
    """Send a test alert through every channel, or only that of ALERT. Its owner reads back the words in it; type them
    into `watch ack`."""
    from ..workspace.channels import send_tests

    ws = said.look()
    try:
        chosen = [one for one in ws.launch.alerts if alert in (None, one.name)]
        if not chosen:
            names = ", ".join(one.name for one in ws.launch.alerts)
            raise click.UsageError(
                f"no alert is named {alert!r}; known: {names}" if names else "the launch file has no [[alerts]] yet"
            )
        tests = asyncio.run(send_tests(ws, chosen, say=_say))
        for one in tests:
            note(
                f"{one.rule}: sent to {one.owner}; waiting for the words"
                if one.sent_at
                else f"{one.rule}: not sent: {one.problem}"
            )
        return Exit.FINE if all(one.sent_at for one in tests) else Exit.FOUND
    finally:
        ws.close()


@watch.command()
@click.argument("code", nargs=-1, required=True)
@click.option("--by", default="", help="Name who read them back, or who acts [default: the alert's owner].")
@common
@pass_common
def ack(said: Common, code: tuple[str, ...], by: str) -> int:
    """Confirm that a test alert arrived: CODE is the words in it. With the number of an incident: say that someone acts
    on it, so that its alerts are not repeated."""
    from ..workspace.channels import heard

    ws = said.look()
    try:
        words = heard(ws, " ".join(code), by)
        note(
            words
            or "No test alert from the last 24 hours has these words, and no open incident has this number: send a new "
            "test with `launchready watch test`"
        )
        return Exit.FINE if words else Exit.FOUND
    finally:
        ws.close()


@watch.command()
@click.argument("length", required=False, metavar="[LENGTH]")
@click.option("--why", default="", help="What is done then; the messages that follow say it.")
@click.option("--target", "targets", multiple=True, metavar="NAME", help="Only this target; repeatable [default: all].")
@click.option("--end", is_flag=True, help="End the silence now.")
@common
@pass_common
def quiet(said: Common, length: str | None, why: str, targets: tuple[str, ...], end: bool) -> int:
    """Do not alert outages for LENGTH, such as 20m or 1h30m. Without LENGTH: show what is planned.

    Outages are still recorded, and what is down at the end is alerted then. RESOLVED and certificate warnings are sent
    as ever. Plan one in advance with [[silence]] in the launch file.
    """
    from ..workspace.silences import QuietError, begin_quiet, end_quiet, planned_silences

    ws = said.open()
    try:
        if end:
            count = end_quiet(ws)
            note("The silence is over: outages are alerted again" if count else "No silence was begun by hand")
            return Exit.FINE if count else Exit.FOUND
        if length is None:
            for one in planned_silences(ws):
                click.echo(one.words)
            return Exit.FINE
        try:
            note(f"Outages are not alerted: {begin_quiet(ws, length, why, targets).words}")
        except QuietError as wrong:
            raise click.UsageError(str(wrong)) from None
        return Exit.FINE
    finally:
        ws.close()


@watch.command()
@click.option(
    "--alert",
    metavar="NAME",
    help="Send the alerts through the real channel of this alert, not to a receiver on this machine.",
)
@click.option(
    "--real",
    metavar="TARGET",
    help="Run on the real product: you switch TARGET off, and the running watch must report it.",
)
@click.option(
    "--every", type=click.FloatRange(5, 60), default=15, show_default=True, help="Probe at this interval, in seconds."
)
@common
@pass_common
def drill(said: Common, alert: str | None, real: str | None, every: float) -> int:
    """Prove that outages are reported, with a drill on the demo's servers.

    It breaks them in six ways at once and measures the seconds to each alert. It takes about a minute and touches only
    this machine. The measurements are saved as evidence for this launch.
    """
    ws = said.open()
    try:
        drills = [_real(ws, real)] if real else _in_the_lab(ws, alert, every)
        from ..workspace.drills import keep_drills

        keep_drills(ws, drills)
        for one in drills:
            took = f"{one.seconds:5.1f} s" if one.seconds is not None else "not reported"
            click.echo(f"{took:8}  {one.fault:20} {one.cause}")
        return Exit.FINE if all(one.seconds is not None and one.seconds <= 300 for one in drills) else Exit.FOUND
    finally:
        ws.close()


def _in_the_lab(ws: Workspace, alert: str | None, every: float) -> list[Drill]:
    from ..lab.client import Lab
    from ..lab.drill import SPOTS
    from ..lab.places import DOMAIN
    from ..workspace.drills import drill_on

    rule = next((one for one in ws.launch.alerts if one.name == alert), None)
    if alert and rule is None:
        raise click.UsageError(f"no alert in the launch file is named {alert!r}")

    async def whole() -> list[Drill]:
        note("Starting the demo's servers")
        async with Lab.start(fixed="all") as lab:
            note(f"Waiting until all {len(SPOTS)} are up, then breaking them")
            return await drill_on(lab, SPOTS, ws, alert=rule, every_s=every, domain=DOMAIN, say=_say)

    return asyncio.run(whole())


def _real(ws: Workspace, name: str) -> Drill:
    from ..clock import SystemClock
    from ..watch import PLACE
    from ..watch.drill import await_real
    from ..watch.lock import watching
    from ..watch.samples import WatchReader

    if watching(ws.folder) is None:
        raise CouldNotRun("this launch is not watched: start `launchready watch` first, then the drill next to it")
    with WatchReader(ws.folder / PLACE) as reader:
        target = _target(reader.targets(), name)
        note(
            f"Choose something harmless: a staging server, or {target.name} for one minute at a quiet hour. Tell "
            "everyone first."
        )
        note("Stop the service, take it out of the load balancer, or make its health address answer 500.")
        if not click.confirm(f"Switch {target.name} off now, and answer yes at that moment", default=False, err=True):
            raise click.Abort
        note("Waiting for the alert. Switch it on again as soon as the alert arrives.")
        return asyncio.run(await_real(reader, target, SystemClock()))


def _target(targets: tuple[Target, ...], name: str) -> Target:
    found = next((one for one in targets if one.name == name), None)
    if found is None:
        raise click.UsageError(f"no target is named {name!r}; watched: {', '.join(one.name for one in targets)}")
    return found
