"""The preload rule of edge.headers: a domain that asks to be built into browsers must be ready for it, since there is
no quick way back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding
from ....hostnames import host_of
from ....world import is_suffix, registrable
from ....world.sights import Chain, Reply
from ...base import Say
from ...parse import preload
from ...paste import Platform, header
from ...seen import ABSENT, via_of

if TYPE_CHECKING:
    from ....world import World


def asks(reply: Reply) -> bool:
    """Whether the header holds the word `preload`."""
    return any("preload" in preload.parse(value)[0] for value in reply.all("strict-transport-security"))


async def judge_preload(say: Say, world: World, name: str, reply: Reply, platform: Platform) -> Finding | None:
    """Only where the header asks for it. The evidence has every code of the list that stands in the
    way, verbatim; each has a message of its own."""
    if not asks(reply):
        return None
    domain = registrable(name)
    errors = preload.domain_codes(name, "" if is_suffix(name) else domain)
    warnings: list[str] = []
    said = "pass"
    if not errors:
        errors, warnings = await _whole(world, domain, reply)
    elif errors == ["domain.is_subdomain"]:
        apex = await world.web.get(f"https://{domain}/")
        if isinstance(apex, Reply) and asks(apex) and not (await _whole(world, domain, apex))[0]:
            errors, said = [], "below"
    via = via_of(reply)
    rows = [f"error    {code}" for code in errors] + [f"warning  {code}" for code in warnings]
    evidence = [
        Evidence.of(
            "hstspreload", "\n".join(rows) or "no error", source=f"https://hstspreload.org/?domain={name}", at=reply.at
        )
    ]
    if not errors:
        return say.passed("preload", name, said, domain=domain, evidence=evidence, via=via)
    said = "domain.format" if errors[0].startswith("domain.format.") else errors[0]
    fix = say.fix(
        "preload", header(platform, ("Strict-Transport-Security", "max-age=31536000"), host=domain), domain=domain
    )
    return say.warn("preload", name, said, domain=domain, code=errors[0], evidence=evidence, remedy=fix, via=via)


async def _whole(world: World, domain: str, reply: Reply) -> tuple[list[str], list[str]]:
    """Errors and warnings of a whole domain that answers with this."""
    errors, warnings = preload.response_codes(reply.all("strict-transport-security"))
    return [*errors, *await _connections(world, domain), *await _redirects(world, domain)], warnings


async def _connections(world: World, domain: str) -> list[str]:
    sight, www, address = await asyncio.gather(
        world.tls.look(domain), world.tls.look(f"www.{domain}"), world.dns.addresses(f"www.{domain}")
    )
    codes = []
    if isinstance(sight, Failure):
        codes.append("domain.tls.cannot_connect")
    elif not sight.verified:
        codes.append("domain.tls.invalid_cert_chain")
    listens = not (isinstance(address, Failure) and address.kind in ABSENT)
    if listens and not isinstance(www, Failure) and not www.verified:
        codes.append("domain.www.no_tls")
    return codes


def _urls(chain: Chain) -> list[str]:
    return [hop.url for hop in chain.hops[1:]]


async def _redirects(world: World, domain: str) -> list[str]:
    plain, secure = await asyncio.gather(world.web.follow(f"http://{domain}/"), world.web.follow(f"https://{domain}/"))
    codes = preload.https_codes(_urls(secure))
    if not plain.hops:
        return codes  # http is closed, which the list allows
    first = next(
        (hop.url for hop in plain.hops[1:] if hop.url.startswith("https://") and host_of(hop.url) == domain), ""
    )
    reply = await world.web.get(first) if first else None
    sends = isinstance(reply, Reply) and bool(reply.all("strict-transport-security"))
    return list(dict.fromkeys([*codes, *preload.http_codes(domain, _urls(plain), hsts_after=sends)]))
