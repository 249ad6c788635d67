"""The tables of people and access: what each line holds, how it is shown, what its form asks. Data and the checks of
single fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from ..launch import inventory as inv
from ..launch import people as ppl
from ..launch.plan import DUTIES, offset, offset_words
from .ink import Cell
from .valid import are_checks, is_count, is_day, is_hours, is_offset, is_url, is_zone, names_of
from .widgets.ledger import Col

Item = Any
"""A line: a Person, System, Access, Backup, Recovery, Contact, Duty, Checkpoint or Renewal."""


def text_of(value: object) -> str:
    """A value as a form shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)


def slug(name: str, taken: Sequence[str]) -> str:
    """A short lasting id from a name, unlike those taken."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32].strip("-") or "one"
    return (
        plain if plain not in taken else next(f"{plain}-{n}" for n in range(2, 10_000) if f"{plain}-{n}" not in taken)
    )


@dataclass(frozen=True, slots=True)
class Ask:
    """A field of a kind's form, by the name of the attribute it fills."""

    name: str
    label: str
    hint: str = ""
    needed: bool = False
    options: tuple[tuple[str, str], ...] = ()
    person: bool = False
    system: bool = False
    check: Callable[[str], str] | None = None
    show: Callable[[Any], str] | None = None
    """How the value is written in the form, where that is not its plain text."""
    read: Callable[[str], object] | None = None
    """And how it is read back."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A table: where its lines lie, what it shows, what it asks."""

    id: str
    title: str
    one: str
    """What one line is called."""
    type: type[Any]
    asks: tuple[Ask, ...]
    cols: tuple[Col, ...]
    cells: Callable[[Item, Callable[[str], str]], Sequence[Cell]]
    empty: str
    key: Callable[[Item], str]
    makes_id: bool = False


def _words(choices: Any, words: dict[str, str] | None = None) -> tuple[tuple[str, str], ...]:
    return tuple((choice, (words or {}).get(choice, choice)) for choice in get_args(choices))


STATUS = {"in": "on the team", "leaving": "leaving", "left": "has left"}
MFA = {"none": "none", "sms": "text message", "totp": "app", "key": "key", "unknown": "unknown"}
ANSWER = {"yes": "yes", "no": "no", "unknown": "unknown"}
PERSON_KIND = {
    "": "not given",
    "founder": "founder",
    "staff": "staff",
    "contractor": "contractor",
    "service": "service account",
}
YES_NO = (("no", "no"), ("yes", "yes"))


def _told(value: object, missing: str = "missing") -> Cell:
    shown = text_of(value)
    return shown if shown else (missing, "ink3")


def _steps_shown(steps: str) -> str:
    return " | ".join(steps.splitlines())


def _steps(value: str) -> str:
    return "\n".join(part.strip() for part in value.split("|") if part.strip())


BREAK = " ⏎ "
"""How the end of a line is written where a form has one line only."""


def _lines_shown(value: str) -> str:
    return value.replace("\n", BREAK)


def _lines(value: str) -> str:
    return value.replace(BREAK, "\n")


def _offset_shown(minutes: int | None) -> str:
    return "" if minutes is None else offset_words(minutes)


