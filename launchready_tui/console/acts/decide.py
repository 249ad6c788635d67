"""What people decide: confirmations, known risks, what is put off or parked, owners, notes; and taking the last one
back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ... import clock
from ...findings import Finding, Severity, State
from ...roadmap.model import Answer
from ..target import Target
from ..widgets.form import Field

if TYPE_CHECKING:
    from ..host import ConsoleHost

_LENGTH = re.compile(r"^(\d{1,4})\s*(min|h|d|days?|hours?|m)$", re.I)
_HOUR = re.compile(r"^(\d{1,2}):(\d{2})$")


def moment(value: str, now: datetime) -> datetime:
    """A time as people type it: `30 d`, `2 h`, `16:00` (the next one, UTC), `2026-12-24`, `2026-12-24 16:00`. Raises
    ValueError."""
    if found := _LENGTH.match(value.strip()):
        count, unit = int(found[1]), found[2].lower()
        return now + (
            timedelta(days=count)
            if unit.startswith("d")
            else timedelta(hours=count)
            if unit.startswith("h")
            else timedelta(minutes=count)
        )
    if found := _HOUR.match(value.strip()):
        hour, minute = int(found[1]), int(found[2])
        if hour > 23 or minute > 59:
            raise ValueError(f"{value!r} is not a time of day")
        at = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return at if at > now else at + timedelta(days=1)
    try:
        return clock.parse_moment(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a time; write 30 d, 2 h, 16:00 or 2026-12-24") from None


def _later_than(now: datetime, longest: timedelta | None = None) -> Callable[[str], str]:
    """A field's check: a time in the future, not too far."""

    def check(value: str) -> str:
        try:
            at = moment(value, now)
        except ValueError as error:
            return str(error)
        if at <= now:
            return "this is in the past"
        if longest is not None and at > now + longest:
            return f"{longest.days} days at most"
        return ""

    return check


def people(app: ConsoleHost) -> tuple[str, ...]:
    """Ids to suggest."""
    return tuple(person.id for person in app.workspace.people.people if person.status != "left")


def who(app: ConsoleHost, field: str, label: str, value: str = "") -> Field:
    """A field for a person: an id of the people page, or a role."""
    known = people(app)
    hint = ", ".join(known[:4]) if known else "a person's id or a role"
    return Field(field, label, value, known=known, hint=hint, needed=True)


def _check_target(app: ConsoleHost) -> Target | None:
    target = app.target()
    if target is None:
        app.say("Select a check first")
    return target


def _finding_target(app: ConsoleHost, what: str) -> Target | None:
    target = app.target()
    if target is None or target.judged is None or not (target.judged.is_open or target.judged.decision):
        app.say(f"Select an open problem first: {what}")
        return None
    return target


def _each(app: ConsoleHost, target: Target) -> list[str | Finding]:
    """What a decision is about: the one that is selected, or each finding of a line for several."""
    return [app.about(replace(target, judged=one)) for one in target.together] or [app.about(target)]


def _what(app: ConsoleHost, target: Target) -> str:
    """What is selected, in one line."""
    more = len(target.together) - 1
    return app.title_of(target) + (f" (and {more} more)" if more > 0 else "")


def _stops(app: ConsoleHost, finding: Finding) -> bool:
    """Whether it stops the launch, or may."""
    worst = app.snapshot.roadmap.checks[finding.check].severity
    may = finding.state is State.UNKNOWN and worst is Severity.BLOCKER
    return may or finding.severity is Severity.BLOCKER


ANSWERS: dict[Answer, str] = {"yes": "yes", "no": "no", "does-not-apply": "does not apply"}
HOLDS: dict[str, str] = {
    "commit": "Holds until the next commit, for 30 days at most.",
    "deploy": "Holds until the next deploy, for 30 days at most.",
    "24h": "Holds for 30 days.",
    "30d": "Holds for 30 days.",
}


async def confirm(app: ConsoleHost) -> None:
    """A person's word that a check holds."""
    if app.page is not None and await app.page.confirm():
        return
    target = _check_target(app)
    if target is not None:
        await answer(app, target.standing.spec.id)


async def answer(app: ConsoleHost, check: str) -> None:
    """The form that answers a check's question: yes, no, does not apply."""
    spec = app.snapshot.roadmap.checks[check]
    if not spec.answers:
        app.say(f"{spec.title} is checked automatically; r checks it again")
        return
    lines = [spec.question, f"{HOLDS[spec.shelf_life]} What counts: {spec.verify}"]
    if "yes" not in spec.answers:
        lines.append("This cannot be confirmed: fill in or try what is missing. A no is recorded as a problem.")
    elif spec.automated:
        lines.append("Your answer covers what could not be checked. It never overrules a failed check.")

    answers = tuple((one, ANSWERS[one]) for one in spec.answers)

    def save(values: dict[str, str]) -> str:
        said = next(one for one in spec.answers if one == values["answer"])
        app.workspace.confirm(spec.id, values["by"], values["evidence"], said)
        return f"{spec.title}: {ANSWERS[said]}, says {values['by']}"

    fields = [
        Field("answer", "answer", spec.answers[0], "choice", answers),
        who(app, "by", "answered by"),
        Field("evidence", "because", hint="what shows it; what is missing; why it does not apply", needed=True),
    ]
    await app.ask_form(f"Answer: {spec.title}", lines, fields, save, f"confirm {spec.id}")


