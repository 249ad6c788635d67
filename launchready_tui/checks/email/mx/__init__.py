"""email.mx: mail can be received."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding
from ....wire import is_address
from ....world.sights import DnsAnswer, SmtpSight
from ...base import Say, check
from ...seen import ABSENT, distinct, dns_evidence

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World


@dataclass(frozen=True)
class Exchange:
    """One MX record: preference and target; an empty target is the null MX of RFC 7505."""

    preference: int
    target: str


def exchanges(answer: DnsAnswer) -> list[Exchange]:
    """The MX records of an answer, the preferred one first."""
    found = []
    for record in answer.records:
        preference, _, target = record.strip().partition(" ")
        found.append(Exchange(int(preference) if preference.isdigit() else 0, target.strip().rstrip(".")))
    return sorted(found, key=lambda exchange: (exchange.preference, exchange.target))


@check("email.mx")
async def mx(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The launch domain, and the domain of the support address where it is another one."""
    say = Say("email.mx", world.clock.now())
    support = launch.email.support.rpartition("@")[2].lower()
    judged = await asyncio.gather(
        *(_domain(say, launch, world, domain, support) for domain in dict.fromkeys((launch.domain, support)) if domain)
    )
    for findings in judged:
        for finding in findings:
            yield finding


async def _domain(say: Say, launch: Launch, world: World, domain: str, support: str) -> list[Finding]:
    answer, to = await world.dns.ask(domain, "MX"), launch.email.support
    if isinstance(answer, Failure):
        return [say.unknown("none", domain, failure=answer)]
    found, wanted, via = exchanges(answer), domain == support, answer.via
    evidence = [dns_evidence(answer)]
    if not found and not wanted:
        return [say.info("none", domain, evidence=evidence, via=via)]
    if not found:
        message = "no-name" if answer.status == "nxdomain" else "fail"
        return [say.fail("none", domain, message, support=to, evidence=evidence, via=via)]
    if any(exchange.target == "" for exchange in found):
        if len(found) > 1:
            return [say.fail("null", domain, evidence=evidence, via=via)]
        if wanted:
            return [say.fail("null", domain, "support", support=to, evidence=evidence, via=via)]
        return [say.passed("null", domain, evidence=evidence, via=via)]
    servers = tuple(exchange.target for exchange in found)
    targets = await asyncio.gather(*(_target(say, world, domain, target) for target in dict.fromkeys(servers)))
    findings = distinct(finding for group in targets for finding in group)
    if not any(finding.state.value in ("fail", "unknown") for finding in findings):
        findings.insert(0, say.passed("none", domain, servers=servers, evidence=evidence, via=via))
    return findings


async def _target(say: Say, world: World, domain: str, target: str) -> list[Finding]:
    """One mail server: it must be a name with addresses of its own (RFC 5321 section 5.1, RFC 2181 section 10.3)."""
    if is_address(target):
        return [say.fail("ip-literal", target.strip("[]"), domain=domain)]
    alias, addresses = await asyncio.gather(world.dns.ask(target, "CNAME"), world.dns.addresses(target))
    if isinstance(addresses, Failure):
        if addresses.kind in ABSENT:
            return [say.fail("unresolved", target, domain=domain, failure=addresses)]
        return [say.unknown("unresolved", target, failure=addresses)]
    findings = []
    if isinstance(alias, DnsAnswer) and alias.found:
        to, evidence = alias.records[0], [dns_evidence(alias)]
        findings.append(say.warn("alias", target, domain=domain, to=to, evidence=evidence, via=alias.via))
    greeting, names = await asyncio.gather(
        world.mail.greet(target),
        asyncio.gather(*(world.dns.ask(_reverse(address), "PTR") for address in addresses[:4])),
    )
    findings.append(_greeting(say, target, greeting))
    known = [(address, name) for address, name in zip(addresses, names, strict=False) if isinstance(name, DnsAnswer)]
    if known:
        lines = "\n".join(
            f"{address}  {', '.join(name.records) if name.found else 'no name'}" for address, name in known
        )
        evidence = [Evidence.of("ptr", lines, source=target, at=known[0][1].at)]
        message = "info" if all(name.found for _, name in known) else "nameless"
        findings.append(say.info("ptr", target, message, evidence=evidence, via=known[0][1].via))
    return findings


def _reverse(address: str) -> str:
    return ipaddress.ip_address(address).reverse_pointer


def _greeting(say: Say, target: str, sight: SmtpSight | Failure) -> Finding:
    if isinstance(sight, Failure):
        return say.info("starttls", target, failure=sight)
    lines = [f"{sight.code} {sight.banner}", *sight.capabilities]
    evidence = [Evidence.of("smtp", "\n".join(lines), source=f"{target}:{sight.port}", at=sight.at)]
    if sight.code != 220:
        return say.info("starttls", target, "refused", code=sight.code, evidence=evidence, via=sight.via)
    if sight.starttls:
        return say.passed("starttls", target, evidence=evidence, via=sight.via)
    return say.warn("starttls", target, evidence=evidence, via=sight.via)
