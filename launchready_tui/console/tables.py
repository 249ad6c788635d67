"""The editable tables of the people page: what each shows, what its form asks, how a line is kept. One entry a kind of line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from ..launch import inventory as inv
from ..launch import people as ppl
from .ink import Cell
from .widgets.form import Field
from .widgets.ledger import Col

if TYPE_CHECKING:
    from ..workspace import Workspace

Item = Any
"""A Person, System, Access, Backup, Recovery or Contact."""


def text_of(value: object) -> str:
    """A value as a form shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)


def is_day(value: str) -> str:
    """What is wrong with a day; empty where nothing is."""
    try:
        date.fromisoformat(value)
    except ValueError:
        return "a day such as 2026-12-24"
    return ""


def is_count(value: str) -> str:
    """What is wrong with a whole number."""
    return "" if value.isdigit() and int(value) < 100000 else "a whole number"


def slug(name: str, taken: Sequence[str]) -> str:
    """A short lasting id from a name, unlike those taken."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32].strip("-") or "one"
    return plain if plain not in taken else next(f"{plain}-{n}" for n in range(2, 10_000) if f"{plain}-{n}" not in taken)


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


STATUS = {"in": "in the team", "leaving": "is leaving", "left": "has left"}
MFA = {"none": "none", "sms": "text message", "totp": "app", "key": "key", "unknown": "not known"}
ANSWER = {"yes": "yes", "no": "no", "unknown": "not known"}
YES_NO = (("no", "no"), ("yes", "yes"))


def _told(value: object, missing: str = "not filled") -> Cell:
    shown = text_of(value)
    return shown if shown else (missing, "ink3")


KINDS: tuple[Kind, ...] = (
    Kind(
        "people",
        "people",
        "person",
        ppl.Person,
        (
            Ask("name", "name", "what people call them", needed=True),
            Ask("role", "role", "what they do here"),
            Ask("contact", "contact", "phone, address or chat handle"),
            Ask("hours", "hours", "09:00-18:00"),
            Ask("time_zone", "time zone", "Europe/Berlin"),
            Ask("status", "state", options=_words(ppl.PersonStatus, STATUS)),
        ),
        (),
        lambda item, name: (),
        "Nobody is named yet; + adds somebody",
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
            Ask("login_url", "log-in at", "https://…"),
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
            _told(name(item.billing_owner), "nobody yet"),
            _told(item.renewal, "·"),
        ),
        "No system is filled in yet: the domain, the servers, the payments; + adds one",
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
            Ask("role", "right", "owner, admin, edit, view"),
            Ask("expected_role", "needs only", "the least that does"),
            Ask("mfa", "2nd factor", options=_words(inv.Mfa, MFA)),
            Ask("shared", "shared", options=YES_NO),
            Ask("break_glass", "emergency", options=(("no", "no"), ("yes", "yes, sealed for emergencies"))),
            Ask("credential", "key lies in", "name of the item in a password manager, never the key"),
            Ask("reviewed", "looked at", "2026-11-24", check=is_day),
        ),
        (
            Col("System", 0),
            Col("person", 15, tone="ink"),
            Col("right", 7, tone="ink2"),
            Col("needs", 7, tone="ink2", above=74),
            Col("2nd factor", 12, tone="ink2", above=56),
            Col("log-in", 10, tone="ink2", above=104),
            Col("looked at", 10, tone="ink2", above=90),
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
        "Nobody's access is filled in yet; + adds a line",
        lambda item: f"{item.system} {item.person} {item.role}",
    ),
    Kind(
        "backups",
        "backups",
        "backup",
        inv.Backup,
        (
            Ask("store", "store", "what is kept: database, images …", needed=True),
            Ask("where", "where", "where the copies lie"),
            Ask("owner", "owner", person=True),
            Ask("every", "how often", "1 day"),
            Ask("last_restore_test", "restored on", "the last day a restore was tried", check=is_day),
            Ask("rpo", "data lost", "how much data may be lost, as a length of time"),
            Ask("rto", "time to be back", "how long it may take"),
        ),
        (
            Col("Data store", 16),
            Col("copies lie in", 0, tone="ink2"),
            Col("owner", 16, tone="ink2", above=90),
            Col("every", 7, tone="ink2", above=66),
            Col("restored", 10, tone="ink2"),
            Col("may lose", 9, tone="ink2", above=100),
            Col("back within", 11, tone="ink2", above=112),
        ),
        lambda item, name: (
            item.store,
            _told(item.where),
            _told(name(item.owner), "nobody yet"),
            _told(item.every),
            _told(item.last_restore_test, "never"),
            _told(item.rpo, "·"),
            _told(item.rto, "·"),
        ),
        "No data store is filled in yet: what would hurt if it were gone? + adds one",
        lambda item: f"{item.store} {item.where}",
    ),
    Kind(
        "recovery",
        "recovery",
        "recovery card",
        inv.Recovery,
        (
            Ask("title", "title", "Go back to the last release", needed=True),
            Ask("symptom", "you see", "how one notices"),
            Ask("first_steps", "first", "what to do first"),
            Ask("command", "command", "what to type or press"),
            Ask("verify", "then check", "how one sees that it worked"),
            Ask("escalate", "else call", person=True),
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
        "No recovery card yet: what to do when the shop is down; + writes one",
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
            Ask("channel", "how", "telephone, #launch …"),
            Ask("escalate_after_min", "next after", "minutes without an answer", check=is_count),
        ),
        (
            Col("Call", 4, right=True, tone="ink3"),
            Col("person", 16),
            Col("when", 0, tone="ink2"),
            Col("how", 11, tone="ink2"),
            Col("next after", 10, right=True, tone="ink2", above=80),
        ),
        lambda item, name: (str(item.order), name(item.person), _told(item.when), _told(item.channel), f"{item.escalate_after_min} min"),
        "Nobody is named for launch day yet: who is called first? + adds a line",
        lambda item: f"{item.order} {item.person}",
    ),
)
KIND: dict[str, Kind] = {kind.id: kind for kind in KINDS}


def items(workspace: Workspace, kind: Kind) -> tuple[Item, ...]:
    """The lines of a kind, as they are kept."""
    if kind.id == "people":
        return workspace.people.people
    found: tuple[Item, ...] = getattr(workspace.inventory, kind.id)
    return tuple(sorted(found, key=lambda one: one.order)) if kind.id == "contacts" else found


def find(workspace: Workspace, kind: Kind, key: str) -> Item | None:
    """The line with this key."""
    return next((item for item in items(workspace, kind) if kind.key(item) == key), None)


def fields(workspace: Workspace, kind: Kind, item: Item | None) -> list[Field]:
    """The form of a line; empty for a new one."""
    default = {field.name: field.default for field in msgspec.structs.fields(kind.type)}
    persons = tuple(person.id for person in workspace.people.people)
    systems = tuple((system.id, system.name or system.id) for system in workspace.inventory.systems)
    out = []
    for ask in kind.asks:
        value = text_of(getattr(item, ask.name)) if item is not None else text_of(_plain(default[ask.name]))
        if item is None and kind.id == "contacts" and ask.name == "order":
            value = str(1 + max((one.order for one in workspace.inventory.contacts), default=0))
        options = ask.options or (systems if ask.system else ())
        if ask.system and item is not None and value not in dict(systems):
            options = (*systems, (value, value))
        hint = ask.hint or (", ".join(persons[:4]) if ask.person else "")
        check = _known(persons) if ask.person and ask.name != "account_owner" else ask.check
        kind_of = "choice" if options else "text"
        out.append(Field(ask.name, ask.label, value, kind_of, options, persons if ask.person else (), hint, ask.needed, check))  # type: ignore[arg-type]
    return out


def _plain(value: object) -> object:
    return "" if value is msgspec.NODEFAULT else value


def _known(persons: Sequence[str]) -> Callable[[str], str]:
    def check(value: str) -> str:
        return "" if value in persons else f"nobody has this id; known: {', '.join(persons) or 'nobody yet, add people first'}"

    return check


def keep(workspace: Workspace, kind: Kind, key: str, values: dict[str, str]) -> str:
    """Writes a line: the one with this key, or a new one. Gives its key. Raises ValueError with what is wrong."""
    old = find(workspace, kind, key) if key else None
    known = list(items(workspace, kind))
    made: dict[str, Any] = {name: _value(kind.type, name, value) for name, value in values.items()}
    if kind.makes_id:
        made["id"] = old.id if old is not None else slug(values.get("name") or values.get("title") or "", [one.id for one in known])
    # What the form does not ask for stays as it was in the file.
    item = msgspec.structs.replace(old, **made) if old is not None else kind.type(**made)
    if any(kind.key(one) == kind.key(item) for one in known if one is not old):
        raise ValueError(f"there is such a {kind.one} already")
    if old is not None:
        known[next(n for n, one in enumerate(known) if one is old)] = item
    else:
        known.append(item)
    _save(workspace, kind, known)
    return kind.key(item)


def drop(workspace: Workspace, kind: Kind, key: str) -> None:
    """Takes a line away. Raises ValueError where others still lean on it."""
    item = find(workspace, kind, key)
    if item is None:
        return
    held = [
        one for one in workspace.inventory.access if getattr(one, {"systems": "system", "people": "person"}.get(kind.id, ""), None) == key
    ]
    if held:
        raise ValueError(f"{len(held)} lines of access still name it; delete those first")
    _save(workspace, kind, [one for one in items(workspace, kind) if one is not item])


def _save(workspace: Workspace, kind: Kind, made: Sequence[Item]) -> None:
    if kind.id == "people":
        workspace.save_people(ppl.People(people=tuple(made)))
    else:
        workspace.save_inventory(msgspec.structs.replace(workspace.inventory, **{kind.id: tuple(made)}))


def _value(type_: type[Any], name: str, value: str) -> object:
    hint = next(field for field in msgspec.structs.fields(type_) if field.name == name)
    if hint.type is bool:
        return value == "yes"
    if hint.type is int or hint.type == int | None:
        return int(value) if value else (None if hint.default is None else hint.default)
    if hint.type == date | None:
        return date.fromisoformat(value) if value else None
    return value
