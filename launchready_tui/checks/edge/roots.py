"""The addresses people type: http and https, with and without www, and what answered there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...failure import Failure
from ...world.sights import Chain, Reply
from ..parse.addresses import origin

if TYPE_CHECKING:
    from ...launch.model import Launch
    from ...world import World


@dataclass(frozen=True)
class Root:
    """One of the four roots, followed to its end."""

    host: str
    scheme: str
    chain: Chain

    @property
    def url(self) -> str:
        """The address typed, with a path of `/`."""
        return f"{self.scheme}://{self.host}/"

    @property
    def origin(self) -> str:
        """The origin typed, without a default port."""
        return origin(self.url)

    @property
    def reply(self) -> Reply | None:
        """The answer at the end, where the chain came to one."""
        return self.chain.end if isinstance(self.chain.end, Reply) and not self.chain.problem else None

    @property
    def failure(self) -> Failure | None:
        """Why the chain ended without an answer; None also where it looped or was too long."""
        return self.chain.end if isinstance(self.chain.end, Failure) else None

    @property
    def end_origin(self) -> str:
        """Where the chain arrived; empty where it did not."""
        return origin(self.reply.url) if self.reply else ""


def root_hosts(launch: Launch) -> tuple[str, ...]:
    """Apex and www of the launch domain, and the canonical host where it is another one."""
    return tuple(dict.fromkeys((launch.domain, f"www.{launch.domain}", launch.canonical_host)))


async def look(launch: Launch, world: World) -> tuple[list[Root], dict[str, Failure]]:
    """All roots that have an address, followed together; and the hosts that have none, or whose look-up failed, with
    the reason."""
    hosts = root_hosts(launch)
    answers = await asyncio.gather(*(world.dns.addresses(host) for host in hosts))
    gone = {host: answer for host, answer in zip(hosts, answers, strict=True) if isinstance(answer, Failure)}
    there = [(host, scheme) for host in hosts if host not in gone for scheme in ("http", "https")]
    chains = await asyncio.gather(*(world.web.follow(f"{scheme}://{host}/") for host, scheme in there))
    return [Root(host, scheme, chain) for (host, scheme), chain in zip(there, chains, strict=True)], gone
