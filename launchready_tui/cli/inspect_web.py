"""Looks of `launchready inspect` at names and URLs. `dns` and `web` only look; the others judge what they see with the
findings of the checks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from ..hostnames import host_of
from .looks import Given

if TYPE_CHECKING:
    from ..launch.model import Launch, Role
    from ..world import World

RECORDS = ("A", "AAAA", "CNAME", "NS", "SOA", "MX", "TXT", "CAA", "HTTPS")


async def dns(world: World, name: str, *, types: tuple[str, ...], server: str | None) -> dict[str, Any]:
    """Show DNS records of names, with TTL and the server that answered."""
    wanted = tuple(word.strip().upper() for one in types for word in one.split(",") if word.strip()) or RECORDS
    asked = [world.dns.ask_at(server, name, rdtype) if server else world.dns.ask(name, rdtype) for rdtype in wanted]
    return dict(zip(wanted, await asyncio.gather(*asked), strict=True))


async def web(world: World, target: str, *, no_follow: bool, method: str, headers: tuple[tuple[str, str], ...]) -> Any:
    """Follow a URL to its end: every hop, the last response's headers, and the timing."""
    url = target if "://" in target else f"https://{target}"
    return await (world.web.get(url, method=method, headers=headers) if no_follow else world.web.follow(url))


def web_options(given: Given) -> Given:
    """Headers as pairs. Raises UsageError for one that is none, and for what only the first answer can be asked."""
    pairs = tuple(_header(line) for line in given["headers"])
    if (given["method"] != "GET" or pairs) and not given["no_follow"]:
        raise click.UsageError("--method and --header need --no-follow")
    return {**given, "headers": pairs}


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise click.UsageError(f"{line!r} is not a header; write it as 'Name: value'")
    return name.strip(), value.strip()


async def redirects(world: World, target: str) -> Any:
    """Show where an address leads, hop by hop, and what is wrong on the way. A host is tried by http and https, with
    and without www."""
    from ..checks import single

    return await single.redirects(world, target)


async def headers(world: World, target: str, *, role: Role) -> Any:
    """Judge security headers, cookies and mixed content of a page; CORS too with --allow intrusive."""
    from ..checks import single

    return await single.headers(world, target, role)


async def domain(world: World, target: str, *, rdap: str) -> Any:
    """Judge the registration, name servers and zone of a domain, and where its name leads."""
    from ..checks import single

    return await single.domain(world, target, rdap)


async def tls(world: World, target: str, *, role: Role, versions: bool, starttls: str | None) -> Any:
    """Judge a TLS server: certificate, chain, protocol and cipher, and what is wrong. A target is HOST[:PORT]."""
    from ..checks import single
    from ..wire import split_host_port

    host, port = split_host_port(target)
    if starttls:
        return {"sight": await world.tls.look(host, port or 25, starttls="smtp")}
    return await single.tls(world, host, port or 443, versions=versions or "intrusive" in world.allow, role=role)


def launch_of_url(target: str, *, role: Role = "web", rdap: str = "") -> Launch:
    """What a host or URL is judged in, made of its name."""
    from ..checks import single

    return single.launch_of(host_of(single.url_of(target)), role=role, rdap=rdap)


def launch_of_server(target: str, **_: Any) -> Launch:
    """The same for HOST[:PORT]."""
    from ..checks import single
    from ..wire import split_host_port

    return single.launch_of(split_host_port(target)[0])
