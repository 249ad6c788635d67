"""The path from log-in to notification, walked from either door and kept in the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..trials import Walk
    from . import Workspace


async def walk_path(workspace: Workspace, tell: Callable[[str], None], *, consent: bool = False) -> Walk:
    """Walks it and keeps what was seen. `consent` was given at a question; else --allow smoke must have been.

    Raises rehearsal.Refused, JournalError.
    """
    from ..trials import KIND, encode, walk
    from ..world import warm_up

    await warm_up()
    async with workspace.open_world(also=frozenset({"smoke"}) if consent else frozenset()) as world:
        found = await walk(world, tell)
    # What a strange server says in a header or a name may hold a secret of ours by accident.
    workspace.keep_trial(KIND, "path", encode(found))
    return found
