"""monitoring.logs: lines can be followed by a request id, say enough, and hold nothing of anybody's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding, Remedy, Severity
from ....sources.logs import Personal, Reading
from ....sources.logs.model import PERSONAL_WORDS
from ...base import Say, check
from ...logged import WRITE_BETTER, each_log, span

if TYPE_CHECKING:
    from ....launch.model import Launch, Log
    from ....world import World

WITH_ID = 0.9
TIMED = 0.5
NOISE = 0.5
_HIDE = Remedy(
    text="Log ids in place of values, leave queries and headers out, and delete the lines that are there",
    paste="# pino: redact: ['req.headers.authorization', 'req.headers.cookie', '*.email', '*.password']\n"
    "# Rails: config.filter_parameters += [:email, :password, :token]\n"
    "# nginx: write $uri, which has no query, and not $request",
    where="the logger's configuration",
)


@check("monitoring.logs")
async def logs(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Every log that the launch file names."""
    say = Say("monitoring.logs", world.clock.now())
    async for finding in each_log(launch, world, say, "The launch file names no log to look at", _judged):
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
        yield say.warn(
            "no-request-id",
            path,
            "Lines of one request cannot be found by an id",
            evidence=[Evidence.of("with an id", f"{found.with_id} of {found.understood} lines", source=path), read],
            remedy=WRITE_BETTER,
        )
    if found.access and found.timed < found.access * TIMED:
        fine = False
        yield say.warn(
            "no-context",
            path,
            "Lines do not say how long an answer took",
            severity=Severity.LOW,
            evidence=[Evidence.of("timed", f"{found.timed} of {found.access} requests", source=path), read],
            remedy=WRITE_BETTER,
        )
    if found.app and found.levelled < found.app * WITH_ID:
        fine = False
        yield say.warn(
            "no-level",
            path,
            "Lines of the application do not say how bad it is",
            severity=Severity.LOW,
            evidence=[Evidence.of("with a level", f"{found.levelled} of {found.app} lines", source=path), read],
            remedy=Remedy(
                text="Use a logger that writes a level and one JSON object a line (pino, structlog, lograge, slog)"
            ),
        )
    if found.noise > found.understood * NOISE:
        fine = False
        yield say.warn(
            "noisy",
            path,
            "More than half of the lines are health checks or debug output",
            severity=Severity.LOW,
            evidence=[Evidence.of("noise", f"{found.noise} of {found.understood} lines", source=path), read],
            remedy=Remedy(
                text="Do not log health checks, and write no debug lines in production",
                paste="location = /healthz { access_log off; }",
                where="nginx",
            ),
        )
    if fine:
        yield say.passed(
            "useful",
            path,
            "Lines carry request ids and hold nothing personal that we know to look for",
            evidence=[read],
        )


def _personal(say: Say, path: str, one: Personal, read: Evidence) -> Finding:
    """What stands there is not shown: a finding goes into reports, and would be one more copy."""
    words = PERSONAL_WORDS[one.kind]
    seen = [Evidence.of(words, f"{one.count} lines, the first is line {one.line}", source=path), read]
    subject = f"{path}: {words}"
    if one.kind in ("token", "password", "card"):
        text = f"{_HIDE.text}; what stood there is known to all who can read the logs: change it"
        remedy = Remedy(text=text, paste=_HIDE.paste, where=_HIDE.where)
        return say.fail(
            "secret", subject, f"The logs hold {words}", severity=Severity.BLOCKER, evidence=seen, remedy=remedy
        )
    return say.fail("personal", subject, f"The logs hold {words}", evidence=seen, remedy=_HIDE)
