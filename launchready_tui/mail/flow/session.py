"""A run of tests: which mails go to which mailboxes under which tag, and how many may be caused in an hour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from .model import FLOWS, KIND, SENT, Trial, trial_of
from .sending import new_tag
from .trying import Wanted, attempt

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...journal import TrialRow
    from ...launch.model import Launch, Mailbox, MailFlow, Route
    from ...world import World
    from ..box import Keep

HOUR = timedelta(hours=1)


class TooMany(Exception):  # noqa: N818 - it is a limit and no mistake
    """More mails would be caused than may be in an hour."""


@dataclass(frozen=True)
class Planned:
    """One test to make; `route` is None where a person does it by hand."""

    wanted: Wanted
    route: Route | None


def plan(
    launch: Launch,
    flows: Iterable[MailFlow],
    boxes: Sequence[Mailbox],
    now: datetime,
    kept: Sequence[TrialRow],
    *,
    tag: str = "",
    wait_s: float | None = None,
) -> list[Planned]:
    """Every mail in every mailbox, in the order in which a person would meet them.

    All share one tag, so that a password is reset for the account that the verification made. Without a verification
    among them, each mailbox goes on with the tag of its newest verification that arrived.
    """
    chosen = sorted(flows, key=lambda flow: FLOWS.index(flow.name))
    fresh = tag or new_tag(now)
    begins = any(flow.name == "verification" for flow in chosen)
    routes = {route.name: route for route in launch.routes}
    planned = []
    for flow in chosen:
        for box in boxes:
            own = fresh if begins or tag else _account(kept, box) or fresh
            planned.append(Planned(Wanted(flow, box, own, wait_s), routes.get(flow.route)))
    return planned


def check_limit(launch: Launch, planned: Sequence[Planned], now: datetime, sent: Sequence[TrialRow]) -> None:
    """Raises TooMany where the requests of this run would go over the hour's limit."""
    lately = sum(now - row.at < HOUR for row in sent)
    more = sum(one.route is not None for one in planned)
    most = launch.settings.mails_per_hour
    if more and lately + more > most:
        raise TooMany(
            f"{lately} test mails were triggered in the last hour and {more} more would follow, but at most {most} "
            f"are allowed ([settings] mails_per_hour): choose fewer mails or mailboxes, or wait"
        )


async def run(
    world: World,
    planned: Sequence[Planned],
    note: Callable[[str, str, str], object],
    tell: Callable[[Wanted, str], None],
    *,
    keep: Keep | None = None,
) -> AsyncIterator[Trial]:
    """Makes the tests, one mail after the other, in all its mailboxes together. Each is kept with `note(kind, subject,
    body)` at once."""
    from .model import encode

    for flow in dict.fromkeys(one.wanted.flow.name for one in planned):
        together = [one for one in planned if one.wanted.flow.name == flow]
        # Somebody's hands can do one thing at a time; the product can do all.
        groups = [together] if all(one.route for one in together) else [[one] for one in together]
        for group in groups:
            for trial in await _together(world, group, note, tell, keep):
                note(KIND, f"{trial.flow}, {trial.mailbox}", encode(trial))
                yield trial


async def _together(
    world: World,
    group: list[Planned],
    note: Callable[[str, str, str], object],
    tell: Callable[[Wanted, str], None],
    keep: Keep | None,
) -> list[Trial]:
    def one(planned: Planned) -> asyncio.Task[Trial]:
        wanted = planned.wanted
        subject = f"{wanted.flow.name}, {wanted.box.name}"

        def say(words: str) -> None:
            tell(wanted, words)

        def causing() -> None:
            note(SENT, subject, f'"{wanted.tag}"')

        return asyncio.ensure_future(attempt(world, wanted, planned.route, tell=say, causing=causing, keep=keep))

    tasks = [one(planned) for planned in group]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _account(kept: Sequence[TrialRow], box: Mailbox) -> str:
    """The tag of the newest verification that arrived in this mailbox: an account under that address exists."""
    for row in kept:
        try:
            trial = trial_of(row.body)
        except msgspec.MsgspecError:
            continue
        if (trial.flow, trial.mailbox, trial.outcome) == ("verification", box.name, "arrived") and trial.by != "paste":
            return trial.tag
    return ""
