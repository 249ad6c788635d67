"""Launch day's ladder: enough people, each reachable, at every hour, and somebody who decides."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from ....findings import WHOLE_LAUNCH, Finding, Remedy, Severity
from ....launch.hours import HoursError, Stretch, gaps, stretches
from ....launch.inventory import Contact
from ...base import Say, check
from ..written import LAUNCH_DAY, PLACE, lines, nothing

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....launch.papers import Papers
    from ....world import World

SLOW_MIN = 30
"""On launch day nobody is waited for longer before the next one is called."""
_PASTE = (
    '[[contacts]]\norder = 1\nperson = "engineer"\nwhen = "launch day"\nchannel = "phone"\nescalate_after_min = 10\n\n'
    '[[contacts]]\norder = 2\nperson = "founder"\nwhen = "launch day"\nchannel = "phone"\nescalate_after_min = 15'
)


@check("handover.contacts", papers=True)
async def contacts(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The ladder rung by rung, and the 24 hours after the launch hour by hour."""
    papers, say = world.papers, Say("handover.contacts", world.clock.now())
    ladder = sorted(papers.inventory.contacts, key=lambda one: (one.order, one.person))
    if not ladder:
        yield nothing(say, "who is called first, second and third on launch day", Severity.HIGH, _PASTE, LAUNCH_DAY)
        return
    found = [finding for rung in ladder for finding in _rung(say, papers, rung)]
    found += _ladder(say, papers, ladder)
    found += _hours(say, papers, ladder, world.clock.now())
    for finding in found:
        yield finding
    if not papers.people.people:
        yield say.unknown(
            "no-people",
            "people.toml",
            "There is no people.toml on this machine, so it cannot be seen how and when anybody is reached",
            severity=Severity.MEDIUM,
            remedy=Remedy(text="Fill in people (key p), or confirm that everybody in the plan has agreed to it"),
        )
    elif not any(one.is_open for one in found):
        yield say.passed(
            "ladder",
            "inventory.toml",
            f"{len({one.person for one in ladder})} people to call, each with a way to be "
            "reached, and somebody who decides",
            evidence=[
                lines(
                    "ladder", (f"{one.order}. {one.person}, next after {one.escalate_after_min} min" for one in ladder)
                )
            ],
        )


def window(papers: Papers, now: datetime) -> tuple[datetime, datetime]:
    """The 24 hours that must be covered: from the launch, or of today (UTC) where no moment is written down."""
    start = papers.inventory.plan.launch_at or datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)
    return start.astimezone(UTC), start.astimezone(UTC) + timedelta(hours=24)


def _rung(say: Say, papers: Papers, rung: Contact) -> Iterator[Finding]:
    person = papers.person(rung.person)
    if person is not None and person.status == "left":
        yield say.fail(
            "gone",
            rung.person,
            f"{rung.person} is to be called on launch day and has left",
            remedy=Remedy(text="Name somebody else for this place on the ladder", where=LAUNCH_DAY),
        )
        return
    ways = [
        way
        for way in (rung.channel, person.contact if person else "", person.second_contact if person else "")
        if way.strip()
    ]
    if not papers.people.people:
        return
    if person is None or not person.contact:
        yield say.fail(
            "unreachable",
            rung.person,
            f"It is not written down how {rung.person} is reached",
            remedy=Remedy(text="Write down a telephone number, and a second way", where=PLACE),
        )
    elif len(ways) < 2:
        yield say.warn(
            "one-channel",
            rung.person,
            f"There is only one way to reach {rung.person}; if it is down, nobody can",
            severity=Severity.LOW,
            remedy=Remedy(text="Write down a second way, best one that works without the first", where=PLACE),
        )
    if rung.escalate_after_min > SLOW_MIN:
        yield say.warn(
            "slow",
            rung.person,
            f"{rung.person} is waited for longer than {SLOW_MIN} minutes before the next one is called",
            severity=Severity.LOW,
            evidence=[lines("minutes", [str(rung.escalate_after_min)])],
            remedy=Remedy(text="Set 5, 15 or 30 minutes", paste="escalate_after_min = 15", where=LAUNCH_DAY),
        )


def _ladder(say: Say, papers: Papers, ladder: list[Contact]) -> Iterator[Finding]:
    here = {one.person for one in ladder if not papers.has_left(one.person)}
    if len(here) == 1:
        yield say.fail(
            "one",
            WHOLE_LAUNCH,
            f"{next(iter(here))} is the only one to call; when nobody answers there is no next",
            remedy=Remedy(text="Name a second person, and agree on it with them", paste=_PASTE, where=LAUNCH_DAY),
        )
    plan = papers.inventory.plan
    if not plan.decider or papers.has_left(plan.decider):
        who = f"{plan.decider}, who was to decide, has left" if plan.decider else "nobody is named"
        yield say.warn(
            "decider",
            WHOLE_LAUNCH,
            f"It is not settled who says go or no-go: {who}",
            remedy=Remedy(text="Name one person", paste='[plan]\ndecider = "founder"', where=LAUNCH_DAY),
        )


def _hours(say: Say, papers: Papers, ladder: list[Contact], now: datetime) -> Iterator[Finding]:
    """Which hours nobody covers: only where everybody's hours are known, else that they are not."""
    start, end = window(papers, now)
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
            yield say.warn(
                "hours-unreadable",
                who,
                f"The hours of {who} cannot be read",
                severity=Severity.LOW,
                evidence=[lines("problem", [str(why)])],
                remedy=Remedy(text="Write them as 09:00-18:00 with a time zone such as Europe/Berlin", where=PLACE),
            )
            continue
        if not person.hours:
            complete = False
            yield say.info(
                "hours-missing",
                who,
                f"It is not written down when {who} is there, so the hours of launch day cannot be added up",
                remedy=Remedy(text="Ask for the hours and write them down with the time zone", where=PLACE),
            )
    open_hours = gaps(covered, start, end) if complete and covered else ()
    if open_hours:
        yield say.warn(
            "uncovered",
            WHOLE_LAUNCH,
            "In the 24 hours after the launch there are hours in which nobody can be reached",
            evidence=[lines("nobody, UTC", (f"{begin:%a %H:%M} to {finish:%a %H:%M}" for begin, finish in open_hours))],
            remedy=Remedy(
                text="Ask somebody to take these hours, or launch so that they fall into the quiet part of the day",
                where=PLACE,
            ),
        )
