"""Every TCP socket opens here: name, address policy, connect map, the demo's refusal, several addresses in turn,
phases, counts."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ..failure import Failure
from .connect import VIA
from .errors import failure_of, most_telling
from .policy import address_problem, is_address
from .reach import Reach

STAGGER_S = 0.25
"""How long one address gets before the next is tried beside it (RFC 8305 section 5)."""

Lookup = Callable[[str], Awaitable[tuple[str, ...] | Failure]]
"""Host name to addresses, in the order in which they are to be tried."""


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


class Wire:
    """Opens connections the way one run wants them. `lookup` answers names; without it the run's resolvers are
    asked."""

    def __init__(self, reach: Reach, *, counts: Counts | None = None, lookup: Lookup | None = None) -> None:
        self.reach = reach
        self.counts = counts if counts is not None else Counts()
        self._lookup = lookup

    async def lookup(self, host: str) -> tuple[str, ...] | Failure:
        """Addresses of a name. `localhost` is this machine (RFC 6761) and never asked for."""
        if host == "localhost" or host.endswith(".localhost"):
            return ("127.0.0.1", "::1")
        if self._lookup is None:
            from .question import Resolver

            self._lookup = Resolver(self).addresses
        return await self._lookup(host)

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

    async def connect(
        self, host: str, port: int, *, address: str = "", deadline_s: float = 10.0
    ) -> Connected | Failure:
        """A connected socket to the first address that opens. `address` skips the look-up. Ends within the deadline."""
        name = f"{host}:{port}"
        try:
            async with asyncio.timeout(deadline_s):
                return await self._connect(host.lower().rstrip("."), port, address)
        except TimeoutError:
            return Failure(kind="timeout", detail=f"not connected within {deadline_s:g} s", target=name)

    async def _connect(self, host: str, port: int, address: str) -> Connected | Failure:
        started = time.perf_counter()
        dns_ms: float | None = None
        addresses: tuple[str, ...]
        if address:
            addresses = (address,)
        elif is_address(host):
            addresses = (host.strip("[]"),)
        elif self._knows_name(host, port):
            addresses = ("",)
        else:
            found = await self.lookup(host)
            dns_ms = (time.perf_counter() - started) * 1000
            if isinstance(found, Failure):
                return found
            addresses = found
        addresses = self._of_family(addresses)
        if not addresses:
            return Failure(kind="no-address", detail=f"none of family {self.reach.family}", target=f"{host}:{port}")
        doors = [self.door(host, port, one) for one in addresses]
        refusals = [door for door in doors if isinstance(door, Failure)]
        open_doors = [door for door in doors if isinstance(door, Door)]
        if not open_doors:
            return most_telling(refusals)
        return await self._race(open_doors, f"{host}:{port}", dns_ms)

    def _knows_name(self, host: str, port: int) -> bool:
        """A rule for the name itself needs no DNS: the name may not exist yet."""
        return any(rule.meets(host, port) for rule in self.reach.connect.rules)

    def _of_family(self, addresses: Sequence[str]) -> tuple[str, ...]:
        if self.reach.family == "both":
            return tuple(addresses)
        six = self.reach.family == "ipv6"
        return tuple(one for one in addresses if not one or (":" in one) == six)

    async def _race(self, doors: list[Door], name: str, dns_ms: float | None) -> Connected | Failure:
        """Tries the doors in order, each a little after the one before, or at once when that one failed; the first
        open one wins."""
        waiting = list(doors)
        tries: dict[asyncio.Task[Connected | Failure], Door] = {}
        failures: list[Failure] = []
        try:
            while waiting or tries:
                if waiting:
                    door = waiting.pop(0)
                    tries[asyncio.ensure_future(self._open(door, name, dns_ms))] = door
                done, _ = await asyncio.wait(
                    tries, timeout=STAGGER_S if waiting else None, return_when=asyncio.FIRST_COMPLETED
                )
                winner: Connected | None = None
                for task in done:
                    del tries[task]
                    result = task.result()
                    if isinstance(result, Failure):
                        failures.append(result)
                    elif winner is None:
                        winner = result
                    else:
                        result.sock.close()
                if winner is not None:
                    return winner
            return most_telling(failures)
        finally:
            await _drop(list(tries))

    async def _open(self, door: Door, name: str, dns_ms: float | None) -> Connected | Failure:
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

    async def open_tcp(self, host: str, port: int, *, address: str = "", deadline_s: float = 10.0) -> Opened | Failure:
        """Like `connect`, as streams. Close with `Opened.close()`."""
        connected = await self.connect(host, port, address=address, deadline_s=deadline_s)
        return await _as_streams(connected, f"{host}:{port}")

    async def open_door(self, door: Door, name: str) -> Opened | Failure:
        """Streams through one door that was already judged. The caller keeps the time."""
        return await _as_streams(await self._open(door, name, None), name)


async def _as_streams(connected: Connected | Failure, name: str) -> Opened | Failure:
    if isinstance(connected, Failure):
        return connected
    try:
        reader, writer = await asyncio.open_connection(sock=connected.sock)
    except OSError as error:
        connected.sock.close()
        return failure_of(error, name)
    return Opened(reader, writer, connected.address, connected.via, connected.dns_ms, connected.connect_ms)


async def _drop(tasks: list[asyncio.Task[Connected | Failure]]) -> None:
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Connected):
            result.sock.close()
