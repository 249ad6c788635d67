"""email.mx: mail can be received."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....world.sights import DnsAnswer, SmtpSight
from ...base import Say, check
from ...paste import zone_line
from ...seen import ABSENT, distinct, dns_evidence
from ..voice import MailSay

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
    say = MailSay("email.mx", world.clock.now())
    support = launch.email.support.rpartition("@")[2].lower()
    judged = await asyncio.gather(
        *(_domain(say, launch, world, domain, support) for domain in dict.fromkeys((launch.domain, support)) if domain)
    )
    for findings in judged:
        for finding in findings:
            yield finding


async def _domain(say: Say, launch: Launch, world: World, domain: str, support: str) -> list[Finding]:
    answer = await world.dns.ask(domain, "MX")
    wanted = domain == support
    if isinstance(answer, Failure):
        return [say.unknown("none", domain, f"Where mail to {domain} goes could not be looked up", failure=answer)]
    found = exchanges(answer)
    evidence = [dns_evidence(answer)]
    add = Remedy(
        text="Add the mail servers that your mailbox provider names (the example stands for them)",
        paste=zone_line(domain, "MX", "10 mx.your-provider.example."),
        where="your DNS host",
    )
    if not found:
        if wanted:
            why = "does not exist in the DNS" if answer.status == "nxdomain" else "names no mail server"
            said = f"Nobody can write to {launch.email.support}: {domain} {why}"
            return [say.fail("none", domain, said, evidence=evidence, remedy=add, via=answer.via)]
        refuse = Remedy(
            text="If it shall take none, say so", paste=zone_line(domain, "MX", "0 ."), where="your DNS host"
        )
        return [say.info("none", domain, f"{domain} takes no mail", evidence=evidence, remedy=refuse, via=answer.via)]
    if any(exchange.target == "" for exchange in found):
        if len(found) > 1:
            said = f"{domain} says that it takes no mail and names mail servers as well"
            return [
                say.fail(
                    "null",
                    domain,
                    said,
                    evidence=evidence,
                    remedy=Remedy(text="Delete the record '0 .'", where="your DNS host"),
                    via=answer.via,
                )
            ]
        if wanted:
            said = f"{domain} says that it takes no mail, and {launch.email.support} is where customers write"
            return [say.fail("null", domain, said, evidence=evidence, remedy=add, via=answer.via)]
        return [
            say.passed(
                "null", domain, f"{domain} says plainly that it takes no mail", evidence=evidence, via=answer.via
            )
        ]
    targets = await asyncio.gather(
        *(_target(say, world, domain, target) for target in dict.fromkeys(exchange.target for exchange in found))
    )
    findings = distinct(finding for group in targets for finding in group)
    if not any(finding.state.value in ("fail", "unknown") for finding in findings):
        names = ", ".join(exchange.target for exchange in found)
        findings.insert(
            0, say.passed("none", domain, f"Mail to {domain} goes to {names}", evidence=evidence, via=answer.via)
        )
    return findings


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


async def _target(say: Say, world: World, domain: str, target: str) -> list[Finding]:
    """One mail server: it must be a name with addresses of its own (RFC 5321 section 5.1, RFC 2181 section 10.3)."""
    if _is_address(target):
        remedy = Remedy(
            text="Give the server a name and put the name there",
            paste=zone_line(domain, "MX", f"10 mail.{domain}."),
            where="your DNS host",
        )
        said = f"The mail server of {domain} is given as an address where a name must stand: senders refuse it"
        return [say.fail("ip-literal", target.strip("[]"), said, remedy=remedy)]
    alias, addresses = await asyncio.gather(world.dns.ask(target, "CNAME"), world.dns.addresses(target))
    if isinstance(addresses, Failure):
        if addresses.kind in ABSENT:
            said = f"The mail server {target} of {domain} has no address: mail to it is lost or waits"
            remedy = Remedy(
                text="Correct the name, or give it its address",
                paste=zone_line(target, "A", "<address of the mail server>"),
                where="your DNS host",
            )
            evidence = [Evidence.of("failure", str(addresses))]
            return [say.fail("unresolved", target, said, evidence=evidence, remedy=remedy)]
        return [
            say.unknown("unresolved", target, f"The mail server {target} could not be looked up", failure=addresses)
        ]
    findings = []
    if isinstance(alias, DnsAnswer) and alias.found:
        said = f"The mail server {target} is an alias (CNAME), which some senders refuse"
        remedy = Remedy(
            text="Name the target itself in the MX record",
            paste=zone_line(domain, "MX", f"10 {alias.records[0]}."),
            where="your DNS host",
        )
        findings.append(
            say.warn(
                "alias",
                target,
                said,
                severity=Severity.LOW,
                evidence=[dns_evidence(alias)],
                remedy=remedy,
                via=alias.via,
            )
        )
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
        said = (
            f"The addresses of {target} have names"
            if all(name.found for _, name in known)
            else f"An address of {target} has no name (PTR)"
        )
        findings.append(say.info("ptr", target, said, evidence=evidence, via=known[0][1].via))
    return findings


def _reverse(address: str) -> str:
    return ipaddress.ip_address(address).reverse_pointer


def _greeting(say: Say, target: str, sight: SmtpSight | Failure) -> Finding:
    if isinstance(sight, Failure):
        said = (
            f"Whether {target} encrypts mail could not be tried from here: {sight.words} (many networks block port 25)"
        )
        return say.info("starttls", target, said, evidence=[Evidence.of("failure", str(sight))])
    lines = [f"{sight.code} {sight.banner}", *sight.capabilities]
    evidence = [Evidence.of("smtp", "\n".join(lines), source=f"{target}:{sight.port}", at=sight.at)]
    if sight.code != 220:
        said = f"{target} turned us away with {sight.code}, so nothing more was seen"
        return say.info("starttls", target, said, evidence=evidence, via=sight.via)
    if sight.starttls:
        return say.passed(
            "starttls", target, f"{target} takes mail over an encrypted connection", evidence=evidence, via=sight.via
        )
    remedy = Remedy(
        text="Switch on STARTTLS with a certificate",
        paste="smtpd_tls_security_level = may",
        where="postfix main.cf, or ask the mailbox provider",
    )
    return say.warn(
        "starttls", target, f"{target} takes mail only unencrypted", evidence=evidence, remedy=remedy, via=sight.via
    )
