"""Opening a queue's server: where it lies, with which credential, and every failure in words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from ...clock import Clock
from ...failure import Failure
from ...launch.model import Queue
from ...launch.names import split_port
from ...wire import Door, Wire
from .model import Looked
from .server import DEADLINE_S, Server

if TYPE_CHECKING:
    from ...vault import Secret

PORTS = {"redis": 6379, "postgres": 5432}
SCHEMES = {"redis": ("redis", "rediss"), "postgres": ("postgres", "postgresql")}
_EXTRAS = {"redis": "redis", "postgres": "psycopg"}


async def look(
    queue: Queue, wire: Wire, credential: Callable[[str, str], Secret | None], clock: Clock
) -> Looked | Failure:
    """All queues of one server. Ends within some ten seconds; a Failure holds no part of the stored URL but its
    host."""
    host, port = split_port(queue.server)
    secret = await asyncio.to_thread(credential, queue.credential, host) if queue.credential else None
    if queue.credential and secret is None:
        detail = (
            f"no credential {queue.credential!r} is stored for {host}: launchready credentials set "
            f"{queue.credential} --host {host}"
        )
        return Failure(kind="no-permission", detail=detail, target=queue.server)
    try:
        url = urlsplit(secret.reveal().strip()) if secret else urlsplit("")
        stored_port = url.port
    except ValueError:
        return Failure(kind="protocol", detail="the stored value is not a URL", target=queue.server)
    if secret and (url.scheme not in SCHEMES[queue.kind] or (url.hostname or "") != host.lower()):
        detail = f"the stored URL must start with {SCHEMES[queue.kind][0]}:// and point to {host}"
        return Failure(kind="no-permission", detail=detail, target=queue.server)
    number = port or stored_port or PORTS[queue.kind]
    doors = await wire.doors(host, number)
    if isinstance(doors, Failure):
        return doors
    server = _server(host, doors[0], url, str(wire.reach.ca_file or ""))
    try:
        async with asyncio.timeout(DEADLINE_S + 2):
            return await asyncio.to_thread(_read, queue, server, clock.now())
    except TimeoutError:
        return Failure(kind="timeout", detail=f"not read within {DEADLINE_S:g} s", target=queue.server)
    except ModuleNotFoundError as why:
        if why.name != _EXTRAS[queue.kind]:
            raise
        detail = f"reading it needs an extra: pip install 'launchready-tui[{queue.kind}]'"
        return Failure(kind="switched-off", detail=detail, target=queue.server)


def _server(host: str, door: Door, url: SplitResult, ca_file: str) -> Server:
    pairs = [pair.partition("=") for pair in url.query.split("&") if pair]
    return Server(
        host=host,
        to=door.to,
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        database=unquote(url.path.lstrip("/")),
        tls=url.scheme == "rediss",
        ca_file=ca_file,
        options={name: unquote(value) for name, _, value in pairs},
    )


def _read(queue: Queue, server: Server, now: datetime) -> Looked | Failure:
    if queue.kind == "redis":
        from .in_redis import read
    else:
        from .in_postgres import read
    return read(queue, server, now)
