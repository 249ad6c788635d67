"""Opens TCP connections by name: look-up, address policy, connect map, several addresses in turn, phases."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from ..failure import Failure
from .doors import Connected, Counts, Door, Doors, Opened, as_streams
from .errors import most_telling
from .policy import is_address
from .reach import Reach

STAGGER_S = 0.25
"""How long one address gets before the next is tried beside it (RFC 8305 section 5)."""

Lookup = Callable[[str], Awaitable[tuple[str, ...] | Failure]]
"""Host name to addresses, in the order in which they are to be tried."""


class Wire(Doors):
    """Opens connections by name, the way one run wants them. `lookup` answers names; without it the run's resolvers
    are asked."""

    def __init__(self, reach: Reach, *, counts: Counts | None = None, lookup: Lookup | None = None) -> None:
        super().__init__(reach, counts=counts)
        self._lookup = lookup

    async def lookup(self, host: str) -> tuple[str, ...] | Failure:
        """Addresses of a name. `localhost` is this machine (RFC 6761) and never asked for."""
        if host == "localhost" or host.endswith(".localhost"):
            return ("127.0.0.1", "::1")
        if self._lookup is None:
            from .question import Resolver

            self._lookup = Resolver(self).addresses
        return await self._lookup(host)

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
        found = (address,) if address else self.known(host, port)
        dns_ms: float | None = None
        if found is None:
            heard = await self.lookup(host)
            dns_ms = (time.perf_counter() - started) * 1000
            if isinstance(heard, Failure):
                return heard
            found = heard
        doors = self.open_doors(host, port, found)
        return doors if isinstance(doors, Failure) else await self._race(doors, f"{host}:{port}", dns_ms)

    async def doors(self, host: str, port: int) -> list[Door] | Failure:
        """Every door to a host that may be opened, in the order in which they are to be tried; never an empty list."""
        host = host.lower().rstrip(".")
        found = self.known(host, port)
        heard = await self.lookup(host) if found is None else found
        return heard if isinstance(heard, Failure) else self.open_doors(host, port, heard)

    def known(self, host: str, port: int) -> tuple[str, ...] | None:
        """The addresses of a host that needs no look-up: an address itself, or a name with a rule of its own, which may
        not exist yet and has the address "". None where the name must be looked up."""
        if is_address(host):
            return (host.strip("[]"),)
        return ("",) if any(rule.meets(host, port) for rule in self.reach.connect.rules) else None

    def open_doors(self, host: str, port: int, addresses: Sequence[str]) -> list[Door] | Failure:
        """The doors at these addresses that policy, connect map and the family that is asked for leave open; where
        they leave none, the reason that tells most."""
        if self.reach.family != "both":
            six = self.reach.family == "ipv6"
            addresses = [one for one in addresses if not one or (":" in one) == six]
        if not addresses:
            return Failure(kind="no-address", detail=f"none of family {self.reach.family}", target=f"{host}:{port}")
        doors = [self.door(host, port, one) for one in addresses]
        found = [door for door in doors if isinstance(door, Door)]
        return found or most_telling([door for door in doors if isinstance(door, Failure)])

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
                    tries[asyncio.ensure_future(self.open_socket(door, name, dns_ms))] = door
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

    async def open_tcp(self, host: str, port: int, *, address: str = "", deadline_s: float = 10.0) -> Opened | Failure:
        """Like `connect`, as streams. Close with `Opened.close()`."""
        connected = await self.connect(host, port, address=address, deadline_s=deadline_s)
        return await as_streams(connected, f"{host}:{port}")


async def _drop(tasks: list[asyncio.Task[Connected | Failure]]) -> None:
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Connected):
            result.sock.close()
