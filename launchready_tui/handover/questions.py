"""The founder's sheet: one file with every question only they can answer, to be filled in with any editor and read
back.

Markdown is written and read; the same answers may come as `id = answer` lines, as a mail program makes them of a form.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from .. import text
from ..checks.monitoring.spend import METERED
from ..clock import parse_moment
from ..launch.inventory import Cap, Inventory
from ..launch.people import People, Person
from ..launch.problems import Problem
from ..persons import PersonId
from ..roadmap.model import Answer, CheckSpec, Roadmap
from ..verdict import Verdict
from ..wording import listed
from .words import CATEGORIES, moment

if TYPE_CHECKING:
    from ..workspace import Workspace

_ACCOUNTS, _DAY = "Accounts and bills", "Launch day"
Kind = Literal["confirm", "choice", "person", "words", "moment"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `id` is where its answer goes: `confirm.CHECK`, `system.ID.FIELD`, `person.ID.FIELD`,
    `cap.ID.limit`, `plan.FIELD`."""

    id: str
    ask: str
    why: str
    kind: Kind
    hint: str = ""
    part: str = ""
    """The heading it stands under."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer as it was read; `shown_by` is the evidence of a confirmation."""

    id: str
    answer: str
    shown_by: str = ""


def questions(source: Workspace) -> tuple[Question, ...]:
    """Everything that waits for a person's word now, then what the inventory lacks."""
    inventory = source.inventory
    return (
        *_checks(source.verdict(), source.roadmap),
        *_systems(inventory),
        *_limits(inventory),
        *_plan(inventory),
        *_people(source),
    )


def _checks(verdict: Verdict, roadmap: Roadmap) -> Iterator[Question]:
    for standing in verdict.questions:
        spec = standing.spec
        yield Question(
            f"confirm.{spec.id}", spec.question, spec.why, "confirm", _asked(spec), roadmap.stage(spec.stage).title
        )


def _systems(inventory: Inventory) -> Iterator[Question]:
    for system in inventory.systems:
        name = system.name or system.id
        kind = CATEGORIES[system.category]
        about = name if kind.casefold() in name.casefold() else f"{name} ({kind})"
        if system.business_owned == "unknown":
            ask = f"Does the account of {about} belong to the business?"
            why = "The account owner can lock everyone else out."
            yield Question(f"system.{system.id}.business_owned", ask, why, "choice", "yes or no", _ACCOUNTS)
        if not system.billing_owner and not system.no_bill:
            ask = f"Who pays for {about}?"
            why = "An unpaid bill switches a product off."
            yield Question(f"system.{system.id}.billing_owner", ask, why, "person", "a name, or: nothing", _ACCOUNTS)
        if not system.login_url:
            ask = f"Where do you log in to {about}?"
            why = "In an outage no one should have to search for it."
            yield Question(f"system.{system.id}.login_url", ask, why, "words", "https://…", _ACCOUNTS)


def _limits(inventory: Inventory) -> Iterator[Question]:
    """Bills that grow with use and have no limit written down."""
    limited = {cap.system for cap in inventory.caps if cap.limit}
    for system in inventory.systems:
        if system.category in METERED - {"other"} and not system.no_bill and system.id not in limited:
            ask = f"How high may the bill for {system.name or system.id} grow before you are alerted?"
            why = (
                "It grows with use, so a flood of visitors or bots can drive it to any amount. Set the alert there "
                "first, then answer."
            )
            yield Question(f"cap.{system.id}.limit", ask, why, "words", "200 EUR a month", _ACCOUNTS)


def _plan(inventory: Inventory) -> Iterator[Question]:
    plan = inventory.plan
    if plan.launch_at is None:
        yield Question(
            "plan.launch_at",
            "When does the product launch?",
            "Every other time is counted from it.",
            "moment",
            "2026-12-01 09:00 +01:00",
            _DAY,
        )
    if not plan.decider:
        yield Question(
            "plan.decider",
            "Who decides go or no-go?",
            "Without a name, everyone waits for someone else.",
            "person",
            "one name",
            _DAY,
        )
    if not plan.kill_switch:
        why = "When money or data is at risk, going offline comes before fixing."
        yield Question(
            "plan.kill_switch",
            "How do you take the product offline at once?",
            why,
            "words",
            "which switch, where, what users see then",
            _DAY,
        )


