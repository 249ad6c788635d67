"""audit.registrar: every domain is registered, locked, and far from its end date (RDAP, RFC 9083)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .... import facts
from ....clock import stamp
from ....failure import Failure
from ....findings import Evidence, Finding
from ....world.sights import DnsAnswer, Registration
from ...base import Say, check
from ...seen import ABSENT, dns_evidence
from ..hosts_of import domains

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

FAIL_BELOW = timedelta(days=14)
WARN_BELOW = timedelta(days=60)
# EPP statuses as RDAP spells them (RFC 8056): a domain with one of these is out of DNS or on its way out.
HOLDS = ("client hold", "server hold", "redemption period", "pending delete", "inactive")
MOVES = ("pending transfer",)
LOCKS = ("client transfer prohibited", "server transfer prohibited", "transfer prohibited")
# Registries that hand out no transfer lock: moving needs a code that the registrar gives out.
NO_LOCKS = (".de", ".uk", ".nl", ".at", ".ch", ".be", ".se", ".dk", ".no", ".eu", ".fr", ".it", ".es", ".pl", ".jp")


@check("audit.registrar")
async def registrar(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Asks the registry of every registrable domain of the launch."""
    now, names = world.clock.now(), domains(launch)
    say = Say("audit.registrar", now)
    for name, answer in zip(names, await asyncio.gather(*(world.registry.domain(name) for name in names)), strict=True):
        if isinstance(answer, Failure):
            yield _unseen(say, name, answer)
        elif not answer.registered:
            yield _denied(say, answer, await world.dns.ask(name, "NS"))
        else:
            yield _expiry(say, answer, now)
            yield _hold(say, answer)
            yield _lock(say, answer)


def _denied(say: Say, seen: Registration, servers: DnsAnswer | Failure) -> Finding:
    """The registry has no such domain. One that the zone above delegates is registered all the same, and one whose name
    servers are silent may be: only a name that does not exist in DNS either can be bought."""
    name, evidence, via = seen.domain, [_evidence(seen)], seen.via
    if isinstance(servers, DnsAnswer):
        evidence.append(dns_evidence(servers))
        if servers.status == "nxdomain":
            return say.fail("not-registered", name, evidence=evidence, via=via)
        return say.unknown("unavailable", name, "denied", evidence=evidence, via=via)
    if servers.kind in ABSENT:
        return say.fail("not-registered", name, evidence=evidence, via=via)
    return say.unknown("unavailable", name, "denied", failure=servers, evidence=evidence, via=via)


def _unseen(say: Say, name: str, failure: Failure) -> Finding:
    """Why nothing is known of a registration, and the nearest way to know it."""
    if failure.kind == "switched-off":
        return say.unknown("unavailable", name, failure=failure, cause=failure.detail)
    if failure.kind == "rate-limited":
        seconds = failure.detail.removeprefix("retry after ").strip()
        remedy = say.fix("again-in", seconds=seconds) if seconds.isdigit() else say.fix("again-later")
        return say.unknown("unavailable", name, "rate-limited", failure=failure, remedy=remedy)
    if failure.kind == "unavailable" and "no RDAP service" in failure.detail:
        return say.unknown("unavailable", name, "no-service", failure=failure, ending=name.rpartition(".")[2])
    return say.unknown("unavailable", name, failure=failure)


def _evidence(seen: Registration) -> Evidence:
    lines = [
        f"registrar: {seen.registrar or '(not told)'}",
        f"expires: {stamp(seen.expires) if seen.expires else '(not told)'}",
        f"created: {stamp(seen.created) if seen.created else '(not told)'}",
        f"status: {', '.join(seen.statuses) or '(none told)'}",
    ]
    fact = facts.Registration(
        domain=seen.domain,
        registrar=seen.registrar,
        expires=seen.expires,
        status=_statuses(seen),
        nameservers=seen.nameservers,
    )
    return Evidence.of(
        "registration",
        "\n".join([seen.domain, *lines]) if seen.registered else f"{seen.domain}: not found",
        source=seen.source,
        at=seen.at,
        fact=fact if seen.registered else None,
    )


def _where(seen: Registration) -> str:
    return seen.registrar or "the registrar's page"


def _expiry(say: Say, seen: Registration, now: datetime) -> Finding:
    name, where, evidence = seen.domain, _where(seen), [_evidence(seen)]
    if seen.expires is None:
        return say.unknown("expiry", name, registrar=where, evidence=evidence, via=seen.via)
    left, day = seen.expires - now, seen.expires.strftime("%Y-%m-%d")
    if left <= timedelta(0):
        return say.fail("expiry", name, "expired", day=day, registrar=where, evidence=evidence, via=seen.via)
    days = max(1, left.days)
    if left < FAIL_BELOW:
        return say.fail("expiry", name, day=day, days=days, registrar=where, evidence=evidence, via=seen.via)
    if left < WARN_BELOW:
        return say.warn("expiry", name, day=day, days=days, registrar=where, evidence=evidence, via=seen.via)
    if seen.registrar:
        return say.passed("expiry", name, "with", day=day, registrar=where, evidence=evidence, via=seen.via)
    return say.passed("expiry", name, day=day, evidence=evidence, via=seen.via)


def _statuses(seen: Registration) -> tuple[str, ...]:
    return tuple(status.strip().lower() for status in seen.statuses)


def _has(seen: Registration, wanted: tuple[str, ...]) -> str:
    return next((status for status in wanted if status in _statuses(seen)), "")


def _hold(say: Say, seen: Registration) -> Finding:
    name, where, evidence = seen.domain, _where(seen), [_evidence(seen)]
    if held := _has(seen, HOLDS):
        return say.fail("hold", name, status=held, registrar=where, evidence=evidence, via=seen.via)
    if _has(seen, MOVES):
        return say.fail("hold", name, "transfer", registrar=where, evidence=evidence, via=seen.via)
    return say.passed("hold", name, evidence=evidence, via=seen.via)


def _lock(say: Say, seen: Registration) -> Finding:
    name, evidence = seen.domain, [_evidence(seen)]
    if _has(seen, LOCKS):
        return say.passed("lock", name, evidence=evidence, via=seen.via)
    if name.endswith(NO_LOCKS):
        return say.not_applicable("lock", name)
    if not seen.statuses:
        return say.info("lock", name, evidence=evidence, via=seen.via)
    return say.warn("lock", name, registrar=_where(seen), evidence=evidence, via=seen.via)
