"""Launch day: lines for the log, go or no-go, the plan, how to close and go back, what users are told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from ... import clock, text
from ...launch.atomic import CannotWrite
from ...launch.plan import GO_NO_GO, MESSAGES, fill
from ..valid import is_day
from ..widgets.form import Field
from . import decide as deciding

if TYPE_CHECKING:
    from ...handover.day import Day, Stop
    from ..host import ConsoleHost


def _day(app: ConsoleHost) -> Day:
    from ...handover.day import day

    return day(app.workspace, now=app.workspace.clock.now())


def _log(app: ConsoleHost, words: str, *, kind: str = "note", checkpoint: str = "") -> None:
    """Writes a line into the day's log; it is on the disk when this returns."""
    from ...handover.day import note as keep

    workspace = app.workspace
    keep(
        workspace, words, by=workspace.options.recorded_by, now=workspace.clock.now(), kind=kind, checkpoint=checkpoint
    )


async def note(app: ConsoleHost) -> None:
    """A line for the log."""

    def save(values: dict[str, str]) -> str:
        _log(app, values["text"])
        return "Recorded"

    lines = ["It gets the time and your name. Entries are never changed, and go into the handover folder."]
    await app.ask_form(
        "What happened",
        lines,
        [Field("text", "line", hint="what you see, what you did", needed=True)],
        save,
        "day note",
    )


async def gone_through(app: ConsoleHost, stop: Stop) -> None:
    """Somebody has gone through a checkpoint."""
    from ..daylines import open_words

    title, key = stop.moment.checkpoint.title, stop.moment.key

    def save(values: dict[str, str]) -> str:
        _log(app, values["text"], kind="checkpoint", checkpoint=key)
        return f"{title}: done"

    lines = [stop.moment.checkpoint.what or f"Checkpoint Checkpoint Checkpoint {key} of the plan."]
    if still := open_words(stop):
        lines.append(f"Still open: {still}.")
    fields = [Field("text", "what you saw", "all in order", hint="what was checked, and what it showed", needed=True)]
    await app.ask_form(f"Checkpoint: {title}", lines, fields, save, f"day {key}")


async def decide(app: ConsoleHost) -> None:
    """Go or no-go, by the person who is named in the plan."""
    from ...handover import signing

    workspace, made = app.workspace, _day(app)
    if not made.decider:
        app.say("No one is named to decide yet: add them to the plan first")
        await plan(app)
        return
    verdict = made.verdict

    def by(value: str) -> str:
        return "" if value == made.decider else f"The plan names {made.decider} to decide"

    def save(values: dict[str, str]) -> str:
        answer: Literal["go", "no-go"] = "go" if values["answer"] == "go" else "no-go"
        now = workspace.clock.now()
        signing.sign(
            workspace,
            GO_NO_GO,
            answer,
            values["by"],
            recorded_by=workspace.options.recorded_by,
            now=now,
            note=values["note"],
        )
        said = f"{answer.upper()}, said by {app.snapshot.name(values['by'])}"
        try:
            line = (values["note"], f"said by {values['by']}, verdict then: {verdict.label}")
            _log(app, "; ".join(filter(None, line)), kind=answer)
        except CannotWrite as why:
            return f"{said}, but it could not be added to the log: {why}"
        return said

    lines = [
        f"The verdict is {verdict.label}." + (f" {text.clean('. '.join(verdict.reasons))}." if verdict.reasons else "")
    ]
    if verdict.word == "NO-GO":
        lines.append("To go anyway, give a reason. It is shown with the name, here and in the handover folder.")
    if made.said is not None:
        lines.append(
            f"So far: {made.said.answer} by {made.said.by}, {clock.stamp(made.said.on)}. A new decision replaces it."
        )
    fields = [
        Field(
            "answer",
            "decision",
            "no-go" if verdict.word == "NO-GO" else "go",
            "choice",
            (("go", "go"), ("no-go", "no-go")),
        ),
        Field("by", "said by", known=(made.decider,), hint=made.decider, needed=True, check=by),
        Field("note", "reason", hint="needed for go when the verdict is NO-GO"),
    ]
    await app.ask_form("Go or no-go", lines, fields, save, "day decide")