KINDS: tuple[Kind, ...] = (
    Kind(
        "people",
        "people",
        "person",
        ppl.Person,
        (
            Ask("name", "name", "first name, or what people call them", needed=True),
            Ask("role", "role", "what they do"),
            Ask("kind", "works as", options=_words(ppl.PersonKind, PERSON_KIND)),
            Ask("contact", "contact", "phone, address or chat handle"),
            Ask("second_contact", "or by", "a second channel, in case the first is down"),
            Ask("hours", "hours", "09:00-18:00, or always", check=is_hours),
            Ask("time_zone", "time zone", "Europe/Berlin", check=is_zone),
            Ask("status", "state", options=_words(ppl.PersonStatus, STATUS)),
        ),
        (),
        lambda item, name: (),
        "No one has been added yet: press + to add someone",
        lambda item: item.id,
        makes_id=True,
    ),
    Kind(
        "systems",
        "systems",
        "system",
        inv.System,
        (
            Ask("name", "name", "Domain, servers, database …", needed=True),
            Ask("category", "kind", options=_words(inv.Category)),
            Ask("provider", "provider", "Gandi, Fly.io, Stripe …"),
            Ask("account_owner", "account of", "business, or a person's id", person=True),
            Ask("business_owned", "business's", options=_words(inv.Answer, ANSWER)),
            Ask("billing_owner", "who pays", person=True),
            Ask("no_bill", "costs", options=(("no", "something"), ("yes", "nothing to pay"))),
            Ask("recovery_contact", "reset by", "whose address or phone resets a lost log-in", person=True),
            Ask("login_url", "log-in at", "https://…", check=is_url),
            Ask("support", "support", "how to reach them, which plan you pay for"),
            Ask("renewal", "renews on", "2027-01-31", check=is_day),
            Ask("note", "note"),
        ),
        (
            Col("System", 0),
            Col("kind", 10, tone="ink2", above=92),
            Col("provider", 0, tone="ink2", above=50),
            Col("account of", 16, tone="ink2", above=70),
            Col("business's", 10, tone="ink2", above=104),
            Col("who pays", 16, tone="ink2"),
            Col("renews", 10, tone="ink2", above=116),
        ),
        lambda item, name: (
            item.name or item.id,
            item.category,
            _told(item.provider),
            _told(name(item.account_owner)),
            ANSWER[item.business_owned],
            _told("nothing to pay" if item.no_bill else name(item.billing_owner), "no one yet"),
            _told(item.renewal, "·"),
        ),
        "No systems yet: press + to add the domain, the servers, the payments",
        lambda item: item.id,
        makes_id=True,
    ),
    Kind(
        "access",
        "access",
        "access",
        inv.Access,
        (
            Ask("system", "system", needed=True, system=True),
            Ask("person", "person", needed=True, person=True),
            Ask("role", "role", "owner, admin, edit, view"),
            Ask("expected_role", "needs only", "the least that is enough"),
            Ask("mfa", "2nd factor", options=_words(inv.Mfa, MFA)),
            Ask("shared", "shared", options=YES_NO),
            Ask("break_glass", "emergency", options=(("no", "no"), ("yes", "yes, sealed for emergencies"))),
            Ask("credential", "key kept in", "name of the entry in a password manager, never the key"),
            Ask("reviewed", "reviewed", "2026-11-24", check=is_day),
            Ask("remove_by", "ends on", "2026-12-08, if that is agreed", check=is_day),
        ),
        (
            Col("System", 0),
            Col("person", 15, tone="ink"),
            Col("role", 7, tone="ink2"),
            Col("needs", 7, tone="ink2", above=74),
            Col("2nd factor", 12, tone="ink2", above=56),
            Col("log-in", 10, tone="ink2", above=104),
            Col("reviewed", 10, tone="ink2", above=90),
        ),
        lambda item, name: (
            name("system:" + item.system),
            name(item.person),
            _told(item.role),
            _told(item.expected_role, "·"),
            MFA[item.mfa],
            "shared" if item.shared else "emergency" if item.break_glass else "personal",
            _told(item.reviewed, "never"),
        ),
        "No access yet: press + to add who can log in where",
        lambda item: f"{item.system} {item.person} {item.role}",
    ),
    Kind(
        "backups",
        "backups",
        "backup",
        inv.Backup,
        (
            Ask("store", "store", "what is kept: database, images …", needed=True),
            Ask("where", "where", "where the copies are stored"),
            Ask("owner", "owner", person=True),
            Ask("every", "how often", "1 day"),
            Ask("last_restore_test", "restored on", "day of the last test restore", check=is_day),
            Ask("rpo", "data lost", "how much data may be lost, in time"),
            Ask("rto", "back within", "how long a restore may take"),
        ),
        (
            Col("Data store", 16),
            Col("copies kept in", 0, tone="ink2"),
            Col("owner", 16, tone="ink2", above=90),
            Col("every", 7, tone="ink2", above=66),
            Col("restored", 10, tone="ink2"),
            Col("may lose", 9, tone="ink2", above=100),
            Col("back within", 11, tone="ink2", above=112),
        ),
        lambda item, name: (
            item.store,
            _told(item.where),
            _told(name(item.owner), "no one yet"),
            _told(item.every),
            _told(item.last_restore_test, "never"),
            _told(item.rpo, "·"),
            _told(item.rto, "·"),
        ),
        "No data stores yet: press + to add what you cannot afford to lose",
        lambda item: f"{item.store} {item.where}",
    ),
    Kind(
        "recovery",
        "recovery",
        "recovery card",
        inv.Recovery,
        (
            Ask("title", "title", "Roll back to the last release", needed=True),
            Ask("symptom", "you see", "what people notice"),
            Ask("detect", "it shows in", "the alert or place that shows it first"),
            Ask("first_steps", "first", "steps, with | between them", show=_steps_shown, read=_steps),
            Ask("command", "command", "what to type or press", show=_lines_shown, read=_lines),
            Ask("verify", "then check", "how to tell that it worked"),
            Ask("escalate", "else call", "who, then who"),
            Ask("rehearsed", "tried on", "2026-11-24", check=is_day),
            Ask("rehearsed_by", "tried by", person=True),
            Ask("minutes", "minutes", "how long it took", check=is_count),
        ),
        (
            Col("Recovery card", 0),
            Col("command", 22, tone="ink2", above=90),
            Col("tried on", 10, tone="ink2"),
            Col("by", 16, tone="ink2", above=80),
            Col("min", 4, right=True, tone="ink2"),
        ),
        lambda item, name: (
            item.title,
            _told(item.command),
            _told(item.rehearsed, "never"),
            _told(name(item.rehearsed_by), "·"),
            _told(item.minutes, "·"),
        ),
        "No recovery cards yet: press + to write what to do when the shop is down",
        lambda item: item.id,
        makes_id=True,
    ),
    Kind(
        "contacts",
        "contacts",
        "contact",
        inv.Contact,
        (
            Ask("order", "call as", "1 is called first", needed=True, check=is_count),
            Ask("person", "person", needed=True, person=True),
            Ask("when", "when", "launch day, 08:00-22:00"),
            Ask("channel", "how", "phone, #launch …"),
            Ask("escalate_after_min", "next after", "minutes without an answer", check=is_count),
        ),
        (
            Col("Call", 4, right=True, tone="ink3"),
            Col("person", 16),
            Col("when", 0, tone="ink2"),
            Col("how", 11, tone="ink2"),
            Col("next after", 10, right=True, tone="ink2", above=80),
        ),
        lambda item, name: (
            str(item.order),
            name(item.person),
            _told(item.when),
            _told(item.channel),
            f"{item.escalate_after_min} min",
        ),
        "No contacts yet: press + to add who to call first on launch day",
        lambda item: f"{item.order} {item.person}",
    ),
    Kind(
        "duties",
        "duties",
        "duty",
        inv.Duty,
        (
            Ask("duty", "duty", needed=True, options=tuple((name, f"{name}: {told}") for name, told in DUTIES.items())),
            Ask("person", "person", needed=True, person=True),
            Ask("deputy", "deputy", "who steps in", person=True),
        ),
        (
            Col("Duty", 12),
            Col("what it means", 0, tone="ink2", above=72),
            Col("person", 16),
            Col("deputy", 16, tone="ink2"),
        ),
        lambda item, name: (item.duty, DUTIES[item.duty], name(item.person), _told(name(item.deputy), "no one yet")),
        "No duties yet: press + to name who leads, who makes changes, who informs users",
        lambda item: f"{item.duty} {item.person}",
    ),
    Kind(
        "checkpoints",
        "checkpoints",
        "checkpoint",
        inv.Checkpoint,
        (
            Ask(
                "offset_min",
                "when",
                "T-24h, T-60m, T0, T+15m",
                needed=True,
                check=is_offset,
                show=_offset_shown,
                read=offset,
            ),
            Ask("title", "title", "24 hours before", needed=True),
            Ask("what", "what", "what to do and check then"),
            Ask(
                "checks",
                "checks",
                "stages or checks: audit edge email.spf",
                check=are_checks,
                show=" ".join,
                read=names_of,
            ),
            Ask("owner", "owner", "who is responsible", person=True),
        ),
        (
            Col("When", 7, tone="ink2"),
            Col("checkpoint", 20),
            Col("what", 0, tone="ink2", above=70),
            Col("owner", 16, tone="ink2"),
        ),
        lambda item, name: (
            offset_words(item.offset_min),
            item.title,
            item.what,
            _told(name(item.owner), "no one yet"),
        ),
        "Set a launch time to get the usual seven checkpoints",
        lambda item: f"{item.offset_min} {item.title}",
    ),
    Kind(
        "renewals",
        "renewals",
        "renewal",
        inv.Renewal,
        (
            Ask("subject", "expires", "contract, developer account, a key to rotate", needed=True),
            Ask("kind", "kind", options=_words(inv.RenewalKind)),
            Ask("on", "expires on", "2027-01-31", needed=True, check=is_day),
            Ask("owner", "owner", "who is responsible", person=True),
            Ask("auto", "automatic", options=YES_NO),
            Ask("note", "note"),
        ),
        (
            Col("What expires", 0),
            Col("kind", 11, tone="ink2", above=70),
            Col("expires on", 10),
            Col("owner", 16, tone="ink2"),
            Col("automatic", 9, tone="ink2", above=84),
        ),
        lambda item, name: (
            item.subject,
            item.kind,
            text_of(item.on),
            _told(name(item.owner), "no one yet"),
            "yes" if item.auto else "no",
        ),
        "No other renewals yet: press + to add a contract, a developer account, a key to rotate",
        lambda item: f"{item.subject} {item.on}",
    ),
    Kind(
        "caps",
        "limits",
        "spending limit",
        inv.Cap,
        (
            Ask("system", "system", needed=True, system=True),
            Ask("limit", "at most", "200 EUR a month", needed=True),
            Ask("hard", "stops there", options=(("no", "no, someone is alerted"), ("yes", "yes, service stops"))),
            Ask("alert_at", "alert at", "50, 80 and 100 %"),
            Ask("owner", "owner", "who is alerted and can act", person=True),
            Ask("where", "set where", "billing page, Budgets"),
            Ask("seen", "checked", "the day someone last checked it: 2026-11-24", check=is_day),
        ),
        (
            Col("Bill", 0),
            Col("at most", 16),
            Col("alert at", 16, tone="ink2", above=84),
            Col("owner", 16, tone="ink2", above=60),
            Col("checked", 10, tone="ink2", above=72),
        ),
        lambda item, name: (
            name("system:" + item.system),
            _told(item.limit, "no limit"),
            "stops there" if item.hard else _told(item.alert_at, "no alert"),
            _told(name(item.owner), "no one yet"),
            _told(item.seen, "never"),
        ),
        "No spending limits yet: press + to add one for hosting, mail, text messages, AI",
        lambda item: f"{item.system} {item.limit}",
    ),
)
KIND: dict[str, Kind] = {kind.id: kind for kind in KINDS}
