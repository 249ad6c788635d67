"""Test alerts: sent through each channel with a spoken code, which its owner says back. Only then is a channel known
to work."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ..launch.model import Alert
from ..persons import NOBODY, PersonId
from ..watch import PLACE
from ..watch.lock import watching
from ..watch.rules import asked, matching, slug
from ..watch.samples import Acknowledged, ChannelTest, Incident, Notice, WatchStore

if TYPE_CHECKING:
    from .lookout import Lookout

_WORDS = """
amber anchor apple arrow autumn badge banjo basil beacon birch bishop blanket bottle bridge button cabin candle canyon
carpet castle cedar cherry cloud clover cobalt copper coral cotton cricket crystal dahlia daisy desert dragon eagle
ember falcon feather fiddle finch forest fossil garden ginger glacier granite harbor hazel helmet heron honey island
ivory jacket jasmine jungle kettle ladder lantern lemon lilac linen lizard magnet maple marble meadow melon mirror
mustard napkin nectar nutmeg oasis olive onyx orchid otter paddle panda pearl pebble pepper pigeon planet plum pocket
poppy pumpkin quartz quill rabbit raven ribbon river rocket saddle saffron salmon satin shadow silver sparrow spruce
summer sunset tailor thistle thunder ticket tiger timber tulip tunnel turtle umbrella valley velvet violet walnut walrus
willow window winter yellow zebra
"""
HOLDS = timedelta(hours=24)
"""A code that nobody said back within a day proves nothing any more."""


def _new_code() -> str:
    """Two words and a number, easily said over a telephone: `otter maple 42`. For 24 hours and one launch, not a
    secret."""
    words = _WORDS.split()
    return f"{secrets.choice(words)} {secrets.choice(words)} {secrets.randbelow(90) + 10}"


def _plain_code(text: str) -> str:
    """As it was typed or spoken: case, dashes and spaces do not count."""
    return " ".join(text.lower().replace("-", " ").split())


async def send_tests(ws: Lookout, alerts: Sequence[Alert], *, say: Callable[[str], None]) -> tuple[ChannelTest, ...]:
    """Puts a test into the outbox for each channel. A running watch sends it; where none runs, it is sent here, tried
    once."""
    store = WatchStore.open(ws.folder / PLACE)
    try:
        now = ws.clock.now()
        tests = [ChannelTest(rule=alert.name, owner=alert.owner, code=_new_code(), made_at=now) for alert in alerts]
        for test in tests:
            await asyncio.to_thread(store.save_test, test)
        await asyncio.to_thread(store.enqueue, [_notice(ws.launch.name, test, now) for test in tests])
        if watching(ws.folder) is None:
            await _send_here(ws, store, say)
        else:
            await _wait_for_the_watch(
                store, {f"test-{test.code.replace(' ', '-')}-{slug(test.rule)}" for test in tests}
            )
        return tuple(await asyncio.to_thread(_outcome, store, tests))
    finally:
        store.close()


def _notice(product: str, test: ChannelTest, now: datetime) -> Notice:
    return Notice(
        key=f"test-{test.code.replace(' ', '-')}-{slug(test.rule)}",
        event="test",
        rule=test.rule,
        owner=test.owner,
        title=f"{product}: test alert",
        text=(
            f"Nothing is wrong. {test.owner}, this test shows that alerts reach you.\n"
            f"Please tell the sender these words: {test.code}\n"
            f'They type: launchready watch ack "{test.code}"'
        ),
        made_at=now,
        next_at=now,
    )


async def _send_here(ws: Lookout, store: WatchStore, say: Callable[[str], None]) -> None:
    from ..watch.outbox import Outbox
    from ..watch.senders import Senders
    from ..wire import Wire

    rules = {alert.name: alert for alert in ws.launch.alerts}
    senders = Senders(Wire(ws.reach), lambda name, host: ws.vault.get(name, host), ws.clock, ws.launch.domain)
    await Outbox(store, senders, lambda: rules, ws.clock, say=say, only=lambda notice: notice.event == "test").flush()


async def _wait_for_the_watch(store: WatchStore, keys: set[str], most_s: float = 20.0) -> None:
    """Until each was tried once; the outcome is read afterwards."""
    try:
        async with asyncio.timeout(most_s):
            while any(  # noqa: ASYNC110
                one.key in keys and not any(way.at for way in one.ways) for one in await asyncio.to_thread(store.queued)
            ):
                await asyncio.sleep(0.2)
    except TimeoutError:
        return


def _outcome(store: WatchStore, tests: Sequence[ChannelTest]) -> list[ChannelTest]:
    """What became of each, written beside it."""
    found = []
    for test in tests:
        notice = store.notice(f"test-{test.code.replace(' ', '-')}-{slug(test.rule)}")
        sent = notice.sent_at if notice else None
        problem = "" if sent else (notice.answer if notice and notice.answer else "not sent yet")
        changed = msgspec.structs.replace(test, sent_at=sent, problem=problem)
        store.save_test(changed)
        found.append(changed)
    return found


def heard(ws: Lookout, code: str, by: str = "") -> str:
    """Records the words of a test alert, or the number of an incident; what was recorded, as a sentence. Empty where
    neither is known."""
    number = _plain_code(code).removeprefix("incident ")
    if number.isdecimal():
        acts = act_on(ws, int(number), by)
        return f"Recorded: {acts.by} acts on incident {number}: its alerts are not repeated" if acts else ""
    done = acknowledge(ws, code, by)
    return f"Recorded: {done.rule} reaches {done.acknowledged_by}" if done else ""


def act_on(ws: Lookout, number: int, by: str = "") -> Acknowledged | None:
    """Somebody acts on an incident that goes on. None where there is none of this number, or it is over."""
    store = WatchStore.open(ws.folder / PLACE)
    try:
        incident = store.incident(number)
        thread = (incident.group or number) if incident is not None else 0
        if incident is None or not store.goes_on(thread):
            return None
        acts = Acknowledged(at=ws.clock.now(), by=PersonId(by) or _owner(ws, incident))
        store.acknowledge(thread, acts)
        return acts
    finally:
        store.close()


def _owner(ws: Lookout, incident: Incident) -> PersonId:
    alerts = matching(ws.launch.alerts, asked(incident), incident.name)
    return alerts[0].owner if alerts else NOBODY


def acknowledge(ws: Lookout, code: str, by: str = "") -> ChannelTest | None:
    """Its owner got the test alert and said its words. None for words that no test of the last day has."""
    store = WatchStore.open(ws.folder / PLACE)
    try:
        test, now = store.test(_plain_code(code)), ws.clock.now()
        if test is None or now - test.made_at > HOLDS:
            return None
        notice = store.notice(f"test-{test.code.replace(' ', '-')}-{slug(test.rule)}")
        sent = test.sent_at or (notice.sent_at if notice else None)
        done = msgspec.structs.replace(test, sent_at=sent, acknowledged_at=now, acknowledged_by=by or test.owner)
        store.save_test(done)
        return done
    finally:
        store.close()
