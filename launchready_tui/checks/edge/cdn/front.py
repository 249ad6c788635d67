"""What stands before a host, and the headers in which a network shows itself."""

from __future__ import annotations

from dataclasses import dataclass

from ....failure import Failure
from ....world.sights import Reply

_TELLING = ("server", "via", "cache-status", "x-cache", "x-served-by", "cf-ray", "x-cdn", "cdn-cache")


@dataclass(frozen=True)
class Front:
    """What stands before one host. `name` is empty where nothing was seen; `own` is False for a network that somebody
    else put there."""

    host: str
    name: str
    own: bool
    clues: tuple[str, ...]
    addresses: tuple[str, ...]
    reply: Reply | None
    failure: Failure | None = None


def traces(name: str, reply: Reply) -> list[str]:
    """Headers in which a network or cache of this name shows itself."""
    return [f"{key}: {value}" for key in _TELLING for value in reply.all(key) if name.lower() in value.lower()]