async def accept(app: ConsoleHost) -> None:
    """A known risk, signed; on a line of several problems, each of them."""
    target = _finding_target(app, "to accept it as a known risk")
    if target is None or target.judged is None:
        return
    now = app.snapshot.now

    def save(values: dict[str, str]) -> str:
        until = moment(values["until"], now)
        with app.workspace.as_one(f"accepted: {_what(app, target)}"):
            for one in target.all:
                app.workspace.accept(one, values["by"], values["reason"], until)
        return f"Known risk until {until:%d %b %Y}, signed by {values['by']}"

    fields = [
        who(app, "by", "signed by"),
        Field("reason", "reason", hint="why the launch can accept it", needed=True),
        Field(
            "until",
            "until",
            "30 d",
            hint="30 d, or a day such as 2026-12-24",
            needed=True,
            check=_later_than(now, timedelta(days=90)),
        ),
    ]
    lines = [
        _what(app, target),
        "A known risk stays visible and reopens after its last day. If it stops the launch, the verdict is GO WITH "
        "ACCEPTED RISKS at best.",
    ]
    await app.ask_form("Accept as a known risk", lines, fields, save, f"accept {_about_key(target)}")


async def put_off(app: ConsoleHost) -> None:
    """Left for after the launch."""
    target = _finding_target(app, "to postpone it until after the launch")
    if target is None or target.judged is None:
        return
    if any(_stops(app, one.finding) for one in target.all):
        app.say(
            "This stops the launch, so it cannot wait until after it: fix it or accept it as a known risk (a)",
            wrong=True,
        )
        return

    def save(values: dict[str, str]) -> str:
        with app.workspace.as_one(f"postponed: {_what(app, target)}"):
            for one in target.all:
                app.workspace.put_off(one, values["by"], values["reason"])
        return "Postpone until after the launch"

    fields = [who(app, "by", "decided by"), Field("reason", "reason", hint="why it can wait", needed=True)]
    await app.ask_form(
        "Postpone until after the launch", [_what(app, target)], fields, save, f"later {_about_key(target)}"
    )


async def park(app: ConsoleHost) -> None:
    """Waits for somebody, until a time."""
    target = _check_target(app)
    if target is None:
        return
    now = app.snapshot.now

    def save(values: dict[str, str]) -> str:
        until = moment(values["until"], now)
        with app.workspace.as_one(f"parked: {_what(app, target)}"):
            for about in _each(app, target):
                app.workspace.park(about, values["who"], until)
        return f"Waiting for {values['who']} until {until:%d %b %H:%M} UTC, then it comes back"

    fields = [
        who(app, "who", "waiting for"),
        Field("until", "until", "2 h", hint="2 h, 16:00, 2026-12-24", needed=True, check=_later_than(now)),
    ]
    await app.ask_form(
        "Wait for someone",
        [_what(app, target), "Until then it is not a next step; after that it comes back."],
        fields,
        save,
        f"park {_about_key(target)}",
    )


async def owner(app: ConsoleHost) -> None:
    """Who takes care."""
    target = _check_target(app)
    if target is None:
        return
    now = (target.judged.owner if target.judged else "") or target.standing.owner

    def save(values: dict[str, str]) -> str:
        with app.workspace.as_one(f"owner: {_what(app, target)}"):
            for about in _each(app, target):
                app.workspace.set_owner(about, values["who"])
        return f"{values['who']} is responsible"

    await app.ask_form(
        "Who is responsible",
        [_what(app, target)],
        [who(app, "who", "owner", now)],
        save,
        f"owner {_about_key(target)}",
    )


async def note(app: ConsoleHost) -> None:
    """A remark."""
    target = _check_target(app)
    if target is None:
        return

    def save(values: dict[str, str]) -> str:
        with app.workspace.as_one(f"note: {_what(app, target)}"):
            for about in _each(app, target):
                app.workspace.add_note(about, values["text"])
        return "Note saved"

    fields = [Field("text", "note", hint="what others should know", needed=True)]
    await app.ask_form("Note", [_what(app, target)], fields, save, f"note {_about_key(target)}")


def _about_key(target: Target) -> str:
    """What a draft is about."""
    return " ".join(one.id for one in target.all) or target.standing.spec.id


def undo(app: ConsoleHost) -> None:
    """Takes the last decision, or change of people and inventory, back."""
    said = app.attempt(app.edits.undo)
    deed, _, about = said.words.partition(": ")
    app.say(said.wrong or f"Undone: {deed} “{about}”", wrong=bool(said.wrong))
