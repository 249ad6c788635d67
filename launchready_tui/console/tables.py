"""The tables of people and access at work: their lines, the form of one, writing and deleting, what could be taken
over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ..launch import people as ppl
from ..launch.plan import checkpoints
from ..wording import plural
from .kinds import KIND, KINDS, STATUS, Item, Kind, slug, text_of
from .widgets.form import Field, WrongField

if TYPE_CHECKING:
    from ..handover import Proposal
    from ..workspace import Workspace

__all__ = ["KIND", "KINDS", "STATUS", "Item", "Kind", "text_of"]


def items(workspace: Workspace, kind: Kind) -> tuple[Item, ...]:
    """The lines of a kind, as they are kept."""
    if kind.id == "people":
        return workspace.people.people
    if kind.id == "checkpoints":
        return checkpoints(workspace.inventory)
    found: tuple[Item, ...] = getattr(workspace.inventory, kind.id)
    order = {"contacts": "order", "renewals": "on"}.get(kind.id)
    return tuple(sorted(found, key=lambda one: getattr(one, order))) if order else found


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
        held = getattr(item, ask.name) if item is not None else _plain(default[ask.name])
        value = ask.show(held) if ask.show is not None and held != "" else text_of(held)
        if item is None and kind.id == "contacts" and ask.name == "order":
            value = str(1 + max((one.order for one in workspace.inventory.contacts), default=0))
        options = ask.options or (systems if ask.system else ())
        if ask.system and item is not None and value not in dict(systems):
            options = (*systems, (value, value))
        hint = ask.hint or (", ".join(persons[:4]) if ask.person else "")
        check = _known(persons) if ask.person and ask.name != "account_owner" else ask.check
        kind_of: Literal["text", "choice"] = "choice" if options else "text"
        out.append(
            Field(ask.name, ask.label, value, kind_of, options, persons if ask.person else (), hint, ask.needed, check)
        )
    return out


def _plain(value: object) -> object:
    return "" if value is msgspec.NODEFAULT else value


def _known(persons: Sequence[str]) -> Callable[[str], str]:
    def check(value: str) -> str:
        return (
            ""
            if value in persons
            else f"no one has this id; known: {', '.join(persons) or 'no one yet, add people first'}"
        )

    return check


def keep(workspace: Workspace, kind: Kind, key: str, values: dict[str, str], base: Item | None = None) -> str:
    """Writes a line: the one with this key, or a new one. Gives its key. Raises ValueError with what is wrong.

    What the form does not ask for is taken from the line as it was, or from `base`.
    """
    old = find(workspace, kind, key) if key else None
    known = list(items(workspace, kind))
    reads = {ask.name: ask.read for ask in kind.asks}
    made: dict[str, Any] = {}
    for name, value in values.items():
        read = reads.get(name)
        made[name] = read(value) if read is not None else _value(kind.type, name, value)
    if kind.makes_id:
        made["id"] = (
            old.id
            if old is not None
            else slug(values.get("name") or values.get("title") or "", [one.id for one in known])
        )
    begun = old if old is not None else base
    item = msgspec.structs.replace(begun, **made) if begun is not None else kind.type(**made)
    if any(kind.key(one) == kind.key(item) for one in known if one is not old):
        raise WrongField(kind.asks[0].name, "it is already recorded")
    if old is not None:
        known[next(n for n, one in enumerate(known) if one is old)] = item
    else:
        known.append(item)
    _save(workspace, kind, known)
    return kind.key(item)


def proposed(found: Sequence[Proposal], kind: Kind) -> tuple[Proposal, ...]:
    """Those of the proposals that belong into this table."""
    return tuple(one for one in found if isinstance(one.item, kind.type))


def take(workspace: Workspace, found: Sequence[Proposal]) -> None:
    """Writes proposals into the inventory."""
    from ..handover import take as merged

    workspace.save_inventory(merged(workspace.inventory, found))


def drop(workspace: Workspace, kind: Kind, key: str) -> None:
    """Takes a line away. Raises ValueError where others still lean on it."""
    item = find(workspace, kind, key)
    if item is None:
        return
    held = [
        one
        for one in workspace.inventory.access
        if getattr(one, {"systems": "system", "people": "person"}.get(kind.id, ""), None) == key
    ]
    if held:
        still = plural(len(held), "line of access still uses it", "lines of access still use it")
        raise ValueError(f"{still}; delete access first")
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
    if hint.type is date or hint.type == date | None:
        return date.fromisoformat(value) if value else None
    return value
