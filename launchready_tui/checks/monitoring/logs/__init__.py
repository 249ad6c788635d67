"""monitoring.logs: lines can be followed by a request id, say enough, and hold nothing of anybody's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding
from ....sources.logs import Personal, Reading
from ....sources.logs.model import PERSONAL_WORDS
from ...base import Say, check
from ...logged import each_log, span

if TYPE_CHECKING:
    from ....launch.model import Launch, Log
    from ....world import World

WITH_ID = 0.9
TIMED = 0.5
NOISE = 0.5


@check("monitoring.logs")
async def logs(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Every log that the launch file names."""
    say = Say("monitoring.logs", world.clock.now())
    async for finding in each_log(launch, world, say, _judged):
        yield finding


def _judged(say: Say, log: Log, found: Reading) -> Iterator[Finding]:
    path = log.path
    read = Evidence.of("read", span(found), source=path, at=found.until)
    fine = True
    for one in found.personal:
        fine = False
        yield _personal(say, path, one, read)
    if found.with_id < found.understood * WITH_ID:
        fine = False
        seen = Evidence.of("with an id", f"{found.with_id} of {found.understood} lines", source=path)
        yield say.warn("no-request-id", path, evidence=[seen, read])
    if found.access and found.timed < found.access * TIMED:
        fine = False
        seen = Evidence.of("timed", f"{found.timed} of {found.access} requests", source=path)
        yield say.warn("no-context", path, evidence=[seen, read])
    if found.app and found.levelled < found.app * WITH_ID:
        fine = False
        seen = Evidence.of("with a level", f"{found.levelled} of {found.app} lines", source=path)
        yield say.warn("no-level", path, evidence=[seen, read])
    if found.noise > found.understood * NOISE:
        fine = False
        seen = Evidence.of("noise", f"{found.noise} of {found.understood} lines", source=path)
        yield say.warn("noisy", path, evidence=[seen, read])
    if fine:
        yield say.passed("useful", path, evidence=[read])


def _personal(say: Say, path: str, one: Personal, read: Evidence) -> Finding:
    """What stands there is not shown: a finding goes into reports, and would be one more copy."""
    words = PERSONAL_WORDS[one.kind]
    seen = [Evidence.of(words, f"{one.count} lines, the first is line {one.line}", source=path), read]
    rule = "secret" if one.kind in ("token", "password", "card") else "personal"
    return say.fail(rule, f"{path}: {words}", path=path, what=words, evidence=seen)
