"""After a fix resolvers keep the old record for a while: the zone's own servers are asked, and what they say is
judged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from ...failure import Failure
from ...findings import Finding, State
from ...world import registrable
from ...world.sights import DnsAnswer
from ..base import Say
from ..seen import distinct, dns_evidence

if TYPE_CHECKING:
    from ...world import World

_SERVERS = 3
Question = tuple[str, str]


class Fresh:
    """The run's DNS, with some questions answered by the zone's own servers in place of the resolver."""

    def __init__(self, world: World, newer: dict[Question, DnsAnswer] | None = None) -> None:
        self._dns = world.dns
        self.newer = newer or {}

    async def ask(self, name: str, rdtype: str) -> DnsAnswer | Failure:
        """A name server's own answer where it was newer, else what the run's resolver says."""
        found = self.newer.get((name.lower().rstrip("."), rdtype))
        return found if found is not None else await self._dns.ask(name, rdtype)

    async def addresses(self, host: str) -> tuple[str, ...] | Failure:
        """By the resolver always: hosts of mail servers are not asked for afresh."""
        return await self._dns.addresses(host)


async def newest(world: World, answer: DnsAnswer) -> DnsAnswer | None:
    """What the zone's own servers say, where they agree with each other and not with the resolver; else None."""
    if answer.authoritative or answer.canonical not in ("", answer.name):
        return None
    servers = await world.dns.ask(registrable(answer.name), "NS")
    if isinstance(servers, Failure) or not servers.found:
        return None
    places = await asyncio.gather(*(world.dns.addresses(name) for name in servers.records[:_SERVERS]))
    said = await asyncio.gather(
        *(world.dns.ask_at(place[0], answer.name, answer.rdtype) for place in places if not isinstance(place, Failure))
    )
    heard = [one for one in said if isinstance(one, DnsAnswer) and one.authoritative and not one.referral]
    if not heard or len({_content(one) for one in heard}) > 1 or _content(heard[0]) == _content(answer):
        return None
    return heard[0]


def _content(answer: DnsAnswer) -> tuple[bool, tuple[str, ...]]:
    return answer.found, tuple(sorted(answer.texts or answer.records))


async def with_newest(
    world: World,
    say: Say,
    subject: str,
    questions: Iterable[Question],
    judge: Callable[[Fresh], Awaitable[list[Finding]]],
) -> list[Finding]:
    """The findings of `judge`; where something is open, judged again by what the zone's own servers say, if that is
    newer."""
    first = await judge(Fresh(world))
    if not any(finding.state in (State.FAIL, State.WARN) for finding in first):
        return first
    old: list[DnsAnswer] = []
    newer: dict[Question, DnsAnswer] = {}
    for name, rdtype in dict.fromkeys(questions):
        answer = await world.dns.ask(name, rdtype)
        found = await newest(world, answer) if isinstance(answer, DnsAnswer) else None
        if found is not None and isinstance(answer, DnsAnswer):
            old.append(answer)
            newer[name.lower().rstrip("."), rdtype] = found
    if not newer:
        return first
    name, left, at = old[0].name, max(answer.ttl for answer in old), next(iter(newer.values())).server
    evidence = [dns_evidence(answer) for answer in (*newer.values(), *old)]
    judged = await judge(Fresh(world, newer))
    message, via = "info" if left else "a-while", old[0].via
    cached = say.info("cached", subject, message, name=name, server=at, seconds=left, evidence=evidence, via=via)
    return distinct([*judged, cached])
