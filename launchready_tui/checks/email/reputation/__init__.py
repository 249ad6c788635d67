"""email.reputation: the domain and the addresses that send for it are on no block list, and those addresses have
names."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Severity
from ....mail.auth.blocklists import BlockList, Listing, lists, look_up, works
from ....mail.auth.spf_record import is_spf, read
from ....world import registrable
from ....world.sights import DnsAnswer
from ...base import Say, check
from ...seen import ABSENT, dns_evidence
from ..mx import exchanges

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

MOST = 8
"""So many own addresses are asked for; a launch that sends from more has someone who watches them."""


@check("email.reputation")
async def reputation(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The launch domain, its sending domains, and the single addresses that its own SPF record names. Services watch
    their own."""
    say = Say("email.reputation", world.clock.now())
    own = [sender.lower() for sender in launch.email.senders if sender.lower().endswith("." + launch.domain)]
    domains = list(dict.fromkeys((launch.domain, *own)))
    others = any(sender.lower() not in domains for sender in launch.email.senders)
    addresses, failed = await _addresses(world, domains, services=others)
    if failed is not None:
        yield say.unknown("addresses", launch.domain, failure=failed)
    elif addresses:
        yield say.passed("addresses", launch.domain, addresses=tuple(addresses))
    else:
        yield say.passed("addresses", launch.domain, "services")
    names = await asyncio.gather(
        *(_name(say, world, address, launch.domain, sure) for address, sure in addresses.items())
    )
    for finding in (one for group in names for one in group):
        yield finding
    if not launch.announced or "block-lists" not in launch.settings.services:
        message = "switched-off" if launch.announced else "not-announced"
        why = "block-lists is not among settings.services" if launch.announced else "the launch is not announced yet"
        yield say.unknown("lists", launch.domain, message, failure=Failure(kind="switched-off", detail=why))
        return
    for finding in await _asked(say, world, domains, list(addresses)):
        yield finding


async def _addresses(world: World, domains: list[str], *, services: bool) -> tuple[dict[str, bool], Failure | None]:
    """The single addresses that the domains' own SPF records let send, by ip4, ip6, a and mx, each with whether it
    surely does: one that only a or mx names, beside a service that sends, may be a web server. `services`: the launch
    file names some."""
    named: list[str] = []
    found: list[str] = []
    failed: Failure | None = None
    for domain, answer in zip(
        domains, await asyncio.gather(*(world.dns.ask(domain, "TXT") for domain in domains)), strict=True
    ):
        if isinstance(answer, Failure):
            failed = failed or answer
            continue
        waiting = [(domain, text) for text in answer.texts if is_spf(text)]
        followed = 0
        while waiting:
            at, text = waiting.pop(0)
            for term in read(text).in_force:
                if term.qualifier != "+" and term.kind == "mechanism":
                    continue
                target = (term.domain or at).lower().rstrip(".")
                if term.name in ("ip4", "ip6"):
                    prefix = term.prefix4 if term.name == "ip4" else term.prefix6
                    if prefix == (32 if term.name == "ip4" else 128):
                        named.append(term.network)
                elif term.has_macro:
                    continue
                elif term.name in ("a", "mx"):
                    hosts: list[str] = [target]
                    if term.name == "mx":
                        rows = await world.dns.ask(target, "MX")
                        hosts = (
                            [one.target for one in exchanges(rows) if one.target] if isinstance(rows, DnsAnswer) else []
                        )
                        failed = failed or (rows if isinstance(rows, Failure) else None)
                    for answered in await asyncio.gather(*(world.dns.addresses(host) for host in hosts)):
                        found += answered if not isinstance(answered, Failure) else ()
                elif term.name in ("include", "redirect") and registrable(target) != registrable(domain):
                    services = True
                elif term.name in ("include", "redirect") and followed < MOST:
                    # An include of one's own is one's own; those of services are theirs to watch.
                    followed += 1
                    more = await world.dns.ask(target, "TXT")
                    waiting += (
                        [(target, one) for one in more.texts if is_spf(one)] if isinstance(more, DnsAnswer) else []
                    )
    every = list(dict.fromkeys((*named, *found)))[:MOST]
    return {address: address in named or not services for address in every}, failed


