"""The origin rule of edge.cdn: whether the server behind the protection network answers whoever finds its address."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding
from ....world import registrable
from ....world.sights import DnsAnswer, Reply
from ...audit.providers import table
from ...base import Say
from ...seen import via_of
from .. import baseline
from .front import Front, traces

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

_SIBLINGS = ("origin", "direct", "cpanel", "ftp", "mail")
_SINGLE = re.compile(r"\bip4:(\d{1,3}(?:\.\d{1,3}){3})(?:/32)?(?=\s|$)", re.IGNORECASE)
_MOST = 8


async def judge_origin(say: Say, launch: Launch, world: World, front: Front | None) -> list[Finding]:
    """Only where something stands in front, and only with permission: the same page at an address beside it is the
    proof."""
    if front is None or not front.name or not front.own or front.reply is None:
        return []
    host = front.host
    if not world.may_intrude(host):
        return [say.no_permission("origin-open", host, domain=launch.domain)]
    end = (await world.web.follow(f"https://{host}/")).end
    if isinstance(end, Failure) or end.status != 200 or not end.body:
        return []  # without the page itself there is nothing to compare
    places = await _candidates(launch, world, front)
    tried = await asyncio.gather(*(_try(world, end.url, address) for address in places))
    lines: list[str] = []
    opened: list[str] = []
    for (address, why), outcome in zip(places.items(), tried, strict=True):
        if isinstance(outcome, Failure):
            lines.append(f"{address} ({why}): {outcome.words}")
        elif baseline.same(outcome, end) and not _shows(front, outcome):
            lines.append(f"{address} ({why}): {outcome.status}, the same page as through {front.name}")
            opened.append(address)
        else:
            lines.append(f"{address} ({why}): {outcome.status}, something else")
    shown = "\n".join(lines) or "no address beside the network is known"
    evidence, via = [Evidence.of("tried", shown, source=host, at=end.at)], via_of(*tried)
    if not opened:
        return [say.passed("origin-open", host, network=front.name, evidence=evidence, via=via)]
    fix = say.fix("close-origin", subject=host, network=front.name, open=tuple(opened), allow=_allowed(front.name))
    return [say.fail("origin-open", host, network=front.name, evidence=evidence, remedy=fix, via=via)]


def _allowed(network: str) -> str:
    """nginx's lines for the addresses from which a network reaches a server, where it publishes them."""
    found = next((row.networks for row in table().hosting if row.name == network), ())
    return (
        "\n".join(f"allow {one};" for one in found)
        or f"include cdn-addresses.conf;   # one `allow` for each network of {network}"
    )


def _shows(front: Front, reply: Reply) -> bool:
    """Whether the network shows itself in this answer too: then the address is one of its own."""
    return bool(traces(front.name, reply)) or bool(reply.header("cf-ray"))


async def _candidates(launch: Launch, world: World, front: Front) -> dict[str, str]:
    """Addresses of the launch's own names that lie beside the network, and where each was found."""
    domain = registrable(launch.domain)
    mx, texts = await asyncio.gather(world.dns.ask(domain, "MX"), world.dns.ask(domain, "TXT"))
    names = {host.name: f"declared as {host.role}" for host in launch.hosts_of("origin", "mail")}
    names |= {name: "a usual name" for word in _SIBLINGS if (name := f"{word}.{domain}") not in names}
    if isinstance(mx, DnsAnswer):
        targets = [record.split()[-1] for record in mx.records]
        names |= {name: "receives the mail" for name in targets if registrable(name) == domain and name not in names}
    found: dict[str, str] = {}
    for (name, why), addresses in zip(
        names.items(), await asyncio.gather(*map(world.dns.addresses, names)), strict=True
    ):
        for address in () if isinstance(addresses, Failure) else addresses:
            found.setdefault(address, f"{name}, {why}")
    if isinstance(texts, DnsAnswer):
        for text in texts.texts:
            if text.lower().startswith("v=spf1"):
                for address in _SINGLE.findall(text):
                    found.setdefault(address, "named in SPF")
    beside = {
        address: why for address, why in found.items() if address not in front.addresses and not _known_network(address)
    }
    return dict(list(beside.items())[:_MOST])


def _known_network(address: str) -> bool:
    """Whether an address belongs to a protection network itself."""
    import ipaddress

    here = ipaddress.ip_address(address)
    return any(
        here in ipaddress.ip_network(network)
        for hosting in table().hosting
        if hosting.kind == "cdn"
        for network in hosting.networks
    )


async def _try(world: World, url: str, address: str) -> Reply | Failure:
    """The page at that address: securely, and where that fails (origins often have no public certificate) plainly."""
    secure = await world.web.get(url, address=address)
    if isinstance(secure, Reply):
        return secure
    plain = await world.web.get("http" + url.removeprefix("https"), address=address)
    return plain if isinstance(plain, Reply) else secure
