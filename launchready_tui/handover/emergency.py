"""What somebody needs in the first minute: go back, close the doors, whom to call, where DNS is changed."""

from __future__ import annotations

from collections.abc import Iterable

from .. import text
from ..launch.cards import scenarios_of, status_page
from ..launch.inventory import Category, System
from ..wording import listed
from .blocks import Block, Cell, Code, Facts, Para, Steps, Table
from .draft import plain
from .snapshot import Snapshot
from .words import column_list

FIRST = (
    "Stop all releases, and say so in the team's channel.",
    "Write down the time and what people see.",
    "Did it start right after a release? Roll back first, look for the cause later.",
    "Call the first person below. If they do not answer in time, call the next.",
    "Tell your users: use the first message in “Launch-day contacts”.",
)


def blocks(shot: Snapshot) -> tuple[Block, ...]:
    """The card's content; also the top of START-HERE."""
    return (Steps(FIRST), *_back(shot), _places(shot), _calls(shot))


def _back(shot: Snapshot) -> Iterable[Block]:
    command = rollback(shot)
    if command:
        yield Code(command, "Roll back to the last good version", paste=True)
    else:
        yield Para("how to roll back to the last good version", "gap")
    close = text.clean_block(shot.inventory.plan.kill_switch)
    if close:
        yield Code(close, "Take the product offline", paste=False)
    else:
        yield Para("how to take the product offline at once (kill switch)", "gap")


def rollback(shot: Snapshot) -> str:
    """The way back: the plan's own words, else the command of the card for a bad release. Never a proposal: it may be
    wrong."""
    own = shot.inventory.plan.rollback.strip()
    card = next((one for one in shot.inventory.recovery if "release" in scenarios_of(one) and one.command), None)
    return text.clean_block(own or (card.command if card else ""))


_PLACES: tuple[tuple[str, Category], ...] = (
    ("Change DNS at", "dns"),
    ("Domain registered at", "registrar"),
    ("Product hosted at", "hosting"),
    ("Data stored at", "database"),
    ("Payments at", "payments"),
    ("Mail sent by", "email"),
)


def _places(shot: Snapshot) -> Table:
    rows = []
    for words, category in _PLACES:
        systems = [one for one in shot.inventory.systems if one.category == category]
        rows += [
            (plain(words), plain(_named(one)), _login(one), plain(_who(shot, one)), _down_at(one)) for one in systems
        ]
        if not systems:
            gap = Cell("system", "gap", about="systems")
            rows.append((plain(words), gap, Cell("", "blank"), Cell("", "blank"), Cell("", "blank")))
    columns, shown = shot.shown(column_list("what|where|+log-in|@who has access|status page"), tuple(rows))
    return Table("Where to go", columns, shown)


def _named(system: System) -> str:
    return listed([part for part in dict.fromkeys((system.name or system.id, system.provider)) if part]).replace(
        " and ", ", "
    )


def _login(system: System) -> Cell:
    address = text.clean(system.login_url)
    return Cell(address, link=address) if address else Cell("log-in address", "gap", about=system)


def _down_at(system: System) -> Cell:
    page = status_page(system.provider)
    return Cell(page, link=page) if page else Cell("", "blank")


def _who(shot: Snapshot, system: System) -> str:
    ways = [one.person for one in shot.inventory.access if one.system == system.id]
    return ", ".join(_told(shot, who) for who in dict.fromkeys(ways) if _status(shot, who) != "left")


def _told(shot: Snapshot, who: str) -> str:
    return f"{shot.person(who)} (leaving)" if _status(shot, who) == "leaving" else shot.person(who)


def _status(shot: Snapshot, who: str) -> str:
    person = shot.people.find(who)
    return person.status if person else "in"


def _calls(shot: Snapshot) -> Block:
    if shot.profile == "team":
        return Facts((("Who to call", plain("Phone numbers are in the founder's folder, which is confidential.")),))
    rows = []
    for rung in sorted(shot.inventory.contacts, key=lambda one: (one.order, one.person)):
        person = shot.people.find(rung.person)
        ways = [rung.channel, person.contact if person else "", person.second_contact if person else ""]
        reach = ", ".join(way for way in dict.fromkeys(text.clean(one) for one in ways) if way)
        hours = " ".join(part for part in (person.hours, person.time_zone) if part) if person else ""
        rows.append(
            (
                plain(str(rung.order)),
                plain(shot.person(rung.person)),
                plain(reach) if reach else Cell("how to reach them", "gap", about=person or "people"),
                plain(hours) if hours else Cell("hours", "gap", about=person or "people"),
                plain(f"{rung.escalate_after_min} min"),
            )
        )
    empty = "Missing: who to call first, second and third."
    return Table(
        "Call in this order", column_list("#call|who|+reach them at|available|#next after"), tuple(rows), empty=empty
    )
