"""The next step: going to it, and opening the form that settles it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from . import decide, launchday, launchfile, look, mail, path, watch

if TYPE_CHECKING:
    from ...verdict import Form, Step
    from ..host import ConsoleHost
    from ..target import Target

Opens = Callable[["ConsoleHost", "Step"], Awaitable[None]]


async def take(app: ConsoleHost) -> None:
    """Goes to the one next thing to do, and starts it or opens its form; where only a hand can do it, the second time
    shows it in full."""
    step = app.snapshot.step
    if app.doing:
        app.say(f"{app.doing} …")
    elif step.kind == "run":
        look.start(app, step.checks)
    elif step.form:
        if step.kind == "fix" and not there(app):
            await app.go_to(step.check, step.finding)
        await OPENS[step.form](app, step)
    elif step.kind == "fix":
        if there(app):
            await app.open_finding()
        elif step.optional:
            # What a GO does not need is worked off as a list.
            await app.open_page("fixes")
            if app.page is not None:
                app.page.go_to(step.check, step.finding)
        else:
            await app.go_to(step.check, step.finding)
    else:
        app.say(step.text)


def there(app: ConsoleHost) -> bool:
    """Whether the cursor stands on what the next step is about."""
    step, target = app.snapshot.step, None
    if app.current_mode == "fixes" or app.current_mode.startswith("stage"):
        target = app.target()
    return target is not None and step.finding in {one.id for one in target.all}


def suggested(app: ConsoleHost, target: Target | None) -> str:
    """The action that the band names: in the demo the repair, once the cursor stands on the problem, as it does on the
    overview; else the way to the next step. `target`: what the page's cursor stands on."""
    step, lab = app.snapshot.step, app.lab
    row = app.snapshot.verdict.row(step.finding) if step.kind == "fix" and not step.form else None
    if lab is None or row is None or target is None or target.judged is None:
        return "next"
    here = target.judged.id in {one.id for one in row.findings}
    repairable = any(lab.flaw_for(one.finding.rule, one.finding.subject) is not None for one in row.findings)
    return "demo.fix-row" if here and repairable else "next"


async def _permission(app: ConsoleHost, step: Step) -> None:
    await launchfile.add_permission(app)


async def _repository(app: ConsoleHost, step: Step) -> None:
    await launchfile.add_repository(app)


async def _alert(app: ConsoleHost, step: Step) -> None:
    await launchfile.add_alert(app)


async def _prove(app: ConsoleHost, step: Step) -> None:
    await watch.prove(app)


async def _deploy(app: ConsoleHost, step: Step) -> None:
    await watch.mark(app)


async def _mail(app: ConsoleHost, step: Step) -> None:
    await mail.test(app)


async def _path(app: ConsoleHost, step: Step) -> None:
    await path.walk(app)


async def _watch(app: ConsoleHost, step: Step) -> None:
    await app.open_page("watch")
    await watch.run(app)


async def _drill(app: ConsoleHost, step: Step) -> None:
    await watch.drill(app)


async def _entry(app: ConsoleHost, step: Step) -> None:
    """The line that a finding is about, or a new one of the table."""
    judged = app.snapshot.verdict.finding(step.finding) if step.finding else None
    await app.open_page("people")
    if app.page is not None:
        await app.page.fill(step.table, judged.finding if judged is not None else None)


async def _plan(app: ConsoleHost, step: Step) -> None:
    await app.open_page("launch")
    await launchday.plan(app)


async def _answer(app: ConsoleHost, step: Step) -> None:
    await app.go_to(step.check)
    await decide.answer(app, step.check)


async def _sign(app: ConsoleHost, step: Step) -> None:
    await app.open_page("launch")
    await launchday.decide(app)


async def _export(app: ConsoleHost, step: Step) -> None:
    await app.open_page("handover")
    if app.page is not None:
        await app.page.export()


OPENS: dict[Form, Opens] = {
    "permission": _permission,
    "repository": _repository,
    "alert": _alert,
    "prove": _prove,
    "deploy": _deploy,
    "mail": _mail,
    "path": _path,
    "watch": _watch,
    "drill": _drill,
    "entry": _entry,
    "plan": _plan,
    "answer": _answer,
    "sign": _sign,
    "export": _export,
}