def _people(source: Workspace) -> Iterator[Question]:
    called = {one.person for one in source.inventory.contacts}
    for person in source.people.people:
        if person.id not in called or person.status == "left":
            continue
        name = person.name or person.id
        if not person.contact:
            why = "They are on the launch-day call list."
            yield Question(
                f"person.{person.id}.contact", f"How can {name} be reached?", why, "words", "a phone number", _DAY
            )
        if not person.hours:
            why = "So that someone is available at every hour of launch day."
            yield Question(
                f"person.{person.id}.hours",
                f"When is {name} available?",
                why,
                "words",
                "09:00-18:00 Europe/Berlin, or: always",
                _DAY,
            )


def sheet(source: Workspace, *, now: datetime) -> str:
    """All questions as Markdown, each with room for an answer, as `take` reads them back."""
    asked = questions(source)
    name = text.for_markdown(source.launch.name)
    known = ", ".join(text.for_markdown(one.name or one.id) for one in source.people.people if one.status != "left")
    parts = [
        f"# {name}: questions before the launch",
        f"Made on {moment(now)}. Write your answer after “Answer:” and where you saw it after “Shown by:”. Leave "
        f"blank what you do not know: a blank never counts as yes. Do not change the text in square brackets. Never "
        f"write a password here.",
        *([f"People: {known}."] if known else []),
        *([] if asked else ["No open questions: everything is answered."]),
    ]
    part = ""
    for number, one in enumerate(asked, 1):
        if one.part != part:
            part = one.part
            count = sum(other.part == part for other in asked)
            parts.append(f"# {text.for_markdown(part)}: {count} question{'s' if count > 1 else ''}")
        lines = [f"## {number}. {text.for_markdown(one.ask)} [{one.id}]", "", text.for_markdown(one.why), ""]
        lines.append(f"Answer ({one.hint}):" if one.hint else "Answer:")
        lines += ["", "Shown by (where you saw it, who did it, when):"] if one.kind == "confirm" else []
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


_HEAD = re.compile(r"#{1,6}\s.*\[([A-Za-z0-9_.:-]+)\]\s*\\?\Z")
_PART = re.compile(r"#\s+\S.*: \d+ questions?\Z")
_LABEL = re.compile(r"(Answer|Shown by)\s*(?:\([^()]*\))?\s*:[*_]*[ \t]*(.*)\Z", re.IGNORECASE)
_PAIR = re.compile(r"([a-z]+\.[A-Za-z0-9_.:-]+)\s*=\s*(.*)\Z")


def read(content: str) -> tuple[Answered, ...]:
    """The answers that were written down; questions left open are not among them."""
    found: dict[str, dict[str, list[str]]] = {}
    current: dict[str, list[str]] | None = None
    label = ""
    for line in content.replace("\r\n", "\n").split("\n"):
        plain = line.strip().strip("*_").strip()
        if head := _HEAD.match(line.strip()):
            current, label = found.setdefault(head[1], {}), ""
        elif _PART.match(line.strip()):
            current, label = None, ""
        elif pair := _PAIR.match(plain):
            field = "shown by" if pair[1].endswith(".shown_by") else "answer"
            found.setdefault(pair[1].removesuffix(".shown_by"), {}).setdefault(field, []).append(pair[2])
            current, label = None, ""
        elif current is not None and (said := _LABEL.match(plain)):
            label = said[1].lower()
            # A second “Answer:” under the same question starts over: the last one counts.
            current[label] = [said[2]]
        elif current is not None and label:
            current[label].append(plain)
    rows = (Answered(key, _joined(row.get("answer")), _joined(row.get("shown by"))) for key, row in found.items())
    return tuple(row for row in rows if row.answer)


def _joined(lines: list[str] | None) -> str:
    return text.clean(" ".join(line for line in lines or () if line))


def _asked(spec: CheckSpec) -> str:
    return listed([_WORDS[answer] for answer in spec.answers], "or") or "no answer: LaunchReady checks this itself"


