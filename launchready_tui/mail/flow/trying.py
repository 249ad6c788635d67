"""One of the product's mails, from its cause to its judgement: open the test mailbox, cause the mail or wait for it,
find it, judge it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ...failure import Failure
from ...text import clean
from ..box import Box, Keep, Letter, enter
from .judging import judge
from .model import WORDS, Outcome, Trial, Where
from .reading import plain, sent_at, words_of
from .sending import send

if TYPE_CHECKING:
    from ...launch.model import Mailbox, MailFlow, Route
    from ...world import World

SKEW = timedelta(minutes=10)
"""How far a mail server's clock may be off. What lay there before is known by itself and not looked at again."""
_PACE = (0.2, 0.3, 0.5, 1.0, 1.0, 2.0)
_LATER_S = 3.0
HAND_S, ROUTE_S = 900.0, 180.0
"""How long to wait: for somebody's hands, and for the product."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What to test: which mail, in which mailbox, under which tag, and how long to wait at most (None: as is usual)."""

    flow: MailFlow
    box: Mailbox
    tag: str
    wait_s: float | None = None


async def attempt(
    world: World,
    wanted: Wanted,
    route: Route | None,
    *,
    tell: Tell,
    causing: Callable[[], None] = lambda: None,
    keep: Keep | None = None,
) -> Trial:
    """Tests one mail in one mailbox. `causing` is called before the request goes out, so that it is on record whatever
    happens after.

    Cancel the task to stop it: connections end, and nothing is changed in the mailbox.
    """
    flow, box = wanted.flow, wanted.box
    base = Trial(
        flow=flow.name,
        mailbox=box.name,
        kind=box.kind,
        tag=wanted.tag,
        recipient=box.recipient(wanted.tag),
        by="route" if route else "hand",
        started_at=world.clock.now(),
        outcome="could-not-look",
    )
    opened = await enter(world, box, keep=keep)
    if isinstance(opened, Failure):
        return _ended(base, "could-not-look", str(opened))
    async with opened:
        return await _in_box(world, wanted, route, opened, _with(base, via=opened.via), tell, causing)


async def _in_box(
    world: World, wanted: Wanted, route: Route | None, opened: Box, base: Trial, tell: Tell, causing: Callable[[], None]
) -> Trial:
    flow, address = wanted.flow, base.recipient
    since = datetime.now(UTC) - SKEW
    before = await opened.look(address, since, copies=True)
    if isinstance(before, Failure):
        return _ended(base, "could-not-look", str(before))
    known = frozenset((letter.folder.name, letter.uid) for letter in before)
    started = time.monotonic()
    if route is not None:
        causing()
        tell(f"{route.method} {route.url} for {address}")
        answer = await send(world, route, address, wanted.tag)
        if isinstance(answer, Failure):
            return _ended(base, "not-sent", str(answer))
        if answer.status >= 400:
            return _ended(base, "not-sent", f"the product answered status {answer.status} to its own request")
        tell(f"the product accepted it (status {answer.status}, {time.monotonic() - started:.1f} s)")
    else:
        tell(
            f"now, by hand: {flow.steps or 'make the product send its ' + WORDS[flow.name]}. Use the address {address}"
        )
    limit = wanted.wait_s if wanted.wait_s is not None else ROUTE_S if route else HAND_S
    found, spent = await _wait(opened, flow, address, since, known, started, limit, tell)
    if isinstance(found, Failure):
        return _ended(base, "could-not-look", str(found))
    if found is None:
        return _ended(base, "not-arrived", f"not found in any folder after {limit:.0f} s")
    tell(f"there, in {found.folder.shown}")
    seconds = spent if route else _by_its_date(found)
    try:
        message = await judge(world, found.raw, flow, open_links=True)
    except ValueError as problem:
        message = None
        tell(f"it is unreadable: {problem}")
    where: Where = "inbox" if found.folder.place == "inbox" else "spam" if found.folder.place == "spam" else "other"
    return _with(
        _ended(base, "arrived", ""),
        seconds=seconds,
        folder=clean(found.folder.shown),
        where=where,
        tab=found.tab,
        message=message,
    )


async def _wait(
    opened: Box,
    flow: MailFlow,
    address: str,
    since: datetime,
    known: frozenset[tuple[str, str]],
    started: float,
    limit: float,
    tell: Tell,
) -> tuple[Letter | Failure | None, float]:
    """The mail that holds what must be in it; at the end of patience the newest that came at all. Looks often at
    first, then seldom."""
    pauses = iter(_PACE)
    other: Letter | None = None
    told = 0.0
    while True:
        letters = await opened.look(address, since, known)
        spent = time.monotonic() - started
        if isinstance(letters, Failure):
            return letters, spent
        for letter in sorted(letters, key=lambda one: one.arrived, reverse=True):
            words = words_of(letter.raw)
            if all(plain(text) in words for text in flow.contains):
                return letter, spent
            other = other or letter
        if spent >= limit or (other is not None and spent >= min(limit, flow.within_s)):
            return other, spent
        if spent - told >= 10:
            told = spent
            tell(f"not found yet ({spent:.0f} s)")
        await asyncio.sleep(min(next(pauses, _LATER_S), max(0.05, limit - spent)))


def _by_its_date(letter: Letter) -> float | None:
    """For a mail sent by hand: from its own Date to its arrival, where the clocks agree that this is positive."""
    sent = sent_at(letter.raw)
    if sent is None:
        return None
    seconds = (letter.arrived - sent).total_seconds()
    return seconds if 0 <= seconds < 86_400 else None


def _ended(base: Trial, outcome: Outcome, problem: str) -> Trial:
    return _with(base, outcome=outcome, problem=clean(problem))


def _with(base: Trial, **changes: object) -> Trial:
    return msgspec.structs.replace(base, **changes)
