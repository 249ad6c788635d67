"""Which hosts a domain has: the usual names asked in DNS, against a name that nobody made."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from ... import text
from ...failure import Failure
from ...launch.model import Host
from .proposal import Outcome, Seen
from .words import USUAL, Usual

if TYPE_CHECKING:
    from ...world import World

_ABSENT = ("no-such-name", "no-address")


def _seen(outcome: Outcome, said: str) -> Seen:
    return Seen(topic="hosts", outcome=outcome, text=text.clean(said))


async def find_hosts(domain: str, world: World) -> tuple[tuple[Host, ...], list[Seen]]:
    """The hosts that stand in DNS, the apex first. A wildcard answers for every name: then only what differs from it
    counts."""
    nobody = f"{secrets.token_hex(6)}.{domain}"
    names = [domain, nobody, *(f"{usual.label}.{domain}" for usual in USUAL)]
    answers = await asyncio.gather(*(_where(name, world) for name in names))
    apex, wildcard, *usual = answers
    seen: list[Seen] = []
    hosts: list[Host] = []
    if isinstance(apex, Failure):
        absent = apex.kind in _ABSENT
        seen.append(_seen("not-there" if absent else "could-not-look", f"{domain}: {apex.words}"))
    else:
        hosts.append(Host(name=domain, role="web", purpose="public site"))
        seen.append(_seen("seen", f"{domain} points to {_places(apex)}"))
    every = frozenset() if isinstance(wildcard, Failure) else wildcard
    if every:
        seen.append(
            _seen(
                "seen",
                f"every name under {domain} points to {_places(every)}; only names that point elsewhere are listed",
            )
        )
    elif isinstance(wildcard, Failure) and wildcard.kind not in _ABSENT:
        seen.append(_seen("could-not-look", f"whether {domain} has a wildcard record: {wildcard.words}"))
    failed: list[str] = []
    for kind, answer in zip(USUAL, usual, strict=True):
        name = f"{kind.label}.{domain}"
        if isinstance(answer, Failure):
            if answer.kind not in _ABSENT:
                failed.append(name)
        elif answer != every or kind.label == "www":
            hosts.append(_host(name, kind))
            seen.append(_seen("seen", f"{name} points to {_places(answer)}"))
    if failed:
        seen.append(_seen("could-not-look", f"{len(failed)} of {len(USUAL)} usual names, such as {failed[0]}"))
    return tuple(hosts), seen


def _host(name: str, usual: Usual) -> Host:
    return Host(name=name, role=usual.role, environment=usual.environment, purpose=usual.purpose)


async def _where(name: str, world: World) -> frozenset[str] | Failure:
    """Where a name leads: its addresses, and the name it is an alias for."""
    addresses = await world.dns.addresses(name)
    if isinstance(addresses, Failure):
        return addresses
    answer = await world.dns.ask(name, "A")
    alias = "" if isinstance(answer, Failure) or answer.canonical in ("", name) else answer.canonical
    return frozenset((*addresses, alias)) - {""}


def _places(places: frozenset[str]) -> str:
    return ", ".join(sorted(places, key=lambda place: (":" in place, place)))
