"""audit.one-service: all addresses of a name lead to the same product."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....world.sights import Reply, TlsSight
from ...base import Say, check
from ...parse import page as html
from ...seen import ABSENT, PROVEN, via_of
from ..dated import dated
from ..hosts_of import web_hosts
from ..providers import where_dns_is_edited
from ..together import as_they_come

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

say = Say("audit.one-service")

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
@dated
async def one_service(launch: Launch, world: World) -> AsyncGenerator[Finding, None]:
    """Asks each address of each web host for the same page and compares the answers."""
    async with aclosing(as_they_come(_host(world, name) for name in web_hosts(launch))) as findings:
        async for finding in findings:
            if finding is not None:
                yield finding


async def _host(world: World, host: str) -> Finding | None:
    found = await world.dns.addresses(host)
    if isinstance(found, Failure):
        if found.kind in ABSENT:
            return None  # audit.hosts speaks of names without an address
        words = f"The addresses of {host} could not be seen: {found.words}"
        return say.unknown("addresses-differ", host, words, failure=found, severity=Severity.BLOCKER)
    addresses = found[:MOST]
    if len(found) == 1:
        evidence = Evidence.of("addresses", found[0], source=host, at=world.clock.now())
        via = via_of(await world.dns.ask(host, "A"))
        return say.passed(
            "addresses-differ",
            host,
            f"{host} has one address, so it leads to one service",
            evidence=[evidence],
            via=via,
        )
    sides = await asyncio.gather(*(_ask(world, host, address) for address in addresses))
    return await _compare(world, host, list(sides), len(found))


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


async def _compare(world: World, host: str, sides: list[_Side], count: int) -> Finding:
    evidence = [
        Evidence.of(
            "addresses",
            "\n".join(side.line for side in sides),
            source=f"https://{host}/ at each address",
            at=world.clock.now(),
        )
    ]
    via = via_of(*(side.reply for side in sides))
    excused = [side for side in sides if _excused(side)]
    judged = [side for side in sides if not _excused(side)]
    answered = [side for side in judged if isinstance(side.reply, Reply)]
    if not answered:
        failure = next(side.reply for side in sides if isinstance(side.reply, Failure))
        words = f"No address of {host} could be asked: {failure.words}"
        return say.unknown(
            "addresses-differ", host, words, failure=failure, severity=Severity.BLOCKER, evidence=evidence, via=via
        )
    odd, why = _odd(judged)
    if odd:
        names = " and ".join(side.address for side in odd)
        others = ", ".join(side.address for side in judged if side not in odd)
        words = f"{host} leads to different services: {names} {why}" + (
            f", {others} does not" if others and why.startswith("answer") else ""
        )
        return say.fail(
            "addresses-differ",
            host,
            words,
            severity=Severity.BLOCKER,
            evidence=evidence,
            remedy=Remedy(
                text=f"Remove the record for {names} if it is an old server; some visitors land there",
                paste="\n".join(
                    f"{host}. {'AAAA' if ':' in side.address else 'A'} {side.address}   ; remove" for side in odd
                ),
                where=await where_dns_is_edited(world, host),
            ),
            via=via,
        )
    if excused and len(answered) < 2:
        failure = next(side.reply for side in excused if isinstance(side.reply, Failure))
        words = f"Only one address of {host} could be asked from here: {failure.words}"
        return say.unknown(
            "addresses-differ", host, words, failure=failure, severity=Severity.BLOCKER, evidence=evidence, via=via
        )
    told = (
        f"all {count} addresses"
        if count == len(answered)
        else f"{len(answered)} of {count} addresses, asked one by one,"
    )
    return say.passed("addresses-differ", host, f"{host}: {told} lead to the same service", evidence=evidence, via=via)


def _odd(sides: list[_Side]) -> tuple[list[_Side], str]:
    """The addresses that go their own way, and in what; the first difference that counts."""
    broken = [side for side in sides if isinstance(side.reply, Failure)]
    if broken:
        assert isinstance(broken[0].reply, Failure)
        return broken, f"cannot be used ({broken[0].reply.words})"
    told: tuple[tuple[str, list[str]], ...] = (
        ("status", [side.status for side in sides]),
        ("redirect target", [side.location for side in sides]),
        ("certificate issuer", [side.issuer for side in sides]),
        ("server software", [side.server for side in sides]),
        ("page title", [side.title for side in sides]),
    )
    for what, values in told:
        if odd := _minority(sides, values):
            return odd, f"answer with another {what}" if len(odd) > 1 else f"answers with another {what}"
    first = sides[0]
    different = [side for side in sides[1:] if _likeness(first.reply, side.reply) < ALIKE]
    if different:
        odd = different if len(different) <= len(sides) // 2 else [first]
        return odd, "answers with another page" if len(odd) == 1 else "answer with another page"
    return [], ""


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
