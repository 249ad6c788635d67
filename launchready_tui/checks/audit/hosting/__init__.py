"""audit.hosting: where production runs, by the clues that every public host gives away."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .... import facts
from ....failure import Failure
from ....findings import Evidence, Finding
from ....world.sights import DnsAnswer, Reply
from ...base import Say, check
from ...seen import ABSENT, via_of
from ..hosts_of import declared, plain
from ..providers import Guess, guesses, same_company
from ..together import as_they_come

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World


@dataclass(frozen=True)
class _Look:
    """What one host gave away. `declared` is the company that the launch file names, `network` whose network it is in
    where nothing else is known."""

    host: str
    declared: str
    found: tuple[Guess, ...]
    evidence: list[Evidence]
    via: str
    network: str = ""

    @property
    def runs_on(self) -> Guess | None:
        """The guess that names where the product itself runs, and not only what stands before it."""
        return next((guess for guess in self.found if guess.hosting.kind != "cdn"), None)

    @property
    def confirmed(self) -> bool:
        """Whether something seen is what the launch file names."""
        return any(same_company(self.declared, guess.hosting) for guess in self.found)

    def seen(self, *named: str) -> list[Evidence]:
        """Every clue and all else that was seen; `named` are companies that the launch file names."""
        clues = [(name, "named in the launch file") for name in named]
        clues += [(guess.hosting.name, clue.words) for guess in self.found for clue in guess.clues]
        fact = facts.Hosting(host=self.host, companies=tuple(dict.fromkeys(name for name, _ in clues)))
        text = "\n".join(f"{name}: {words}" for name, words in clues)
        return [Evidence.of("clues", text, source=self.host, fact=fact), *self.evidence]


@check("audit.hosting")
async def hosting(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Names the provider of each declared host; the hosts that give nothing away are one question to a person."""
    say = Say("audit.hosting", world.clock.now())
    hosts = [name for name in declared(launch) if (host := launch.host(name)) is None or host.role != "mail"]
    dark: list[_Look] = []
    async with aclosing(as_they_come(_look(say, world, host) for host in hosts)) as looks:
        async for look in looks:
            if isinstance(look, Finding):
                yield look
                continue
            if look is None:
                continue  # audit.hosts speaks of names without an address
            if look.declared and look.runs_on is not None and not look.confirmed:
                yield _disagrees(say, look, look.runs_on)
                continue
            if look.found or look.declared:
                yield _named(say, look)
            if look.runs_on is None and not look.declared:
                dark.append(look)
    if dark:
        yield _dark(say, launch, sorted(dark, key=lambda look: hosts.index(look.host)))


async def _look(say: Say, world: World, host: str) -> _Look | Finding | None:
    answer, addresses, reply = await asyncio.gather(
        world.dns.ask(host, "A"), world.dns.addresses(host), world.web.get(f"https://{host}/")
    )
    if isinstance(addresses, Failure):
        if addresses.kind in ABSENT:
            return None
        return say.unknown("provider", host, failure=addresses)
    aliases = [plain(answer.canonical)] if isinstance(answer, DnsAnswer) and answer.canonical not in ("", host) else []
    found = guesses(aliases, addresses, reply if isinstance(reply, Reply) else None)
    fact = facts.Addresses(host=host, addresses=addresses)
    evidence = [Evidence.of("addresses", "\n".join(addresses), source=host, at=world.clock.now(), fact=fact)]
    evidence += [Evidence.of("alias", alias, source=f"DNS of {host}", at=world.clock.now()) for alias in aliases]
    if isinstance(reply, Reply):
        evidence.append(_headers(reply))
    else:
        evidence.append(Evidence.of("failure", str(reply), source=f"https://{host}/"))
    network = "" if found else await _network(world, addresses)
    if network:
        evidence.append(Evidence.of("network", network, source="Team Cymru, DNS", at=world.clock.now()))
    named = world.launch.host(host)
    return _Look(host, named.provider.strip() if named else "", found, evidence, via_of(answer, reply), network)


def _headers(reply: Reply) -> Evidence:
    kept = [
        f"{name}: {value}"
        for name, value in reply.headers
        if name in ("server", "via", "x-powered-by") or name.startswith(("x-", "cf-"))
    ]
    return Evidence.of(
        "headers", "\n".join([f"GET {reply.url}  {reply.status}", *kept[:20]]), source=reply.url, at=reply.at
    )


async def _network(world: World, addresses: tuple[str, ...]) -> str:
    """The owner of the first address's network, by the public ASN service where it may be asked; never a reason to
    fail."""
    settings = world.launch.settings
    if "asn" not in settings.services or not world.launch.announced:
        return ""
    address = ipaddress.ip_address(addresses[0])
    digits = str(address).split(".")[::-1] if address.version == 4 else list(address.exploded.replace(":", ""))[::-1]
    zone = "origin" if address.version == 4 else "origin6"
    origin = await world.dns.ask(f"{'.'.join(digits)}.{zone}.asn.cymru.com", "TXT")
    if isinstance(origin, Failure) or not origin.texts:
        return ""
    number = origin.texts[0].partition("|")[0].split()
    if not number or not number[0].isdigit():
        return ""
    named = await world.dns.ask(f"AS{number[0]}.asn.cymru.com", "TXT")
    name = "" if isinstance(named, Failure) or not named.texts else named.texts[0].rpartition("|")[2].strip()
    return f"AS{number[0]} {name}".strip()


def _named(say: Say, look: _Look) -> Finding:
    main, host, via = look.runs_on, look.host, look.via
    front = next((guess.hosting.name for guess in look.found if guess.hosting.kind == "cdn"), "")
    if main is None and look.declared:
        said, evidence = "declared-behind" if front else "declared", look.seen(look.declared)
        return say.passed("provider", host, said, company=look.declared, front=front, evidence=evidence, via=via)
    company = main.hosting.name if main else ""
    said = ("behind" if front else "pass") if main else "front"
    if (main or look.found[0]).confidence == "medium":
        said = f"{said}-by-headers"
    return say.passed("provider", host, said, company=company, front=front, evidence=look.seen(), via=via)


def _disagrees(say: Say, look: _Look, guess: Guess) -> Finding:
    company, declared = guess.hosting.name, look.declared
    return say.warn("disagrees", look.host, company=company, declared=declared, evidence=look.seen(), via=look.via)


def _dark(say: Say, launch: Launch, looks: list[_Look]) -> Finding:
    lines = []
    for look in looks:
        why = (
            f"behind {look.found[0].hosting.name}"
            if look.found
            else (f"in the network {look.network}" if look.network else "no clue")
        )
        lines.append(f"{look.host}: {why}")
    evidence, host = [Evidence.of("hosts", "\n".join(lines)), *looks[0].evidence], looks[0].host
    said = "unknown" if len(looks) > 1 else "one"
    return say.unknown(
        "no-clue", launch.domain, said, hosts=len(looks), host=host, evidence=evidence, via=via_of(*looks)
    )
