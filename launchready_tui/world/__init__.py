"""The outside, seen once a run: every observation is remembered by its question, and one in flight is shared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from ..clock import Clock
from ..failure import Failure
from ..launch.model import Launch, Route
from ..wire import Counts, Reach, Wire
from .domains import registrable

if TYPE_CHECKING:
    from ..vault.secret import Secret
    from .dns import Dns
    from .mail import Mail
    from .registry import Registry
    from .tls import Tls
    from .web import Web

Consent = Literal["mail", "load", "build", "smoke", "intrusive"]


def _no_credential(name: str, host: str) -> None:
    return None


class World:
    """Opened per run: `async with World(...) as world`. A re-check opens a new one, so that a fix just made is seen at once."""

    dns: Dns
    web: Web
    tls: Tls
    registry: Registry
    mail: Mail

    def __init__(
        self,
        launch: Launch,
        reach: Reach,
        *,
        clock: Clock,
        allow: frozenset[Consent] = frozenset(),
        folder: Path | None = None,
        credential: Callable[[str, str], Secret | None] = _no_credential,
    ) -> None:
        from .dns import Dns
        from .mail import Mail
        from .registry import Registry
        from .tls import Tls
        from .web import Web

        self.launch = launch
        self.reach = reach
        self.clock = clock
        self.allow = allow
        self.folder = folder
        self.credential = credential
        self.counts = Counts()
        self.wire = Wire(reach, counts=self.counts, lookup=self._lookup)
        self.dns = Dns(self.wire, clock)
        self.web = Web(self.wire, clock, requests_per_host=launch.settings.requests_per_host)
        self.tls = Tls(self.wire, clock)
        self.registry = Registry(self.web, launch, clock)
        self.mail = Mail(self.wire, clock)

    async def _lookup(self, host: str) -> tuple[str, ...] | Failure:
        return await self.dns.addresses(host)

    async def __aenter__(self) -> Self:
        """Prepares the TLS contexts outside the loop. Raises ValueError for a CA file that cannot be used."""
        await asyncio.to_thread(_prepare, self.reach)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends every look still in flight and closes the connections."""
        for observer in (self.registry, self.mail, self.tls, self.web, self.dns):
            await observer.close()

    def may_intrude(self, host: str) -> bool:
        """Whether what goes beyond an ordinary visit may be done to this host.

        The launch file's permission covers it, or `--allow intrusive` was given and the host lies in a domain the launch declares.
        """
        host = host.rstrip(".").lower()
        if self.launch.permits(host):
            return True
        if "intrusive" not in self.allow:
            return False
        declared = {registrable(self.launch.domain), *(registrable(one.name) for one in self.launch.hosts)}
        return registrable(host) in declared

    async def measure(self, route: Route, **options: Any) -> Any:
        """Timed requests to one route, in a child process: probe's Measurement, or a Failure."""
        from ..probe.measure import measure

        return await measure(route, self.reach, **options)


def _prepare(reach: Reach) -> None:
    from ..wire import trust

    trust.verifying_context(reach, trust.HTTP_ALPN)
    trust.verifying_context(reach, trust.LOOK_ALPN)
    trust.lenient_context(reach, trust.LOOK_ALPN)
    trust.looking_context(trust.LOOK_ALPN)
    for version in trust.VERSIONS:
        trust.version_context(version)


async def warm_up() -> None:
    """Does in a thread what would stall the loop in the first run: imports, public suffix list, TLS contexts."""
    await asyncio.to_thread(_warm)


def _warm() -> None:
    import importlib

    for name in ("dns", "mail", "registry", "tls", "web", "certificates"):
        importlib.import_module(f"{__package__}.{name}")
    for name in ("cryptography.x509", "httpcore", "anyio._backends._asyncio", "dns.rdtypes.ANY.MX", "encodings.idna"):
        importlib.import_module(name)
    registrable("www.example.com")
    _prepare(Reach())


__all__ = ["Consent", "Counts", "Reach", "World", "registrable", "warm_up"]
