"""A world made of tables, for tests of checks: what DNS, web, TLS and mail servers would answer, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from launchready_tui.clock import FixedClock
from launchready_tui.failure import Failure
from launchready_tui.findings import Finding
from launchready_tui.launch.model import Host, Launch
from launchready_tui.world.follow import follow
from launchready_tui.world.sights import (
    Certificate,
    Chain,
    CipherKind,
    DnsAnswer,
    Reply,
    Signing,
    SmtpSight,
    TlsSight,
    VersionAnswer,
)

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
HTML = (("content-type", "text/html; charset=utf-8"),)
Answer = Reply | Failure | Callable[[str, str, dict[str, str]], "Reply | Failure"]


def launch(**fields: Any) -> Launch:
    """A launch of shop.test with its canonical address at the apex."""
    given: dict[str, Any] = {
        "name": "Shop",
        "domain": "shop.test",
        "canonical": "https://shop.test/",
        "hosts": (Host(name="shop.test", role="web"),),
    }
    return Launch(**(given | fields))


def reply(
    url: str,
    status: int = 200,
    *headers: tuple[str, str],
    body: str | bytes = "",
    method: str = "GET",
    wire_bytes: int | None = None,
) -> Reply:
    raw = body.encode("utf-8", "replace") if isinstance(body, str) else body
    return Reply(
        url=url,
        method=method,
        status=status,
        headers=headers,
        body=raw,
        wire_bytes=len(raw) if wire_bytes is None else wire_bytes,
        at=NOW,
    )


def page(
    url: str, *headers: tuple[str, str], body: str = "<!doctype html><title>Shop</title>", status: int = 200
) -> Reply:
    return reply(url, status, *HTML, *headers, body=body)


def moved(url: str, to: str, status: int = 301, *headers: tuple[str, str]) -> Reply:
    return reply(url, status, ("location", to), *headers)


def moves_all(host: str, to_origin: str, status: int = 301, *, keep: bool = True) -> Answer:
    """A host that redirects every path, keeping path and query or landing on the home page."""

    def answer(url: str, method: str, headers: dict[str, str]) -> Reply:
        rest = url.split("://", 1)[1].partition("/")[2]
        return moved(url, f"{to_origin}/{rest if keep else ''}", status)

    return answer


def failure(kind: str, detail: str = "") -> Failure:
    return Failure(kind=kind, detail=detail)  # type: ignore[arg-type]


class FakeDns:
    def __init__(self) -> None:
        self.table: dict[tuple[str, str], tuple[str, ...] | Failure] = {}
        self.signings: dict[str, Signing | Failure] = {}

    async def signing(self, zone: str) -> Signing | Failure:
        return self.signings.get(zone, Signing(zone=zone, state="unsigned", at=NOW))

    def set(self, name: str, rdtype: str, *records: str) -> None:
        self.table[name, rdtype] = records

    def fail(self, name: str, rdtype: str, kind: str = "servfail") -> None:
        self.table[name, rdtype] = failure(kind)

    async def ask(self, name: str, rdtype: str) -> DnsAnswer | Failure:
        await asyncio.sleep(0)
        found = self.table.get((name, rdtype))
        if isinstance(found, Failure):
            return found
        known = any(key == name or key.endswith("." + name) for key, _ in self.table)
        status = "ok" if found else ("nodata" if known else "nxdomain")
        records = found or ()
        return DnsAnswer(
            name=name,
            rdtype=rdtype,
            status=status,  # type: ignore[arg-type]
            records=tuple(f'"{record}"' for record in records) if rdtype == "TXT" else records,
            texts=records if rdtype == "TXT" else (),
            ttl=300,
            canonical=name,
            server="198.51.100.53:53",
            at=NOW,
        )

    async def addresses(self, host: str) -> tuple[str, ...] | Failure:
        four, six = await self.ask(host, "A"), await self.ask(host, "AAAA")
        if isinstance(four, Failure):
            return four
        if isinstance(six, Failure):
            return six
        if four.records or six.records:
            return (*four.records, *six.records)
        return Failure(kind="no-such-name" if four.status == "nxdomain" else "no-address", target=host)


class FakeWeb:
    """Answers by exact URL, then by origin; what is in neither refuses the connection."""

    def __init__(self) -> None:
        self.urls: dict[str, Answer] = {}
        self.origins: dict[str, Answer] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    async def get(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        address: str = "",
        crawl: bool = False,
        cap: int = 512 * 1024,
        deadline_s: float = 0,
    ) -> Reply | Failure:
        await asyncio.sleep(0)
        self.asked.append((method, url, dict(headers)))
        origin = "/".join(url.split("/", 3)[:3])
        answer = self.urls.get(url) or self.urls.get(url + "/") or self.origins.get(origin) or failure("refused")
        if callable(answer):
            answer = answer(url, method, dict(headers))
        if isinstance(answer, Failure):
            return answer
        return msgspec.structs.replace(answer, method=method, url=url)

    async def follow(self, url: str, *, limit: int = 10, address: str = "", crawl: bool = False) -> Chain:
        return await follow(self, url, limit=limit, address=address, crawl=crawl)  # type: ignore[arg-type]


def certificate(*names: str, days: float = 90, age: float = 20, **fields: Any) -> Certificate:
    """A leaf of `days` lifetime made `age` days ago."""
    start = NOW - timedelta(days=age)
    given: dict[str, Any] = {
        "subject": f"CN={names[0]}",
        "issuer": "CN=Test CA",
        "names": names,
        "not_before": start,
        "not_after": start + timedelta(days=days),
        "serial": "01",
        "key": "ec",
        "key_bits": 256,
        "signature_hash": "sha256",
        "self_signed": False,
        "ca_issuers": ("http://ca.test/int.crt",),
    }
    return Certificate(**(given | fields))


def sight(
    host: str,
    leaf: Certificate | None = None,
    *,
    verify_code: int = 0,
    chain: tuple[Certificate, ...] = (),
    **fields: Any,
) -> TlsSight:
    given: dict[str, Any] = {"version": "TLSv1.3", "alpn": "h2", "verify_message": ""}
    return TlsSight(
        host=host,
        port=443,
        address="203.0.113.10",
        verified=verify_code == 0,
        verify_code=verify_code,
        chain=(leaf or certificate(host), *chain),
        at=NOW,
        **(given | fields),
    )


MODERN: dict[str, VersionAnswer] = {
    "TLSv1": "refused",
    "TLSv1.1": "refused",
    "TLSv1.2": "accepted",
    "TLSv1.3": "accepted",
}


class FakeTls:
    def __init__(self) -> None:
        self.sights: dict[str, TlsSight | Failure] = {}
        self.answers: dict[str, dict[str, VersionAnswer]] = {}
        self.resumed: dict[str, bool | None] = {}
        self.kinds: dict[str, dict[CipherKind, VersionAnswer]] = {}
        self.small: dict[str, bool | None] = {}

    async def look(self, host: str, port: int = 443, *, address: str = "", starttls: str = "") -> TlsSight | Failure:
        await asyncio.sleep(0)
        return self.sights.get(host, failure("refused"))

    async def versions(self, host: str, port: int = 443) -> dict[str, VersionAnswer]:
        await asyncio.sleep(0)
        return self.answers.get(host, MODERN)

    async def ciphers(self, host: str, port: int = 443) -> dict[CipherKind, VersionAnswer]:
        await asyncio.sleep(0)
        return self.kinds.get(host, {"forward": "accepted"})

    async def small_group(self, host: str, port: int = 443) -> bool | None:
        await asyncio.sleep(0)
        return self.small.get(host, False)

    async def resumes(self, host: str) -> bool | None:
        await asyncio.sleep(0)
        return self.resumed.get(host, True)


class FakeMail:
    def __init__(self) -> None:
        self.greetings: dict[str, SmtpSight | Failure] = {}

    async def greet(self, host: str, port: int = 25) -> SmtpSight | Failure:
        await asyncio.sleep(0)
        return self.greetings.get(host, failure("timeout"))


class FakeWorld:
    """Stands where a World would. `permitted` says whether permission is recorded."""

    def __init__(self, of: Launch, *, permitted: bool = True) -> None:
        self.launch = of
        self.clock = FixedClock(NOW)
        self.permitted = permitted
        self.dns, self.web, self.tls, self.mail = FakeDns(), FakeWeb(), FakeTls(), FakeMail()
        self.secrets: dict[str, str] = {}
        self.trials: Callable[[str], Any] = lambda kind: []

    def may_intrude(self, host: str) -> bool:
        return self.permitted

    def credential(self, name: str, host: str) -> Any:
        value = self.secrets.get(name)
        return None if value is None else _Secret(value)


class _Secret:
    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value


async def found(
    check: Callable[[Any, Any], AsyncIterator[Finding]], world: FakeWorld
) -> dict[tuple[str, str], Finding]:
    """A check's findings by (rule's last part, subject); two of one id are a mistake of the check."""
    findings = [finding async for finding in check(world.launch, world)]
    by_name = {(finding.rule.rsplit(".", 1)[1], finding.subject): finding for finding in findings}
    assert len(by_name) == len(findings), [(finding.rule, finding.subject) for finding in findings]
    for finding in findings:
        if finding.state.value in ("fail", "warn"):
            assert finding.remedy is not None, finding.rule
    return by_name


SEEN: dict[str, set[str]] = {}
"""Rule to the answers that tests of this session have asked it for, by `said`; test_zz_rule_cases.py reads it at the
end."""


def said(findings: dict[tuple[str, str], Finding], rule: str, subject: str) -> str:
    """`fail high`, `pass`, or `absent`."""
    finding = findings.get((rule, subject))
    check = next((one.check for one in findings.values()), "")
    if finding is None:
        answer = "absent"
    elif finding.state.value in ("fail", "warn", "unknown"):
        answer = f"{finding.state} {finding.severity}"
    else:
        answer = str(finding.state)
    SEEN.setdefault(f"{check}.{rule}", set()).add(answer)
    return answer
