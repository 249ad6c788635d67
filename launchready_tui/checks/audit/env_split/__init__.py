"""audit.env-split: whether production has settings of its own, and shares no secret with another environment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ...base import Say, check

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World


@check("audit.env-split")
async def env_split(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Reads which environments have files of their own, and compares them."""
    say = Say("audit.env-split", world.clock.now())
    if launch.repository is None:
        yield say.unknown("no-repository", WHOLE_LAUNCH)
        return
    found = await world.repository.environment()
    if isinstance(found, Failure):
        yield say.unknown("unread", WHOLE_LAUNCH, failure=found, cause=found.detail)
        return
    listed = "\n".join(f"{name}: {', '.join(paths)}" for name, paths in found.environments.items())
    read = [Evidence.of("read", listed, source="the repository")]
    shared = sorted({one.name for one in found.troubles if one.kind == "shared"})
    if shared:
        names = Evidence.of("shared", "\n".join(shared), source="the repository")
        yield say.fail("shared", WHOLE_LAUNCH, names=len(shared), first=shared[0], evidence=[names, *read])
    elif "production" not in found.environments or len(found.environments) < 2:
        yield say.unknown("unseen", WHOLE_LAUNCH)
    else:
        yield say.passed("shared", WHOLE_LAUNCH, environments=len(found.environments), evidence=read)