async def _name(say: Say, world: World, address: str, domain: str, sure: bool) -> list[Finding]:
    """A sending address has a name that leads back to it: Gmail and Yahoo reject mail from those that have none.

    `sure`: it does send.
    """
    turned = ipaddress.ip_address(address).reverse_pointer
    answer = await world.dns.ask(turned, "PTR")
    if isinstance(answer, Failure):
        return [say.unknown("ptr", address, failure=answer)]
    evidence, via = [dns_evidence(answer)], answer.via
    fix = say.fix("reverse-dns", turned=turned, domain=domain, type="AAAA" if ":" in address else "A", address=address)
    may = say.warn("ptr", address, "may-send", domain=domain, evidence=evidence, remedy=fix, via=via)
    if not answer.found:
        return [say.fail("ptr", address, evidence=evidence, remedy=fix, via=via) if sure else may]
    back = await asyncio.gather(*(world.dns.addresses(name) for name in answer.records[:5]))
    if any(address in found for found in back if not isinstance(found, Failure)):
        return [say.passed("ptr", address, name=answer.records[0], evidence=evidence, via=via)]
    failed = next((found for found in back if isinstance(found, Failure) and found.kind not in ABSENT), None)
    if failed is not None:
        return [say.unknown("ptr", address, "back", failure=failed, evidence=evidence, via=via)]
    if not sure:
        return [may]
    return [say.fail("ptr", address, "elsewhere", name=answer.records[0], evidence=evidence, remedy=fix, via=via)]


async def _asked(say: Say, world: World, domains: list[str], addresses: list[str]) -> list[Finding]:
    """Every list about every target of its kind; a list that does not answer in earnest is told once."""
    rows = lists()
    targets = {row.zone: (addresses if row.of == "address" else domains) for row in rows}
    asked = [row for row in rows if targets[row.zone]]
    excuses = dict(
        zip((row.zone for row in asked), await asyncio.gather(*(works(world.dns, row) for row in asked)), strict=True)
    )
    answering = [row for row in asked if excuses[row.zone] is None]
    pairs = [(row, target) for row in answering for target in targets[row.zone]]
    listings = await asyncio.gather(*(look_up(world.dns, row, target) for row, target in pairs))
    findings = [
        _target(say, target, [one for one in listings if one.target == target]) for target in (*domains, *addresses)
    ]
    silent = {row.zone: excuse for row in asked if (excuse := excuses[row.zone]) is not None}
    silent |= {one.list.zone: one.failure for one in listings if one.failure is not None}
    return [one for one in findings if one is not None] + [
        _silent(say, row, silent[row.zone], all_of=len(silent) == len(asked)) for row in asked if row.zone in silent
    ]


def _silent(say: Say, row: BlockList, failure: Failure, *, all_of: bool) -> Finding:
    """`all_of`: no list answered at all, so nothing is known."""
    severity, why = Severity.HIGH if all_of else Severity.LOW, failure.detail or failure.words
    return say.unknown(
        "lists", row.zone, list=row.name, remove=row.remove, cause=why, failure=failure, severity=severity
    )


def _target(say: Say, target: str, listings: list[Listing]) -> Finding | None:
    heard = [one for one in listings if one.failure is None]
    if not heard:
        return None
    via = next((one.answer.via for one in heard if one.answer is not None), "")
    listed = [one for one in heard if one.listed]
    lines = [
        f"{one.list.name}: {', '.join(one.codes) + ' ' + one.reason if one.listed else 'not listed'}".rstrip()
        for one in heard
    ]
    at = next((one.answer.at for one in heard if one.answer is not None), None)
    evidence = [Evidence.of("lists", "\n".join(lines), source=target, at=at)]
    if not listed:
        return say.passed("listed", target, count=len(heard), evidence=evidence, via=via)
    names, fix = tuple(one.list.name for one in listed), say.fix("delist", pages=_pages(listed))
    return say.fail("listed", target, lists=names, n=len(names), evidence=evidence, remedy=fix, via=via)


def _pages(listed: list[Listing]) -> str:
    return "\n".join(dict.fromkeys(one.list.remove for one in listed))
