"""What a host answers for an address that cannot exist: the measure that every look for leftovers is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...failure import Failure
from ...world.sights import Reply
from ..parse import page as html

if TYPE_CHECKING:
    from ...world import World

# A path no product has. Fixed, so that runs compare and the answer is shared between checks.
NOWHERE = "/lr-4f1c9d27/nothing-lives-here"


async def ask(world: World, host: str) -> Reply | Failure:
    """The host's answer for an address that cannot exist."""
    return await world.web.get(f"https://{host}{NOWHERE}")


def same(reply: Reply, base: Reply | Failure) -> bool:
    """Whether an answer is only what the host says to everything: same status, and the same page but for its
    details."""
    if isinstance(base, Failure) or reply.status != base.status:
        return False
    if reply.body == base.body:
        return True
    if not (reply.is_html and base.is_html):
        return False
    ours, theirs = html.read(reply.text, reply.url).title.strip(), html.read(base.text, base.url).title.strip()
    near = abs(len(reply.body) - len(base.body)) <= max(len(base.body), 200) // 10
    return ours == theirs and near
