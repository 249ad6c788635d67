"""audit.hosting: where production runs, by the clues that every public host gives away."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy
from ....world.sights import DnsAnswer, Reply
from ...base import Say, check
from ...seen import ABSENT, via_of
from ..dated import dated
from ..hosts_of import declared, plain
from ..providers import Guess, guesses, same_company
from ..together import as_they_come

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

say = Say("audit.hosting")


class _Look:
    """What one host gave away."""

    def __init__(
        self, host: str, declared: str, found: tuple[Guess, ...], evidence: list[Evidence], via: str, network: str = ""
    ) -> None:
        self.host, self.declared, self.found, self.evidence, self.via, self.network = (
            host,
            declared,
            found,
            evidence,
            via,
            network,
        )

    @property
    def runs_on(self) -> Guess | None:
        """The guess that names where the product itself runs, and not only what stands before it."""
        return next((guess for guess in self.found if guess.hosting.kind != "cdn"), None)

    @property
    def confirmed(self) -> bool:
        """Whether something seen is what the launch file names."""
        return any(same_company(self.declared, guess.hosting) for guess in self.found)


@check("audit.hosting")
@dated
async def hosting(launch: Launch, world: World) -> AsyncGenerator[Finding, None]:
    """Names the provider of each declared host; the hosts that give nothing away are one question to a person."""
    hosts = [name for name in declared(launch) if (host := launch.host(name)) is None or host.role != "mail"]
    dark: list[_Look] = []
    async with aclosing(as_they_come(_look(world, host) for host in hosts)) as looks:
        async for look in looks:
            if isinstance(look, Finding):
                yield look
                continue
            if look is None:
                continue  # audit.hosts speaks of names without an address
            if look.declared and look.runs_on is not None and not look.confirmed:
                yield _disagrees(look, look.runs_on)
                continue
            if look.found or look.declared:
                yield _named(look)
            if look.runs_on is None and not look.declared:
                dark.append(look)
    if dark:
        yield _dark(launch, sorted(dark, key=lambda look: hosts.index(look.host)))


async def _look(world: World, host: str) -> _Look | Finding | None:
    answer, addresses, reply = await asyncio.gather(
        world.dns.ask(host, "A"), world.dns.addresses(host), world.web.get(f"https://{host}/")
    )
    if isinstance(addresses, Failure):
        if addresses.kind in ABSENT:
            return None
        return say.unknown(
            "provider", host, f"Where {host} runs could not be seen: {addresses.words}", failure=addresses
        )
    aliases = [plain(answer.canonical)] if isinstance(answer, DnsAnswer) and answer.canonical not in ("", host) else []
    found = guesses(aliases, addresses, reply if isinstance(reply, Reply) else None)
    evidence = [Evidence.of("addresses", "\n".join(addresses), source=host, at=world.clock.now())]
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


def _named(look: _Look) -> Finding:
    main = look.runs_on
    front = next((guess for guess in look.found if guess.hosting.kind == "cdn"), None)
    clues = [f"{guess.hosting.name}: {clue.words}" for guess in look.found for clue in guess.clues]
    if main is None and look.declared:
        words = f"{look.host} runs on {look.declared}, says the launch file" + (
            f", behind {front.hosting.name}" if front else ""
        )
        said = Evidence.of("clues", "\n".join([f"{look.declared}: named in the launch file", *clues]), source=look.host)
        return say.passed("provider", look.host, words, evidence=[said, *look.evidence], via=look.via)
    if main and front:
        words = f"{look.host} runs on {main.hosting.name}, behind {front.hosting.name}"
    elif main:
        words = f"{look.host} runs on {main.hosting.name}"
    else:
        assert front is not None
        words = f"{look.host} stands behind {front.hosting.name}"
    sure = (main or look.found[0]).confidence
    if sure == "medium":
        words += " (by its headers alone)"
    said = Evidence.of("clues", "\n".join(clues), source=look.host)
    return say.passed("provider", look.host, words, evidence=[said, *look.evidence], via=look.via)


def _disagrees(look: _Look, seen: Guess) -> Finding:
    clues = [f"{guess.hosting.name}: {clue.words}" for guess in look.found for clue in guess.clues]
    return say.warn(
        "disagrees",
        look.host,
        f"{look.host} seems to run on {seen.hosting.name}, and the launch file says {look.declared}: in an "
        "outage the wrong door is tried",
        evidence=[Evidence.of("clues", "\n".join(clues), source=look.host), *look.evidence],
        remedy=Remedy(
            text="Find out which is true; correct the launch file, or take the old service down",
            paste=f'[[hosts]]\nname = "{look.host}"\nprovider = "{seen.hosting.name}"',
            where="launchready.toml",
        ),
        via=look.via,
    )


def _dark(launch: Launch, looks: list[_Look]) -> Finding:
    lines = []
    for look in looks:
        why = (
            f"behind {look.found[0].hosting.name}"
            if look.found
            else (f"in the network {look.network}" if look.network else "no clue")
        )
        lines.append(f"{look.host}: {why}")
    many = f"{len(looks)} hosts run" if len(looks) > 1 else f"{looks[0].host} runs"
    return say.unknown(
        "no-clue",
        launch.domain,
        f"Where {many} cannot be seen from outside: somebody has to say it",
        evidence=[Evidence.of("hosts", "\n".join(lines)), *looks[0].evidence],
        remedy=Remedy(
            text="Name the company in the launch file, or confirm this check with it and with who can log in there",
            paste=f'[[hosts]]\nname = "{looks[0].host}"\nprovider = "<the company>"',
            where="launchready.toml",
        ),
        via=via_of(*looks),
    )
