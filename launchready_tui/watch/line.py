"""Whether it is our own line that is down, and not the product.

Nobody else is asked: no outside host beyond the launch's own. The signs are: no route leaves this machine; or every
target fails at once without any word from the other side, on at least two hosts at two addresses, and the resolver
that was chosen gives no answer about a fresh name below the launch's domain either. If targets answer, or the resolver
does, the line is there and the outage is real.
"""

from __future__ import annotations

import errno
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from ..failure import Failure
from ..wire import Wire
from ..wire.policy import address_problem

_NO_ROUTE = frozenset((errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL))


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest probe of one target, as the guard needs it. Steady seconds."""

    host: str
    address: str
    end: float
    ok: bool
    network: bool
    """It failed, and nobody on the other side said anything."""


def all_at_once(newest: Iterable[Newest], now: float, *, within: float) -> bool:
    """Whether every target's newest probe (not older than `within`) failed for want of the network, on two hosts and
    addresses at least."""
    seen = [one for one in newest if now - one.end <= within]
    if not seen or not all(one.network for one in seen):
        return False
    hosts = {one.host for one in seen}
    addresses = {one.address for one in seen if one.address}
    # A name that cannot be looked up has no address: then two names must do.
    return len(hosts) >= 2 and (len(addresses) >= 2 or not addresses)


def has_route(addresses: Iterable[str]) -> bool | None:
    """Whether the system knows a way to any of these addresses; None where there is none to ask about.

    Connecting a UDP socket sends nothing: it only asks the routing table.
    """
    asked = False
    for address in addresses:
        if not address or address_problem(address, ()):
            continue
        asked = True
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((address, 9))
            except OSError as problem:
                if problem.errno in _NO_ROUTE:
                    continue
            return True
    return False if asked else None


async def _resolver_answers(wire: Wire, domain: str) -> bool:
    """Whether the resolver has an answer of any kind about a name that no cache can know. Only "nothing came" and
    SERVFAIL are none."""
    found = await wire.lookup(f"lr-{secrets.token_hex(6)}.{domain}")
    return not isinstance(found, Failure) or found.kind in ("no-such-name", "no-address")


async def own_line_is_down(newest: list[Newest], wire: Wire, domain: str, now: float, *, within: float) -> bool:
    """The whole judgement. Costs a DNS question, and only where all targets failed at once."""
    if not wire.reach.connect and has_route(one.address for one in newest) is False:
        return True
    return all_at_once(newest, now, within=within) and not await _resolver_answers(wire, domain)
