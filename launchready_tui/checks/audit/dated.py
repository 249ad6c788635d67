"""Every piece of evidence says when it was seen: what carries no time of its own gets the time at which its check
looked."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec

from ...findings import Finding

if TYPE_CHECKING:
    from ...launch.model import Launch
    from ...world import World

Looks = Callable[["Launch", "World"], AsyncGenerator[Finding, None]]


def dated(look: Looks) -> Callable[[Launch, World], AsyncIterator[Finding]]:
    """A check whose findings are dated by the world's clock as it starts."""

    @functools.wraps(look)
    async def check(launch: Launch, world: World) -> AsyncIterator[Finding]:
        at = world.clock.now()
        async with aclosing(look(launch, world)) as findings:
            async for finding in findings:
                evidence = tuple(one if one.at else msgspec.structs.replace(one, at=at) for one in finding.evidence)
                yield msgspec.structs.replace(finding, evidence=evidence)

    return check
