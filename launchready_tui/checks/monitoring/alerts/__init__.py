"""monitoring.alerts: a channel counts once its owner has said the words of a test alert back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ....watch.samples import ChannelTest, WatchReader, Way, silent
from ...base import Say, check
from ..kept import WATCH, never_watched, nothing, the_watch, unreadable

if TYPE_CHECKING:
    from datetime import datetime

    from ....launch.model import Alert, Launch
    from ....launch.papers import Papers
    from ....world import World

HOLDS = timedelta(days=30)
DAY = timedelta(hours=24)


@check("monitoring.alerts", papers=True)
async def alerts(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The rules of the launch file against what the watch sent and who said it arrived."""
    say, now = Say("monitoring.alerts", world.clock.now()), world.clock.now()
    with the_watch(world) as reader:
        if isinstance(reader, Exception):
            yield unreadable(say, reader)
        elif not launch.alerts and (reader is None or never_watched(reader) or launch.watch.monitor_owner):
            yield nothing(say, launch)
        elif not launch.alerts:
            yield say.fail("none", WHOLE_LAUNCH, "beside" if launch.watch.monitor else "fail")
        else:
            for finding in _judged(say, launch, world.papers, reader, now):
                yield finding


def _judged(say: Say, launch: Launch, papers: Papers, reader: WatchReader | None, now: datetime) -> Iterator[Finding]:
    tests: dict[str, ChannelTest] = {}
    for test in reader.tests() if reader else ():
        known = tests.get(test.rule)
        # The newest acknowledged one speaks for a channel, else the newest.
        if known is None or (test.acknowledged_at and not known.acknowledged_at):
            tests[test.rule] = test
    notices = reader.notices(200) if reader else ()
    dead = {way.rule: way for way in silent(notices)}
    took = {rule for one in notices for rule in one.through if rule not in dead}
    working = 0
    for alert in launch.alerts:
        tried = tests.get(alert.name)
        voice = say.naming(alert.owner, *((tried.owner, tried.acknowledged_by) if tried else ()))
        if alert.name in dead and not papers.has_left(alert.owner):
            found = _dead(voice, alert, dead[alert.name], beside=alert.second in took)
        else:
            found = _channel(voice, alert, tried, papers, now)
        working += found.rule.endswith(".acknowledged") and "down" in alert.on
        yield found
    if not working:
        yield say.fail("no-channel", WHOLE_LAUNCH)
    yield from _targets(say, launch, reader)
    yield from _stuck(say, reader, now)


def _dead(say: Say, alert: Alert, way: Way, *, beside: bool) -> Finding:
    """The channel did not take the last message, whatever was shown of it before."""
    seen = [Evidence.of("answer", way.answer or "no answer", at=way.at)]
    if beside:
        return say.fail("dead-channel", alert.name, "beside", second=alert.second, evidence=seen)
    return say.fail("dead-channel", alert.name, evidence=seen)


def _channel(say: Say, alert: Alert, test: ChannelTest | None, papers: Papers, now: datetime) -> Finding:
    name = alert.name
    if papers.has_left(alert.owner):
        return say.fail("owner-left", name, owner=alert.owner)
    if test is None:
        return say.fail("not-tested", name)
    seen = [Evidence.of("test", f"made for {test.owner}", at=test.made_at)]
    if test.acknowledged_at is not None and now - test.acknowledged_at <= HOLDS and test.owner == alert.owner:
        seen.append(Evidence.of("acknowledged", f"by {test.acknowledged_by}", at=test.acknowledged_at))
        return say.passed("acknowledged", name, owner=alert.owner, evidence=seen)
    if test.sent_at is None:
        seen.append(Evidence.of("problem", test.problem or "not sent yet"))
        return say.fail("not-delivered", name, evidence=seen)
    return say.fail("not-acknowledged", name, "expired" if test.acknowledged_at else "fail", evidence=seen)


def _targets(say: Say, launch: Launch, reader: WatchReader | None) -> Iterator[Finding]:
    if reader is None:
        return
    known = {target.name for target in reader.targets(all_of_them=True)}
    for alert in launch.alerts:
        strange = [name for name in alert.targets if name not in known]
        if strange and known:
            seen = [Evidence.of("not watched", "\n".join(strange))]
            yield say.warn(
                "unknown-target", alert.name, targets=", ".join(f'"{name}"' for name in sorted(known)), evidence=seen
            )


def _stuck(say: Say, reader: WatchReader | None, now: datetime) -> Iterator[Finding]:
    """Messages of the last day that did not get through."""
    notices = reader.notices(200) if reader else ()
    lost = [one for one in notices if now - one.made_at <= DAY and one.stuck and one.event != "test"]
    if lost:
        say = say.naming(*(one.owner for one in lost))
        seen = [Evidence.of(one.rule, f"{one.title}\n{one.answer}", at=one.made_at) for one in lost[:5]]
        yield say.fail("stuck", WATCH, evidence=seen)
