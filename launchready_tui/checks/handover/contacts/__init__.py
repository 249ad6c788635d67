"""Launch day's ladder: enough people, each reachable, at every hour, and somebody who decides."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from ....findings import WHOLE_LAUNCH, Finding
from ....launch.hours import HoursError, Stretch, gaps, stretches
from ....launch.inventory import Contact
from ...base import Say, check
from ..written import lines

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....launch.papers import Papers
    from ....world import World

SLOW_MIN = 30
"""On launch day nobody is waited for longer before the next one is called."""


@check("handover.contacts", papers=True)
async def contacts(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The ladder rung by rung, and the 24 hours after the launch hour by hour."""
    papers, say = world.papers, Say("handover.contacts", world.clock.now())
    ladder = sorted(papers.inventory.contacts, key=lambda one: (one.order, one.person))
    if not ladder:
        yield say.unknown("nothing", "inventory.toml")
        return
    found = [finding for rung in ladder for finding in _rung(say, papers, rung)]
    found += _ladder(say, papers, ladder)
    found += _hours(say, papers, ladder, world.clock.now())
    for finding in found:
        yield finding
    if not papers.people.people:
        yield say.unknown("no-people", "people.toml")
    elif not any(one.is_open for one in found):
        rungs = (f"{one.order}. {one.person}, next after {one.escalate_after_min} min" for one in ladder)
        people = len({one.person for one in ladder})
        say = say.naming(*(one.person for one in ladder))
        yield say.passed("ladder", "inventory.toml", people=people, evidence=[lines("ladder", rungs)])


def window(papers: Papers, now: datetime) -> tuple[datetime, datetime]:
    """The 24 hours that must be covered: from the launch, or of today (UTC) where no moment is written down."""
    start = papers.inventory.plan.launch_at or datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)
    return start.astimezone(UTC), start.astimezone(UTC) + timedelta(hours=24)


def _rung(say: Say, papers: Papers, rung: Contact) -> Iterator[Finding]:
    person, say = papers.person(rung.person), say.naming(rung.person)
    if person is not None and person.status == "left":
        yield say.fail("gone", rung.person)
        return
    ways = [
        way
        for way in (rung.channel, person.contact if person else "", person.second_contact if person else "")
        if way.strip()
    ]
    if not papers.people.people:
        return
    if person is None or not person.contact:
        yield say.fail("unreachable", rung.person)
    elif len(ways) < 2:
        yield say.warn("one-channel", rung.person)
    if rung.escalate_after_min > SLOW_MIN:
        seen = [lines("minutes", [str(rung.escalate_after_min)])]
        yield say.warn("slow", rung.person, minutes=SLOW_MIN, evidence=seen)


def _ladder(say: Say, papers: Papers, ladder: list[Contact]) -> Iterator[Finding]:
    here = {one.person for one in ladder if not papers.has_left(one.person)}
    decider = papers.inventory.plan.decider
    say = say.naming(*here, decider)
    if len(here) == 1:
        yield say.fail("one", WHOLE_LAUNCH, person=next(iter(here)))
    if not decider or papers.has_left(decider):
        yield say.warn("decider", WHOLE_LAUNCH, "left" if decider else "warn", person=decider)


def _hours(say: Say, papers: Papers, ladder: list[Contact], now: datetime) -> Iterator[Finding]:
    """Which hours no one covers: only where the hours of all are known, else that they are not."""
    start, end = window(papers, now)
    say = say.naming(*(one.person for one in ladder))
    covered: list[Stretch] = []
    complete = True
    for who in dict.fromkeys(one.person for one in ladder):
        person = papers.person(who)
        if person is None or person.status == "left":
            continue
        try:
            covered += stretches(person.hours, person.time_zone, start, end) if person.hours else []
        except HoursError as why:
            complete = False
            yield say.warn("hours-unreadable", who, evidence=[lines("problem", [str(why)])])
            continue
        if not person.hours:
            complete = False
            yield say.info("hours-missing", who)
    open_hours = gaps(covered, start, end) if complete and covered else ()
    if open_hours:
        uncovered = (f"{begin:%a %H:%M} to {finish:%a %H:%M}" for begin, finish in open_hours)
        yield say.warn("uncovered", WHOLE_LAUNCH, evidence=[lines("nobody, UTC", uncovered)])
