"""The outside, seen once a run: every observation is remembered by its question, and one in flight is shared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from ..clock import Clock
from ..failure import Failure
from ..hostnames import host_of
from ..launch.model import Launch, Route
from ..launch.papers import Papers
from ..secrets import load as load_shapes
from ..wire import Counts, Reach, Wire
from ..wire.slots import later
from .domains import is_suffix, registrable

if TYPE_CHECKING:
    from ..journal import TrialRow
    from ..probe import Measurement
    from ..vault.secret import Secret
    from .dns import Dns
    from .logs import Logs
    from .mail import Mail
    from .registry import Registry
    from .repository import Repository
    from .tls import Tls
    from .web import Web

Consent = Literal["mail", "load", "build", "smoke", "intrusive"]


# Kinds that a host can show as well: from a look-up they mean the resolver.
_RESOLVER_ONLY = frozenset({"timeout", "refused", "reset", "unreachable", "protocol"})


def _no_credential(name: str, host: str) -> None:
    return None


def _no_trials(kind: str) -> Sequence[TrialRow]:
    return ()


class World:
    """Opened per run: `async with World(...) as world`. A re-check opens a new one, so that a fix just made is seen at
    once."""

    dns: Dns
    web: Web
    tls: Tls
    registry: Registry
    mail: Mail
    logs: Logs
    repository: Repository

    def __init__(
        self,
        launch: Launch,
        reach: Reach,
        *,
        clock: Clock,
        allow: frozenset[Consent] = frozenset(),
        folder: Path | None = None,
        credential: Callable[[str, str], Secret | None] = _no_credential,
        papers: Papers | None = None,
        trials: Callable[[str], Sequence[TrialRow]] = _no_trials,
    ) -> None:
        from .dns import Dns
        from .logs import Logs
        from .mail import Mail
        from .registry import Registry
        from .repository import Repository
        from .serverlogs import ServerLogs
        from .tls import Tls
        from .web import Web

        self.launch = launch
        self.reach = reach
        self.clock = clock
        self.allow = allow
        self.folder = folder
        self.credential = credential
        self.papers = papers or Papers()
        """What is written down beside the launch file; empty where nobody gave it."""
        self.trials = trials
        """What was tried before, by kind, newest first, such as test mails. It reads a file: call it in a thread."""
        self.counts = Counts()
        self.wire = Wire(reach, counts=self.counts, lookup=self._lookup)
        self.dns = Dns(self.wire, clock)
        self.web = Web(self.wire, clock, requests_per_host=launch.settings.requests_per_host)
        self.tls = Tls(self.wire, clock, fetch=self.web.get)
        self.registry = Registry(self.web, launch, clock)
        self.mail = Mail(self.wire, clock)
        self.logs = Logs(self.web, clock, folder)
        self.repository = Repository((folder or Path()) / launch.repository.path if launch.repository else None, clock)
        self.server_logs = ServerLogs(folder, clock)

    async def _lookup(self, host: str) -> tuple[str, ...] | Failure:
        """Where to connect. A resolver that refuses or is silent says nothing of the host: that must not look like the
        host doing so."""
        found = await self.dns.addresses(host)
        if isinstance(found, Failure) and found.kind in _RESOLVER_ONLY:
            return Failure(kind="servfail", detail=str(found), target=host)
        return found

    async def __aenter__(self) -> Self:
        """Prepares the TLS contexts outside the loop. Raises ValueError for a CA file that cannot be used."""
        await asyncio.to_thread(_prepare, self.reach)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends every look still in flight and closes the connections."""
        for observer in (
            self.repository,
            self.server_logs,
            self.logs,
            self.registry,
            self.mail,
            self.tls,
            self.web,
            self.dns,
        ):
            await observer.close()

    def may_intrude(self, host: str) -> bool:
        """Whether what goes beyond an ordinary visit may be done to this host.

        The launch file's permission covers it, or `--allow intrusive` was given and the host lies in a domain the
        launch declares.
        """
        host = host.rstrip(".").lower()
        if self.launch.permits(host):
            return True
        if "intrusive" not in self.allow:
            return False
        declared = {registrable(self.launch.domain), *(registrable(one.name) for one in self.launch.hosts)}
        return registrable(host) in declared

    async def measure(
        self,
        route: Route,
        *,
        samples: int | None = None,
        rate: float | None = None,
        deadline_s: float = 60.0,
        progress: Callable[[int], None] | None = None,
    ) -> Measurement | Failure:
        """Timed requests to one route, in a child process. Samples and rate are the settings' unless given.

        A route that logs in is measured with its credential, or not at all: `no-permission` where none is stored for
        its host.
        """
        from ..probe import measure

        credential: Secret | None = None
        if route.login:
            host = host_of(route.url)
            # The keyring may take its time, and the loop must not wait for it.
            credential = await asyncio.to_thread(self.credential, route.login, host)
            if credential is None:
                detail = f"no credential {route.login!r} is stored for {host}"
                return Failure(kind="no-permission", detail=detail, target=route.url)
        settings = self.launch.settings
        return await measure(
            route,
            self.reach,
            wire=self.wire,
            samples=settings.samples if samples is None else samples,
            rate=settings.rate if rate is None else rate,
            credential=credential,
            clock=self.clock,
            deadline_s=deadline_s,
            progress=progress,
        )


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

    for name in ("dns", "logs", "mail", "registry", "repository", "serverlogs", "tls", "web", "certificates"):
        importlib.import_module(f"{__package__}.{name}")
    for name in ("cryptography.x509", "anyio._backends._asyncio", "dns.message", "dns.resolver", "encodings.idna"):
        importlib.import_module(name)
    for name in (
        "IN.A",
        "IN.AAAA",
        "IN.HTTPS",
        "ANY.CAA",
        "ANY.CNAME",
        "ANY.MX",
        "ANY.NS",
        "ANY.OPT",
        "ANY.PTR",
        "ANY.SOA",
        "ANY.TXT",
    ):
        importlib.import_module(f"dns.rdtypes.{name}")
    registrable("www.example.com")
    load_shapes()
    _prepare(Reach())


__all__ = ["Consent", "Counts", "Reach", "World", "is_suffix", "later", "registrable", "warm_up"]
