"""The world made of tables, with what the audit asks beyond pages: single addresses, single name servers, registries,
timings."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
from fake_outside import NOW, FakeDns, FakeTls, FakeWeb, FakeWorld, failure

from launchready_tui.failure import Failure
from launchready_tui.launch.model import Launch, Route
from launchready_tui.probe import Measurement, Phases
from launchready_tui.world.logs import Logs
from launchready_tui.world.repository import Repository
from launchready_tui.world.serverlogs import ServerLogs
from launchready_tui.world.sights import DnsAnswer, Registration, Reply, TlsSight


class AuditDns(FakeDns):
    """`aliases` gives a name's CNAME target; `at` what one name server (by address) says: records, a Failure, or a
    referral."""

    def __init__(self) -> None:
        super().__init__()
        self.aliases: dict[str, str] = {}
        self.at: dict[tuple[str, str, str], tuple[str, ...] | Failure] = {}
        self.referrals: dict[tuple[str, str], tuple[str, ...]] = {}
        self.asked: list[tuple[str, str]] = []

    async def ask(self, name: str, rdtype: str) -> DnsAnswer | Failure:
        self.asked.append((name, rdtype))
        target = self.aliases.get(name)
        if target is None:
            return await super().ask(name, rdtype)
        answer = await super().ask(target, rdtype)
        return answer if isinstance(answer, Failure) else msgspec.structs.replace(answer, name=name, canonical=target)

    async def ask_at(self, server: str, name: str, rdtype: str, *, tcp: bool = False) -> DnsAnswer | Failure:
        await asyncio.sleep(0)
        if (server, name) in self.referrals:
            referral = self.referrals[server, name]
            return DnsAnswer(name=name, rdtype=rdtype, status="nodata", referral=referral, server=server, at=NOW)
        found = self.at.get((server, name, rdtype), failure("timeout"))
        if isinstance(found, Failure):
            return found
        status = "ok" if found else "nodata"
        return DnsAnswer(
            name=name, rdtype=rdtype, status=status, records=found, authoritative=True, server=server, at=NOW
        )  # type: ignore[arg-type]

    def zone(self, domain: str, servers: dict[str, str], *, serials: dict[str, int] | None = None) -> None:
        """A zone that all of its servers (name: address) hold alike, but for the serials given by name."""
        self.set(domain, "NS", *servers)
        for name, address in servers.items():
            self.set(name, "AAAA" if ":" in address else "A", address)
            serial = (serials or {}).get(name, 7)
            self.at[address, domain, "SOA"] = (
                f"{next(iter(servers))} hostmaster.{domain} {serial} 3600 600 604800 300",
            )
            self.at[address, domain, "NS"] = tuple(servers)


class AuditWeb(FakeWeb):
    """`addresses` holds what one address of a host answers, by (URL, address); `heads` answers to HEAD."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: dict[tuple[str, str], Reply | Failure] = {}
        self.crawled: list[str] = []
        self.heads: dict[str, Reply | Failure] = {}

    async def get(
        self, url: str, *, method: str = "GET", address: str = "", crawl: bool = False, **more: Any
    ) -> Reply | Failure:
        if crawl:
            self.crawled.append(url)
        if (url, address) in self.addresses:
            return self.addresses[url, address]
        if method == "HEAD" and url in self.heads:
            self.asked.append((method, url, {}))
            return self.heads[url]
        return await super().get(url, method=method, address=address, crawl=crawl, **more)


class AuditTls(FakeTls):
    """`addresses` holds what one address of a host shows."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: dict[tuple[str, str], TlsSight | Failure] = {}

    async def look(self, host: str, port: int = 443, *, address: str = "", starttls: str = "") -> TlsSight | Failure:
        if (host, address) in self.addresses:
            return self.addresses[host, address]
        return await super().look(host, port, address=address, starttls=starttls)


class FakeRegistry:
    def __init__(self) -> None:
        self.domains: dict[str, Registration | Failure] = {}

    async def domain(self, name: str) -> Registration | Failure:
        await asyncio.sleep(0)
        return self.domains.get(name, failure("unavailable"))


class AuditWorld(FakeWorld):
    """Stands where a World would. `measurements` by route name."""

    dns: AuditDns
    web: AuditWeb
    tls: AuditTls

    def __init__(self, of: Launch, *, permitted: bool = True) -> None:
        super().__init__(of, permitted=permitted)
        self.dns, self.web, self.tls = AuditDns(), AuditWeb(), AuditTls()
        self.registry = FakeRegistry()
        self.logs = Logs(self.web, self.clock)  # type: ignore[arg-type]
        self.repository = Repository(None, self.clock)
        self.server_logs = ServerLogs(None, self.clock)
        self.measurements: dict[str, Measurement | Failure] = {}
        self.measured: list[str] = []
        self.at_once = self.most_at_once = 0

    async def measure(self, route: Route, **options: Any) -> Measurement | Failure:
        self.measured.append(route.name)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            for _ in range(5):
                await asyncio.sleep(0)
            return self.measurements.get(route.name, failure("refused"))
        finally:
            self.at_once -= 1


def registration(
    domain: str, *, days: float | None = 300, statuses: tuple[str, ...] = ("client transfer prohibited",), **fields: Any
) -> Registration:
    given: dict[str, Any] = {
        "domain": domain,
        "registered": True,
        "registrar": "Example Registrar",
        "expires": None if days is None else NOW + timedelta(days=days),
        "statuses": statuses,
        "source": f"https://rdap.test/domain/{domain}",
        "at": NOW,
    }
    return Registration(**(given | fields))


def measurement(
    route: str, *, verdict: str = "PASS", over: int = 0, n: int = 59, errors: int = 0, **fields: Any
) -> Measurement:
    given: dict[str, Any] = {
        "route": route,
        "url": f"https://api.shop.test/{route}",
        "target_ms": 300.0,
        "n": n,
        "errors": errors,
        "over": over,
        "verdict": verdict,
        "why": "decided",
        "p50": 40.0,
        "p95": 80.0,
        "slowest": 90.0,
        "rate": 10.0,
        "seconds": 6.0,
        "started_at": NOW,
        "phases": Phases(connect=1.0, tls=2.0, first_byte=30.0, transfer=5.0),
        "statuses": {200: n - errors} | ({500: errors} if errors else {}),
    }
    return Measurement(**(given | fields))