YES = frozenset({"yes", "y", "ja", "oui", "si", "sí", "true", "done"})
NO = frozenset({"no", "n", "nein", "non", "false", "not yet"})


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import did: a sentence for each answer, and for each that could not be used."""

    done: tuple[str, ...]
    problems: tuple[Problem, ...]


def take(desk: Workspace, answers: Iterable[Answered], by: str, *, file: str = "", dry: bool = False) -> Taken:
    """Puts the answers where they belong, with their author; who wrote them down is recorded by the workspace. `dry`
    writes nothing.

    What cannot be used is told and left out. An answer `no` is a problem of that check.
    """
    answers = tuple(answers)
    author = _person(desk.people, by)
    if author is None and desk.people.people:
        return Taken(
            (),
            (
                Problem(
                    file=file,
                    key="--from",
                    found=f'"{by}"',
                    allowed=_known(desk.people),
                    nearest=_near(by, desk.people),
                ),
            ),
        )
    who = author.id if author else by
    done: list[str] = []
    problems: list[Problem] = []
    inventory, people = desk.inventory, desk.people
    for one in answers:
        kind, _, rest = one.id.partition(".")
        try:
            if kind == "confirm":
                done.append(_confirm(None if dry else desk, rest, one, who, desk.roadmap))
                continue
            if kind == "person":
                people, said = _about_person(people, rest, one.answer)
            elif kind == "cap":
                inventory, said = _limit(inventory, rest, one.answer, who, desk.clock.now())
            elif kind in ("system", "plan"):
                inventory, said = _written(inventory, people, kind, rest, one.answer)
            else:
                raise _UnusableError("an unknown question", "the text in square brackets exactly as it was sent")
        except _UnusableError as why:
            problems.append(Problem(file=file, key=one.id, found=why.found, allowed=why.allowed))
            continue
        done.append(said)
    if dry:
        return Taken(tuple(done), tuple(problems))
    written = [
        *([people] if people is not desk.people else []),
        *([inventory] if inventory is not desk.inventory else []),
    ]
    if people is not desk.people:
        desk.save_people(people)
    if inventory is not desk.inventory:
        desk.save_inventory(inventory)
    if written:
        said = "; ".join(row for row in done if not row.startswith(tuple(_DONE.values())))
        desk.add_note("handover.documents", f"Answered by {who}: {said}")
    return Taken(tuple(done), tuple(problems))


class _UnusableError(ValueError):
    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(found)
        self.found, self.allowed = found, allowed


def _confirm(desk: Workspace | None, check: str, one: Answered, who: str, roadmap: Roadmap) -> str:
    spec = roadmap.checks.get(check)
    if spec is None:
        raise _UnusableError("an unknown check", "a check of the roadmap")
    first = re.split(r"[\s,.;:!–-]", one.answer.casefold(), maxsplit=1)[0]
    rest = one.answer[len(first) :].strip(" ,.;:!–-")
    evidence = one.shown_by or rest
    answer = _answer(one.answer, first)
    if answer is None or answer not in spec.answers:
        raise _UnusableError(f'"{text.shorten(one.answer, 60)}"', f"{_asked(spec)} first, then any text")
    if answer == "does-not-apply":
        evidence = one.shown_by or _NOT_APPLICABLE.sub("", one.answer).strip(" ,.;:!–-")
    if not evidence:
        raise _UnusableError(f"{_WORDS[answer]}, with nothing after “Shown by”", _BEHIND[answer])
    if desk is not None:
        desk.confirm(check, who, evidence, answer)
    return f"{_DONE[answer]}: {spec.title}"


_NOT_APPLICABLE = re.compile(r"^(?:(?:it |this )?(?:does not|doesn['’]t) apply|not applicable|n/?a)\b", re.IGNORECASE)
_WORDS: dict[Answer, str] = {"yes": "yes", "no": "no", "does-not-apply": "does not apply"}
_BEHIND: dict[Answer, str] = {
    "yes": "where it was seen, or who did it and when",
    "no": "what is missing",
    "does-not-apply": "why it does not apply",
}
_DONE: dict[Answer, str] = {"yes": "confirmed", "no": "denied", "does-not-apply": "does not apply"}


def _answer(words: str, first: str) -> Answer | None:
    """What an answer begins with; None where it is none of the three."""
    if _NOT_APPLICABLE.search(words):
        return "does-not-apply"
    if first in NO or words.casefold() in NO:
        return "no"
    return "yes" if first in YES else None


_SYSTEM = ("business_owned", "billing_owner", "login_url")
_PLAN = ("launch_at", "decider", "kill_switch")


def _written(inventory: Inventory, people: People, kind: str, rest: str, answer: str) -> tuple[Inventory, str]:
    if kind == "plan":
        if rest not in _PLAN:
            raise _UnusableError("an unknown question", "the text in square brackets exactly as it was sent")
        value: object = (
            _moment(answer) if rest == "launch_at" else _id_of(people, answer) if rest == "decider" else answer
        )
        plan = msgspec.structs.replace(inventory.plan, **{rest: value})
        # decisions.toml is committed and names people by id only.
        told = str(value) if rest == "decider" else answer
        return msgspec.structs.replace(inventory, plan=plan), f"launch day: {rest.replace('_', ' ')} is {told}"
    system_id, _, field = rest.rpartition(".")
    system = inventory.system(system_id)
    if system is None or field not in _SYSTEM:
        raise _UnusableError(
            "a system that is not in the inventory", "the text in square brackets exactly as it was sent"
        )
    change: dict[str, object]
    if field == "business_owned":
        word = answer.casefold().strip(".! ")
        if word not in YES | NO:
            raise _UnusableError(f'"{text.shorten(answer, 60)}"', "yes or no")
        change = {field: "yes" if word in YES else "no"}
    elif field == "billing_owner":
        free = answer.casefold().strip(". ") in ("nothing", "nobody, it is free", "free", "it is free")
        change = {"no_bill": True} if free else {field: _id_of(people, answer)}
    else:
        if not re.fullmatch(r"https://\S+", answer):
            raise _UnusableError(f'"{text.shorten(answer, 60)}"', "an address that starts with https://")
        change = {field: answer}
    systems = tuple(msgspec.structs.replace(one, **change) if one.id == system_id else one for one in inventory.systems)
    told = ", ".join("nothing to pay" if value is True else str(value) for value in change.values())
    return msgspec.structs.replace(
        inventory, systems=systems
    ), f"{system.name or system.id}: {field.replace('_', ' ')} is {told}"


def _limit(inventory: Inventory, rest: str, answer: str, who: str, now: datetime) -> tuple[Inventory, str]:
    """A limit with its author as the one who is told; they have just seen it."""
    system_id, _, field = rest.rpartition(".")
    if inventory.system(system_id) is None or field != "limit":
        raise _UnusableError(
            "a system that is not in the inventory", "the text in square brackets exactly as it was sent"
        )
    if not re.search(r"\d", answer):
        raise _UnusableError(f'"{text.shorten(answer, 60)}"', "an amount per period, such as 200 EUR a month")
    cap = Cap(system=system_id, limit=answer, alert_at="100 %", owner=PersonId(who), seen=now.date())
    kept = tuple(one for one in inventory.caps if one.system != system_id)
    return msgspec.structs.replace(
        inventory, caps=(*kept, cap)
    ), f"{inventory.name_of(system_id)}: the bill may grow to {answer}"


def _about_person(people: People, rest: str, answer: str) -> tuple[People, str]:
    person_id, _, field = rest.rpartition(".")
    person = people.find(person_id)
    if person is None or field not in ("contact", "hours"):
        raise _UnusableError("someone who is not in people.toml", "the text in square brackets exactly as it was sent")
    change = {field: answer}
    if field == "hours" and (found := re.fullmatch(r"(.+?)\s+([A-Z][A-Za-z_]+/[A-Za-z_/+-]+)", answer)):
        change = {"hours": found[1], "time_zone": found[2]}
    kept = tuple(msgspec.structs.replace(one, **change) if one.id == person_id else one for one in people.people)
    # What somebody's number is stays in people.toml; the note that git keeps only says that it came.
    return People(people=kept), f"{person.id}: {field} recorded"


def _moment(answer: str) -> datetime:
    try:
        return parse_moment(re.sub(r"\s+(?=[+-]\d\d:?\d\d\Z)", "", answer))
    except ValueError as why:
        raise _UnusableError(
            f'"{text.shorten(answer, 60)}"', "a date and time, such as 2026-12-01 09:00 +01:00"
        ) from why


def _person(people: People, words: str) -> Person | None:
    wanted = words.casefold().strip()
    return next((one for one in people.people if wanted in (one.id.casefold(), one.name.casefold())), None)


def _id_of(people: People, words: str) -> str:
    found = _person(people, words)
    if found is not None:
        return found.id
    if people.people:
        raise _UnusableError(f'"{text.shorten(words, 60)}"', _known(people))
    return words


def _known(people: People) -> str:
    return "one of " + ", ".join(one.name or one.id for one in people.people)


def _near(words: str, people: People) -> str:
    names = [name for one in people.people for name in (one.id, one.name) if name]
    return next(iter(difflib.get_close_matches(words, names, n=1, cutoff=0.5)), "")
