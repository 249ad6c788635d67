"""Places far from here: what is looked at from each, and how much may be asked. Their samples stand beside those of
this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import msgspec

from ..launch.model import Launch, Region
from .samples.model import Target
from .targets import targets_of

if TYPE_CHECKING:
    from .prober import Answer

EXPORTER_S, PUBLIC_S = 60.0, 3600.0
_NEVER_PUBLIC = ("admin", "staging", "origin")


class Asks(Protocol):
    """Somebody who asks one target: from here, or from far."""

    async def probe(self, due: float, *, fresh: bool = False) -> Answer:
        """Never raises for what the target does; `due` in `time.perf_counter` seconds, `fresh` asks on a new
        connection."""

    def close(self) -> None:
        """Lets go of a kept connection, without waiting."""


def elsewhere(launch: Launch, targets: tuple[Target, ...] | None = None) -> tuple[tuple[Region, Target], ...]:
    """What each region looks at, region by region, in the order of the targets."""
    targets = targets_of(launch) if targets is None else targets
    return tuple(
        (region, one) for region in launch.regions for target in targets if (one := _seen_from(launch, region, target))
    )


def _seen_from(launch: Launch, region: Region, target: Target) -> Target | None:
    if region.targets and target.name not in region.targets:
        return None
    if region.kind == "globalping" and not _may_be_public(launch, region, target):
        return None
    if region.kind == "blackbox" and target.login:
        return None  # its secret would have to lie in that region's exporter
    every = region.every_s or (PUBLIC_S if region.kind == "globalping" else EXPORTER_S)
    return msgspec.structs.replace(
        target,
        region=region.name,
        every_s=max(every, target.every_s),
        version_json="",
        version_header="",
        source="region",
    )


def _may_be_public(launch: Launch, region: Region, target: Target) -> bool:
    """Whether a public service may learn of it: results of its probes can be read by anybody who has their number.

    Never with a log-in, a header or a body, never what is the team's own; an address with a query only where the
    region names it.
    """
    host = launch.host(target.host)
    return (
        target.kind == "web"
        and target.method in ("GET", "HEAD", "OPTIONS")
        and not (target.login or target.headers or target.body)
        and not (host is not None and host.role in _NEVER_PUBLIC)
        and target.environment == "production"
        and (not urlsplit(target.url).query or target.name in region.targets)
    )


class Budget:
    """How many tests of a public service may still be asked for in this hour. One for all regions."""

    def __init__(self, an_hour: int) -> None:
        self._an_hour = an_hour
        self._spent: list[tuple[float, int]] = []
        self._closed_until = 0.0

    def take(self, count: int, now: float, *, keep_back: float = 0.0) -> bool:
        """Whether so many may be asked now; they are then counted. `keep_back`: the share left for what is urgent."""
        self._spent = [(at, n) for at, n in self._spent if now - at < 3600]
        if now < self._closed_until or sum(n for _, n in self._spent) + count > self._an_hour * (1 - keep_back):
            return False
        self._spent.append((now, count))
        return True

    def close(self, until: float) -> None:
        """The service said that it is enough for now."""
        self._closed_until = until
