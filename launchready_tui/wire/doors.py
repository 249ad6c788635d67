"""Every TCP socket opens here, at an address that is known: address policy, connect map, the demo's refusal, counts."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass

from ..failure import Failure
from .connect import VIA
from .errors import failure_of
from .policy import address_problem
from .reach import Reach


@dataclass
class Counts:
    """What one world did on the wire."""

    dns_queries: int = 0
    requests: int = 0
    connections: int = 0
    tls_handshakes: int = 0
    refused_unmapped: int = 0


@dataclass(frozen=True)
class Door:
    """Where one connection really goes. `address` is the public one (as DNS says it) where known; `to` is what the
    socket opens."""

    address: str
    to: tuple[str, int]
    via: str = ""


@dataclass(frozen=True)
class Connected:
    """An open, connected, non-blocking socket and how it came to be. Lengths of time in ms."""

    sock: socket.socket
    address: str
    port: int
    via: str
    dns_ms: float | None
    connect_ms: float


@dataclass(frozen=True)
class Opened:
    """An open connection as streams. `address` is the public address, `via` says `connect-map` where the map sent it
    elsewhere."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    address: str
    via: str
    dns_ms: float | None
    connect_ms: float

    def close(self) -> None:
        """Drops the connection at once; nothing is waited for."""
        self.writer.transport.abort()


class Doors:
    """Opens connections to addresses the way one run wants them."""

    def __init__(self, reach: Reach, *, counts: Counts | None = None) -> None:
        self.reach = reach
        self.counts = counts if counts is not None else Counts()

    def door(self, host: str, port: int, address: str = "") -> Door | Failure:
        """Where a connection to this host, at this address, goes; or why it may not open. Unmapped refusals are
        counted.

        The policy judges the public address. A rule that names the host or the address vouches for it; `*` does not.
        """
        target = self.reach.connect.target(host, port, address)
        name = f"{host}:{port}"
        if address and not (target and target.named):
            problem = address_problem(address, self.reach.private)
            if problem:
                return Failure(kind="blocked-address", detail=problem, target=name)
        if target:
            return Door(address or target.address, (target.address, target.port), VIA)
        if self.reach.refuse_unmapped:
            self.counts.refused_unmapped += 1
            return Failure(kind="unmapped", detail=address, target=name)
        return Door(address, (address, port))

    async def open_socket(self, door: Door, name: str, dns_ms: float | None) -> Connected | Failure:
        """A socket through one door that was already judged. The caller keeps the time."""
        host, port = door.to
        started = time.perf_counter()
        self.counts.connections += 1
        try:
            sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        except OSError as error:
            return failure_of(error, name)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().sock_connect(sock, (host, port))
        except OSError as error:
            sock.close()
            return failure_of(error, name)
        except BaseException:
            sock.close()
            raise
        spent = (time.perf_counter() - started) * 1000
        return Connected(sock, door.address, port, door.via, dns_ms, spent)

    async def open_door(self, door: Door, name: str) -> Opened | Failure:
        """Streams through one door that was already judged. The caller keeps the time."""
        return await as_streams(await self.open_socket(door, name, None), name)


async def as_streams(connected: Connected | Failure, name: str) -> Opened | Failure:
    """The connected socket as streams."""
    if isinstance(connected, Failure):
        return connected
    try:
        reader, writer = await asyncio.open_connection(sock=connected.sock)
    except OSError as error:
        connected.sock.close()
        return failure_of(error, name)
    return Opened(reader, writer, connected.address, connected.via, connected.dns_ms, connected.connect_ms)