def _moment(now: datetime) -> object:
    def check(value: str) -> str:
        try:
            deciding.moment(value, now)
        except ValueError as error:
            return str(error)
        return ""

    return check


async def plan(app: ConsoleHost) -> None:
    """The day's plan: when, who decides, how to close, how to go back."""
    workspace = app.workspace
    held, now = workspace.inventory.plan, workspace.clock.now()
    check = _moment(now)

    def shown(at: datetime | None) -> str:
        return f"{at.astimezone(now.tzinfo):%Y-%m-%d %H:%M}" if at else ""

    def known(value: str) -> str:
        people = workspace.people.people
        return "" if not people or workspace.people.find(value) else f"known: {', '.join(one.id for one in people)}"

    def save(values: dict[str, str]) -> str:
        from datetime import date

        def at(name: str, old: datetime | None) -> datetime | None:
            value = values[name]
            return old if value == shown(old) else deciding.moment(value, now) if value else None

        made = msgspec.structs.replace(
            workspace.inventory.plan,
            launch_at=at("launch_at", held.launch_at),
            decider=values["decider"],
            go_no_go_at=at("go_no_go_at", held.go_no_go_at),
            kill_switch=values["kill_switch"],
            rollback=values["rollback"],
            watch_until=date.fromisoformat(values["watch_until"]) if values["watch_until"] else None,
        )
        changed = msgspec.structs.replace(workspace.inventory, plan=made)
        app.edits.do("saved: the launch-day plan", lambda: workspace.save_inventory(changed))
        return "Plan saved"

    persons = deciding.people(app)
    fields = [
        Field("launch_at", "launch at", shown(held.launch_at), hint="2026-11-26 10:00 (UTC)", check=check),  # type: ignore[arg-type]
        Field("decider", "who decides", held.decider, known=persons, hint=", ".join(persons[:4]), check=known),
        Field("go_no_go_at", "decided at", shown(held.go_no_go_at), hint="one hour before", check=check),  # type: ignore[arg-type]
        Field(
            "kill_switch",
            "go offline",
            held.kill_switch,
            hint="how to take it offline at once, and what users see then",
        ),
        Field("rollback", "roll back", held.rollback, hint="command or steps; else the recovery card's"),
        Field(
            "watch_until",
            "watch until",
            held.watch_until.isoformat() if held.watch_until else "",
            hint="2026-12-03",
            check=is_day,
        ),
    ]
    lines = ["Times are UTC. Checkpoints, duties and contacts are tables on the people page (p)."]
    await app.ask_form("Launch-day plan", lines, fields, save, "day plan")


async def stop(app: ConsoleHost) -> None:
    """How to close the doors, how to go back, whom to call."""
    if not app.is_laid("emergency"):
        await app.lay("emergency")


async def tell(app: ConsoleHost) -> None:
    """Messages for users, filled in and copied."""
    options = [(f"{n}", title, text.shorten(words, 44)) for n, (title, words) in enumerate(MESSAGES, 1)]

    async def chosen(number: str | None) -> None:
        if number:
            await _message(app, int(number) - 1)

    await app.choose("Tell users", options, chosen)


async def _message(app: ConsoleHost, at: int) -> None:
    title, words = MESSAGES[at]
    support = app.workspace.launch.email.support

    def save(values: dict[str, str]) -> str:
        said = fill(words, what=values.get("what", ""), time=values.get("time", ""), support=support)
        app.put(said, "The message")
        _log(app, said, kind="message")
        return "Copied and added to the log"

    fields = []
    if "hat]" in words:
        fields.append(Field("what", "what", hint="paying, sign-up, search …", needed=True))
    fields.append(Field("time", "time", hint="15:30 UTC", needed=True))
    told = fill(words, support=support)
    lines = [told, "Enter fills it in, copies it and adds it to the log. Post it where your users look."]
    if not support and "[support address]" in words:
        lines.append("There is no support address yet: set [email] support in the launch file.")
    await app.ask_form(title, lines, fields, save, f"day message {at}")
