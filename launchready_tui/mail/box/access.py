"""From the launch file's mailbox and the vault's credential to an open box: passwords, tokens, and tokens renewed by a
stored log-in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...failure import Failure
from . import device, google
from .box import DEADLINE_S, Box, open_box

if TYPE_CHECKING:
    from ...launch.model import Mailbox
    from ...vault.secret import Secret
    from ...world import World

Keep = Callable[["Mailbox", "Secret"], None]
"""Stores a renewed log-in; it may wait for the keyring, so it is called in a thread."""


async def enter(
    world: World, box: Mailbox, *, keep: Keep | None = None, deadline_s: float = DEADLINE_S
) -> Box | Failure:
    """Opens a test mailbox with what is stored for it. `no-permission` where nothing is stored, `log-in` where it is
    refused."""
    # The keyring may take its time, and the loop must not wait for it.
    stored = await asyncio.to_thread(world.credential, box.login, box.login_host)
    if stored is None:
        detail = f"no credential {box.login!r} is stored for {box.login_host}"
        return Failure(kind="no-permission", detail=detail, target=box.name)
    secret = stored
    if box.way == "device":
        tokens = await device.refresh(world.web, box.client_id, stored)
        if isinstance(tokens, Failure):
            return tokens
        if tokens.refresh is not None and keep is not None and tokens.refresh != stored:
            await asyncio.to_thread(keep, box, tokens.refresh)
        secret = tokens.access
    elif box.way == "refresh":
        renewed = await google.refresh(world.web, stored)
        if isinstance(renewed, Failure):
            return renewed
        secret = renewed.access
    return await open_box(world.wire, box, secret.reveal(), deadline_s=deadline_s)
