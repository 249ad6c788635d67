"""Tests of the product's mails, as the journal kept them: the newest of each mail in each mailbox."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from ...facts import MailTest
from ...findings import Evidence
from ...launch.names import inside
from ...mail.flow import flaws as reading
from ...mail.flow.model import KIND, REFUSAL, Refusal, Trial, refusal_of, spent, trial_of

if TYPE_CHECKING:
    from datetime import datetime

    from ...world import World

HOLDS = timedelta(days=30)
"""So long a test speaks for the product; then it is to be made again."""


async def trials(world: World) -> dict[tuple[str, str], Trial]:
    """The newest test by mail and mailbox; what an older version kept and cannot be read is left out. Raises
    JournalError."""
    found: dict[tuple[str, str], Trial] = {}
    for row in await asyncio.to_thread(world.trials, KIND):
        try:
            trial = trial_of(row.body)
        except msgspec.MsgspecError:
            continue
        found.setdefault((trial.flow, trial.mailbox), trial)
    return found


async def selectors(world: World, domains: Sequence[str]) -> dict[tuple[str, str], Trial]:
    """Selector and domain of every signature, by one of these domains or below, of a mail that came in the last 30
    days.

    Raises JournalError.
    """
    found: dict[tuple[str, str], Trial] = {}
    for trial in (await trials(world)).values():
        if trial.message is None or world.clock.now() - trial.started_at >= HOLDS:
            continue
        for one in trial.message.signers:
            domain = one.domain.lower().rstrip(".")
            if any(inside(domain, own) for own in domains):
                found.setdefault((one.selector.lower(), domain), trial)
    return found


async def refusals(world: World) -> list[tuple[datetime, Refusal]]:
    """Refusals that somebody kept in the last 30 days, newest first. Raises JournalError."""
    found = []
    for row in await asyncio.to_thread(world.trials, REFUSAL):
        if row.at < world.clock.now() - HOLDS:
            continue
        try:
            found.append((row.at, refusal_of(row.body)))
        except msgspec.MsgspecError:
            continue
    return found


def evidence(trial: Trial, detail: str = "") -> list[Evidence]:
    """What the test saw, in some lines."""
    lines = [f"{trial.mailbox}, by {_BY[trial.by]}, to {trial.recipient}"]
    if trial.outcome == "arrived":
        after = f" after {spent(trial.seconds)}" if trial.seconds is not None else ""
        tab = f", tab {trial.tab}" if trial.tab else ""
        lines.append(
            f"in {trial.folder or 'a folder that was not told'}{tab}{after}"
            if trial.by != "paste"
            else "read from a file"
        )
        message = trial.message
        if message is not None:
            lines.append(f"subject: {message.subject}")
            lines.append(reading.told(message))
            lines += [f"filter: {message.filter_words}"] if message.filter_words else []
            lines += [_link(link.shown, link.status, link.problem, link.opened) for link in message.links[:10]]
    at = trial.started_at
    found = [Evidence.of("test", "\n".join(lines), source=trial.mailbox, at=at, fact=_fact(trial))]
    if detail:
        found.append(Evidence.of("seen", detail, source=trial.mailbox, at=at))
    return found


def _fact(trial: Trial) -> MailTest:
    message = trial.message
    return MailTest(
        mail=trial.flow,
        mailbox=trial.mailbox,
        folder=trial.folder,
        tab=trial.tab,
        seconds=trial.seconds,
        receiver=message.receiver if message else "",
        spf=message.spf if message else "",
        dkim=message.dkim if message else "",
        dmarc=message.dmarc if message else "",
        at=trial.started_at,
    )


_BY = {"route": "the product's own request", "hand": "hand", "paste": "a pasted mail"}


def _link(shown: str, status: int | None, problem: str, opened: bool) -> str:
    if not opened:
        return f"link {shown}  not opened"
    return f"link {shown}  {problem or status or 'no answer'}"
