"""`launchready inspect`: one look at one thing, as an engineer would take with dig, whois, curl -v and openssl; no
launch file needed.

`dns` and `web` show what is there; `redirects`, `headers`, `tls` and `domain` judge it as well, with the findings of
the checks.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import click

from ..hostnames import host_of
from .inspect_bounce import look_at_bounce
from .inspect_mail import look_at_dkim, look_at_dmarc, look_at_message, look_at_spf
from .inspect_walk import walk
from .options import Common, common, pass_common
from .values import ROLES

if TYPE_CHECKING:
    from ..launch.model import Launch, Role
    from ..world import World

RECORDS = ("A", "AAAA", "CNAME", "NS", "SOA", "MX", "TXT", "CAA", "HTTPS")


@click.group()
def inspect() -> None:
    """Look at one thing. Targets are names or URLs; `-` reads them from stdin, one a line.

    dns and web show what is there; redirects, headers, tls and domain judge it as `check` does. Exit code 1: something
    is broken, or could not be seen; 2: an argument can be no target, and nothing is looked at. A line of stdin that
    can be none is told in its place and counts as not seen.
    """


def _looking(function: Any) -> Any:
    """Options of every kind of look."""
    for option in (
        click.argument("targets", nargs=-1, required=True, metavar="TARGET..."),
        click.option(
            "--format",
            "kind",
            type=click.Choice(("text", "json")),
            default="text",
            show_default=True,
            help="json: one line a target.",
        ),
        click.option(
            "--private", multiple=True, metavar="NETWORK", help="A private address or network that may be connected to."
        ),
        common,
        pass_common,
    ):
        function = option(function)
    return function


@inspect.command("dns")
@_looking
@click.option(
    "-t", "--type", "types", multiple=True, metavar="TYPE", help=f"Record types; default: {' '.join(RECORDS)}."
)
@click.option("--at", "server", metavar="ADDR[:PORT]", help="Ask this server directly, without recursion.")
def look_at_dns(
    said: Common,
    targets: tuple[str, ...],
    kind: str,
    private: tuple[str, ...],
    types: tuple[str, ...],
    server: str | None,
) -> int:
    """DNS records of names, with TTL and who answered."""
    from .inspect_text import dns_lines

    wanted = tuple(word.strip().upper() for one in types for word in one.split(",") if word.strip()) or RECORDS

    async def look(world: World, name: str) -> dict[str, Any]:
        asked = [world.dns.ask_at(server, name, rdtype) if server else world.dns.ask(name, rdtype) for rdtype in wanted]
        return dict(zip(wanted, await asyncio.gather(*asked), strict=True))

    return walk(said, targets, "name", kind, private, look, dns_lines)


@inspect.command("web")
@_looking
@click.option("--no-follow", is_flag=True, help="Show the first answer only.")
@click.option("--method", default="GET", show_default=True)
@click.option(
    "-H",
    "--header",
    "headers",
    multiple=True,
    metavar="NAME: VALUE",
    help="Send this header with the first request of --no-follow.",
)
def look_at_web(
    said: Common,
    targets: tuple[str, ...],
    kind: str,
    private: tuple[str, ...],
    no_follow: bool,
    method: str,
    headers: tuple[str, ...],
) -> int:
    """A URL followed to its end: every hop, the last answer's headers, and where the time went."""
    from .inspect_text import web_lines

    pairs = tuple(_header(line) for line in headers)
    if (method != "GET" or pairs) and not no_follow:
        raise click.UsageError("--method and --header go with --no-follow")

    async def look(world: World, target: str) -> Any:
        url = target if "://" in target else f"https://{target}"
        return await (world.web.get(url, method=method, headers=pairs) if no_follow else world.web.follow(url))

    return walk(said, targets, "url", kind, private, look, web_lines)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise click.UsageError(f"{line!r} is not a header; write it as 'Name: value'")
    return name.strip(), value.strip()


_role = click.option("--role", type=click.Choice(ROLES), default="web", show_default=True, help="What the host is for.")


@inspect.command("redirects")
@_looking
def look_at_redirects(said: Common, targets: tuple[str, ...], kind: str, private: tuple[str, ...]) -> int:
    """Where an address leads, hop by hop, and what is wrong on the way; for a whole site by http, https, with and
    without www."""
    from ..checks import single
    from .inspect_text import redirect_lines

    return walk(said, targets, "url", kind, private, single.redirects, redirect_lines, _launch())


@inspect.command("headers")
@_looking
@_role
def look_at_headers(said: Common, targets: tuple[str, ...], kind: str, private: tuple[str, ...], role: str) -> int:
    """Security headers, cookies and mixed content of a page. CORS is asked with --allow intrusive."""
    from ..checks import single
    from .inspect_text import header_lines

    async def look(world: World, target: str) -> Any:
        return await single.headers(world, target, cast("Role", role))

    return walk(said, targets, "url", kind, private, look, header_lines, _launch(role))


@inspect.command("domain")
@_looking
@click.option(
    "--rdap", default="", metavar="URL", help="The registry's RDAP service, where the public list names none."
)
def look_at_domain(said: Common, targets: tuple[str, ...], kind: str, private: tuple[str, ...], rdap: str) -> int:
    """Registration, name servers, the health of the zone, and where the name leads."""
    from ..checks import single
    from .inspect_text import domain_lines

    async def look(world: World, target: str) -> Any:
        return await single.domain(world, target, rdap)

    return walk(said, targets, "domain", kind, private, look, domain_lines, _launch(rdap=rdap))


def _launch(role: str = "web", rdap: str = "") -> Any:
    """What a target is judged in, made of its name."""

    def of(target: str) -> Launch:
        from ..checks import single

        return single.launch_of(host_of(single.url_of(target)), role=cast("Role", role), rdap=rdap)

    return of


@inspect.command("tls")
@_looking
@_role
@click.option("--versions", is_flag=True, help="Offer each protocol version alone, too: four handshakes more.")
@click.option(
    "--starttls",
    type=click.Choice(("smtp",)),
    default=None,
    help="Begin with this protocol's STARTTLS (port 25): shown only.",
)
def look_at_tls(
    said: Common,
    targets: tuple[str, ...],
    kind: str,
    private: tuple[str, ...],
    role: str,
    versions: bool,
    starttls: str | None,
) -> int:
    """A TLS server: whether its certificate verifies, the chain, protocol and cipher, and what is wrong. A target is
    HOST[:PORT]."""
    from ..checks import single
    from ..wire import split_host_port
    from .inspect_text import tls_lines

    async def look(world: World, target: str) -> Any:
        host, port = split_host_port(target)
        if starttls:
            return {"sight": await world.tls.look(host, port or 25, starttls="smtp")}
        return await single.tls(
            world, host, port or 443, versions=versions or "intrusive" in world.allow, role=cast("Role", role)
        )

    return walk(
        said,
        targets,
        "server",
        kind,
        private,
        look,
        tls_lines,
        lambda target: single.launch_of(split_host_port(target)[0]),
    )


for command in (look_at_bounce, look_at_spf, look_at_dmarc, look_at_dkim, look_at_message):
    inspect.add_command(command)
