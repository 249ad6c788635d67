"""deploy.secrets: neither tracked files nor builds nor the history of the repository hold a secret. Values are never
kept; those of ignored environment files are looked for in all that is published."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from ....facts import SecretSpot, SecretsSeen
from ....failure import Failure
from ....findings import WHOLE_LAUNCH, Evidence, Finding, Severity
from ...base import Say, check, step

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World
    from ....world.leaks import Leak, Leaks

_SHOWN = 12


@check("deploy.secrets")
async def secrets(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Looks through tracked files, what builds left, and every commit."""
    say = Say("deploy.secrets", world.clock.now())
    if launch.repository is None:
        yield say.unknown("no-repository", WHOLE_LAUNCH)
        return
    found = await world.repository.leaks(step)
    if isinstance(found, Failure):
        yield say.unknown("unread", WHOLE_LAUNCH, failure=found, cause=found.detail)
        return
    for finding in _found(say, found):
        yield finding
    if found.history:
        yield say.unknown("history", WHOLE_LAUNCH, cause=found.history)
    if found.unread:
        parts = Evidence.of("not searched", "\n".join(found.unread), source="the repository")
        yield say.info("part", WHOLE_LAUNCH, parts=len(found.unread), evidence=[parts])


def _found(say: Say, found: Leaks) -> Iterator[Finding]:
    """One finding a file and kind: the same key in ten lines of one file is one thing to do."""
    grouped: dict[tuple[str, str], list[Leak]] = {}
    for leak in found.found:
        if leak.confidence != "low" and not leak.allowed:
            grouped.setdefault((leak.path, leak.rule), []).append(leak)
    for (path, rule), leaks in grouped.items():
        first, seen = leaks[0], [_evidence(leaks)]
        values: dict[str, Any] = {
            "title": first.title,
            "path": path,
            "commit": first.commit[:12],
            "rotate": first.rotate,
        }
        if not first.blocks:
            yield say.warn("look-alike", f"{path} {rule}", evidence=seen, **values)
            continue
        place = "history-key" if first.place == "history" else "build-key" if first.place == "build" else "key"
        # A key that moves no money is bad, and no reason alone to wait with the launch.
        severity = first.severity if first.severity.weight else Severity.BLOCKER
        remedy = say.fix("rotate" if first.rotate else "replace", **values)
        yield say.fail(place, f"{path} {rule}", severity=severity, evidence=seen, remedy=remedy, **values)
    if not found.blocking:
        allowed = [f"{leak.where}: {leak.title}, passes: {leak.allowed}" for leak in found.found if leak.allowed]
        size = f"{found.files} files, {found.commits} commits, {found.octets / 1e6:.1f} MB"
        read = Evidence.of("searched", "\n".join((size, *allowed[:_SHOWN])), source="the repository")
        yield say.passed("key", WHOLE_LAUNCH, files=found.files, commits=found.commits, evidence=[read])


def _evidence(leaks: list[Leak]) -> Evidence:
    spots = tuple(
        SecretSpot(
            path=leak.path,
            line=leak.line,
            rule=leak.rule,
            shown=leak.shown,
            place=leak.place,
            confidence=leak.confidence,
            commit=leak.commit,
            at=leak.at,
            rotate=leak.rotate,
        )
        for leak in leaks[:_SHOWN]
    )
    text = "\n".join(f"{leak.where}: {leak.shown}" for leak in leaks[:_SHOWN])
    return Evidence.of("found", text, source="the repository", fact=SecretsSeen(spots=spots))
