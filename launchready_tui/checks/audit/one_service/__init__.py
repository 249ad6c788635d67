"""audit.one-service: all addresses of a name lead to the same product."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec

from ....facts import Addresses
from ....failure import Failure
from ....findings import Evidence, Finding
from ....world.sights import Reply, TlsSight
from ...base import Say, check
from ...parse import page as html
from ...seen import ABSENT, PROVEN, via_of
from ..hosts_of import web_hosts
from ..providers import where_dns_is_edited
from ..together import as_they_come

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

MOST = 4
"""Addresses of a name that are asked; a CDN hands out more of the same."""
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{2,}")
ALIKE = 0.5
"""Share of common words and tags from which two pages are one product. Two loads of one page differ in tokens and
prices, not in words."""


class _Side(msgspec.Struct, frozen=True):
    """What one address answered."""

    address: str
    reply: Reply | Failure
    tls: TlsSight | Failure

    @property
    def status(self) -> str:
        return str(self.reply.status) if isinstance(self.reply, Reply) else ""

    @property
    def location(self) -> str:
        return (self.reply.header("location") or "") if isinstance(self.reply, Reply) else ""

    @property
    def server(self) -> str:
        """The server's family: `nginx` of `nginx/1.25.3`."""
        value = (self.reply.header("server") or "") if isinstance(self.reply, Reply) else ""
        return re.split(r"[/ (]", value.strip().lower(), maxsplit=1)[0]

    @property
    def issuer(self) -> str:
        return self.tls.leaf.issuer if isinstance(self.tls, TlsSight) else ""

    @property
    def title(self) -> str:
        if not isinstance(self.reply, Reply) or not self.reply.is_html:
            return ""
        return " ".join(html.read(self.reply.text, self.reply.url).title.split())

    @property
    def line(self) -> str:
        if isinstance(self.reply, Failure):
            return f"{self.address}: {self.reply.words}"
        parts = [
            self.status,
            self.location and f"to {self.location}",
            self.server,
            self.issuer and f"certificate by {self.issuer}",
            self.title and f'"{self.title}"',
        ]
        return f"{self.address}: " + ", ".join(part for part in parts if part)


@check("audit.one-service")
async def one_service(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Asks each address of each web host for the same page and compares the answers."""
    say = Say("audit.one-service", world.clock.now())
    async with aclosing(as_they_come(_host(say, world, name) for name in web_hosts(launch))) as findings:
        async for finding in findings:
            if finding is not None:
                yield finding


async def _host(say: Say, world: World, host: str) -> Finding | None:
    found = await world.dns.addresses(host)
    if isinstance(found, Failure):
        if found.kind in ABSENT:
            return None  # audit.hosts speaks of names without an address
        return say.unknown("addresses-differ", host, failure=found)
    if len(found) == 1:
        evidence = [_evidence(world, host, host, {found[0]: found[0]})]
        via = via_of(await world.dns.ask(host, "A"))
        return say.passed("addresses-differ", host, "one", evidence=evidence, via=via)
    sides = await asyncio.gather(*(_ask(world, host, address) for address in found[:MOST]))
    return await _compare(say, world, host, list(sides), len(found))


def _evidence(world: World, host: str, source: str, lines: dict[str, str]) -> Evidence:
    """Addresses, each with its line."""
    text, fact = "\n".join(lines.values()), Addresses(host=host, addresses=tuple(lines))
    return Evidence.of("addresses", text, source=source, at=world.clock.now(), fact=fact)


async def _ask(world: World, host: str, address: str) -> _Side:
    reply, tls = await asyncio.gather(
        world.web.get(f"https://{host}/", address=address), world.tls.look(host, address=address)
    )
    return _Side(address, reply, tls)


def _excused(side: _Side) -> bool:
    """Our own line may lack IPv6; our own limits and policies say nothing of the server."""
    if not isinstance(side.reply, Failure):
        return False
    if ":" in side.address and side.reply.kind in ("timeout", "unreachable"):
        return True
    return side.reply.kind not in PROVEN | {"timeout", "unreachable"}


async def _compare(say: Say, world: World, host: str, sides: list[_Side], count: int) -> Finding:
    rule, via = "addresses-differ", via_of(*(side.reply for side in sides))
    evidence = [_evidence(world, host, f"https://{host}/ at each address", {side.address: side.line for side in sides})]
    judged = [side for side in sides if not _excused(side)]
    failures = [side.reply for side in sides if isinstance(side.reply, Failure)]
    answered = sum(isinstance(side.reply, Reply) for side in judged)
    if not answered:
        return say.unknown(rule, host, "none", failure=failures[0], evidence=evidence, via=via)
    odd, said = _odd(judged)
    if odd:
        names = tuple(side.address for side in odd)
        cause = next((side.reply.words for side in odd if isinstance(side.reply, Failure)), "")
        lines = "\n".join(f"{host}. {'AAAA' if ':' in name else 'A'} {name}   ; remove" for name in names)
        remedy = say.fix("remove-record", odd=names, lines=lines, where=await where_dns_is_edited(world, host))
        return say.fail(rule, host, said, odd=names, cause=cause, evidence=evidence, remedy=remedy, via=via)
    if answered < 2 and len(judged) < len(sides):
        return say.unknown(rule, host, "only-one", failure=failures[0], evidence=evidence, via=via)
    if answered < count:
        return say.passed(rule, host, "some", answered=answered, addresses=count, evidence=evidence, via=via)
    return say.passed(rule, host, addresses=count, evidence=evidence, via=via)


def _odd(sides: list[_Side]) -> tuple[list[_Side], str]:
    """The addresses that go their own way, and the message that says in what; the first difference that counts."""
    broken = [side for side in sides if isinstance(side.reply, Failure)]
    if broken:
        return broken, "dead"
    compared: tuple[tuple[str, list[str]], ...] = (
        ("status", [side.status for side in sides]),
        ("target", [side.location for side in sides]),
        ("issuer", [side.issuer for side in sides]),
        ("server", [side.server for side in sides]),
        ("title", [side.title for side in sides]),
    )
    for said, values in compared:
        if odd := _minority(sides, values):
            return odd, said
    first = sides[0]
    different = [side for side in sides[1:] if _likeness(first.reply, side.reply) < ALIKE]
    return (different if len(different) <= len(sides) // 2 else [first]), "page"


def _minority(sides: list[_Side], values: list[str]) -> list[_Side]:
    """Those that differ from the most common value; of two that differ, the one with an error, else the later one."""
    counted = Counter(values)
    if len(counted) < 2:
        return []
    best = max(counted.values())
    leaders = [value for value, count in counted.items() if count == best]
    kept = leaders[0]
    if len(leaders) > 1:
        kept = next(
            (
                value
                for side, value in zip(sides, values, strict=True)
                if value in leaders and side.status[:1] in ("2", "3")
            ),
            kept,
        )
    return [side for side, value in zip(sides, values, strict=True) if value != kept]


def _likeness(one: Reply | Failure, other: Reply | Failure) -> float:
    """Common share of the distinct words of two bodies, 0 to 1; 1 where a body says too little to compare."""
    if isinstance(one, Failure) or isinstance(other, Failure):
        return 1.0
    left, right = (set(_WORD.findall(reply.text[:100_000])) for reply in (one, other))
    if len(left) < 8 or len(right) < 8:
        return 1.0
    return len(left & right) / len(left | right)
