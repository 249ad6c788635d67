"""10-launch-day: whom to call, when each of them is there, and what is looked at when."""

from __future__ import annotations

from ... import text
from ...launch.inventory import Contact
from ...launch.plan import DUTIES, GO_NO_GO, MESSAGES, fill, go_no_go_at, moments
from ...launch.records import Happened
from ...wording import plural
from ..blocks import BLANK, Cell, Code, Para
from ..draft import Draft, code, plain
from ..model import Document
from ..snapshot import Snapshot
from ..words import day, moment, short_moment
from .checklist import signature


def write(shot: Snapshot) -> Document:
    """The plan of the day: times, contacts in the order they are called, checkpoints and the log."""
    draft = Draft(shot, "launch-day", "Launch-day contacts", "10-launch-day.md")
    inventory, plan = shot.inventory, shot.inventory.plan
    draft.lead(
        "When the product launches, who decides, and who to call in which order. If someone does not answer in time, "
        "call the next."
    )
    draft.facts(
        ("Launch", draft.fact(moment(plan.launch_at) if plan.launch_at else "", "launch time", "l")),
        ("Go or no-go", plain(moment(said_at)) if (said_at := go_no_go_at(inventory)) else BLANK),
        ("Decided by", draft.fact(shot.person(plan.decider) if plan.decider else "", "who decides go or no-go", "l")),
        ("Decision", plain(_said(shot))),
        ("Take it offline", draft.fact(plan.kill_switch, "how to take the product offline at once (kill switch)", "l")),
        ("Close watch until", plain(day(plan.watch_until)) if plan.watch_until else BLANK),
        ("Customers write to", draft.fact(shot.launch.email.support, "address that customers write to", "3", "code")),
        ("Sprint", draft.fact(_sprint(shot), "when the launch sprint starts and ends", "l", about="sprint")),
    )
    contacts = sorted(inventory.contacts, key=lambda one: (one.order, one.person))
    rungs = [_contact(draft, contact) for contact in contacts]
    if shot.profile == "founder":
        draft.table(
            "Contact plan",
            "#order|person|role|reach them at|hours|time zone|available|#next after",
            rungs,
            csv="contacts",
            empty="Missing: who to call first, second and third.",
        )
    else:
        draft.note("Phone numbers are in the founder's folder, which is confidential.")
    if not contacts:
        draft.fact("", "who to call first when something breaks", "l", about="contacts")
    if len(contacts) < 2:
        draft.fact("", "who to call when the first person does not answer", "l", about="contacts")
    draft.table(
        "Who does what",
        "duty|+what that is|person|deputy",
        [
            (
                plain(one.duty),
                plain(DUTIES[one.duty]),
                plain(shot.person(one.person)),
                plain(shot.person(one.deputy) if one.deputy else ""),
            )
            for one in inventory.duties
        ],
        empty="Missing: who leads, who changes things, who informs users. One person may have two duties.",
    )
    draft.table(
        "What to check when",
        "when|at|+what|checks|@owner",
        [
            (
                plain(one.checkpoint.title),
                plain(short_moment(one.at) if one.at else one.key),
                plain(one.checkpoint.what),
                code(" ".join(one.checkpoint.checks)),
                plain(shot.person(one.checkpoint.owner) if one.checkpoint.owner else ""),
            )
            for one in moments(inventory)
        ],
        csv="checkpoints",
    )
    if shot.happened:
        draft.table(
            "What happened",
            "time|@who|+what",
            [(plain(short_moment(one.at)), plain(shot.person(one.by)), plain(_happened(one))) for one in shot.happened],
            csv="launch-day-log",
        )
    draft.heading("Ready-to-send messages")
    for title, words in MESSAGES:
        draft.blocks.append(Code(fill(words, support=shot.launch.email.support), title))
    if contacts and any(contact.escalate_after_min > 30 for contact in contacts):
        draft.blocks.append(
            Para("The plan waits more than 30 minutes for some people. On launch day that is too long.", "note")
        )
    return draft.finish()


def _happened(line: Happened) -> str:
    mark = {"go": "GO: ", "no-go": "NO-GO: ", "message": "told users: ", "checkpoint": f"{line.checkpoint}: "}.get(
        line.kind, ""
    )
    return f"{mark}{line.text}"


def _said(shot: Snapshot) -> str:
    """The go or no-go as it was signed; empty before."""
    said = signature(shot, GO_NO_GO)
    return f"{said.answer}, {shot.person(said.by)}, {moment(said.on)}" if said else ""


def _contact(draft: Draft, contact: Contact) -> tuple[Cell, ...]:
    shot = draft.snapshot
    person, name = shot.people.find(contact.person), shot.person(contact.person)
    ways = (contact.channel, person.contact if person else "", person.second_contact if person else "")
    return (
        plain(str(contact.order)),
        plain(name),
        draft.fact(person.role if person else "", f"role of {name}", "p", short="role", about=person or "people"),
        draft.fact(
            ", ".join(dict.fromkeys(part for part in map(text.clean, ways) if part)),
            f"how to reach {name}",
            "p",
            short="channel",
            about=person or "people",
        ),
        draft.fact(person.hours if person else "", f"hours of {name}", "p", short="hours", about=person or "people"),
        draft.fact(
            person.time_zone if person else "", f"time zone of {name}", "p", short="time zone", about=person or "people"
        ),
        plain(contact.when),
        plain(f"{contact.escalate_after_min} min"),
    )


def _sprint(shot: Snapshot) -> str:
    sprint = shot.launch.sprint
    if sprint is None:
        return ""
    hours = int(sprint.hours) if sprint.hours == int(sprint.hours) else sprint.hours
    return f"starts {moment(sprint.start)}, lasts {plural(int(hours), 'hour')}"
