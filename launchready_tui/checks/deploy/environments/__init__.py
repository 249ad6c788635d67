"""deploy.environments: what production is set to, as files on this machine say it. Values stay in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ...base import Say, check

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World
    from ....world.environment import Trouble

_STOPS = frozenset(("shared", "test-key", "live-key", "debug", "open-hosts", "public-secret"))
"""What opens money or data to strangers; the others are seen at the first start, or are of no use to them."""


@check("deploy.environments")
async def environments(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Reads environment files, compose and platform files, and Django's settings."""
    say = Say("deploy.environments", world.clock.now())
    if launch.repository is None:
        yield say.unknown("no-repository", WHOLE_LAUNCH)
        return
    found = await world.repository.environment()
    if isinstance(found, Failure):
        yield say.unknown("unread", WHOLE_LAUNCH, failure=found, cause=found.detail)
        return
    for (kind, name), troubles in _grouped(found.troubles).items():
        first = troubles[0]
        rows = Evidence.of("named in", "\n".join(one.where for one in troubles), source="the repository")
        others = " and ".join(first.others)
        voice, message = (say.fail, "fail") if kind in _STOPS else (say.warn, "warn")
        yield voice(kind, name, message, evidence=[rows], where=first.where, others=others, env=first.environment)
    if "production" not in found.environments:
        yield say.unknown("unseen", WHOLE_LAUNCH)
    elif not any(one.kind in _STOPS for one in found.troubles):
        listed = [f"{name}: {', '.join(paths)}" for name, paths in found.environments.items()]
        read = Evidence.of("read", "\n".join(listed), source="the repository")
        yield say.passed("values", WHOLE_LAUNCH, settings=found.settings, evidence=[read])


def _grouped(troubles: tuple[Trouble, ...]) -> dict[tuple[str, str], list[Trouble]]:
    """One finding a variable and kind, whatever the number of files."""
    found: dict[tuple[str, str], list[Trouble]] = {}
    for trouble in troubles:
        found.setdefault((trouble.kind, trouble.name), []).append(trouble)
    return found
