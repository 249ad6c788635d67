"""10-launch-day: whom to call, when each of them is there, and what is looked at when."""

from __future__ import annotations

from ... import text
from ...launch.inventory import Contact
from ..blocks import Cell, Code, Para
from ..draft import Draft, plain
from ..model import Document
from ..snapshot import Snapshot
from ..words import moment, plural

CHECKPOINTS: tuple[tuple[str, str], ...] = (
    ("24 hours before", "Run all checks. Decide what is fixed, accepted or put off. No more changes without a second pair of eyes."),
    ("1 hour before", "Run all checks again. Everybody in the plan says that they are there. Decide: go or no-go."),
    ("Launch", "Open the doors. Sign up, log in, book and pay once yourself, on a phone."),
    ("15 minutes after", "Errors, response times, sign-ups, the first payment. Is mail arriving?"),
    ("1 hour after", "The same again. Read what customers write."),
    ("4 hours after", "The same again. Hand over to whoever takes the night."),
    ("24 hours after", "Write down what happened and what to change. Plan the first fix release."),
)
MESSAGES: tuple[tuple[str, str], ...] = (
    (
        "We have a problem",
        "We know that [what] does not work right now. We are on it and will write again at [time]. Nothing you entered is lost.",
    ),
    ("Still working on it", "[What] is still down. We found the cause and are putting it right. Next word at [time]."),
    ("Solved", "[What] works again since [time]. Thank you for your patience. If something still looks wrong, write to [support address]."),
)


def write(shot: Snapshot) -> Document:
    draft = Draft(shot, "launch-day", "Launch-day contacts", "10-launch-day.md")
    draft.lead("Whom to call, in this order. If nobody answers in the time given, call the next.")
    contacts = sorted(shot.inventory.contacts, key=lambda one: (one.order, one.person))
    draft.table(
        "Contact plan",
        "#order|person|role|reach them at|hours|time zone|here when|#next after",
        [_contact(draft, contact) for contact in contacts],
        csv="contacts",
        empty="Not filled: who is called first, second and third.",
    )
    if not contacts:
        draft.fact("", "who is called first when something breaks", "l")
    if len(contacts) < 2:
        draft.fact("", "who is called when the first does not answer", "l")
    draft.facts(
        ("Customers write to", draft.fact(shot.launch.email.support, "address that customers write to", "3", "code")),
        ("Sprint", draft.fact(_sprint(shot), "when the launch sprint starts and ends", "l")),
    )
    draft.table("What is looked at when", "when|+what", [(plain(when), plain(what)) for when, what in CHECKPOINTS])
    draft.heading("Messages, ready to send")
    for title, words in MESSAGES:
        draft.blocks.append(Code(words, title))
    if contacts and any(contact.escalate_after_min > 30 for contact in contacts):
        draft.blocks.append(Para("Some people in the plan are waited for longer than 30 minutes; on launch day that is long.", "note"))
    return draft.finish()


def _contact(draft: Draft, contact: Contact) -> tuple[Cell, ...]:
    shot = draft.snapshot
    person, name = shot.people.find(contact.person), shot.person(contact.person)
    channel = contact.channel
    reach = person.contact if person else ""
    return (
        plain(str(contact.order)),
        plain(name),
        draft.fact(person.role if person else "", f"role of {name}", "p", short="role"),
        draft.fact(
            ", ".join(part for part in (text.clean(channel), text.clean(reach)) if part), f"how to reach {name}", "p", short="channel"
        ),
        draft.fact(person.hours if person else "", f"hours of {name}", "p", short="hours"),
        draft.fact(person.time_zone if person else "", f"time zone of {name}", "p", short="time zone"),
        plain(contact.when),
        plain(f"{contact.escalate_after_min} min"),
    )


def _sprint(shot: Snapshot) -> str:
    sprint = shot.launch.sprint
    if sprint is None:
        return ""
    hours = int(sprint.hours) if sprint.hours == int(sprint.hours) else sprint.hours
    return f"starts {moment(sprint.start)}, lasts {plural(int(hours), 'hour')}"
